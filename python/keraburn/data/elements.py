"""The elements of data sets: kept as numpy arrays in tuples and dicts, shown to users as tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from keraburn import _core, config
from keraburn.data.arrays import readable, to_numpy
from keraburn.data.frames import is_frame
from keraburn.tape.specs import TensorSpec as TensorSpec
from keraburn.tensor import Tensor
from keraburn.variable import Variable


class Strings(np.ndarray):
    """An array of strings that answers `numpy()` as TensorFlow's tensors do."""

    def numpy(self) -> Any:
        """The strings as bytes, in a plain array of objects; a single one as it is."""
        flat = [item.encode("utf-8", "surrogateescape") if isinstance(item, str) else item for item in self.flat]
        encoded = np.empty(len(flat), dtype=object)
        encoded[:] = flat
        return encoded.reshape(self.shape) if self.shape else flat[0]

    def __getitem__(self, index: Any) -> Any:
        # A single string answers too.
        found = super().__getitem__(index)
        if isinstance(found, np.ndarray):
            return found
        single = np.empty((), dtype=object)
        single[()] = found
        return single.view(Strings)

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __str__(self) -> str:
        return str(self.view(np.ndarray))

    def __repr__(self) -> str:
        return f"<keraburn.Strings shape={self.shape}\n{self}>"


def map_leaves(function: Callable[..., Any], *elements: Any) -> Any:
    """`function` of the corresponding leaves of elements of one structure."""
    first = elements[0]
    if isinstance(first, dict):
        return {key: map_leaves(function, *(element[key] for element in elements)) for key in first}
    if isinstance(first, tuple):
        parts = [map_leaves(function, *items) for items in zip(*elements, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
    return function(*elements)


def leaves(element: Any) -> list[Any]:
    """The leaves of an element."""
    found: list[Any] = []
    map_leaves(found.append, element)
    return found


def standardize(value: Any) -> Any:
    """What a user gives as an element, with numpy arrays as leaves; lists are arrays too.

    Raises:
        ValueError: if a leaf is no array.
    """
    if isinstance(value, dict):
        return {key: standardize(item) for key, item in value.items()}
    if isinstance(value, tuple):
        parts = [standardize(item) for item in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if hasattr(value, "as_numpy_iterator"):
        return value
    if isinstance(value, (bool, int, float, str, bytes, np.generic, list)):
        return _from_python(value)
    if isinstance(value, Variable):
        return value.numpy()
    if is_frame(value) and not hasattr(value, "columns"):
        # A column of a table: a value, perhaps a string, for each row.
        return value.to_numpy()
    return to_numpy(value, "element")


def _from_python(value: Any) -> np.ndarray:
    if isinstance(value, list) and any(isinstance(item, Tensor) for item in value):
        value = [standardize(item) for item in value]
    array = to_numpy(value, "element") if isinstance(value, list) else np.asarray(value)
    if isinstance(value, np.generic):
        return array
    # Python's own numbers become the default types.
    if array.dtype == np.float64 and not _holds_arrays(value):
        return array.astype(config.floatx())
    if array.dtype == np.int64 and array.ndim == 0 and -(2**31) <= array < 2**31:
        return array.astype(np.int32)
    return array


def _holds_arrays(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, np.ndarray) or _holds_arrays(item) for item in value)


def show(element: Any) -> Any:
    """An element as users see it."""
    return map_leaves(_show_leaf, element)


def _show_leaf(leaf: Any) -> Any:
    if not isinstance(leaf, (np.ndarray, np.generic)):
        return leaf
    array = np.asarray(leaf)
    if array.dtype.kind in "OSU":
        return array.view(Strings)
    return Tensor(_core.Tensor(np.asarray(readable(array, "element"), order="C"), config.device()))


def call(function: Callable[..., Any], element: Any) -> Any:
    """`function` of an element, the parts of a tuple as its arguments; what it returns as an element."""
    shown = show(element)
    return standardize(function(*shown) if type(shown) is tuple else function(shown))


def stack(elements: list[Any]) -> Any:
    """A batch of elements of one shape.

    Raises:
        ValueError: if their shapes differ.
    """

    def stacked(*parts: Any) -> np.ndarray:
        try:
            return np.stack(parts)
        except ValueError:
            shapes = sorted({np.shape(part) for part in parts})
            raise ValueError(
                "Elements of different shapes cannot be put into one batch; `padded_batch` pads them. "
                f"Received: elements of shapes {shapes}"
            ) from None

    return map_leaves(stacked, *elements)


def spec_of(leaf: Any, batched: bool) -> TensorSpec:
    """The shape and dtype of a leaf, the first dimension unknown where it counts a batch that may be smaller."""
    shape = np.shape(leaf)
    kind = np.asarray(leaf).dtype
    dtype = "string" if kind.kind in "OSU" else kind.name
    return TensorSpec((None, *shape[1:]) if batched and shape else shape, dtype)
