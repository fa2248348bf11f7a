"""Users' data as numpy arrays that Rust can gather batches from, checked and copied only where it must be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keraburn import config, tree
from keraburn.tensor import KerasTensor, Tensor

# Element types that batches are gathered from as they are; others are converted once.
_NATIVE = {"f4": "float32", "f8": "float64", "i4": "int32", "i8": "int64", "u1": "uint8", "b1": "bool"}
_WIDENED = {
    "f2": "float32",
    "f16": "float64",
    "f12": "float64",
    "i1": "int32",
    "i2": "int32",
    "u2": "int32",
    "u4": "int64",
}


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """`(x, y, sample_weight)` of `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`; what is absent is None.

    Raises:
        ValueError: if `data` is a longer tuple.
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`. "
            f"Received: a tuple of {len(data)} values"
        )
    return (*data, None, None)[:3]


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """The inverse of `unpack_x_y_sample_weight`."""
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def _describe(value: Any) -> str:
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{type(value).__name__} of shape {tuple(value.shape)} and dtype {value.dtype}"
    text = repr(value)
    return f"{text if len(text) <= 80 else text[:77] + '...'} (of type {type(value).__name__})"


def _first_leaf(value: Any) -> Any:
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return value


def is_numbers(value: Any) -> bool:
    """Whether `value` is a list or tuple, nested or not, of plain numbers."""
    if not isinstance(value, (list, tuple)):
        return False
    leaf = _first_leaf(value)
    return leaf is not value and isinstance(leaf, (int, float, np.number, np.bool_))


def is_array_like(value: Any) -> bool:
    """Whether `value` is one array, of whatever library, or a list of numbers."""
    return hasattr(value, "__array__") or hasattr(value, "toarray") or is_numbers(value)


def to_array(value: Any, name: str) -> np.ndarray:
    """`value` as a contiguous array of an element type that Rust reads.

    Args:
        value: a numpy array, a tensor, anything with `__array__`, a pandas object, a sparse scipy matrix, or nested
            lists of numbers.
        name: of the argument, for errors.

    Raises:
        ValueError: if it holds no numbers, is ragged or has no dimension.
    """
    if type(value) is np.ndarray:
        array = value
    elif isinstance(value, KerasTensor) or value is None:
        raise ValueError(f"`{name}` should hold values. Received: {name}={value!r}")
    elif isinstance(value, Tensor):
        array = value.numpy()
    elif hasattr(value, "iloc") and hasattr(value, "to_numpy"):
        array = value.to_numpy()
        # A pandas column is a table of one column.
        array = array[:, None] if array.ndim == 1 else array
    elif hasattr(value, "toarray"):
        array = value.toarray()
    elif isinstance(value, (list, tuple)):
        array = _from_lists(value, name)
    elif hasattr(value, "__array__"):
        array = np.asarray(value)
    else:
        raise ValueError(
            f"Unrecognized data type for `{name}`: expected arrays, tensors or lists of numbers. "
            f"Received: {name}={_describe(value)}"
        )
    if array.ndim == 0:
        raise ValueError(
            f"`{name}` should have at least one dimension, the samples. Received: {name}={_describe(value)}"
        )
    return np.ascontiguousarray(_readable(array, name))


def _from_lists(value: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"`{name}` is a list whose rows differ in length or kind. Pad them to one length, for instance with "
            f"`keras.utils.pad_sequences`. Received: {name}={_describe(value)}"
        ) from None
    if array.dtype == np.int64 and array.size and array.min() >= -(2**31) and array.max() < 2**31:
        array = array.astype(np.int32)
    return array


def _readable(array: np.ndarray, name: str) -> np.ndarray:
    kind = f"{array.dtype.kind}{array.dtype.itemsize}"
    if kind in _NATIVE:
        return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
    if kind in _WIDENED:
        return array.astype(_WIDENED[kind])
    if kind == "u8" and not (array.size and array.max() >= 2**63):
        return array.astype(np.int64)
    if kind[0] == "O" and all(isinstance(item, (int, float, np.number, np.bool_)) for item in array.flat):
        # Tables whose columns have different types come like this.
        return array.astype(np.float64)
    raise ValueError(
        f"`{name}` should hold numbers: floats, integers or booleans. Convert text and categories to numbers first. "
        f"Received: {name} of dtype {array.dtype} and shape {array.shape}"
    )


def to_structure(value: Any, name: str, count: int | None) -> Any:
    """`value` with arrays as leaves, where a list may stand for one array or for several.

    Args:
        value: one array-like, or a list, tuple or dict of them.
        name: of the argument, for errors.
        count: how many arrays the model takes here; None where it is not known.
    """
    if isinstance(value, dict):
        return {key: to_structure(item, f"{name}[{key!r}]", 1) for key, item in value.items()}
    if not isinstance(value, (list, tuple)):
        return to_array(value, name)
    if len(value) == 0:
        raise ValueError(f"`{name}` is empty. Received: {name}={value!r}")
    several = count is not None and count > 1 and len(value) == count
    if is_numbers(value) and not several:
        return to_array(value, name)
    if count == 1:
        # Rows given one by one, or the single input in a list of its own.
        if len(value) == 1 and not is_numbers(value):
            return to_structure(value[0], name, None)
        return to_array([np.asarray(row) for row in value], name)
    items = [to_structure(item, f"{name}[{i}]", 1 if several else None) for i, item in enumerate(value)]
    return tuple(items) if isinstance(value, tuple) else items


def target_dtype(array: np.ndarray) -> str:
    """The element type that a tensor of these values gets: the default float type for all floats."""
    return config.floatx() if array.dtype.kind == "f" else array.dtype.name


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
        self.flat: list[np.ndarray] = tree.flatten(self.structure)
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
            self.dtypes[: len(dtypes)] = dtypes

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

    def tensors_ready(self) -> list[np.ndarray]:
        """The arrays in the element types of their tensors, for a step that is run once."""
        return [array.astype(dtype, copy=False) for array, dtype in zip(self.flat, self.dtypes, strict=True)]


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
    labels = y
    if labels.ndim > 1:
        labels = labels[..., 0] if labels.shape[-1] == 1 else labels.argmax(axis=-1)
    found, inverse = np.unique(np.round(labels).astype(np.int64), return_inverse=True)
    per_class = np.array([weights.get(int(label), 1.0) for label in found], dtype=config.floatx())
    return np.ascontiguousarray(per_class[inverse.reshape(labels.shape)])
