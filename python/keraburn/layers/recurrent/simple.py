"""SimpleRNN: the plain recurrent layer."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.recurrent.builtin import BuiltinRNN
from keraburn.layers.recurrent.cell import GateCell
from keraburn.ops import recurrent


class SimpleRNNCell(GateCell):
    """One step of a SimpleRNN: `h = activation(inputs @ kernel + h_before @ recurrent_kernel + bias)`.

    Args:
        units: size of the outputs and of the state.
        activation: name or function; none if None.
        use_bias: whether there is a bias, `(units,)`.
        kernel_initializer: initializer of the kernel, `(features, units)`.
        recurrent_initializer: initializer of the recurrent kernel, `(units, units)`.
        bias_initializer: initializer of the bias.
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

    Call arguments: `sequence`, `(batch, features)`; `states`, `[h]`; `training`, whether dropout acts.

    Raises:
        ValueError: if `units` is not a positive integer.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> cell = keras.layers.SimpleRNNCell(1, kernel_initializer="ones", recurrent_initializer="ones", activation=None)
    >>> output, states = cell(np.array([[1.0, 2.0]]), [np.array([[10.0]])])
    >>> output.numpy()
    array([[13.]], dtype=float32)
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
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
            recurrent_activation=None,
            **kwargs,
        )

    def call(self, sequence: Any, states: Any, training: bool = False) -> Any:
        nested = isinstance(states, (list, tuple))
        h = states[0] if nested else states
        x = self._product(sequence, self.kernel, self._input_patterns(sequence, training))
        if self.bias is not None:
            x = ops.add(x, self.bias)
        h = x + self._product(h, self.recurrent_kernel, self._state_patterns(h, training))
        h = h if self.activation is None else self.activation(h)
        return h, [h] if nested else h

    def run(self, sequences: Any, states: Any, mask: Any, reverse: bool, training: Any) -> Any:
        """All steps at once, as `StackedRNNCells.run`; None where `call` is needed."""
        if not self._has_kernel(SimpleRNNCell, training):
            return None
        x = self._projected(sequences, self.bias, training)
        outputs, h = recurrent.simple_rnn(x, self.recurrent_kernel.value, states[0], mask=mask, reverse=reverse)
        return h if mask is None else outputs[:, -1], outputs, [h]


class SimpleRNN(BuiltinRNN):
    """A SimpleRNNCell applied to one step of a sequence after the other.

    Args:
        units: size of the outputs and of the state.
        activation: name or function; none if None.
        use_bias: whether there is a bias, `(units,)`.
        kernel_initializer: initializer of the kernel, `(features, units)`.
        recurrent_initializer: initializer of the recurrent kernel, `(units, units)`.
        bias_initializer: initializer of the bias.
        kernel_regularizer: regularizer of the kernel.
        recurrent_regularizer: regularizer of the recurrent kernel.
        bias_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the outputs.
        kernel_constraint: constraint of the kernel.
        recurrent_constraint: constraint of the recurrent kernel.
        bias_constraint: constraint of the bias.
        dropout: fraction of the inputs to drop in training, the same ones at all steps.
        recurrent_dropout: fraction of the state to drop in training, the same ones at all steps.
        return_sequences: whether to return the outputs of all steps, or only the last one.
        return_state: whether to return the last state after the outputs.
        go_backwards: whether to go from the last step to the first; outputs come in that order.
        stateful: whether a batch goes on with the last state of the one before; batches have one size then.
        unroll: whether all steps are written out: slower, but there are gradients of gradients. Their number must be
            known then.
        seed: for the same dropout every time.
        **kwargs: `zero_output_for_mask`, and arguments of every layer, such as `name` and `dtype`.

    Call arguments: `sequences`; `initial_state`, `[h]`; `mask`, booleans `(batch, steps)`, false for steps that are
    skipped; `training`, whether dropout acts.

    Shapes: inputs `(batch, steps, features)`, outputs `(batch, units)` or `(batch, steps, units)`.

    Raises:
        ValueError: if `units` is not a positive integer, or when called as for RNN.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.SimpleRNN(4)(np.ones((32, 10, 8))).shape
    (32, 4)
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        cell = SimpleRNNCell(
            units,
            activation=activation,
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
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
            name="simple_rnn_cell",
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
