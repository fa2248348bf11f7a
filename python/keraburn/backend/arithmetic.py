"""Arithmetic, comparisons and reductions by the names of `tf.keras.backend`."""

from __future__ import annotations

from typing import Any

from keraburn import ops

# Functions that are the same under the same name, and under another.
_SAME = (
    "abs",
    "square",
    "sqrt",
    "exp",
    "log",
    "sin",
    "cos",
    "sign",
    "round",
    "maximum",
    "minimum",
    "equal",
    "not_equal",
)
_MORE = ("greater", "greater_equal", "less", "less_equal", "sigmoid", "softplus", "softsign", "tanh", "dot", "tile")


def pow(x: Any, a: Any) -> Any:
    return ops.power(x, a)


def clip(x: Any, min_value: Any, max_value: Any) -> Any:
    """The values, at least and at most the limits; None is none."""
    low = float("-inf") if min_value is None else min_value
    high = float("inf") if max_value is None else max_value
    return ops.clip(x, low, high)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.all(x, axis=axis, keepdims=keepdims)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.any(x, axis=axis, keepdims=keepdims)


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.max(x, axis=axis, keepdims=keepdims)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.min(x, axis=axis, keepdims=keepdims)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.mean(x, axis=axis, keepdims=keepdims)


def prod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.prod(x, axis=axis, keepdims=keepdims)


def std(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.std(x, axis=axis, keepdims=keepdims)


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.sum(x, axis=axis, keepdims=keepdims)


def var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return ops.var(x, axis=axis, keepdims=keepdims)


def argmax(x: Any, axis: int = -1) -> Any:
    """Indices of the largest elements along an axis, the last by default."""
    return ops.cast(ops.argmax(x, axis=axis), "int64")


def argmin(x: Any, axis: int = -1) -> Any:
    """Indices of the smallest elements along an axis, the last by default."""
    return ops.cast(ops.argmin(x, axis=axis), "int64")


def cumsum(x: Any, axis: int = 0) -> Any:
    return ops.cumsum(x, axis=axis)


def cumprod(x: Any, axis: int = 0) -> Any:
    return ops.cumprod(x, axis=axis)


def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """Products of the rows of two batches, summed over an axis of each.

    Args:
        x: shape `(batch, ...)`.
        y: shape `(batch, ...)`.
        axes: the axis of both, or one for each; the last of `x` and the last but one of `y` (its last, if it has two
            dimensions) when None.

    Returns:
        Shape `(batch,) + x's other axes + y's other axes`, at least `(batch, 1)`.

    Example:

    >>> import numpy as np, keraburn as keras
    >>> keras.backend.batch_dot(np.ones((2, 3)), np.ones((2, 3))).shape
    (2, 1)
    """
    x, y = ops.convert_to_tensor(x), ops.convert_to_tensor(y)
    if axes is None:
        axes = (x.ndim - 1, y.ndim - 1 if y.ndim == 2 else y.ndim - 2)
    first, second = (axes, axes) if isinstance(axes, int) else axes
    first, second = first % x.ndim, second % y.ndim
    if first == 0 or second == 0 or x.ndim < 2 or y.ndim < 2:
        raise ValueError(f"The first axis is the batch. Received: axes={axes}, shapes {x.shape} and {y.shape}")
    letters = iter("bcdefghijklmnop")
    left = ["a", *(next(letters) for _ in range(x.ndim - 1))]
    right = ["a", *(next(letters) for _ in range(y.ndim - 1))]
    left[first] = right[second] = "z"
    rest = [*(each for each in left if each != "z"), *(each for each in right[1:] if each != "z")]
    found = ops.einsum(f"{''.join(left)},{''.join(right)}->{''.join(rest)}", x, y)
    return ops.expand_dims(found, 1) if found.ndim == 1 else found


def l2_normalize(x: Any, axis: Any = None) -> Any:
    """`x / sqrt(max(sum(x**2), 1e-12))`."""
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(squares, 1e-12)))


ARITHMETIC: dict[str, Any] = {name: getattr(ops, name) for name in (*_SAME, *_MORE)}
ARITHMETIC.update(
    (each.__name__, each)
    for each in (
        *(pow, clip, all, any, max, min, mean, prod, std, sum, var),
        *(argmax, argmin, cumsum, cumprod, batch_dot, l2_normalize),
    )
)
