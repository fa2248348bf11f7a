"""Activation functions."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import normalize_axes, normalize_axis
from keraburn.ops.convert import cast_to, constant, convert, floating, numeric, scalar
from keraburn.ops.joining import section
from keraburn.tensor import Tensor


@operation
def relu(x: Any) -> Tensor:
    """`max(x, 0)`."""
    return emit("relu", numeric(x))


@operation
def relu6(x: Any) -> Tensor:
    """`min(max(x, 0), 6)`."""
    x = emit("relu", numeric(x))
    top = scalar(6, x.dtype)
    # Not the core's `min`, which lets half of the gradient through at 6.
    return emit("where", emit("ge", x, top), top, x)


@operation
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Tensor:
    """`x` where it is at least zero, else `negative_slope * x`."""
    x = floating(x)
    falling = emit("mul", x, convert(negative_slope, x.dtype))
    return emit("where", emit("ge", x, scalar(0, x.dtype)), x, falling)


@operation
def sigmoid(x: Any) -> Tensor:
    """`1 / (1 + exp(-x))`."""
    return emit("sigmoid", floating(x))


@operation
def log_sigmoid(x: Any) -> Tensor:
    """`log(sigmoid(x))` without overflow."""
    return emit("neg", emit("softplus", emit("neg", floating(x))))


@operation
def hard_sigmoid(x: Any) -> Tensor:
    """`relu6(x + 3) / 6`."""
    x = floating(x)
    return _hard_sigmoid(x)


def _hard_sigmoid(x: Tensor) -> Tensor:
    dtype = x.dtype
    return emit("mul", relu6(emit("add", x, scalar(3, dtype))), scalar(1 / 6, dtype))


@operation
def silu(x: Any) -> Tensor:
    """`x * sigmoid(x)`."""
    x = floating(x)
    return emit("mul", x, emit("sigmoid", x))


@operation
def swish(x: Any) -> Tensor:
    """`x * sigmoid(x)`; the same as `silu`."""
    return silu(x)


@operation
def hard_silu(x: Any) -> Tensor:
    """`x * hard_sigmoid(x)`."""
    x = floating(x)
    return emit("mul", x, _hard_sigmoid(x))


@operation
def hard_swish(x: Any) -> Tensor:
    """`x * hard_sigmoid(x)`; the same as `hard_silu`."""
    return hard_silu(x)


@operation
def softplus(x: Any) -> Tensor:
    """`log(1 + exp(x))` without overflow."""
    return emit("softplus", floating(x))


@operation
def softsign(x: Any) -> Tensor:
    """`x / (1 + |x|)`."""
    x = floating(x)
    return emit("div", x, emit("add", emit("abs", x), scalar(1, x.dtype)))


@operation
def tanh_shrink(x: Any) -> Tensor:
    """`x - tanh(x)`."""
    x = floating(x)
    return emit("sub", x, emit("tanh", x))


@operation
def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """`x` above zero, else `alpha * (exp(x) - 1)`."""
    x = floating(x)
    zero = scalar(0, x.dtype)
    above = emit("gt", x, zero)
    # The exponential sees no large number, so that its gradient is never infinity times zero.
    below = emit("mul", convert(alpha, x.dtype), emit("expm1", emit("where", above, zero, x)))
    return emit("where", above, x, below)


_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


@operation
def selu(x: Any) -> Tensor:
    """The scaled `elu` whose outputs keep mean 0 and variance 1.

    Klambauer et al., 2017, https://arxiv.org/abs/1706.02515
    """
    x = elu(x, _SELU_ALPHA)
    return emit("mul", x, scalar(_SELU_SCALE, x.dtype))


@operation
def celu(x: Any, alpha: float = 1.0) -> Tensor:
    """`max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1)`.

    Barron, 2017, https://arxiv.org/abs/1704.07483
    """
    x = floating(x)
    zero, width = scalar(0, x.dtype), convert(alpha, x.dtype)
    below = emit("mul", width, emit("expm1", emit("div", emit("min", x, zero), width)))
    return emit("add", emit("max", x, zero), below)


@operation
def gelu(x: Any, approximate: bool = True) -> Tensor:
    """`x * P(X <= x)` for a standard normal `X`.

    Hendrycks and Gimpel, 2016, https://arxiv.org/abs/1606.08415

    Args:
        x: a tensor.
        approximate: whether to use `0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x**3)))`.
    """
    x = floating(x)
    dtype = x.dtype
    one, half = scalar(1, dtype), scalar(0.5, dtype)
    if approximate:
        cube = emit("mul", emit("mul", emit("square", x), x), scalar(0.044715, dtype))
        inside = emit("mul", emit("add", x, cube), scalar(math.sqrt(2 / math.pi), dtype))
        share = emit("tanh", inside)
    else:
        share = emit("erf", emit("mul", x, scalar(math.sqrt(0.5), dtype)))
    return emit("mul", emit("mul", x, half), emit("add", share, one))


@operation
def glu(x: Any, axis: int = -1) -> Tensor:
    """The first half along an axis times the sigmoid of the second.

    Dauphin et al., 2016, https://arxiv.org/abs/1612.08083

    Raises:
        ValueError: if the axis has an odd size.
    """
    x = floating(x)
    axis = normalize_axis(axis, x.ndim)
    size = x.shape[axis]
    if size % 2:
        raise ValueError(f"The axis must have an even size. Received: x of shape {x.shape}, axis={axis}")
    return emit("mul", section(x, axis, 0, size // 2), emit("sigmoid", section(x, axis, size // 2, size)))


@operation
def hard_tanh(x: Any) -> Tensor:
    """`x` between -1 and 1, else the nearer of the two."""
    x = floating(x)
    one, minus_one = scalar(1, x.dtype), scalar(-1, x.dtype)
    return emit("where", emit("gt", x, one), one, emit("where", emit("lt", x, minus_one), minus_one, x))


@operation
def hard_shrink(x: Any, threshold: float = 0.5) -> Tensor:
    """`x` where `|x| > threshold`, else 0."""
    x = floating(x)
    return emit("where", emit("gt", emit("abs", x), convert(threshold, x.dtype)), x, scalar(0, x.dtype))


@operation
def soft_shrink(x: Any, threshold: float = 0.5) -> Tensor:
    """`x` moved towards zero by `threshold`, and 0 if nearer."""
    x = floating(x)
    width = convert(threshold, x.dtype)
    below = emit("where", emit("lt", x, emit("neg", width)), emit("add", x, width), scalar(0, x.dtype))
    return emit("where", emit("gt", x, width), emit("sub", x, width), below)


@operation
def threshold(x: Any, threshold: float, default_value: float) -> Tensor:
    """`x` above `threshold`, else `default_value`."""
    x = numeric(x)
    return emit("where", emit("gt", x, convert(threshold, x.dtype)), x, convert(default_value, x.dtype))


@operation
def squareplus(x: Any, b: float = 4) -> Tensor:
    """`(x + sqrt(x**2 + b)) / 2`.

    Barron, 2021, https://arxiv.org/abs/2112.11687
    """
    x = floating(x)
    root = emit("sqrt", emit("add", emit("square", x), convert(b, x.dtype)))
    return emit("mul", emit("add", x, root), scalar(0.5, x.dtype))


@operation
def sparse_plus(x: Any) -> Tensor:
    """0 up to -1, `x` from 1 on, `(x + 1)**2 / 4` between."""
    x = floating(x)
    one, zero = scalar(1, x.dtype), scalar(0, x.dtype)
    curve = emit("mul", emit("square", emit("add", x, one)), scalar(0.25, x.dtype))
    return emit("where", emit("le", x, scalar(-1, x.dtype)), zero, emit("where", emit("ge", x, one), x, curve))


@operation
def sparse_sigmoid(x: Any) -> Tensor:
    """0 up to -1, 1 from 1 on, `(x + 1) / 2` between."""
    x = floating(x)
    moved = emit("add", x, scalar(1, x.dtype))
    clipped = emit("min", emit("max", moved, scalar(0, x.dtype)), scalar(2, x.dtype))
    return emit("mul", clipped, scalar(0.5, x.dtype))


def _warn_of_single(axis: Any, shape: Any) -> None:
    if isinstance(axis, int) and -len(shape) <= axis < len(shape) and shape[axis] == 1:
        warnings.warn(
            f"You are using a softmax over axis {axis} of a tensor of shape {shape}. This axis has size 1. The softmax "
            "operation will always return the value 1, which is likely not what you intended. Did you mean to use a "
            "sigmoid instead?",
            stacklevel=4,
        )


@operation
def softmax(x: Any, axis: Any = -1) -> Tensor:
    """`exp(x) / sum(exp(x))` along an axis.

    Args:
        x: a tensor.
        axis: an axis or several, over which the results sum to 1.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.softmax([0.0, 0.0]).numpy()
    array([0.5, 0.5], dtype=float32)
    """
    x = floating(x)
    _warn_of_single(axis, x.shape)
    axes = normalize_axes(axis, x.ndim)
    exponentials = emit("exp", _below_maximum(x, axes))
    return emit("div", exponentials, emit("sum", exponentials, axes=axes, keepdims=True))


def _below_maximum(x: Tensor, axes: list[int]) -> Tensor:
    """`x` minus its maximum over the axes, which has no part in gradients."""
    top = emit("stop_gradient", emit("max_reduce", x, axes=axes, keepdims=True))
    return emit("sub", x, top)


@operation
def log_softmax(x: Any, axis: Any = -1) -> Tensor:
    """`log(softmax(x))` without overflow.

    Args:
        x: a tensor.
        axis: an axis or several, over which the softmax sums to 1.
    """
    x = floating(x)
    axes = normalize_axes(axis, x.ndim)
    moved = _below_maximum(x, axes)
    return emit("sub", moved, emit("log", emit("sum", emit("exp", moved), axes=axes, keepdims=True)))


@operation
def sparsemax(x: Any, axis: int = -1) -> Tensor:
    """`max(x - bound, 0)`, where the bound leaves only the largest elements.

    With `c` the cumulative sums of the sorted elements and `k` the number of those above `(c - 1) / rank`, the bound is
    `(sum of their c - 1) / k`. That is how Keras computes it; the paper's bound, whose results sum to 1, has the last
    `c` in place of the sum.

    Martins and Astudillo, 2016, https://arxiv.org/abs/1602.02068

    Args:
        x: a tensor.
        axis: the axis along which elements are compared.
    """
    x = floating(x)
    axis = normalize_axis(axis, x.ndim)
    dtype, size = x.dtype, x.shape[axis]
    one, zero = scalar(1, dtype), scalar(0, dtype)
    ordered = emit("sort", x, axis=axis, descending=True)
    totals = emit("cumsum", ordered, axis=axis, reverse=False)
    along = [size if i == axis else 1 for i in range(x.ndim)]
    ranks = constant(np.arange(1, size + 1).reshape(along).astype(dtype))
    support = emit("gt", emit("sub", ordered, emit("div", emit("sub", totals, one), ranks)), zero)
    number = emit("sum", cast_to(support, dtype), axes=[axis], keepdims=True)
    total = emit("sum", emit("where", support, totals, zero), axes=[axis], keepdims=True)
    bound = emit("div", emit("sub", total, one), number)
    return emit("relu", emit("sub", x, bound))
