"""The same elements in another shape or order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import normalize_axes, normalize_axis, normalize_shape, resolve_shape
from keraburn.ops.convert import convert
from keraburn.tensor import Tensor


def reshaped(x: Tensor, shape: Sequence[int]) -> Tensor:
    """`x` itself where it has the shape already."""
    return x if x.shape == tuple(shape) else emit("reshape", x, shape=list(shape))


@operation
def reshape(x: Any, newshape: Any) -> Tensor:
    """The same elements, in the same order, in another shape.

    Args:
        x: a tensor.
        newshape: the dimensions; one of them may be -1 and is computed.

    Raises:
        ValueError: if the number of elements differs.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.reshape([[1, 2, 3], [4, 5, 6]], (3, -1)).shape
    (3, 2)
    """
    x = convert(x)
    return reshaped(x, resolve_shape(x.shape, newshape))


@operation
def ravel(x: Any) -> Tensor:
    """All elements in one dimension."""
    x = convert(x)
    return reshaped(x, [x.size])


@operation
def transpose(x: Any, axes: Any = None) -> Tensor:
    """The dimensions in another order.

    Args:
        x: a tensor.
        axes: a permutation of the axes; reversed when None.

    Raises:
        ValueError: if `axes` is no permutation.
    """
    x = convert(x)
    rank = x.ndim
    if axes is None:
        order = list(range(rank))[::-1]
    else:
        order = [normalize_axis(axis, rank, "axes") for axis in axes]
        if sorted(order) != list(range(rank)):
            raise ValueError(
                f"Argument `axes` must be a permutation of the {rank} axes of a tensor of shape {x.shape}. "
                f"Received: axes={axes}"
            )
    return permuted(x, order)


def permuted(x: Tensor, order: Sequence[int]) -> Tensor:
    """`x` itself where the order stays."""
    order = list(order)
    return x if order == list(range(len(order))) else emit("transpose", x, permutation=order)


@operation
def swapaxes(x: Any, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged."""
    x = convert(x)
    order = list(range(x.ndim))
    first, second = normalize_axis(axis1, x.ndim, "axis1"), normalize_axis(axis2, x.ndim, "axis2")
    order[first], order[second] = second, first
    return permuted(x, order)


@operation
def moveaxis(x: Any, source: Any, destination: Any) -> Tensor:
    """Axes moved to new places, the others keeping their order.

    Args:
        x: a tensor.
        source: an axis or several.
        destination: where each of them goes.

    Raises:
        ValueError: if the two differ in number or name an axis twice.
    """
    x = convert(x)
    sources = [source] if not isinstance(source, (tuple, list)) else source
    targets = [destination] if not isinstance(destination, (tuple, list)) else destination
    sources = [normalize_axis(axis, x.ndim, "source") for axis in sources]
    targets = [normalize_axis(axis, x.ndim, "destination") for axis in targets]
    if len(sources) != len(targets) or len(set(sources)) != len(sources) or len(set(targets)) != len(targets):
        raise ValueError(
            "`source` and `destination` must name the same number of different axes. "
            f"Received: source={source}, destination={destination}"
        )
    order = [axis for axis in range(x.ndim) if axis not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return permuted(x, order)


@operation
def expand_dims(x: Any, axis: Any) -> Tensor:
    """New dimensions of size 1.

    Args:
        x: a tensor.
        axis: place of the new dimension in the result, or several.
    """
    x = convert(x)
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    rank = x.ndim + count
    new = normalize_axes(axis, rank)
    old = iter(x.shape)
    return emit("reshape", x, shape=[1 if i in new else next(old) for i in range(rank)])


@operation
def squeeze(x: Any, axis: Any = None) -> Tensor:
    """Dimensions of size 1 removed.

    Args:
        x: a tensor.
        axis: which to remove, all of size 1 when None.

    Raises:
        ValueError: if one of them has another size.
    """
    x = convert(x)
    if axis is None:
        return reshaped(x, [dim for dim in x.shape if dim != 1])
    gone = normalize_axes(axis, x.ndim)
    if any(x.shape[i] != 1 for i in gone):
        raise ValueError(f"Cannot squeeze axis={axis}, because the dimension is not 1. Received: x of shape {x.shape}")
    return reshaped(x, [dim for i, dim in enumerate(x.shape) if i not in gone])


@operation
def broadcast_to(x: Any, shape: Any) -> Tensor:
    """`x` repeated along dimensions of size 1 and along new leading ones.

    Raises:
        ValueError: if `x` does not broadcast to `shape`.
    """
    x = convert(x)
    target = normalize_shape(shape)
    fits = len(x.shape) <= len(target) and all(
        a in (1, b) for a, b in zip(reversed(x.shape), reversed(target), strict=False)
    )
    if not fits:
        raise ValueError(f"Cannot broadcast a tensor of shape {x.shape} to {tuple(target)}. Received: shape={shape}")
    return broadcasted(x, target)


def broadcasted(x: Tensor, shape: Sequence[int]) -> Tensor:
    """`x` itself where it has the shape already."""
    return x if x.shape == tuple(shape) else emit("broadcast_to", x, shape=list(shape))


@operation
def flip(x: Any, axis: Any = None) -> Tensor:
    """The elements along some axes in reverse order, along all of them when `axis` is None."""
    x = convert(x)
    axes = normalize_axes(axis, x.ndim)
    return emit("flip", x, axes=axes) if axes else x


@operation
def fliplr(x: Any) -> Tensor:
    """The second axis reversed."""
    return flip(x, 1)


@operation
def flipud(x: Any) -> Tensor:
    """The first axis reversed."""
    return flip(x, 0)


@operation
def rot90(array: Any, k: int = 1, axes: Any = (0, 1)) -> Tensor:
    """A tensor turned by quarter turns in the plane of two axes.

    Args:
        array: a tensor of at least two dimensions.
        k: number of quarter turns, from the first axis of the plane to the second.
        axes: the two axes of the plane.

    Raises:
        ValueError: if the axes are not two different ones, or there are fewer than two.
    """
    x = convert(array)
    if x.ndim < 2:
        raise ValueError(f"Input array must have at least 2 dimensions. Received: array.ndim={x.ndim}")
    plane = [normalize_axis(axis, x.ndim, "axes") for axis in axes]
    if len(plane) != 2 or plane[0] == plane[1]:
        raise ValueError(f"Argument `axes` must hold two different axes. Received: axes={axes}")
    turns = k % 4
    if turns == 2:
        return flip(x, plane)
    if turns == 1:
        return swapaxes(flip(x, plane[1]), *plane)
    return flip(swapaxes(x, *plane), plane[1]) if turns == 3 else x


@operation
def meshgrid(*x: Any, indexing: str = "xy") -> list[Tensor]:
    """The coordinates of a grid, given its points along each axis.

    Args:
        *x: vectors.
        indexing: `"xy"` exchanges the first two axes of the results, `"ij"` does not.

    Raises:
        ValueError: if `indexing` is another word.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"Argument `indexing` must be 'xy' or 'ij'. Received: indexing={indexing}")
    vectors = [reshaped(convert(each), [convert(each).size]) for each in x]
    rank = len(vectors)
    places = list(range(rank))
    if indexing == "xy" and rank > 1:
        places[:2] = [1, 0]
    shape = [0] * rank
    for vector, place in zip(vectors, places, strict=True):
        shape[place] = vector.size
    return [
        broadcasted(reshaped(vector, [vector.size if i == place else 1 for i in range(rank)]), shape)
        for vector, place in zip(vectors, places, strict=True)
    ]
