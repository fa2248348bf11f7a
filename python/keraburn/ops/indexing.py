"""Elements picked and replaced by their indices. All of it is `take` and `scatter` of flat positions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import normalize_axis, normalize_shape
from keraburn.ops.convert import cast_to, constant, convert, filled_like, integer, scalar
from keraburn.ops.shaping import broadcasted, reshaped
from keraburn.tensor import Tensor

_MODES = {None: "set", "add": "add", "max": "max", "min": "min", "mul": "mul"}


def wrapped(indices: Tensor, size: int) -> Tensor:
    """Indices counted from the front, where negative ones count from the end."""
    if indices.dtype == "uint8":
        return emit("cast", indices, dtype="int32")
    if type(indices) is Tensor:
        values = indices.numpy()
        # What is out of range stays as it is, to be named in the error.
        negative = (values < 0) & (values >= -size)
        return constant(np.where(negative, values + size, values)) if negative.any() else indices
    zero, length = scalar(0, indices.dtype), scalar(size, indices.dtype)
    return emit("where", emit("lt", indices, zero), emit("add", indices, length), indices)


@operation
def take(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """The slices of `x` at some indices along an axis.

    Args:
        x: a tensor.
        indices: integers of any shape, in [-size, size) of the axis.
        axis: the axis; None takes elements of the flattened tensor.

    Returns:
        `x` with the shape of `indices` in place of the axis.

    Raises:
        ValueError: at run time, if an index is out of range.
        TypeError: if `indices` does not hold integers.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.take([10, 20, 30], [2, 0]).numpy()
    array([30, 10], dtype=int32)
    """
    x, indices = convert(x), integer(indices, "indices")
    if axis is None:
        x, axis = reshaped(x, [x.size]), 0
    axis = normalize_axis(axis, x.ndim)
    return emit("take", x, wrapped(indices, x.shape[axis]), axis=axis)


def _positions_in(shape: Sequence[int], given: dict[int, Tensor], target: Sequence[int]) -> Tensor:
    """Flat positions in a tensor of `shape`, in the shape `target`.

    `given` holds the index along some axes, each broadcasting to `target`; along the others the index counts up with
    the axis of `target` of the same number.
    """
    name = "int64" if math.prod(shape) >= 2**31 else "int32"
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    total = None
    for axis, stride in enumerate(strides):
        if axis in given:
            part = emit("mul", cast_to(given[axis], name), scalar(stride, name))
        else:
            along = [shape[axis] if i == axis else 1 for i in range(len(target))]
            part = constant((np.arange(shape[axis]) * stride).reshape(along).astype(name))
        total = part if total is None else emit("add", total, part)
    assert total is not None
    return broadcasted(total, target)


@operation
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Elements of `x` at indices that differ from slice to slice.

    Args:
        x: a tensor.
        indices: integers of as many dimensions as `x`, broadcasting with it in all axes but `axis`.
        axis: the axis along which to pick; None flattens both.

    Raises:
        ValueError: if the shapes do not fit; at run time, if an index is out of range.
        TypeError: if `indices` does not hold integers.
    """
    x, indices = convert(x), integer(indices, "indices")
    if axis is None:
        return take(reshaped(x, [x.size]), reshaped(indices, [indices.size]), 0)
    axis = normalize_axis(axis, x.ndim)
    if indices.ndim != x.ndim:
        raise ValueError(
            "Argument `indices` must have as many dimensions as `x`. "
            f"Received: indices of shape {indices.shape}, x of shape {x.shape}"
        )
    indices = wrapped(indices, x.shape[axis])
    target = []
    for i, (ours, theirs) in enumerate(zip(x.shape, indices.shape, strict=True)):
        if i != axis and 1 not in (ours, theirs) and ours != theirs:
            raise ValueError(
                f"Argument `indices` does not broadcast with `x` in axis {i}. "
                f"Received: indices of shape {indices.shape}, x of shape {x.shape}"
            )
        target.append(theirs if i == axis or ours == 1 else ours)
    full = [dim if i == axis else target[i] for i, dim in enumerate(x.shape)]
    flat = reshaped(broadcasted(x, full), [math.prod(full)])
    # Checked here: an index beyond the axis may be a valid position in the flat tensor.
    if type(indices) is not Tensor or target[axis]:
        indices = emit(
            "check_range",
            indices,
            low=0,
            high=x.shape[axis],
            message=f"An index is outside of axis {axis} of a tensor of shape {x.shape}.",
        )
    return emit("take", flat, _positions_in(full, {axis: indices}, target), axis=0)


def _columns(indices: Tensor, shape: Sequence[int]) -> dict[int, Tensor]:
    """The index along each leading axis of `shape`, from a last axis that holds one for each."""
    if indices.ndim < 1 or indices.shape[-1] > len(shape):
        raise ValueError(
            "The last axis of `indices` must hold one index for each leading axis of the tensor. "
            f"Received: indices of shape {indices.shape}, a tensor of shape {tuple(shape)}"
        )
    depth = indices.shape[-1]
    rows = math.prod(indices.shape[:-1])
    flat = reshaped(indices, [rows, depth])
    columns = {}
    for axis in range(depth):
        column = emit("slice", flat, start=[0, axis], size=[rows, 1], step=[1, 1])
        columns[axis] = wrapped(reshaped(column, [rows]), shape[axis])
    return columns


def _scattered(x: Tensor, indices: Tensor, updates: Tensor, mode: str) -> Tensor:
    columns = _columns(indices, x.shape)
    depth, rest = len(columns), list(x.shape[len(columns) :])
    rows = math.prod(indices.shape[:-1])
    updates = reshaped(broadcasted(updates, [*indices.shape[:-1], *rest]), [rows, *rest])
    flat = reshaped(x, [math.prod(x.shape[:depth]), *rest])
    checked = {
        axis: emit(
            "check_range",
            column,
            low=0,
            high=x.shape[axis],
            message=f"An index is outside of axis {axis} of a tensor of shape {x.shape}.",
        )
        for axis, column in columns.items()
    }
    places = _positions_in(x.shape[:depth], checked, [rows]) if depth else constant(np.zeros(rows, np.int32))
    return reshaped(emit("scatter", flat, places, updates, mode=mode), x.shape)


@operation
def scatter(indices: Any, values: Any, shape: Any) -> Tensor:
    """A tensor of zeros with values added at some indices.

    Args:
        indices: integers; the last axis holds an index for each leading axis of the result.
        values: what is added there; equal indices add up.
        shape: the result's dimensions.

    Raises:
        ValueError: if the shapes do not fit; at run time, if an index is out of range.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.scatter([[0], [2], [2]], [1.0, 2.0, 3.0], (4,)).numpy()
    array([1., 0., 5., 0.], dtype=float32)
    """
    values = convert(values)
    zeros = filled_like(values, 0, shape=normalize_shape(shape))
    return _scattered(zeros, integer(indices, "indices"), values, "add")


@operation
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Tensor:
    """`inputs` with values replaced at some indices.

    Args:
        inputs: a tensor.
        indices: integers; the last axis holds an index for each leading axis of `inputs`.
        updates: the new values.
        reduction: None to replace; `"add"`, `"max"`, `"min"` or `"mul"` to combine with what is there.

    Raises:
        ValueError: if the shapes do not fit or the reduction is unknown; at run time, if an index is out of range.
    """
    if reduction not in _MODES:
        raise ValueError(f"Unsupported reduction: expected one of {tuple(_MODES)}. Received: reduction={reduction}")
    x = convert(inputs)
    return _scattered(x, integer(indices, "indices"), convert(updates, x.dtype), _MODES[reduction])


def _starts(start_indices: Any, rank: int) -> list[Any]:
    """A start for each axis: an int where its value is known, else an int32 tensor without dimensions."""
    if isinstance(start_indices, (list, tuple)):
        starts = [s if type(s) is int else integer(s, "start_indices") for s in start_indices]
    else:
        vector = integer(start_indices, "start_indices")
        if type(vector) is Tensor:
            starts = [int(value) for value in vector.numpy().reshape(-1)]
        else:
            size = vector.size
            flat = reshaped(vector, [size])
            starts = [reshaped(emit("slice", flat, start=[i], size=[1], step=[1]), []) for i in range(size)]
    if len(starts) != rank:
        raise ValueError(
            f"Argument `start_indices` must hold an index for each of {rank} axes. "
            f"Received: start_indices={start_indices}"
        )
    return [_known(start) for start in starts]


def _known(start: Any) -> Any:
    if type(start) is int:
        return start
    return int(start.item()) if type(start) is Tensor else cast_to(reshaped(start, []), "int32")


def _clamped(start: Any, size: int, dim: int) -> Any:
    """A start such that `size` elements fit."""
    if type(start) is int:
        return min(max(start, 0), dim - size)
    return emit("min", emit("max", start, scalar(0, "int32")), scalar(dim - size, "int32"))


def _window(starts: list[Any], sizes: Sequence[int], shape: Sequence[int]) -> Tensor:
    """The flat positions, in a tensor of `shape`, of a block of `sizes` elements."""
    given = {}
    for axis, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        along = [size if i == axis else 1 for i in range(len(sizes))]
        steps = constant(np.arange(size, dtype=np.int32).reshape(along))
        given[axis] = emit("add", steps, scalar(start, "int32") if type(start) is int else start)
    return _positions_in(shape, given, sizes)


@operation
def slice(inputs: Any, start_indices: Any, shape: Any) -> Tensor:
    """A block of a tensor.

    Args:
        inputs: a tensor.
        start_indices: where the block begins along each axis: integers or a tensor of them. A block that would reach
            beyond the end is moved to end there.
        shape: the block's dimensions; -1 for all that remain.

    Raises:
        ValueError: if the block is larger than the tensor.
    """
    x = convert(inputs)
    starts = _starts(start_indices, x.ndim)
    sizes = [dim - start if size == -1 else int(size) for size, start, dim in zip(shape, starts, x.shape, strict=True)]
    if any(not 0 <= size <= dim for size, dim in zip(sizes, x.shape, strict=True)):
        raise ValueError(f"The block does not fit into a tensor of shape {x.shape}. Received: shape={tuple(shape)}")
    starts = [_clamped(*each) for each in zip(starts, sizes, x.shape, strict=True)]
    if all(type(start) is int for start in starts):
        return emit("slice", x, start=starts, size=sizes, step=[1] * x.ndim)
    for axis, start in enumerate(starts):
        if type(start) is int:
            block = [sizes[axis] if i == axis else dim for i, dim in enumerate(x.shape)]
            first = [start if i == axis else 0 for i in range(x.ndim)]
            x = emit("slice", x, start=first, size=block, step=[1] * x.ndim)
        else:
            steps = constant(np.arange(sizes[axis], dtype=np.int32))
            x = emit("take", x, emit("add", steps, start), axis=axis)
    return x


@operation
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Tensor:
    """`inputs` with a block of it replaced.

    Args:
        inputs: a tensor.
        start_indices: where the block begins along each axis: integers or a tensor of them. A block that would reach
            beyond the end is moved to end there.
        updates: the block, of as many dimensions.

    Raises:
        ValueError: if the block is larger than the tensor.
    """
    x = convert(inputs)
    updates = convert(updates, x.dtype)
    if updates.ndim != x.ndim or any(size > dim for size, dim in zip(updates.shape, x.shape, strict=True)):
        raise ValueError(
            "Argument `updates` must be a block of `inputs`. "
            f"Received: updates of shape {updates.shape}, inputs of shape {x.shape}"
        )
    starts = _starts(start_indices, x.ndim)
    starts = [_clamped(*each) for each in zip(starts, updates.shape, x.shape, strict=True)]
    # The trailing axes that are replaced as a whole make up the rows that are written.
    depth = max((i + 1 for i, size in enumerate(updates.shape) if size != x.shape[i]), default=0)
    if not depth:
        return updates
    places = _window(starts[:depth], updates.shape[:depth], x.shape[:depth])
    count, rest = math.prod(updates.shape[:depth]), list(x.shape[depth:])
    flat = reshaped(x, [math.prod(x.shape[:depth]), *rest])
    rows = reshaped(updates, [count, *rest])
    return reshaped(emit("scatter", flat, reshaped(places, [count]), rows, mode="set"), x.shape)


@operation
def unravel_index(indices: Any, shape: Any) -> tuple[Tensor, ...]:
    """The index along each axis of the elements at some flat positions.

    Args:
        indices: flat positions, negative ones counting from the end.
        shape: the dimensions of the tensor that they lie in.
    """
    dims = normalize_shape(shape)
    rest = wrapped(integer(indices, "indices"), math.prod(dims))
    parts: list[Tensor] = []
    for dim in reversed(dims):
        size = scalar(dim, rest.dtype)
        parts.append(emit("mod", rest, size))
        rest = emit("floor_div", rest, size)
    return tuple(reversed(parts))
