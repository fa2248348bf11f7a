"""Tensors joined into one, and one cut into several."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import normalize_axis
from keraburn.ops.convert import concrete_integers, convert, promote_all
from keraburn.ops.shaping import reshaped
from keraburn.tensor import Tensor


@operation
def concatenate(xs: Any, axis: Any = 0) -> Tensor:
    """Tensors joined along one of their axes.

    Args:
        xs: tensors whose shapes agree in all other dimensions.
        axis: the axis along which they are joined; None flattens them first.

    Raises:
        ValueError: if there are none, or their shapes do not fit.
    """
    parts = promote_all(list(xs))
    if not parts:
        raise ValueError("Argument `xs` must hold at least one tensor. Received: xs=[]")
    if axis is None:
        parts, axis = [reshaped(part, [part.size]) for part in parts], 0
    shapes = [part.shape for part in parts]
    axis = normalize_axis(axis, len(shapes[0]))
    rests = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
    if len(rests) > 1 or len({len(shape) for shape in shapes}) > 1:
        raise ValueError(
            f"All dimensions but axis={axis} must agree for concatenation. "
            f"Received: shapes {', '.join(map(str, shapes))}"
        )
    return parts[0] if len(parts) == 1 else emit("concatenate", *parts, axis=axis)


@operation
def append(x1: Any, x2: Any, axis: int | None = None) -> Tensor:
    """`x2` joined to the end of `x1` along `axis`, both flattened when it is None."""
    return concatenate([x1, x2], axis)


@operation
def stack(x: Any, axis: int = 0) -> Tensor:
    """Tensors of one shape joined along a new axis.

    Args:
        x: tensors of one shape.
        axis: place of the new axis in the result.

    Raises:
        ValueError: if there are none or their shapes differ.
    """
    parts = promote_all(list(x))
    if not parts:
        raise ValueError("Argument `x` must hold at least one tensor. Received: x=[]")
    shape = parts[0].shape
    if any(part.shape != shape for part in parts):
        raise ValueError(
            "Tensors must have the same shape to be stacked. "
            f"Received: shapes {', '.join(str(part.shape) for part in parts)}"
        )
    axis = normalize_axis(axis, len(shape) + 1)
    wide = [*shape[:axis], 1, *shape[axis:]]
    rows = [emit("reshape", part, shape=wide) for part in parts]
    return rows[0] if len(rows) == 1 else emit("concatenate", *rows, axis=axis)


def _at_least(x: Any, rank: int) -> Tensor:
    x = convert(x)
    shape = list(x.shape)
    if rank == 3 and len(shape) < 3:
        shape = ([1] * (2 - len(shape)) + shape) + [1]
    return reshaped(x, [1] * (rank - len(shape)) + shape)


@operation
def hstack(xs: Any) -> Tensor:
    """Tensors joined along the second axis, vectors along the only one."""
    parts = [_at_least(x, 1) for x in xs]
    return concatenate(parts, 0 if parts and parts[0].ndim == 1 else 1)


@operation
def vstack(xs: Any) -> Tensor:
    """Tensors joined along the first axis, vectors as rows."""
    return concatenate([_at_least(x, 2) for x in xs], 0)


@operation
def dstack(xs: Any) -> Tensor:
    """Tensors joined along the third axis."""
    return concatenate([_at_least(x, 3) for x in xs], 2)


def section(x: Tensor, axis: int, start: int, stop: int) -> Tensor:
    """The slices from `start` to `stop` along an axis."""
    shape = x.shape
    if start == 0 and stop == shape[axis]:
        return x
    starts, sizes = [0] * len(shape), list(shape)
    starts[axis], sizes[axis] = start, max(stop - start, 0)
    return emit("slice", x, start=starts, size=sizes, step=[1] * len(shape))


def _pieces(x: Tensor, cuts: Sequence[int], axis: int) -> list[Tensor]:
    size = x.shape[axis]
    bounds = [0, *(min(cut, size) if cut >= 0 else max(cut + size, 0) for cut in cuts), size]
    return [section(x, axis, start, stop) for start, stop in itertools.pairwise(bounds)]


@operation
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """A tensor cut into pieces along an axis.

    Args:
        x: a tensor.
        indices_or_sections: how many equal pieces, or the indices at which to cut.
        axis: the axis to cut.

    Raises:
        ValueError: if the axis does not divide into so many equal pieces.
    """
    x = convert(x)
    axis = normalize_axis(axis, x.ndim)
    if not _is_integer(indices_or_sections):
        return _pieces(x, _indices(indices_or_sections), axis)
    count, size = operator.index(indices_or_sections), x.shape[axis]
    if count < 1 or size % count:
        raise ValueError(
            f"A dimension of size {size} cannot be split into equal pieces. "
            f"Received: indices_or_sections={indices_or_sections}, axis={axis}, x of shape {x.shape}"
        )
    return _pieces(x, [size // count * i for i in range(1, count)], axis)


@operation
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """A tensor cut into nearly equal pieces along an axis, the first ones longer by one.

    Args:
        x: a tensor.
        indices_or_sections: how many pieces, or the indices at which to cut.
        axis: the axis to cut.
    """
    x = convert(x)
    axis = normalize_axis(axis, x.ndim)
    if not _is_integer(indices_or_sections):
        return _pieces(x, _indices(indices_or_sections), axis)
    count = operator.index(indices_or_sections)
    if count < 1:
        raise ValueError(f"The number of pieces must be positive. Received: indices_or_sections={count}")
    size, longer = divmod(x.shape[axis], count)
    return _pieces(x, [size * i + min(i, longer) for i in range(1, count)], axis)


def _is_integer(value: Any) -> bool:
    return isinstance(value, (int, np.integer))


def _indices(cuts: Any) -> list[int]:
    return [int(cut) for cut in concrete_integers(cuts, "split", "indices_or_sections").reshape(-1)]


@operation
def hsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """`split` along the second axis, of vectors along the only one."""
    x = convert(x)
    return split(x, indices_or_sections, 0 if x.ndim == 1 else 1)


@operation
def vsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """`split` along the first axis."""
    return split(x, indices_or_sections, 0)


@operation
def dsplit(x: Any, indices_or_sections: Any) -> list[Tensor]:
    """`split` along the third axis."""
    return split(x, indices_or_sections, 2)


@operation
def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Tensor]:
    """The slices of a tensor along an axis, which they lose.

    Args:
        x: a tensor.
        num: number of slices, if it is to be checked.
        axis: the axis to take apart.

    Raises:
        ValueError: if the axis does not have `num` slices.
    """
    x = convert(x)
    axis = normalize_axis(axis, x.ndim)
    size = x.shape[axis]
    if num is not None and num != size:
        raise ValueError(f"Axis {axis} of a tensor of shape {x.shape} has {size} slices. Received: num={num}")
    rest = [*x.shape[:axis], *x.shape[axis + 1 :]]
    return [reshaped(part, rest) for part in _halved(x, axis)]


def _halved(x: Tensor, axis: int) -> list[Tensor]:
    """The slices along an axis, cut from halves of halves: the gradient of a part is as long as what it is cut from."""
    size = x.shape[axis]
    if size < 2:
        return [x][:size]
    half = size // 2
    return [*_halved(section(x, axis, 0, half), axis), *_halved(section(x, axis, half, size), axis)]
