"""Sums, means, extremes and the like, over some axes of a tensor or all of them."""

from __future__ import annotations

import math
from typing import Any

from keraburn import dtypes
from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import normalize_axes, normalize_axis
from keraburn.ops.convert import boolean, cast_to, convert, floating, in_float32, numeric, promote, scalar
from keraburn.ops.joining import section
from keraburn.ops.shaping import moveaxis, reshaped
from keraburn.tensor import Tensor


def summable(x: Any) -> Tensor:
    """`x` in a dtype in which sums are taken: small integers become int32."""
    x = convert(x)
    return cast_to(x, "int32") if x.dtype in ("bool", "uint8") else x


def reduce(name: str, x: Tensor, axis: Any, keepdims: bool) -> Tensor:
    """The core's reduction `name` over an axis, several, or all."""
    axes = normalize_axes(axis, len(x.shape))
    return emit(name, x, axes=axes, keepdims=bool(keepdims)) if axes else x


def count(x: Tensor, axis: Any) -> int:
    """How many elements a reduction over `axis` takes together."""
    return math.prod(x.shape[i] for i in normalize_axes(axis, x.ndim))


@operation
def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The sum of the elements.

    Args:
        x: a tensor; booleans and uint8 are summed as int32.
        axis: an axis or several; all when None.
        keepdims: whether the axes stay, with size 1.
    """
    return reduce("sum", summable(x), axis, keepdims)


@operation
def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """The product of the elements.

    Args:
        x: a tensor; booleans and uint8 are multiplied as int32.
        axis: an axis or several; all when None.
        keepdims: whether the axes stay, with size 1.
        dtype: element type in which to multiply.
    """
    x = summable(x) if dtype is None else cast_to(convert(x), dtypes.standardize_dtype(dtype))
    return reduce("prod", x, axis, keepdims)


@in_float32
def averaged(x: Tensor, axis: Any, keepdims: bool) -> Tensor:
    """The mean of a float tensor."""
    axes = normalize_axes(axis, len(x.shape))
    if not axes:
        return x
    shape = x.shape
    total = emit("sum", x, axes=axes, keepdims=bool(keepdims))
    number = math.prod(shape[i] for i in axes)
    return emit("mul", total, scalar(1.0 / number if number else math.nan, x.dtype))


@operation
def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean of the elements, a float.

    Args:
        x: a tensor.
        axis: an axis or several; all when None.
        keepdims: whether the axes stay, with size 1.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.mean([[1, 2], [3, 4]], axis=0).numpy()
    array([2., 3.], dtype=float32)
    """
    return averaged(floating(x), axis, keepdims)


@operation
@in_float32
def var(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean of the squared deviations from the mean.

    Args:
        x: a tensor.
        axis: an axis or several; all when None.
        keepdims: whether the axes stay, with size 1.
    """
    x = floating(x)
    return averaged(emit("square", emit("sub", x, averaged(x, axis, True))), axis, keepdims)


@operation
def std(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The standard deviation, `sqrt(var(x))`.

    Args:
        x: a tensor.
        axis: an axis or several; all when None.
        keepdims: whether the axes stay, with size 1.
    """
    return emit("sqrt", var(x, axis, keepdims))


def _extreme(name: str, x: Any, axis: Any, keepdims: bool, initial: Any) -> Tensor:
    x = convert(x)
    if initial is None and count(x, axis) == 0:
        raise ValueError(f"An empty reduction has no {name}imum. Received: x of shape {x.shape}, axis={axis}")
    if initial is None:
        return reduce(f"{name}_reduce", x, axis, keepdims)
    x, first = promote(x, initial)
    if count(x, axis) == 0:
        empty = reduce("sum", x, axis, keepdims)
        return emit("broadcast_to", first, shape=list(empty.shape))
    return emit(name, reduce(f"{name}_reduce", x, axis, keepdims), first)


@operation
def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """The largest element.

    Args:
        x: a tensor.
        axis: an axis or several; all when None.
        keepdims: whether the axes stay, with size 1.
        initial: a number that takes part in every maximum.

    Raises:
        ValueError: if there is no element and no `initial`.
    """
    return _extreme("max", x, axis, keepdims, initial)


@operation
def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """The smallest element.

    Args:
        x: a tensor.
        axis: an axis or several; all when None.
        keepdims: whether the axes stay, with size 1.
        initial: a number that takes part in every minimum.

    Raises:
        ValueError: if there is no element and no `initial`.
    """
    return _extreme("min", x, axis, keepdims, initial)


@operation
def amax(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The largest element; the same as `max`."""
    return _extreme("max", x, axis, keepdims, None)


@operation
def amin(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The smallest element; the same as `min`."""
    return _extreme("min", x, axis, keepdims, None)


@operation
def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The distance from the smallest to the largest element."""
    x = convert(x)
    return emit("sub", _extreme("max", x, axis, keepdims, None), _extreme("min", x, axis, keepdims, None))


@operation
def any(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether one of the elements is true (not zero)."""
    return reduce("max_reduce", boolean(x), axis, keepdims)


@operation
def all(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether all elements are true (not zero)."""
    return reduce("min_reduce", boolean(x), axis, keepdims)


@operation
def count_nonzero(x: Any, axis: Any = None) -> Tensor:
    """How many elements are not zero, as int32."""
    return reduce("sum", cast_to(boolean(x), "int32"), axis, False)


def _position(name: str, x: Tensor, axis: Any, keepdims: bool) -> Tensor:
    shape = x.shape
    if axis is None:
        x, axis, kept = reshaped(x, [x.size]), 0, [1] * len(shape)
    else:
        axis = normalize_axis(axis, len(shape))
        kept = [1 if i == axis else dim for i, dim in enumerate(shape)]
    if not x.shape[axis]:
        raise ValueError(f"An empty axis has no {name}. Received: x of shape {shape}, axis={axis}")
    found = emit(name, cast_to(x, "uint8") if x.dtype == "bool" else x, axis=axis)
    return reshaped(found, kept) if keepdims else found


@operation
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the largest element, of the first one if several are equal, as int32.

    Args:
        x: a tensor.
        axis: the axis along which to look; None looks at the flattened tensor.
        keepdims: whether the axis stays, with size 1.
    """
    return _position("argmax", convert(x), axis, keepdims)


@operation
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the smallest element, of the first one if several are equal, as int32.

    Args:
        x: a tensor.
        axis: the axis along which to look; None looks at the flattened tensor.
        keepdims: whether the axis stays, with size 1.
    """
    return _position("argmin", convert(x), axis, keepdims)


@operation
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """`log(sum(exp(x)))` without overflow.

    Args:
        x: a tensor.
        axis: an axis or several; all when None.
        keepdims: whether the axes stay, with size 1.
    """
    x = floating(x)
    axes = normalize_axes(axis, x.ndim)
    if not axes:
        return x
    if not count(x, axes):
        return emit("log", reduce("sum", x, axes, keepdims))
    # Minus an infinite maximum would make NaN of equal infinities.
    top = emit("stop_gradient", emit("max_reduce", x, axes=axes, keepdims=True))
    top = emit("where", emit("isfinite", top), top, scalar(0, x.dtype))
    total = emit("log", emit("sum", emit("exp", emit("sub", x, top)), axes=axes, keepdims=True))
    result = emit("add", total, top)
    return result if keepdims else reshaped(result, [d for i, d in enumerate(x.shape) if i not in axes])


def _cumulative(name: str, x: Any, axis: int | None, dtype: Any) -> Tensor:
    x = numeric(x) if dtype is None else cast_to(convert(x), dtypes.standardize_dtype(dtype))
    if axis is None:
        x, axis = reshaped(x, [x.size]), 0
    return emit(name, x, axis=normalize_axis(axis, x.ndim), reverse=False)


@operation
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """The sums of all elements up to each one.

    Args:
        x: a tensor.
        axis: the axis along which to sum; None flattens first.
        dtype: element type in which to sum.
    """
    return _cumulative("cumsum", x, axis, dtype)


@operation
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """The products of all elements up to each one.

    Args:
        x: a tensor.
        axis: the axis along which to multiply; None flattens first.
        dtype: element type in which to multiply.
    """
    return _cumulative("cumprod", x, axis, dtype)


@operation
def diff(a: Any, n: int = 1, axis: int = -1) -> Tensor:
    """The differences of neighbours along an axis, `n` times over.

    Args:
        a: a tensor of at least one dimension.
        n: how often.
        axis: the axis.

    Raises:
        ValueError: if `n` is negative.
    """
    x = convert(a)
    if n < 0:
        raise ValueError(f"Argument `n` must not be negative. Received: n={n}")
    axis = normalize_axis(axis, x.ndim)
    for _ in range(n):
        later, earlier = section(x, axis, 1, x.shape[axis]), section(x, axis, 0, x.shape[axis] - 1)
        x = emit("ne" if x.dtype == "bool" else "sub", later, earlier)
    return x


@operation
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Tensor:
    """The integral of sampled values by the trapezoidal rule.

    Args:
        y: the values.
        x: where they were sampled, in the shape of `y` or along the axis only; None for equal distances.
        dx: the distance between samples when `x` is None.
        axis: the axis along which to integrate.
    """
    values = floating(y)
    axis = normalize_axis(axis, values.ndim)
    if x is None:
        width = convert(dx, values.dtype)
    else:
        points = convert(x, values.dtype)
        width = diff(points, axis=0 if points.ndim == 1 else axis)
        if points.ndim == 1:
            width = reshaped(width, [width.size if i == axis else 1 for i in range(values.ndim)])
    size = values.shape[axis]
    pairs = emit("add", section(values, axis, 1, size), section(values, axis, 0, size - 1))
    areas = emit("mul", emit("mul", pairs, scalar(0.5, values.dtype)), width)
    return emit("sum", areas, axes=[axis], keepdims=False)


@operation
def average(x: Any, axis: Any = None, weights: Any = None) -> Tensor:
    """The weighted mean, `sum(x * weights) / sum(weights)`.

    Args:
        x: a tensor.
        axis: an axis or several; all when None.
        weights: in the shape of `x`, or a vector along `axis`; all equal when None.

    Raises:
        ValueError: if the weights have another shape.
    """
    x = floating(x)
    if weights is None:
        return averaged(x, axis, False)
    x, weights = promote(x, floating(weights))
    if weights.shape != x.shape:
        if weights.ndim != 1 or axis is None or isinstance(axis, (tuple, list)):
            raise ValueError(
                "Argument `weights` must have the shape of `x`, or be a vector along `axis`. "
                f"Received: weights of shape {weights.shape}, x of shape {x.shape}, axis={axis}"
            )
        along = normalize_axis(axis, x.ndim)
        if weights.size != x.shape[along]:
            raise ValueError(
                f"Argument `weights` must have {x.shape[along]} elements, as axis {along} of `x` has. "
                f"Received: weights of shape {weights.shape}"
            )
        weights = reshaped(weights, [weights.size if i == along else 1 for i in range(x.ndim)])
        weights = emit("broadcast_to", weights, shape=list(x.shape))
    total = reduce("sum", emit("mul", x, weights), axis, False)
    return emit("div", total, reduce("sum", weights, axis, False))


@operation
def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> tuple[Tensor, Tensor]:
    """The mean and the variance.

    Args:
        x: a tensor.
        axes: an axis or several.
        keepdims: whether the axes stay, with size 1.
        synchronized: must be False; there is one replica.

    Returns:
        `(mean, variance)`.
    """
    if synchronized:
        raise NotImplementedError("Argument `synchronized=True` is not supported. Received: synchronized=True")
    x = floating(x)
    center = averaged(x, axes, True)
    variance = averaged(emit("square", emit("sub", x, center)), axes, keepdims)
    return (center if keepdims else reshaped(center, variance.shape)), variance


def moments_of_channels(x: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """The mean and the variance of each channel, in one pass over `x` but for its first sample.

    `mean(x - c) + c` and `mean((x - c)^2) - mean(x - c)^2`, where c is the mean of the first of B samples: as that lies
    within sqrt(B) deviations of the whole mean, the variance loses no more than B roundings.

    Args:
        x: a tensor of floats.
        axis: the axis of the channels; not that of the samples, which is the first.

    Returns:
        `(mean, variance)` of shape `(channels,)`.
    """
    axes = [each for each in range(x.ndim) if each != axis]
    first = emit("slice", x, start=[0] * x.ndim, size=[1, *x.shape[1:]], step=[1] * x.ndim)
    # Whatever it is, it changes neither result, so nothing flows through it.
    center = emit("stop_gradient", averaged(first, axes, True))
    moved = emit("sub", x, center)
    mean, square = averaged(moved, axes, True), averaged(emit("square", moved), axes, True)
    variance = emit("sub", square, emit("square", mean))
    shape = [x.shape[axis]]
    return reshaped(emit("add", mean, center), shape), reshaped(variance, shape)


def rows(x: Tensor, axis: Any) -> tuple[Tensor, list[int], list[int]]:
    """The reduced axes as one last axis, the shape of the others, and their shape with ones in between."""
    axes = normalize_axes(axis, x.ndim)
    others = [dim for i, dim in enumerate(x.shape) if i not in axes]
    kept = [1 if i in axes else dim for i, dim in enumerate(x.shape)]
    moved = moveaxis(x, axes, list(range(x.ndim - len(axes), x.ndim))) if axes else x
    return reshaped(moved, [*others, math.prod(x.shape[i] for i in axes)]), others, kept
