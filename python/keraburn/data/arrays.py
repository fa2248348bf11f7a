"""Arrays of every library as numpy arrays that Rust can gather batches from, copied only where they must be."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn.data import frames
from keraburn.data.sparse import SparseRows, is_sparse
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
# Types that other libraries add to numpy, whose kind says nothing.
_ADDED = ("bfloat16", "float8_e4m3fn", "float8_e5m2")


def describe(value: Any) -> str:
    """What `value` is, in a few words, for errors."""
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
    """Whether `value` is one array, of whatever library."""
    return any(hasattr(value, name) for name in ("__array__", "__dlpack__", "toarray", "todense"))


def to_numpy(value: Any, name: str = "x") -> np.ndarray:
    """`value` as a numpy array of whatever element type, sharing its memory where that is possible.

    Args:
        value: a numpy array, a tensor of any library, anything with `__array__` or `__dlpack__`, a frame or series, a
            sparse scipy matrix, or nested lists.
        name: of the argument, for errors.

    Raises:
        ValueError: if it is none of them, or lists whose rows differ in length.
    """
    if type(value) is np.ndarray:
        return value
    if isinstance(value, KerasTensor) or value is None:
        raise ValueError(f"`{name}` should hold values. Received: {name}={value!r}")
    if isinstance(value, Tensor):
        return value.numpy()
    if frames.is_frame(value):
        return frames.to_numpy(value, name)
    if hasattr(value, "toarray"):
        return value.toarray()
    if isinstance(value, (list, tuple)):
        return _from_lists(value, name)
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        return _from_torch(value)
    if hasattr(value, "todense"):
        # A sparse array of JAX.
        return np.asarray(value.todense())
    if hasattr(value, "__array__"):
        return np.asarray(value)
    if hasattr(value, "__dlpack__"):
        return np.from_dlpack(value)
    raise ValueError(
        f"Unrecognized data type for `{name}`: expected arrays, tensors or lists of numbers. "
        f"Received: {name}={describe(value)}"
    )


def _from_torch(value: Any) -> np.ndarray:
    value = value.detach().cpu()
    # numpy has no such type.
    return (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()


def to_array(value: Any, name: str) -> np.ndarray:
    """`value` as a contiguous array of an element type that Rust reads.

    Args:
        value: what `to_numpy` takes.
        name: of the argument, for errors.

    Raises:
        ValueError: if it holds no numbers, is ragged or has no dimension.
    """
    array = to_numpy(value, name)
    if array.ndim == 0:
        raise ValueError(
            f"`{name}` should have at least one dimension, the samples. Received: {name}={describe(value)}"
        )
    # Of numpy's own subclasses (masked arrays, matrices) the values alone are read.
    return np.ascontiguousarray(readable(array, name))


def to_rows(value: Any, name: str) -> Any:
    """`to_array`, but a sparse scipy matrix stays sparse: its rows are filled in batch by batch."""
    if isinstance(value, SparseRows):
        return value
    return SparseRows(value) if is_sparse(value) else to_array(value, name)


def _from_lists(value: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"`{name}` is a list whose rows differ in length or kind. Pad them to one length, for instance with "
            f"`keras.utils.pad_sequences`. Received: {name}={describe(value)}"
        ) from None
    if array.dtype == np.int64 and array.size and array.min() >= -(2**31) and array.max() < 2**31:
        array = array.astype(np.int32)
    return array


def readable(array: np.ndarray, name: str) -> np.ndarray:
    """`array` in an element type that tensors have.

    Raises:
        ValueError: if it holds no numbers.
    """
    kind = f"{array.dtype.kind}{array.dtype.itemsize}"
    if kind in _NATIVE:
        return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
    if kind in _WIDENED:
        return array.astype(_WIDENED[kind])
    if kind == "u8" and not (array.size and array.max() >= 2**63):
        return array.astype(np.int64)
    if array.dtype.name in _ADDED:
        return array.astype(np.float32)
    if kind[0] == "O" and all(isinstance(item, (int, float, np.number, np.bool_)) for item in array.flat):
        # Tables whose columns have different types come like this.
        return array.astype(np.float64)
    raise ValueError(
        f"`{name}` should hold numbers: floats, integers or booleans. Convert text and categories to numbers first. "
        f"Received: {name} of dtype {array.dtype} and shape {array.shape}"
    )
