"""TensorFlow's arithmetic, `tf.math`, with its argument names."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.ops.elementwise import digamma, lgamma


def matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, name: str | None = None) -> Any:
    """The matrix product, of transposed matrices where asked."""
    a = ops.swapaxes(a, -1, -2) if transpose_a else a
    return ops.matmul(a, ops.swapaxes(b, -1, -2) if transpose_b else b)


def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Any:
    return ops.tensordot(a, b, axes=axes)


def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Any:
    return ops.einsum(equation, *inputs)


def add_n(inputs: Any, name: str | None = None) -> Any:
    """The sum of tensors of one shape."""
    total = inputs[0]
    for each in inputs[1:]:
        total = ops.add(total, each)
    return total


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """The values, at least and at most the limits."""
    return ops.clip(t, clip_value_min, clip_value_max)


def reduce_sum(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    return ops.sum(input_tensor, axis=axis, keepdims=keepdims)


def reduce_mean(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    return ops.mean(input_tensor, axis=axis, keepdims=keepdims)


def reduce_max(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    return ops.max(input_tensor, axis=axis, keepdims=keepdims)


def reduce_min(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    return ops.min(input_tensor, axis=axis, keepdims=keepdims)


def reduce_prod(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    return ops.prod(input_tensor, axis=axis, keepdims=keepdims)


def reduce_std(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    return ops.std(input_tensor, axis=axis, keepdims=keepdims)


def reduce_variance(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    return ops.var(input_tensor, axis=axis, keepdims=keepdims)


def reduce_any(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    return ops.any(input_tensor, axis=axis, keepdims=keepdims)


def reduce_all(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    return ops.all(input_tensor, axis=axis, keepdims=keepdims)


def reduce_logsumexp(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    return ops.logsumexp(input_tensor, axis=axis, keepdims=keepdims)


def cumsum(x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> Any:
    """Sums of all elements up to each along an axis, from the end if `reverse`, without it if `exclusive`."""
    source = ops.flip(x, axis) if reverse else x
    total = ops.cumsum(source, axis=axis)
    total = ops.subtract(total, source) if exclusive else total
    return ops.flip(total, axis) if reverse else total


# Functions that are TensorFlow's under the same name, and under another.
_SAME = [
    *("abs", "add", "subtract", "multiply", "divide", "square", "sqrt", "rsqrt", "exp", "expm1", "log", "log1p"),
    *("sin", "cos", "tan", "sinh", "cosh", "tanh", "sigmoid", "softplus", "erf", "floor", "ceil", "round", "sign"),
    *("negative", "maximum", "minimum", "reciprocal", "cumprod", "norm", "equal", "not_equal", "greater", "less"),
    *("greater_equal", "less_equal", "logical_and", "logical_or", "logical_not", "logical_xor"),
]
_RENAMED = {
    "pow": "power",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "mod",
    "floormod": "mod",
    "atan2": "arctan2",
    "is_nan": "isnan",
    "is_inf": "isinf",
    "is_finite": "isfinite",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
}

MATH: dict[str, Any] = {name: getattr(ops, _RENAMED.get(name, name)) for name in (*_SAME, *_RENAMED)}
MATH.update(
    (function.__name__, function)
    for function in (
        matmul,
        tensordot,
        einsum,
        add_n,
        clip_by_value,
        reduce_sum,
        reduce_mean,
        reduce_max,
        reduce_min,
        reduce_prod,
        reduce_std,
        reduce_variance,
        reduce_any,
        reduce_all,
        reduce_logsumexp,
        cumsum,
        digamma,
        lgamma,
    )
)
globals().update(MATH)
