"""What the cells of SimpleRNN, LSTM and GRU share: weights, dropout and configuration."""

from __future__ import annotations

from typing import Any

from keraburn import activations, constraints, initializers, ops, regularizers
from keraburn.layers.layer import Layer
from keraburn.layers.recurrent.dropout import DropoutCell
from keraburn.random import SeedGenerator
from keraburn.variable import Variable


class GateCell(DropoutCell, Layer):
    """A cell whose gates' kernels stand side by side: `(inputs, gates * units)` and `(units, gates * units)`.

    Args:
        units: size of the outputs and of each state.
        recurrent_activation: the gates' activation; None for a cell without gates.
        seed: for the same dropout every time.
        implementation: 1 for a dropout pattern for each gate, 2 for one for all.
        **kwargs: the arguments that the cells name, and those of every layer.
    """

    gates = 1
    kernel: Variable
    recurrent_kernel: Variable
    bias: Variable | None

    def __init__(
        self,
        units: int,
        *,
        activation: Any,
        recurrent_activation: Any,
        use_bias: bool,
        kernel_initializer: Any,
        recurrent_initializer: Any,
        bias_initializer: Any,
        kernel_regularizer: Any,
        recurrent_regularizer: Any,
        bias_regularizer: Any,
        kernel_constraint: Any,
        recurrent_constraint: Any,
        bias_constraint: Any,
        dropout: float,
        recurrent_dropout: float,
        seed: int | None,
        implementation: int = 2,
        **kwargs: Any,
    ) -> None:
        if not isinstance(units, int) or isinstance(units, bool) or units <= 0:
            raise ValueError(
                "Received an invalid value for argument `units`, expected a positive integer, got "
                f"{units}. Received: units={units}"
            )
        super().__init__(**kwargs)
        self.units = units
        self.activation = activations.get(activation)
        if self.gates > 1:
            self.recurrent_activation = activations.get(recurrent_activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = min(1.0, max(0.0, dropout))
        self.recurrent_dropout = min(1.0, max(0.0, recurrent_dropout))
        self.implementation = 1 if self.gates > 1 and self.recurrent_dropout else implementation
        if self.gates > 1 and self.implementation == 1:
            self.dropout_mask_count = self.gates
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        self.state_size: Any = units
        self.output_size = units

    def build(self, input_shape: Any) -> None:
        width = self.gates * self.units
        self.kernel = self.add_weight(
            shape=(input_shape[-1], width),
            name="kernel",
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, width),
            name="recurrent_kernel",
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=self._bias_shape(),
                name="bias",
                initializer=self._initial_bias,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def _bias_shape(self) -> tuple[int, ...]:
        return (self.gates * self.units,)

    def _initial_bias(self, shape: Any, **kwargs: Any) -> Any:
        return self.bias_initializer(shape, **kwargs)

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Zeros for each state.

        Args:
            batch_size: how many sequences there are.
        """
        sizes = self.state_size if isinstance(self.state_size, (list, tuple)) else [self.state_size]
        return [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in sizes]

    def _input_patterns(self, inputs: Any, training: Any) -> Any:
        return self.get_dropout_mask(inputs) if training else None

    def _state_patterns(self, state: Any, training: Any) -> Any:
        return self.get_recurrent_dropout_mask(state) if training else None

    def _product(self, x: Any, kernel: Any, patterns: Any) -> Any:
        """`x @ kernel` after dropout: of `x`, or for each gate's part of the kernel on its own."""
        if not isinstance(patterns, list):
            return ops.matmul(x if patterns is None else x * patterns, kernel)
        parts = ops.split(ops.convert_to_tensor(kernel), len(patterns), axis=1)
        products = [ops.matmul(x * pattern, part) for pattern, part in zip(patterns, parts, strict=True)]
        return ops.concatenate(products, axis=-1)

    def _has_kernel(self, cell: type, training: Any) -> bool:
        """Whether the operation that runs a whole sequence computes what `call` would, step by step.

        Args:
            cell: the class whose `call` it stands for; a subclass may have its own.
            training: whether dropout acts.
        """
        gate_by_gate = self.dropout_mask_count is not None and self.dropout > 0
        return (
            type(self).call is cell.call  # type: ignore[attr-defined]
            and self.activation is activations.tanh
            and (self.gates == 1 or self.recurrent_activation is activations.sigmoid)
            and not (training and (self.recurrent_dropout > 0 or gate_by_gate))
        )

    def _projected(self, sequences: Any, bias: Any, training: Any) -> Any:
        """`sequences @ kernel + bias` of all steps at once, `(batch, steps, gates * units)`."""
        pattern = self._input_patterns(sequences[:, 0], training) if training and self.dropout > 0 else None
        if pattern is not None:
            sequences = sequences * ops.expand_dims(pattern, 1)
        batch, steps, size = sequences.shape
        projected: Any = ops.matmul(ops.reshape(sequences, (batch * steps, size)), self.kernel)
        if bias is not None:
            projected = ops.add(projected, bias)
        return ops.reshape(projected, (batch, steps, self.gates * self.units))

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "recurrent_initializer": initializers.serialize(self.recurrent_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "recurrent_regularizer": regularizers.serialize(self.recurrent_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "recurrent_constraint": constraints.serialize(self.recurrent_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "seed": self.seed,
        }
        if self.gates > 1:
            config["recurrent_activation"] = activations.serialize(self.recurrent_activation)
        return config
