"""Distances, windows of sequences and sums by segment."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keraburn import dtypes
from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import concrete, constant, convert, filled_like, integer, promote_floating, scalar
from keraburn.ops.shaping import expand_dims
from keraburn.tensor import Tensor


@operation
def cdist(x: Any, y: Any) -> Tensor:
    """The Euclidean distances of all pairs of vectors.

    Args:
        x: shape `(..., n, d)`.
        y: shape `(..., m, d)`.

    Returns:
        Shape `(..., n, m)`.

    Raises:
        ValueError: if the vectors differ in size.
    """
    a, b = promote_floating(x, y)
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-1]:
        raise ValueError(
            "`cdist` takes tensors of at least two dimensions with the same last one. "
            f"Received: x of shape {a.shape}, y of shape {b.shape}"
        )
    differences = emit("sub", expand_dims(a, -2), expand_dims(b, -3))
    squares = emit("sum", emit("square", differences), axes=[differences.ndim - 1], keepdims=False)
    return emit("sqrt", squares)


@operation
def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Tensor:
    """Windows of the last axis, in a new axis before it.

    Args:
        x: shape `(..., n)`.
        sequence_length: size of a window.
        sequence_stride: distance from one window to the next.

    Returns:
        Shape `(..., windows, sequence_length)`.

    Raises:
        ValueError: if a window does not fit.
    """
    x = convert(x)
    size = x.shape[-1] if x.shape else 0
    if not 0 < sequence_length <= size or sequence_stride < 1:
        raise ValueError(
            "A window must fit into the last axis and move on. Received: "
            f"x of shape {x.shape}, sequence_length={sequence_length}, sequence_stride={sequence_stride}"
        )
    starts = np.arange(0, size - sequence_length + 1, sequence_stride, dtype=np.int32)
    places = starts[:, None] + np.arange(sequence_length, dtype=np.int32)
    return emit("take", x, constant(places), axis=x.ndim - 1)


def _lowest(dtype: str) -> Any:
    return -math.inf if dtypes.is_float(dtype) else int(np.iinfo(dtype).min)


def _highest(dtype: str) -> Any:
    return math.inf if dtypes.is_float(dtype) else int(np.iinfo(dtype).max)


def _segments(data: Any, segment_ids: Any, num_segments: int | None, mode: str, neutral: Any) -> Tensor:
    data, ids = convert(data), integer(segment_ids, "segment_ids")
    if ids.ndim != 1 or not data.shape or ids.shape[0] != data.shape[0]:
        raise ValueError(
            "Argument `segment_ids` must hold a segment for each row of `data`. "
            f"Received: segment_ids of shape {ids.shape}, data of shape {data.shape}"
        )
    if num_segments is None:
        values = concrete(ids, "segment reduction without `num_segments`", "segment_ids")
        num_segments = int(values.max()) + 1 if values.size else 0
    # Rows of other segments than those asked for go to one more, which is cut off.
    extra = scalar(num_segments, ids.dtype)
    outside = emit("or", emit("lt", ids, scalar(0, ids.dtype)), emit("ge", ids, extra))
    ids = emit("where", outside, extra, ids)
    if mode == "add":
        result = emit("segment_sum", ids, data, rows=num_segments + 1)
    else:
        first = neutral(data.dtype) if callable(neutral) else neutral
        start = filled_like(data, first, shape=[num_segments + 1, *data.shape[1:]])
        result = emit("scatter", start, ids, data, mode=mode)
    shape = [num_segments, *data.shape[1:]]
    return emit("slice", result, start=[0] * len(shape), size=shape, step=[1] * len(shape))


@operation
def segment_sum(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """The sums of the rows of each segment.

    Args:
        data: a tensor.
        segment_ids: the segment of each row; rows outside `[0, num_segments)` are left out.
        num_segments: how many segments; one more than the largest when None, which must then be known.
        sorted: accepted as in Keras, without effect.
    """
    return _segments(data, segment_ids, num_segments, "add", 0)


@operation
def segment_prod(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """The products of the rows of each segment, 1 for an empty one; arguments as for `segment_sum`."""
    return _segments(data, segment_ids, num_segments, "mul", 1)


@operation
def segment_max(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """The largest of the rows of each segment, the lowest number for an empty one; arguments as for `segment_sum`."""
    return _segments(data, segment_ids, num_segments, "max", _lowest)


@operation
def segment_min(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """The smallest of the rows of each segment, the highest number for an empty one; arguments as for `segment_sum`."""
    return _segments(data, segment_ids, num_segments, "min", _highest)
