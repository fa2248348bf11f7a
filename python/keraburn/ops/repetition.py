"""Elements moved around, repeated, and added at the edges."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import normalize_axis, normalize_shape
from keraburn.ops.convert import concrete_integers, constant, convert
from keraburn.ops.joining import section
from keraburn.ops.shaping import reshaped
from keraburn.tensor import Tensor


@operation
def roll(x: Any, shift: Any, axis: Any = None) -> Tensor:
    """The elements moved along axes, those that fall off coming back at the other end.

    Args:
        x: a tensor.
        shift: by how many places, for each axis or for all.
        axis: the axes; None rolls the flattened tensor.
    """
    x = convert(x)
    if axis is None:
        return reshaped(roll(reshaped(x, [x.size]), shift, 0), x.shape)
    axes = axis if isinstance(axis, (tuple, list)) else [axis]
    shifts = shift if isinstance(shift, (tuple, list)) else [shift] * len(axes)
    for places, each in zip(shifts, axes, strict=True):
        position = normalize_axis(each, x.ndim)
        size = x.shape[position]
        cut = -operator.index(places) % size if size else 0
        if cut:
            x = emit("concatenate", section(x, position, cut, size), section(x, position, 0, cut), axis=position)
    return x


@operation
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Tensor:
    """Each slice repeated.

    Args:
        x: a tensor.
        repeats: how often: an integer, or one for each slice.
        axis: the axis of the slices; None flattens first.
    """
    x = convert(x)
    if axis is None:
        x, axis = reshaped(x, [x.size]), 0
    axis = normalize_axis(axis, x.ndim)
    size = x.shape[axis]
    counts = concrete_integers(repeats, "repeat", "repeats").reshape(-1)
    if counts.size not in (1, size) or (counts < 0).any():
        raise ValueError(
            f"Argument `repeats` must hold one number, or {size} for the slices of axis {axis}, none of them negative. "
            f"Received: repeats={repeats}"
        )
    if counts.size == 1:
        shape, count = list(x.shape), int(counts[0])
        wide = emit("reshape", x, shape=[*shape[: axis + 1], 1, *shape[axis + 1 :]])
        wide = emit("broadcast_to", wide, shape=[*shape[: axis + 1], count, *shape[axis + 1 :]])
        return emit("reshape", wide, shape=[*shape[:axis], size * count, *shape[axis + 1 :]])
    return emit("take", x, constant(np.repeat(np.arange(size, dtype=np.int32), counts)), axis=axis)


@operation
def tile(x: Any, repeats: Any) -> Tensor:
    """The whole tensor repeated along each axis.

    Args:
        x: a tensor.
        repeats: how often along each axis, counted from the last; more of them than axes add leading axes.
    """
    x = convert(x)
    counts = normalize_shape(repeats, "repeats")
    shape = list(x.shape)
    rank = max(len(counts), len(shape))
    counts, shape = [1] * (rank - len(counts)) + counts, [1] * (rank - len(shape)) + shape
    if all(count == 1 for count in counts):
        return reshaped(x, shape)
    narrow = [dim for size in shape for dim in (1, size)]
    wide = [dim for pair in zip(counts, shape, strict=True) for dim in pair]
    tiled = emit("broadcast_to", emit("reshape", x, shape=narrow), shape=wide)
    return emit("reshape", tiled, shape=[count * size for count, size in zip(counts, shape, strict=True)])


@operation
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Tensor:
    """Elements added before and after, along each axis.

    Args:
        x: a tensor.
        pad_width: `(before, after)` for each axis, or one pair or number for all.
        mode: `"constant"`, or where the new elements come from: `"reflect"`, `"symmetric"`, `"edge"`, `"wrap"`.
        constant_values: the new elements' value for `"constant"`, 0 when None.

    Raises:
        ValueError: if the mode is unknown, `pad_width` does not fit, or `constant_values` comes with another mode.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.pad([1, 2, 3], (2, 0), mode="reflect").numpy()
    array([3, 2, 1, 2, 3], dtype=int32)
    """
    x = convert(x)
    if constant_values is not None and mode != "constant":
        raise ValueError(
            f"Argument `constant_values` can only be provided when `mode == 'constant'`. Received: mode={mode}"
        )
    if mode not in ("constant", "reflect", "symmetric", "edge", "wrap"):
        raise ValueError(
            "Argument `mode` must be one of ('constant', 'reflect', 'symmetric', 'edge', 'wrap'). "
            f"Received: mode={mode}"
        )
    try:
        widths = np.broadcast_to(np.asarray(pad_width, dtype=np.int64), (x.ndim, 2)).tolist()
    except (ValueError, TypeError, OverflowError):
        widths = [[-1, -1]]
    if any(width < 0 for pair in widths for width in pair):
        raise ValueError(
            f"Argument `pad_width` must be (before, after) for each of {x.ndim} axes, not negative. "
            f"Received: pad_width={pad_width}"
        )
    if mode == "constant":
        value = convert(0 if constant_values is None else constant_values, x.dtype)
        if not any(map(any, widths)):
            return x
        # Axes after the last one that grows are copied as one piece with it.
        last = max(axis for axis, pair in enumerate(widths) if any(pair))
        block = math.prod(x.shape[last + 1 :])
        low, high = ([pair[end] for pair in widths[:last]] + [widths[last][end] * block] for end in (0, 1))
        whole = reshaped(x, [*x.shape[:last], x.shape[last] * block])
        padded = emit("pad", whole, value, low=low, high=high, interior=[0] * (last + 1))
        shape = [size + sum(pair) for size, pair in zip(x.shape, widths, strict=True)]
        return reshaped(padded, shape)
    for axis, (before, after) in enumerate(widths):
        if before or after:
            source = np.pad(np.arange(x.shape[axis], dtype=np.int32), (before, after), mode=mode)  # type: ignore[call-overload]
            x = emit("take", x, constant(source), axis=axis)
    return x
