"""RNN: a cell applied to one step of a sequence after the other."""

from __future__ import annotations

import functools
from typing import Any

from keraburn import ops, registry, trace, tree
from keraburn.layers.layer import Layer
from keraburn.layers.recurrent.dropout import DropoutCell
from keraburn.layers.recurrent.stacked import StackedRNNCells
from keraburn.layers.recurrent.steps import run_steps, steps_that_count
from keraburn.variable import Variable


class RNN(Layer):
    """A recurrent layer: `output, states = cell(step, states)` for each step of a sequence.

    A cell has `call(inputs, states)`, which returns the output and the next states, `state_size`, an integer or a
    list of them, and may have `output_size` and `get_initial_state(batch_size)`.

    Args:
        cell: the cell, or a list of cells that are stacked.
        return_sequences: whether to return the outputs of all steps, or only the last one.
        return_state: whether to return the last states after the outputs.
        go_backwards: whether to go from the last step to the first; outputs come in that order.
        stateful: whether a batch goes on with the last states of the one before; batches have one size then.
        unroll: whether all steps are written out: slower, but there are gradients of gradients. Their number must be
            known then.
        zero_output_for_mask: whether masked steps give zeros and not the output of the step before.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `sequences`; `initial_state`, a tensor for each state; `mask`, booleans `(batch, steps)`, false for
    steps that are skipped; `training`, for cells with dropout.

    Shapes: inputs `(batch, steps, ...)`, outputs `(batch, output_size)` or `(batch, steps, output_size)`.

    Raises:
        ValueError: if the cell lacks something, the sequences have no steps, a mask does not fit, or a stateful layer
            is given another batch size.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> class Sum(keras.Layer):
    ...     state_size = 1
    ...     def call(self, inputs, states):
    ...         total = states[0] + inputs
    ...         return total, [total]
    >>> keras.layers.RNN(Sum(), return_sequences=True)(np.array([[[1.0], [2.0], [3.0]]])).numpy()
    array([[[1.],
            [3.],
            [6.]]], dtype=float32)
    """

    states: Any

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        if not hasattr(cell, "call"):
            raise ValueError(f"Argument `cell` should have a `call` method. Received: cell={cell}")
        if not hasattr(cell, "state_size"):
            raise ValueError(
                "The RNN cell should have a `state_size` attribute (single integer or list of integers, one integer "
                f"per RNN state). Received: cell={cell}"
            )
        size = cell.state_size
        if not isinstance(size, (list, tuple, int)):
            raise ValueError(
                "state_size must be an integer, or a list/tuple of integers (one for each state tensor). "
                f"Received: state_size={size}"
            )
        super().__init__(**kwargs)
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self.state_size = [size] if isinstance(size, int) else list(size)
        self.single_state = isinstance(size, int)
        # Not among the weights: what a batch leaves for the next.
        self.__dict__["states"] = None

    # Shapes and masks.

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        batch, steps = sequences_shape[0], sequences_shape[1]
        size = getattr(self.cell, "output_size", None)
        size = self.state_size[0] if size is None else size
        if not isinstance(size, int):
            raise ValueError(f"output_size must be an integer. Received: output_size={size}")
        output = (batch, steps, size) if self.return_sequences else (batch, size)
        if not self.return_state:
            return output
        return (output, *(_state_shape(batch, each) for each in self.state_size))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        mask = next(iter(tree.flatten(mask)), None) if self.return_sequences else None
        return [mask, *(None for _ in self.state_size)] if self.return_state else mask

    # State.

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        if self.unroll and sequences_shape[1] is None:
            raise ValueError(
                "Cannot unroll a RNN if the time dimension is undefined. Give the `Input` a shape with a number of "
                f"steps. Received: inputs of shape {sequences_shape}"
            )
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build((sequences_shape[0], *sequences_shape[2:]))
            self.cell.built = True
        if self.stateful and self.states is None:
            if sequences_shape[0] is None:
                raise ValueError(
                    "When using `stateful=True` in a RNN, the batch size must be static. Found dynamic batch size: "
                    f"sequence.shape={sequences_shape}. Give `batch_size` or `batch_shape` to the `Input`."
                )
            self.__dict__["states"] = tree.map_structure(
                lambda value: Variable(value, trainable=False, dtype=self.variable_dtype, name="rnn_state"),
                self.get_initial_state(sequences_shape[0]),
            )

    def get_initial_state(self, batch_size: Any) -> list[Any]:
        """The states before the first step: the cell's own, else zeros.

        Args:
            batch_size: how many sequences there are.
        """
        if hasattr(self.cell, "get_initial_state"):
            state = self.cell.get_initial_state(batch_size=batch_size)
            return list(state) if tree.is_nested(state) else [state]
        dtype = getattr(self.cell, "compute_dtype", self.compute_dtype)
        return [ops.zeros((batch_size, size), dtype=dtype) for size in self.state_size]

    def reset_state(self) -> None:
        """Make the states of a stateful layer zeros."""
        for variable in tree.flatten(self.states):
            variable.assign(ops.zeros(variable.shape, variable.dtype))

    def reset_states(self) -> None:
        """Another name of `reset_state`."""
        self.reset_state()

    # Computation.

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        batch, steps = sequences.shape[:2]
        if steps == 0:
            raise ValueError(
                f"Layer '{self.name}' needs sequences of at least one step. Received: sequences of shape "
                f"{tuple(sequences.shape)}"
            )
        if self.stateful:
            self._check_batch_size(batch)
        from_zeros = initial_state is None and not self.stateful
        if initial_state is None:
            initial_state = self._kept_state() if self.stateful else self.get_initial_state(batch)
        initial_state = list(initial_state) if tree.is_nested(initial_state) else [initial_state]
        dtype = getattr(self.cell, "compute_dtype", self.compute_dtype)
        initial_state = tree.map_structure(lambda state: ops.cast(state, dtype), initial_state)
        self._check_states(initial_state, batch)
        mask = steps_that_count(mask, sequences, self.name)
        try:
            last, outputs, states = self.inner_loop(sequences, initial_state, mask, training=training)
        finally:
            _forget_patterns(self.cell)
        if mask is not None and not (from_zeros or self.zero_output_for_mask or self.unroll):
            last, outputs = self._begun(last, outputs, initial_state, mask)
        output = ops.cast(outputs if self.return_sequences else last, self.compute_dtype)
        states = tree.map_structure(lambda state: ops.cast(state, self.compute_dtype), states)
        if self.stateful:
            for variable, state in zip(tree.flatten(self.states), tree.flatten(states), strict=True):
                variable.assign(state)
        return (output, *states) if self.return_state else output

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        """The recurrence itself.

        Args:
            sequences: a tensor `(batch, steps, ...)`.
            initial_state: a list of the first states.
            mask: booleans `(batch, steps)`, or None.
            training: whether dropout acts.

        Returns:
            The last output, the outputs `(batch, steps, ...)` in the order of the steps taken, and the last states.
        """
        # Steps that are written out can be differentiated more than once.
        runs = _runs(self.cell) and not self.unroll
        whole = self.cell.run(sequences, initial_state, mask, self.go_backwards, training) if runs else None
        if whole is not None:
            last, outputs, states = whole
            if mask is not None and self.zero_output_for_mask:
                kept = ops.flip(mask, axis=1) if self.go_backwards else mask
                outputs = ops.where(ops.expand_dims(kept, -1), outputs, ops.zeros_like(outputs))
                last = outputs[:, -1]
            return last, outputs, states
        extra = {}
        if isinstance(self.cell, Layer) and self.cell._call_has_training_arg:
            extra["training"] = training

        def step(inputs: Any, states: Any) -> tuple[Any, list[Any]]:
            output, following = self.cell(inputs, states, **extra)
            return output, list(following) if tree.is_nested(following) else [following]

        if training and isinstance(self.cell, DropoutCell):
            # Before the first step, as all steps have the same patterns.
            self.cell.get_dropout_mask(sequences[:, 0])
            self.cell.get_recurrent_dropout_mask(initial_state[0])
        zeros = mask is not None and self.zero_output_for_mask
        reset = functools.partial(_forget_patterns, self.cell)
        outputs, states = run_steps(step, sequences, initial_state, mask, self.go_backwards, zeros, self.unroll, reset)
        return outputs[:, -1], outputs, states

    def _begun(self, last: Any, outputs: Any, states: list[Any], mask: Any) -> tuple[Any, Any]:
        """The last output and all outputs, where those before the first step that counts are the given state."""
        # Keras takes the first state, of the last cell if there are several, for the output of the step before.
        before = tree.flatten(states[-1])[0] if tree.is_nested(states[0]) else states[0]
        if tuple(before.shape) != tuple(last.shape):
            return last, outputs
        before = ops.cast(before, last.dtype)
        axes = [1] * (len(last.shape) - 1)
        last = ops.where(ops.reshape(ops.any(mask, axis=1), (-1, *axes)), last, before)
        if self.return_sequences:
            taken = ops.flip(mask, axis=1) if self.go_backwards else mask
            begun = ops.greater(ops.cumsum(ops.cast(taken, "int32"), axis=1), 0)
            begun = ops.reshape(begun, (*begun.shape, *axes))
            outputs = ops.where(begun, outputs, ops.expand_dims(before, 1))
        return last, outputs

    def _kept_state(self) -> Any:
        return tree.map_structure(lambda variable: variable.value, self.states)

    def _check_batch_size(self, received: int) -> None:
        expected = tree.flatten(self.states)[0].shape[0]
        active = trace.current()
        if received != expected and (active is None or received != active.probe):
            raise ValueError(
                "If an RNN is stateful, the batch size of the input sequences must be the same as the batch size of "
                f"the initial state. \n- Expected batch size: {expected}\n- Received batch size: {received}"
            )

    def _check_states(self, states: list[Any], batch: int) -> None:
        received = [tuple(state.shape) for state in tree.flatten(states)]
        sizes = tree.flatten(self.state_size)
        if len(states) != len(self.state_size) or len(received) != len(sizes):
            raise ValueError(
                f"Layer '{self.name}' expects an initial state of {len(self.state_size)} tensor(s), of sizes "
                f"{self.state_size}. Received: {len(states)} tensor(s) of shapes {received}"
            )
        expected = [(batch, size) for size in sizes]
        if received != expected:
            raise ValueError(
                f"Layer '{self.name}' expects an initial state of shapes {expected}. Received: shapes {received}"
            )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "return_sequences": self.return_sequences,
            "return_state": self.return_state,
            "go_backwards": self.go_backwards,
            "stateful": self.stateful,
            "unroll": self.unroll,
            "zero_output_for_mask": self.zero_output_for_mask,
            "cell": registry.serialize_keras_object(self.cell),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        config = dict(config)
        cell = registry.deserialize_keras_object(config.pop("cell"), custom_objects=custom_objects)
        return cls(cell, **config)


def _state_shape(batch: Any, size: Any) -> Any:
    return (batch, size) if isinstance(size, int) else [(batch, each) for each in size]


def _runs(cell: Any) -> bool:
    """Whether a cell may know an operation for whole sequences."""
    return isinstance(cell, (DropoutCell, StackedRNNCells)) and hasattr(cell, "run")


def _forget_patterns(cell: Any) -> None:
    if isinstance(cell, DropoutCell):
        cell.reset_dropout_mask()
        cell.reset_recurrent_dropout_mask()
    elif isinstance(cell, StackedRNNCells):
        for each in cell.cells:
            _forget_patterns(each)
