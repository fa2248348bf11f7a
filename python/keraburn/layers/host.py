"""HostLayer: layers of strings and hashes, which run on numpy arrays before the graph."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from keraburn import tree
from keraburn.data.elements import Strings
from keraburn.layers.layer import Layer
from keraburn.ops.apply import has_symbols
from keraburn.ops.convert import constant
from keraburn.tensor import Tensor, TracedTensor
from keraburn.variable import Variable


class _Handing(threading.local):
    """What the host's results are given to in this thread, if a model's own `call` is run for them."""

    taker: Callable[[Callable[[], Any]], Any] | None = None


handing = _Handing()


@contextlib.contextmanager
def handing_to(taker: Callable[[Callable[[], Any]], Any] | None) -> Iterator[None]:
    """Let `taker` decide what becomes of the computations that layers inside would do on the host."""
    outer, handing.taker = handing.taker, taker
    try:
        yield
    finally:
        handing.taker = outer


def handed_over(compute: Callable[[], Any]) -> Any:
    """The result of a computation on the host, or what a model that runs its `call` puts in its place."""
    taker = handing.taker
    if taker is None:
        return compute()
    with handing_to(None):
        # What is computed inside belongs to this computation.
        return taker(compute)


def as_value(found: np.ndarray) -> Any:
    """An array as what layers give: strings as they are, numbers as a tensor."""
    return found.view(Strings) if found.dtype.kind == "O" else constant(found)


class HostLayer(Layer):
    """A layer whose outputs are computed on the host, from arrays of strings or integers.

    Such layers have no trainable weights and no gradient. They are called on data, inside the functions that data sets
    map, and inside models: there, what lies between the inputs and the last of them is run on the host before a batch
    goes to the graph, so layers that are trained must come after them. In a model whose `call` is a user's own, they
    may stand anywhere before the layers that are trained.

    Strings are what Python and numpy have: `str` and UTF-8 `bytes`, lists of them, arrays of dtype `U`, `S` or object,
    columns of pandas and polars. Where a layer gives strings, they are a numpy array of them.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True

    def evaluate(self, inputs: Any, floats: bool = False) -> np.ndarray:
        """The outputs for inputs that are no tensors of a graph.

        Args:
            inputs: what the layer is called on.
            floats: whether vectors that mark or count are of floats, as models take them.
        """
        raise NotImplementedError(f"Layer {type(self).__name__} does not say what it computes.")

    def call(self, inputs: Any) -> Any:
        return as_value(self.evaluate(inputs))

    def __call__(self, inputs: Any, **kwargs: Any) -> Any:
        if handing.taker is not None:
            found = handed_over(lambda: self.evaluate(inputs, floats=True))
            return found if isinstance(found, (Tensor, Strings)) else as_value(found)
        parts = inputs if isinstance(inputs, (list, tuple)) and len(inputs) < 32 else (inputs,)
        if any(isinstance(part, TracedTensor) for part in parts):
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) works on the host and cannot be part of a "
                "compiled computation. Put it where only inputs and layers without weights come before it in a "
                "functional or Sequential model, or apply it to the data beforehand. "
                f"Received: inputs={inputs}"
            )
        if has_symbols(parts) or kwargs.keys() - {"training", "mask"}:
            return super().__call__(inputs, **kwargs)
        return self.call(inputs)


def host_value(value: Any) -> Any:
    """A tensor's or variable's values as an array; anything else as it is."""
    return value.numpy() if isinstance(value, (Tensor, Variable)) else value


def flat_strings(value: Any, layer: Layer) -> tuple[list[Any], tuple[int, ...]]:
    """Strings in a list, and the shape that they had.

    Args:
        value: a string, or lists or an array of them.
        layer: the layer that takes them, for errors.

    Raises:
        TypeError: if it does not hold strings.
        ValueError: if it is a ragged list.
    """
    if isinstance(value, (str, bytes)):
        return [value], ()
    if isinstance(value, (list, tuple)):
        if not any(isinstance(item, (list, tuple)) or hasattr(item, "shape") for item in value):
            return list(value), (len(value),)
        array: np.ndarray | None = _nested(value)
    else:
        array = _array(value)
    if array is None or array.dtype.kind not in "OUST":
        shown = f"dtype {array.dtype}" if array is not None else f"{value!r:.80} (of type {type(value).__name__})"
        raise TypeError(f"Layer '{layer.name}' (of type {type(layer).__name__}) expects strings. Received: {shown}")
    return array.ravel().tolist(), array.shape


def _array(value: Any) -> np.ndarray | None:
    value = host_value(value)
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    return np.asarray(value) if hasattr(value, "__array__") else None


def _nested(value: Any) -> np.ndarray:
    """Nested lists as an array of objects: one of numpy's own strings would make all as long as the longest."""
    try:
        array = np.array(tree.map_structure(host_value, value), dtype=object)
        ragged = any(isinstance(item, (list, tuple, np.ndarray)) for item in array.flat)
    except ValueError:
        ragged = True
    if ragged:
        raise ValueError(
            f"Lists of strings must have rows of one length; ragged inputs are not supported. Received: {value!r:.200}"
        )
    return array


def strings_array(value: Any) -> np.ndarray:
    """Strings as an array of objects."""
    if isinstance(value, (list, tuple)):
        if any(isinstance(item, (list, tuple)) or hasattr(item, "shape") for item in value):
            return _nested(value)
        column = np.empty(len(value), dtype=object)
        column[:] = value
        return column
    array = _array(value)
    return np.array(value, dtype=object) if array is None else array


def each_batch(data: Any, steps: int | None) -> Iterator[Any]:
    """What `adapt` reads: the first `steps` batches, all if None, or an array as the only one."""
    whole = isinstance(data, (str, bytes, list, tuple, np.ndarray, Tensor)) or hasattr(data, "__array__")
    if whole or not hasattr(data, "__iter__"):
        yield _with_rows(data)
        return
    batches = data.as_numpy_iterator() if hasattr(data, "as_numpy_iterator") else iter(data)
    for number, batch in enumerate(batches):
        if steps is not None and number >= steps:
            return
        yield batch


def _with_rows(data: Any) -> Any:
    """An array of one dimension as one of rows of one element each, as `adapt` takes whole data."""
    if isinstance(data, (list, tuple)) and data and all(isinstance(item, (str, bytes, int)) for item in data):
        column = np.empty((len(data), 1), dtype=object)
        column[:, 0] = data
        return column
    array = _array(data)
    return array[:, None] if array is not None and array.ndim == 1 else data
