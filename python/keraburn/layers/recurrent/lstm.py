"""LSTM: a recurrent layer with a state that gates protect."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.recurrent.builtin import BuiltinRNN, check_cudnn, delegated
from keraburn.layers.recurrent.cell import GateCell
from keraburn.ops import recurrent


class LSTMCell(GateCell):
    """One step of an LSTM, with the gates input `i`, forget `f`, candidate `c` and output `o` in this order.

    `i, f, c, o = inputs @ kernel + h @ recurrent_kernel + bias`, and then
    `c = sigmoid(f) * c_before + sigmoid(i) * tanh(c)` and `h = sigmoid(o) * tanh(c)`.

    Args:
        units: size of the outputs and of both states.
        activation: name or function, of the candidate and of the state.
        recurrent_activation: name or function, of the gates.
        use_bias: whether there is a bias, `(4 * units,)`.
        kernel_initializer: initializer of the kernel, `(features, 4 * units)`.
        recurrent_initializer: initializer of the recurrent kernel, `(units, 4 * units)`.
        bias_initializer: initializer of the bias.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        kernel_regularizer: regularizer of the kernel.
        recurrent_regularizer: regularizer of the recurrent kernel.
        bias_regularizer: regularizer of the bias.
        kernel_constraint: constraint of the kernel.
        recurrent_constraint: constraint of the recurrent kernel.
        bias_constraint: constraint of the bias.
        dropout: fraction of the inputs to drop in training, the same ones at all steps.
        recurrent_dropout: fraction of the state to drop in training, the same ones at all steps.
        seed: for the same dropout every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `inputs`, `(batch, features)`; `states`, `[h, c]`; `training`, whether dropout acts.

    Raises:
        ValueError: if `units` is not a positive integer.

    Hochreiter and Schmidhuber, 1997: https://doi.org/10.1162/neco.1997.9.8.1735

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> cell = keras.layers.LSTMCell(4)
    >>> output, states = cell(np.ones((2, 3)), cell.get_initial_state(batch_size=2))
    >>> output.shape, [state.shape for state in states]
    ((2, 4), [(2, 4), (2, 4)])
    """

    gates = 4

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            **kwargs,
        )
        self.unit_forget_bias = unit_forget_bias
        self.state_size = [units, units]

    def _initial_bias(self, shape: Any, **kwargs: Any) -> Any:
        if not self.unit_forget_bias:
            return self.bias_initializer(shape, **kwargs)
        units = self.units
        first, last = self.bias_initializer((units,), **kwargs), self.bias_initializer((2 * units,), **kwargs)
        return ops.concatenate([first, ops.ones((units,), **kwargs), last])

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        h, c = states
        gates = self._product(inputs, self.kernel, self._input_patterns(inputs, training))
        gates = gates + self._product(h, self.recurrent_kernel, self._state_patterns(h, training))
        if self.bias is not None:
            gates = ops.add(gates, self.bias)
        i, f, candidate, o = ops.split(gates, 4, axis=-1)
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(candidate)
        h = self.recurrent_activation(o) * self.activation(c)
        return h, [h, c]

    def run(self, sequences: Any, states: Any, mask: Any, reverse: bool, training: Any) -> Any:
        """All steps at once, as `StackedRNNCells.run`; None where `call` is needed."""
        if not self._has_kernel(LSTMCell, training):
            return None
        h, c = states
        gates = self._projected(sequences, self.bias, training)
        outputs, h, c = recurrent.lstm(gates, self.recurrent_kernel.value, h, c, mask=mask, reverse=reverse)
        return h if mask is None else outputs[:, -1], outputs, [h, c]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "unit_forget_bias": self.unit_forget_bias}


class LSTM(BuiltinRNN):
    """Long short-term memory: an LSTMCell applied to one step of a sequence after the other.

    Args:
        units: size of the outputs and of both states.
        activation: name or function, of the candidate and of the state.
        recurrent_activation: name or function, of the gates.
        use_bias: whether there is a bias, `(4 * units,)`.
        kernel_initializer: initializer of the kernel, `(features, 4 * units)`.
        recurrent_initializer: initializer of the recurrent kernel, `(units, 4 * units)`.
        bias_initializer: initializer of the bias.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        kernel_regularizer: regularizer of the kernel.
        recurrent_regularizer: regularizer of the recurrent kernel.
        bias_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the outputs.
        kernel_constraint: constraint of the kernel.
        recurrent_constraint: constraint of the recurrent kernel.
        bias_constraint: constraint of the bias.
        dropout: fraction of the inputs to drop in training, the same ones at all steps.
        recurrent_dropout: fraction of the state to drop in training, the same ones at all steps.
        seed: for the same dropout every time.
        return_sequences: whether to return the outputs of all steps, or only the last one.
        return_state: whether to return the last states after the outputs.
        go_backwards: whether to go from the last step to the first; outputs come in that order.
        stateful: whether a batch goes on with the last states of the one before; batches have one size then.
        unroll: whether all steps are written out: slower, but there are gradients of gradients. Their number must be
            known then.
        use_cudnn: `"auto"`, True or False, without effect.
        **kwargs: `zero_output_for_mask`, and arguments of every layer, such as `name` and `dtype`.

    Call arguments: `sequences`; `initial_state`, `[h, c]`; `mask`, booleans `(batch, steps)`, false for steps that are
    skipped; `training`, whether dropout acts.

    Shapes: inputs `(batch, steps, features)`, outputs `(batch, units)` or `(batch, steps, units)`.

    Raises:
        ValueError: if `units` is not a positive integer, or when called as for RNN.

    Hochreiter and Schmidhuber, 1997: https://doi.org/10.1162/neco.1997.9.8.1735

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> x = np.ones((32, 10, 8))
    >>> keras.layers.LSTM(4)(x).shape
    (32, 4)
    >>> outputs, h, c = keras.layers.LSTM(4, return_sequences=True, return_state=True)(x)
    >>> outputs.shape, h.shape, c.shape
    ((32, 10, 4), (32, 4), (32, 4))
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: Any = "auto",
        **kwargs: Any,
    ) -> None:
        cell = LSTMCell(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            unit_forget_bias=unit_forget_bias,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
            name="lstm_cell",
            implementation=kwargs.pop("implementation", 2),
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.use_cudnn = check_cudnn(use_cudnn)

    recurrent_activation = delegated("recurrent_activation")
    unit_forget_bias = delegated("unit_forget_bias")
