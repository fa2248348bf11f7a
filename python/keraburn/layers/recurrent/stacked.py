"""StackedRNNCells: several cells as one."""

from __future__ import annotations

from typing import Any

from keraburn import ops, registry, tree
from keraburn.layers.layer import Layer


class StackedRNNCells(Layer):
    """Cells on top of each other: the output of one is the input of the next.

    Args:
        cells: the cells, the first one closest to the inputs.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Raises:
        ValueError: if a cell lacks `call` or `state_size`.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> cells = [keras.layers.LSTMCell(4), keras.layers.GRUCell(2)]
    >>> keras.layers.RNN(keras.layers.StackedRNNCells(cells))(np.ones((3, 5, 2))).shape
    (3, 2)
    """

    def __init__(self, cells: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for cell in cells:
            for name, what in (("call", "method"), ("state_size", "attribute")):
                if not hasattr(cell, name):
                    raise ValueError(f"All cells must have a `{name}` {what}. Received cell without a `{name}`: {cell}")
        self.cells = list(cells)

    @property
    def state_size(self) -> list[Any]:
        """The sizes of each cell's states."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> Any:
        """The size of the last cell's outputs."""
        return _output_size(self.cells[-1])

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """The first states of each cell.

        Args:
            batch_size: how many sequences there are.
        """

        def zeros(size: Any) -> Any:
            return ops.zeros((batch_size, size), dtype=self.compute_dtype)

        states = []
        for cell in self.cells:
            if hasattr(cell, "get_initial_state"):
                states.append(cell.get_initial_state(batch_size=batch_size))
            elif isinstance(cell.state_size, int):
                states.append(zeros(cell.state_size))
            else:
                states.append([zeros(size) for size in cell.state_size])
        return states

    def build(self, input_shape: Any) -> None:
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(input_shape)
                cell.built = True
            input_shape = (input_shape[0], _output_size(cell))

    def call(self, inputs: Any, states: Any, training: bool = False, **kwargs: Any) -> Any:
        following = []
        for cell, state in zip(self.cells, states, strict=True):
            nested = tree.is_nested(state)
            extra = dict(kwargs)
            if isinstance(cell, Layer) and cell._call_has_training_arg:
                extra["training"] = training
            inputs, new = (cell if callable(cell) else cell.call)(inputs, list(state) if nested else [state], **extra)
            following.append(new[0] if not nested and tree.is_nested(new) and len(new) == 1 else new)
        return inputs, following

    def run(self, sequences: Any, states: Any, mask: Any, reverse: bool, training: Any) -> Any:
        """All steps at once, one cell after the other; None if a cell cannot.

        Args:
            sequences: a tensor `(batch, steps, features)`.
            states: the first states of each cell.
            mask: booleans `(batch, steps)`, or None.
            reverse: whether to go from the last step to the first.
            training: whether dropout acts.

        Returns:
            The last output, the outputs in the order of the steps taken, and the last states.
        """
        following = []
        last = None
        for cell, state in zip(self.cells, states, strict=True):
            nested = tree.is_nested(state)
            first = list(state) if nested else [state]
            whole = cell.run(sequences, first, mask, reverse, training) if hasattr(cell, "run") else None
            if whole is None:
                return None
            last, sequences, new = whole
            following.append(new if nested else new[0])
            if reverse:
                # From here on the steps stand in the order in which they were taken.
                mask = None if mask is None else ops.flip(mask, axis=1)
                reverse = False
        return last, sequences, following

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cells": [registry.serialize_keras_object(cell) for cell in self.cells]}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        config = dict(config)
        cells = [registry.deserialize_keras_object(cell, custom_objects=custom_objects) for cell in config.pop("cells")]
        return cls(cells, **config)


def _output_size(cell: Any) -> Any:
    size = getattr(cell, "output_size", None)
    if size is None:
        size = cell.state_size[0] if isinstance(cell.state_size, (list, tuple)) else cell.state_size
    return size
