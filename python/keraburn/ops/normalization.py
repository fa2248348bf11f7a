"""Tensors scaled by their own statistics."""

from __future__ import annotations

import math
from typing import Any

from keraburn import config
from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import normalize_axes, normalize_axis
from keraburn.ops.convert import convert, floating, in_float32, promote_floating, scalar
from keraburn.ops.norms import norm
from keraburn.ops.reduction import averaged, reduce
from keraburn.ops.shaping import reshaped
from keraburn.tensor import Tensor


@operation
def normalize(x: Any, axis: Any = -1, order: int = 2, epsilon: float | None = None) -> Tensor:
    """`x / max(norm(x), epsilon)` along an axis.

    Args:
        x: a tensor.
        axis: the axis of the vectors, or several axes.
        order: the exponent of the norm.
        epsilon: the least norm to divide by, `config.epsilon()` when None.

    Raises:
        ValueError: if `order` is no positive integer.
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"Argument `order` must be an int >= 1. Received: order={order}")
    x = floating(x)
    if not x.shape:
        x = reshaped(x, [1])
    least = config.epsilon() if epsilon is None else epsilon
    if order == 2:
        squares = reduce("sum", emit("square", x), axis, True)
        return emit("mul", x, emit("min", emit("rsqrt", squares), scalar(1.0 / least if least else math.inf, x.dtype)))
    length = norm(x, ord=order, axis=axis, keepdims=True)
    return emit("div", x, emit("max", length, scalar(least, x.dtype)))


@operation
@in_float32
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 1e-3,
) -> Tensor:
    """`(x - mean) / sqrt(variance + epsilon) * scale + offset`, with one number for each channel.

    Args:
        x: a tensor.
        mean: shape `(channels,)`.
        variance: shape `(channels,)`.
        axis: the axis of the channels.
        offset: shape `(channels,)`, zeros when None.
        scale: shape `(channels,)`, ones when None.
        epsilon: keeps the division finite.
    """
    x = floating(x)
    axis = normalize_axis(axis, x.ndim)
    shape = [x.shape[axis] if i == axis else 1 for i in range(x.ndim)]

    def channels(values: Any) -> Tensor:
        return reshaped(convert(values, x.dtype), shape)

    factor = emit("rsqrt", emit("add", channels(variance), scalar(epsilon, x.dtype)))
    if scale is not None:
        factor = emit("mul", factor, channels(scale))
    shift = emit("mul", emit("neg", channels(mean)), factor)
    if offset is not None:
        shift = emit("add", shift, channels(offset))
    return emit("add", emit("mul", x, factor), shift)


def _per_feature(x: Tensor, values: Any, axes: list[int]) -> Tensor:
    values = convert(values, x.dtype)
    if values.ndim == x.ndim or axes == [x.ndim - 1]:
        return values
    return reshaped(values, [x.shape[i] if i in axes else 1 for i in range(x.ndim)])


@operation
@in_float32
def layer_normalization(
    x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float | None = None, **kwargs: Any
) -> Tensor:
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, with the statistics of each row.

    Ba et al., 2016, https://arxiv.org/abs/1607.06450

    Args:
        x: a tensor.
        gamma: factors in the shape of the normalized axes, ones when None.
        beta: offsets in the shape of the normalized axes, zeros when None.
        axis: the axis or axes over which to normalize.
        epsilon: keeps the division finite, `config.epsilon()` when None.
        **kwargs: `rms_scaling`, to scale by the standard deviation only.
    """
    rms_scaling = kwargs.pop("rms_scaling", False)
    if kwargs:
        raise TypeError(f"Unknown keyword arguments. Received: {sorted(kwargs)}")
    x = floating(x)
    axes = normalize_axes(axis, x.ndim)
    center = averaged(x, axes, True)
    moved = emit("sub", x, center)
    variance = averaged(emit("square", moved), axes, True)
    least = config.epsilon() if epsilon is None else epsilon
    scaling = emit("rsqrt", emit("add", variance, scalar(least, x.dtype)))
    result = emit("mul", x if rms_scaling else moved, scaling)
    if gamma is not None:
        result = emit("mul", result, _per_feature(x, gamma, axes))
    if beta is not None and not rms_scaling:
        result = emit("add", result, _per_feature(x, beta, axes))
    return result


@operation
@in_float32
def rms_normalization(x: Any, scale: Any = None, axis: Any = -1, epsilon: float | None = None) -> Tensor:
    """`x / sqrt(mean(x**2) + epsilon) * scale`, with the mean of each row.

    Zhang and Sennrich, 2019, https://arxiv.org/abs/1910.07467

    Args:
        x: a tensor.
        scale: factors in the shape of the normalized axes, ones when None.
        axis: the axis or axes over which to normalize.
        epsilon: keeps the division finite, `config.epsilon()` when None.
    """
    x = floating(x)
    axes = normalize_axes(axis, x.ndim)
    least = config.epsilon() if epsilon is None else epsilon
    squares = averaged(emit("square", x), axes, True)
    result = emit("mul", x, emit("rsqrt", emit("add", squares, scalar(least, x.dtype))))
    return result if scale is None else emit("mul", result, _per_feature(x, scale, axes))


@operation
def psnr(x1: Any, x2: Any, max_val: Any) -> Tensor:
    """The peak signal-to-noise ratio in decibels, `20 log10(max_val) - 10 log10(mean((x1 - x2)**2))`.

    Args:
        x1: a tensor.
        x2: a tensor of the same shape.
        max_val: the largest value that the signals can have.

    Raises:
        ValueError: if the shapes differ.
    """
    a, b = promote_floating(x1, x2)
    if a.shape != b.shape:
        raise ValueError(f"Input shapes {a.shape} and {b.shape} must match for PSNR calculation.")
    error = averaged(emit("square", emit("sub", a, b)), None, False)
    peak = emit("log10", convert(max_val, a.dtype))
    ten, twenty = scalar(10, a.dtype), scalar(20, a.dtype)
    return emit("sub", emit("mul", twenty, peak), emit("mul", ten, emit("log10", error)))
