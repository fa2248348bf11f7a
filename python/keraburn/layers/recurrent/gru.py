"""GRU: a recurrent layer whose gates choose between the old state and a new one."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.recurrent.builtin import BuiltinRNN, check_cudnn, delegated
from keraburn.layers.recurrent.cell import GateCell
from keraburn.ops import recurrent


class GRUCell(GateCell):
    """One step of a GRU, with the gates update `z`, reset `r` and candidate `n` in this order.

    `z, r, n = inputs @ kernel + bias`, to which the products of `h` with the recurrent kernel are added, that of the
    candidate times `sigmoid(r)`; and then `h = sigmoid(z) * h_before + (1 - sigmoid(z)) * tanh(n)`.

    Args:
        units: size of the outputs and of the state.
        activation: name or function, of the candidate.
        recurrent_activation: name or function, of the gates.
        use_bias: whether there is a bias, `(2, 3 * units)` with `reset_after` and `(3 * units,)` without.
        kernel_initializer: initializer of the kernel, `(features, 3 * units)`.
        recurrent_initializer: initializer of the recurrent kernel, `(units, 3 * units)`.
        bias_initializer: initializer of the bias.
        kernel_regularizer: regularizer of the kernel.
        recurrent_regularizer: regularizer of the recurrent kernel.
        bias_regularizer: regularizer of the bias.
        kernel_constraint: constraint of the kernel.
        recurrent_constraint: constraint of the recurrent kernel.
        bias_constraint: constraint of the bias.
        dropout: fraction of the inputs to drop in training, the same ones at all steps.
        recurrent_dropout: fraction of the state to drop in training, the same ones at all steps.
        reset_after: whether the reset gate acts after the product with the recurrent kernel, or before.
        seed: for the same dropout every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `inputs`, `(batch, features)`; `states`, `[h]`; `training`, whether dropout acts.

    Raises:
        ValueError: if `units` is not a positive integer.

    Cho et al., 2014: https://arxiv.org/abs/1406.1078

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> cell = keras.layers.GRUCell(4)
    >>> output, states = cell(np.ones((2, 3)), cell.get_initial_state(batch_size=2))
    >>> output.shape
    (2, 4)
    """

    gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        reset_after: bool = True,
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
        self.reset_after = reset_after

    def _bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def _biases(self) -> tuple[Any, Any]:
        """The bias of the inputs' product and that of the state's; None where there is none."""
        if self.bias is None or not self.reset_after:
            return self.bias, None
        return self.bias[0], self.bias[1]

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        nested = isinstance(states, (list, tuple))
        h = states[0] if nested else states
        input_bias, recurrent_bias = self._biases()
        x = self._product(inputs, self.kernel, self._input_patterns(inputs, training))
        if input_bias is not None:
            x = ops.add(x, input_bias)
        x_z, x_r, x_n = ops.split(x, 3, axis=-1)
        patterns = self._state_patterns(h, training)
        if self.reset_after:
            inner = self._product(h, self.recurrent_kernel, patterns)
            if recurrent_bias is not None:
                inner = ops.add(inner, recurrent_bias)
            h_z, h_r, h_n = ops.split(inner, 3, axis=-1)
            r = self.recurrent_activation(x_r + h_r)
            n = self.activation(x_n + r * h_n)
        else:
            kernel = ops.convert_to_tensor(self.recurrent_kernel)
            several = isinstance(patterns, list)
            gates, candidate = kernel[:, : 2 * self.units], kernel[:, 2 * self.units :]
            inner = self._product(h, gates, patterns[:2] if several else patterns)
            h_z, h_r = ops.split(inner, 2, axis=-1)
            r = self.recurrent_activation(x_r + h_r)
            n = self.activation(x_n + self._product(r * h, candidate, patterns[2] if several else patterns))
        z = self.recurrent_activation(x_z + h_z)
        h = z * h + (1 - z) * n
        return h, [h] if nested else h

    def run(self, sequences: Any, states: Any, mask: Any, reverse: bool, training: Any) -> Any:
        """All steps at once, as `StackedRNNCells.run`; None where `call` is needed."""
        if not self._has_kernel(GRUCell, training):
            return None
        input_bias, recurrent_bias = self._biases()
        gates = self._projected(sequences, input_bias, training)
        if self.reset_after and recurrent_bias is None:
            recurrent_bias = ops.zeros((3 * self.units,), dtype=gates.dtype)
        outputs, h = recurrent.gru(
            gates, self.recurrent_kernel.value, states[0], recurrent_bias, mask=mask, reverse=reverse
        )
        return h if mask is None else outputs[:, -1], outputs, [h]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "reset_after": self.reset_after}


class GRU(BuiltinRNN):
    """Gated recurrent unit: a GRUCell applied to one step of a sequence after the other.

    Args:
        units: size of the outputs and of the state.
        activation: name or function, of the candidate.
        recurrent_activation: name or function, of the gates.
        use_bias: whether there is a bias, `(2, 3 * units)` with `reset_after` and `(3 * units,)` without.
        kernel_initializer: initializer of the kernel, `(features, 3 * units)`.
        recurrent_initializer: initializer of the recurrent kernel, `(units, 3 * units)`.
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
        seed: for the same dropout every time.
        return_sequences: whether to return the outputs of all steps, or only the last one.
        return_state: whether to return the last state after the outputs.
        go_backwards: whether to go from the last step to the first; outputs come in that order.
        stateful: whether a batch goes on with the last state of the one before; batches have one size then.
        unroll: whether all steps are written out: slower, but there are gradients of gradients. Their number must be
            known then.
        reset_after: whether the reset gate acts after the product with the recurrent kernel, or before.
        use_cudnn: `"auto"`, True or False, without effect.
        **kwargs: `zero_output_for_mask`, and arguments of every layer, such as `name` and `dtype`.

    Call arguments: `sequences`; `initial_state`, `[h]`; `mask`, booleans `(batch, steps)`, false for steps that are
    skipped; `training`, whether dropout acts.

    Shapes: inputs `(batch, steps, features)`, outputs `(batch, units)` or `(batch, steps, units)`.

    Raises:
        ValueError: if `units` is not a positive integer, or when called as for RNN.

    Cho et al., 2014: https://arxiv.org/abs/1406.1078

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.GRU(4, return_sequences=True)(np.ones((32, 10, 8))).shape
    (32, 10, 4)
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
        reset_after: bool = True,
        use_cudnn: Any = "auto",
        **kwargs: Any,
    ) -> None:
        cell = GRUCell(
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
            reset_after=reset_after,
            seed=seed,
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
            name="gru_cell",
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
    reset_after = delegated("reset_after")
