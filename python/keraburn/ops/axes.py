"""Axes and shapes that users pass, checked and put into the form that the core takes."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any


def normalize_axis(axis: Any, rank: int, name: str = "axis") -> int:
    """The axis counted from the front.

    Args:
        axis: an integer in [-rank, rank).
        rank: number of dimensions of the tensor.
        name: the argument's name, for the error.

    Raises:
        ValueError: if the tensor has no such axis.
        TypeError: if it is no integer.
    """
    if type(axis) is not int:
        try:
            axis = operator.index(axis)
        except TypeError:
            raise TypeError(f"Argument `{name}` must be an integer. Received: {name}={axis!r}") from None
    if not -rank <= axis < rank:
        raise ValueError(
            f"Argument `{name}` is out of bounds for a tensor with {rank} dimensions: expected a value in "
            f"[{-rank}, {rank}). Received: {name}={axis}"
        )
    return axis + rank if axis < 0 else axis


def normalize_axes(axis: Any, rank: int, name: str = "axis") -> list[int]:
    """Axes in rising order: all of them for None, one or several otherwise.

    Raises:
        ValueError: if one is out of bounds or given twice.
    """
    if axis is None:
        return list(range(rank))
    if isinstance(axis, (tuple, list)):
        axes = sorted(normalize_axis(each, rank, name) for each in axis)
        if len(set(axes)) != len(axes):
            raise ValueError(f"Argument `{name}` names an axis twice. Received: {name}={axis}")
        return axes
    return [normalize_axis(axis, rank, name)]


def normalize_shape(shape: Any, name: str = "shape") -> list[int]:
    """A shape as a list of dimensions; a single integer is a shape of one dimension.

    Raises:
        ValueError: if a dimension is negative.
        TypeError: if one is no integer.
    """
    if isinstance(shape, (tuple, list)) or hasattr(shape, "__iter__"):
        items = list(shape)
    else:
        items = [shape]
    try:
        dims = [operator.index(item) for item in items]
    except TypeError:
        raise TypeError(f"Argument `{name}` must hold integers. Received: {name}={shape!r}") from None
    if any(dim < 0 for dim in dims):
        raise ValueError(f"Argument `{name}` must not hold negative dimensions. Received: {name}={shape}")
    return dims


def resolve_shape(old: Sequence[int], new: Any, name: str = "newshape") -> list[int]:
    """The shape of a reshaped tensor, its one -1 filled in.

    Raises:
        ValueError: if the number of elements differs.
    """
    items = list(new) if hasattr(new, "__iter__") else [new]
    try:
        dims = [operator.index(item) for item in items]
    except TypeError:
        raise TypeError(f"Argument `{name}` must hold integers. Received: {name}={new!r}") from None
    size = math.prod(old)
    unknown = [i for i, dim in enumerate(dims) if dim == -1]
    if len(unknown) == 1:
        rest = math.prod(dim for dim in dims if dim != -1)
        if rest and size % rest == 0:
            dims[unknown[0]] = size // rest
        elif not rest and not size:
            dims[unknown[0]] = 0
    if any(dim < 0 for dim in dims) or math.prod(dims) != size:
        raise ValueError(
            f"Cannot reshape a tensor of shape {tuple(old)} ({size} elements) to {name}={tuple(items)}. "
            f"Received: {name}={new}"
        )
    return dims


def broadcast_shapes(*shapes: Sequence[int]) -> list[int]:
    """The shape of an element-wise operation on tensors of `shapes`.

    Raises:
        ValueError: if they do not broadcast.
    """
    rank = max(len(shape) for shape in shapes)
    result = [1] * rank
    for shape in shapes:
        for position, dim in enumerate(shape, rank - len(shape)):
            if dim != 1:
                if result[position] not in (1, dim):
                    raise ValueError(f"Shapes do not broadcast. Received: {', '.join(str(tuple(s)) for s in shapes)}")
                result[position] = dim
    return result
