"""TensorFlow's functions that pick, place and count elements, with its argument names."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import dtypes, ops
from keraburn.tensor import KerasTensor, Tensor
from keraburn.variable import Variable


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor, a variable or a symbol of a model."""
    return isinstance(x, (Tensor, Variable, KerasTensor))


def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Any:
    """`x`, whose shape must be this one; None fits any size.

    Raises:
        ValueError: if it has another.
    """
    found = ops.shape(x)
    fits = len(found) == len(shape) and all(a is None or b is None or a == b for a, b in zip(found, shape, strict=True))
    if not fits:
        raise ValueError(f"The tensor does not have this shape. Expected: {tuple(shape)}. Received: {tuple(found)}")
    return x


def boolean_mask(tensor: Any, mask: Any, axis: int | None = None, name: str | None = None) -> Any:
    """The elements where a mask of known values holds."""
    tensor, kept = ops.convert_to_tensor(tensor), ops.convert_to_numpy(mask).astype(bool)
    axis = 0 if axis is None else axis
    before, after = tensor.shape[:axis], tensor.shape[axis + kept.ndim :]
    flat = ops.reshape(tensor, (*before, kept.size, *after))
    return ops.take(flat, np.flatnonzero(kept).astype("int32"), axis=axis)


def _linear(indices: Tensor, shape: Any) -> Tensor:
    """Places in the flattened leading axes of `shape`, from the coordinates in the last axis of `indices`."""
    steps = np.cumprod([1, *shape[::-1]])[::-1][1 : indices.shape[-1] + 1]
    steps = steps // int(np.prod(shape[indices.shape[-1] :]))
    return ops.sum(indices * ops.convert_to_tensor(np.ascontiguousarray(steps), dtype=indices.dtype), axis=-1)


def gather_nd(params: Any, indices: Any, batch_dims: int = 0, name: str | None = None) -> Any:
    """The elements or slices at coordinates, which the last axis of `indices` holds."""
    if batch_dims:
        raise ValueError(f"`batch_dims` is not supported by `tf.gather_nd`. Received: batch_dims={batch_dims}")
    params, indices = ops.convert_to_tensor(params), ops.convert_to_tensor(indices)
    depth = indices.shape[-1]
    flat = ops.reshape(params, (-1, *params.shape[depth:]))
    return ops.take(flat, _linear(indices, params.shape), axis=0)


def scatter_nd(indices: Any, updates: Any, shape: Any, name: str | None = None) -> Any:
    """Zeros, with updates added at coordinates."""
    return ops.scatter(indices, updates, tuple(int(size) for size in shape))


def tensor_scatter_nd_update(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Any:
    """A tensor with other values at coordinates."""
    return ops.scatter_update(tensor, indices, updates)


def tensor_scatter_nd_add(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Any:
    """A tensor with updates added at coordinates."""
    tensor = ops.convert_to_tensor(tensor)
    return tensor + ops.cast(ops.scatter(indices, updates, tensor.shape), tensor.dtype)


def sequence_mask(lengths: Any, maxlen: int | None = None, dtype: Any = "bool", name: str | None = None) -> Any:
    """For each length a row that is true up to it; as long as the longest unless `maxlen` is given."""
    lengths = ops.convert_to_tensor(lengths)
    longest = int(ops.convert_to_numpy(lengths).max()) if maxlen is None else int(maxlen)
    places = ops.arange(longest, dtype=lengths.dtype)
    return ops.cast(places < ops.expand_dims(lengths, -1), dtype)


def slice(input_: Any, begin: Any, size: Any, name: str | None = None) -> Any:
    """The part that begins at some coordinates and has a size, -1 for all that is left of an axis."""
    shape = ops.shape(input_)
    begin = [int(each) for each in begin]
    sizes = [shape[i] - begin[i] if int(each) == -1 else int(each) for i, each in enumerate(size)]
    return ops.slice(input_, begin, sizes)


def meshgrid(*args: Any, indexing: str = "xy", **kwargs: Any) -> Any:
    """Coordinates of a grid, a tensor for each axis."""
    return ops.meshgrid(*args, indexing=indexing)


def unique(x: Any, out_idx: Any = "int32", name: str | None = None) -> tuple[Any, Any]:
    """The different values of a vector of known values in the order of their first places, and each one's number."""
    values, first, inverse = np.unique(ops.convert_to_numpy(x), return_index=True, return_inverse=True)
    order = np.argsort(first)
    ranks = np.argsort(order)
    return ops.convert_to_tensor(values[order]), ops.convert_to_tensor(ranks[inverse.ravel()], dtype=out_idx)


def searchsorted(
    sorted_sequence: Any, values: Any, side: str = "left", out_type: Any = "int32", name: str | None = None
) -> Any:
    """Where values belong in a sorted vector."""
    return ops.cast(ops.searchsorted(sorted_sequence, values, side=side), out_type)


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Any:
    """Another dtype, values beyond its range at its ends."""
    return ops.saturate_cast(value, dtype)


def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: int | None = None,
    weights: Any = None,
    dtype: Any = "int32",
    name: Any = None,
) -> Any:
    """How often each label (row) came with each prediction (column)."""
    labels, predictions = ops.convert_to_tensor(labels), ops.convert_to_tensor(predictions)
    if num_classes is None:
        num_classes = 1 + int(max(ops.convert_to_numpy(each).max() for each in (labels, predictions)))
    places = ops.stack([ops.cast(ops.reshape(each, (-1,)), "int32") for each in (labels, predictions)], axis=1)
    counts = ops.ones((places.shape[0],), dtype=dtype) if weights is None else ops.cast(weights, dtype)
    return ops.scatter(places, ops.reshape(counts, (-1,)), (num_classes, num_classes))


def bincount(
    arr: Any,
    weights: Any = None,
    minlength: int | None = None,
    maxlength: int | None = None,
    dtype: Any = "int32",
    **_: Any,
) -> Any:
    """How often each number occurs in a tensor of known values, or the sums of its weights."""
    found = np.bincount(
        ops.convert_to_numpy(arr).ravel(),
        None if weights is None else ops.convert_to_numpy(weights).ravel(),
        minlength or 0,
    )[:maxlength]
    return ops.convert_to_tensor(found, dtype=dtype if weights is None else dtypes.standardize_dtype(None))


SELECTING: dict[str, Any] = {
    each.__name__: each
    for each in (
        is_tensor,
        ensure_shape,
        boolean_mask,
        gather_nd,
        scatter_nd,
        tensor_scatter_nd_update,
        tensor_scatter_nd_add,
        sequence_mask,
        slice,
        meshgrid,
        unique,
        searchsorted,
        saturate_cast,
    )
}
