"""TensorFlow's arithmetic, `tf.math`, with its argument names."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.ops.elementwise import digamma, lgamma
from keraburn.tf.arrays import argmax, argmin
from keraburn.tf.selecting import bincount, confusion_matrix


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


def squared_difference(x: Any, y: Any, name: str | None = None) -> Any:
    """`(x - y)**2`."""
    return ops.square(ops.subtract(x, y))


def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Any:
    return ops.multiply(scalar, x)


def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """`x * y`; 0 where `y` is 0, whatever `x` is."""
    zero = ops.equal(y, 0)
    return ops.where(zero, ops.zeros_like(ops.multiply(x, y)), ops.multiply(ops.where(zero, ops.zeros_like(x), x), y))


def reduce_euclidean_norm(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    return ops.sqrt(ops.sum(ops.square(input_tensor), axis=axis, keepdims=keepdims))


def count_nonzero(
    input: Any, axis: Any = None, keepdims: bool = False, dtype: Any = "int64", name: str | None = None
) -> Any:
    """How many elements are not zero."""
    return ops.sum(ops.cast(ops.not_equal(input, 0), dtype), axis=axis, keepdims=keepdims)


def unsorted_segment_sum(data: Any, segment_ids: Any, num_segments: int, name: str | None = None) -> Any:
    """The sums of the rows of each segment."""
    return ops.segment_sum(data, segment_ids, num_segments)


# Functions that are TensorFlow's under the same name, and under another.
_SAME = [
    *("abs", "add", "subtract", "multiply", "divide", "square", "sqrt", "rsqrt", "exp", "expm1", "log", "log1p"),
    *("sin", "cos", "tan", "sinh", "cosh", "tanh", "sigmoid", "softplus", "erf", "floor", "ceil", "round", "sign"),
    *("negative", "maximum", "minimum", "reciprocal", "cumprod", "norm", "equal", "not_equal", "greater", "less"),
    *("greater_equal", "less_equal", "logical_and", "logical_or", "logical_not", "logical_xor"),
    *("segment_sum", "segment_max", "log_sigmoid", "divide_no_nan", "in_top_k"),
]
_RENAMED = {
    "pow": "power",
    "truediv": "true_divide",
    "realdiv": "true_divide",
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
        squared_difference,
        scalar_mul,
        multiply_no_nan,
        reduce_euclidean_norm,
        count_nonzero,
        unsorted_segment_sum,
        digamma,
        lgamma,
    )
)
globals().update(MATH)
# Functions that `tf.math` has besides.
globals().update(argmax=argmax, argmin=argmin, bincount=bincount, confusion_matrix=confusion_matrix)


def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None) -> Any:
    """`x / sqrt(max(sum(x**2), epsilon))`."""
    return ops.multiply(x, ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=axis, keepdims=True), epsilon)))


def top_k(input: Any, k: int = 1, sorted: bool = True, name: str | None = None) -> Any:
    """The `k` largest elements of the last axis, and their indices."""
    return ops.top_k(input, k, sorted=sorted)
