"""Users' data in the structures that models take, checked, and copied only where it must be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keraburn import config, tree
from keraburn.data.arrays import is_numbers, to_array, to_numpy, to_rows
from keraburn.data.sparse import SparseRows
from keraburn.dtypes import stored
from keraburn.tensor import KerasTensor


def to_structure(value: Any, name: str, like: Any = None) -> Any:
    """`value` with arrays as leaves, where a list may stand for one array or for several.

    Args:
        value: one array-like, or a list, tuple or dict of them.
        name: of the argument, for errors.
        like: the structure of the model's own tensors here; None where it is not known.
    """
    count = None if like is None else len(tree.flatten(like))
    if isinstance(value, dict):
        inner = like if isinstance(like, dict) else {}
        other = None if like is None else _ONE
        return {key: to_structure(item, f"{name}[{key!r}]", inner.get(key, other)) for key, item in value.items()}
    if not isinstance(value, (list, tuple)):
        return to_rows(value, name)
    if len(value) == 0:
        raise ValueError(f"`{name}` is empty. Received: {name}={value!r}")
    parts = like if isinstance(like, (list, tuple)) else list(like.values()) if isinstance(like, dict) else []
    several = count is not None and count > 1 and len(value) in (count, len(parts))
    if is_numbers(value) and not several:
        return to_array(value, name)
    if count == 1:
        # Rows given one by one, or the single input in a list of its own.
        if len(value) == 1 and not is_numbers(value):
            return to_structure(value[0], name)
        return to_array([to_numpy(row, name) for row in value], name)
    inside = parts if len(value) == len(parts) else [_ONE if several else None] * len(value)
    items = [to_structure(item, f"{name}[{i}]", inside[i]) for i, item in enumerate(value)]
    return tuple(items) if isinstance(value, tuple) else items


# Stands for one tensor of a model.
_ONE = object()


def target_dtype(array: np.ndarray) -> str:
    """The element type in which these values are kept: the default float type for all floats."""
    return stored(config.floatx()) if array.dtype.kind == "f" else array.dtype.name


class Arrays:
    """Inputs, targets and weights of equal length.

    Args:
        x: structure of arrays.
        y: structure of arrays, or None.
        sample_weight: structure of arrays, or None.
        dtypes: the element types of the inputs' tensors, where the model names them.

    Raises:
        ValueError: if lengths differ or there is no row.
    """

    def __init__(self, x: Any, y: Any = None, sample_weight: Any = None, dtypes: Sequence[str] | None = None) -> None:
        self.structure = (x, y, sample_weight)
        self.flat: list[Any] = tree.flatten(self.structure)
        lengths = {array.shape[0] for array in self.flat}
        if len(lengths) > 1:
            sizes = "\n".join(
                f"'{name}' sizes: {', '.join(str(array.shape[0]) for array in tree.flatten(part))}"
                for name, part in zip(("x", "y", "sample_weight"), self.structure, strict=True)
                if part is not None
            )
            raise ValueError(
                "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples."
                f"{sizes}\nReceived: arrays of {sorted(lengths)} samples"
            )
        self.rows = lengths.pop() if lengths else 0
        if self.rows == 0:
            shapes = [array.shape for array in self.flat]
            raise ValueError(f"The data holds no samples. Received: arrays of shapes {shapes}")
        self.dtypes = [target_dtype(array) for array in self.flat]
        if dtypes is not None:
            self.dtypes[: len(dtypes)] = map(stored, dtypes)

    def specs(self, rows: int) -> Any:
        """`(x, y, sample_weight)` with the shape and element type of a batch of `rows` as leaves."""
        leaves = [
            KerasTensor((rows, *array.shape[1:]), dtype) for array, dtype in zip(self.flat, self.dtypes, strict=True)
        ]
        return tree.pack_sequence_as(self.structure, leaves)

    def split(self, fraction: float) -> tuple[Arrays, Arrays]:
        """The first rows, and the last `fraction` of them; views of the same memory.

        Raises:
            ValueError: if one of the two would be empty.
        """
        at = math.floor(self.rows * (1.0 - fraction))
        if at in (0, self.rows):
            raise ValueError(
                f"Training data contains {self.rows} samples, which is not sufficient to split it into a validation "
                f"and training set. Received: validation_split={fraction}"
            )
        return self._map(lambda array: array[:at]), self._map(lambda array: array[at:])

    def _map(self, function: Callable[[np.ndarray], np.ndarray]) -> Arrays:
        part = Arrays(*tree.map_structure(function, self.structure))
        part.dtypes = self.dtypes
        return part

    @property
    def is_dense(self) -> bool:
        """Whether all rows lie in memory as they are, where Rust can gather them."""
        return not any(isinstance(array, SparseRows) for array in self.flat)

    def batch(self, rows: Any) -> Arrays:
        """The rows of a slice or of indices, dense."""
        return self._map(lambda array: array.dense(rows) if isinstance(array, SparseRows) else array[rows])

    def tensors_ready(self) -> list[np.ndarray]:
        """The arrays in the element types of their tensors, for a step that is run once."""
        return [np.ascontiguousarray(array, dtype) for array, dtype in zip(self.flat, self.dtypes, strict=True)]


def spread_sample_weight(sample_weight: Any, y: Any) -> Any:
    """`sample_weight` with an entry for each output; one array of a weight per sample serves all outputs.

    Raises:
        ValueError: if the structures do not fit.
    """
    if sample_weight is None or not tree.is_nested(y):
        return sample_weight
    if tree.is_nested(sample_weight):
        if len(tree.flatten(sample_weight)) != len(tree.flatten(y)):
            raise ValueError(
                "Expected one `sample_weight` array for each output in `y`. "
                f"Received: {len(tree.flatten(sample_weight))} weights for {len(tree.flatten(y))} outputs"
            )
        return sample_weight
    if sample_weight.ndim > 2 or (sample_weight.ndim == 2 and sample_weight.shape[1] != 1):
        raise ValueError(
            "For several outputs, one `sample_weight` array should hold one weight per sample. Otherwise pass an "
            f"array for each output. Received: sample_weight of shape {sample_weight.shape}"
        )
    return tree.map_structure(lambda _: sample_weight, y)


def class_weight_to_sample_weight(y: Any, class_weight: Any) -> np.ndarray:
    """The weight of each sample's class; classes that are not named weigh 1.

    Args:
        y: labels of shape (samples,) or (samples, 1), or one-hot rows.
        class_weight: a dict from class indices to weights.

    Raises:
        ValueError: if `class_weight` is no such dict or there are several outputs.
    """
    if not isinstance(class_weight, dict):
        raise ValueError(
            f"`class_weight` should be a dict from class indices to weights. Received: class_weight={class_weight!r}"
        )
    if y is None or tree.is_nested(y):
        raise ValueError(
            "`class_weight` is only supported for Models with a single output. "
            f"Received: y of structure {type(y).__name__} with class_weight={class_weight}"
        )
    try:
        weights = {int(label): float(weight) for label, weight in class_weight.items()}
    except (TypeError, ValueError):
        raise ValueError(
            f"`class_weight` should map integer class indices to numbers. Received: class_weight={class_weight!r}"
        ) from None
    labels = np.asarray(y)
    if labels.ndim > 1:
        labels = labels[..., 0] if labels.shape[-1] == 1 else labels.argmax(axis=-1)
    found, inverse = np.unique(np.round(labels).astype(np.int64), return_inverse=True)
    per_class = np.array([weights.get(int(label), 1.0) for label in found], dtype=stored(config.floatx()))
    return np.ascontiguousarray(per_class[inverse.reshape(labels.shape)])
