"""New tensors: filled, counted, spaced."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from keraburn import config, dtypes
from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import broadcast_shapes, normalize_axis, normalize_shape
from keraburn.ops.convert import (
    cast_to,
    concrete,
    concrete_integers,
    constant,
    convert,
    filled_like,
    promote_floating,
    scalar,
)
from keraburn.ops.shaping import broadcasted, reshaped
from keraburn.tensor import Tensor


def _default_float(dtype: Any) -> str:
    return config.floatx() if dtype is None else dtypes.standardize_dtype(dtype)


def filled(shape: Any, value: Any, dtype: str) -> Tensor:
    """A tensor of equal elements."""
    return emit("broadcast_to", convert(value, dtype), shape=normalize_shape(shape))


@operation
def zeros(shape: Any, dtype: Any = None) -> Tensor:
    """A tensor of zeros, of `floatx()` unless a dtype is given."""
    return filled(shape, 0, _default_float(dtype))


@operation
def ones(shape: Any, dtype: Any = None) -> Tensor:
    """A tensor of ones, of `floatx()` unless a dtype is given."""
    return filled(shape, 1, _default_float(dtype))


@operation
def empty(shape: Any, dtype: Any = None) -> Tensor:
    """A tensor whose values do not matter: zeros, of `floatx()` unless a dtype is given."""
    return filled(shape, 0, _default_float(dtype))


@operation
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """A tensor of one value, of `floatx()` unless a dtype is given.

    Args:
        shape: its dimensions.
        fill_value: a number, or a tensor that broadcasts to `shape`.
        dtype: name of an element type.
    """
    return filled(shape, fill_value, _default_float(dtype))


def _like(x: Any, value: Any, dtype: Any) -> Tensor:
    return filled_like(convert(x), value, None if dtype is None else dtypes.standardize_dtype(dtype))


@operation
def zeros_like(x: Any, dtype: Any = None) -> Tensor:
    """Zeros in the shape of `x`, and in its dtype unless one is given."""
    return _like(x, 0, dtype)


@operation
def ones_like(x: Any, dtype: Any = None) -> Tensor:
    """Ones in the shape of `x`, and in its dtype unless one is given."""
    return _like(x, 1, dtype)


@operation
def empty_like(x: Any, dtype: Any = None) -> Tensor:
    """A tensor in the shape of `x` whose values do not matter."""
    return _like(x, 0, dtype)


@operation
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """One value in the shape of `x`, and in its dtype unless one is given."""
    return _like(x, fill_value, dtype)


@operation
def array(x: Any, dtype: Any = None) -> Tensor:
    """`x` as a tensor."""
    return convert(x, None if dtype is None else dtypes.standardize_dtype(dtype))


def _kind(value: Any) -> Any:
    if isinstance(value, (bool, np.bool_)):
        return "bool"
    if type(value) in (int, float):
        return type(value)
    return convert(value).dtype


@operation
def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Tensor:
    """The numbers from `start` up to, not including, `stop`.

    Args:
        start: the first number; with `start` alone, counting goes from 0 to it.
        stop: where counting ends.
        step: the difference between neighbours, 1 when None.
        dtype: element type, that of the arguments when None.

    Raises:
        TypeError: if an argument has no value yet: the number of elements depends on it.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.arange(1, 7, 2).numpy()
    array([1, 3, 5], dtype=int32)
    """
    given = [value for value in (start, stop, step) if value is not None]
    if dtype is None:
        name = dtypes.result_type(*map(_kind, given))
    else:
        name = dtypes.standardize_dtype(dtype)
    bounds: list[Any] = [
        None if value is None else value if type(value) in (int, float) else concrete(value, "arange", label).item()
        for value, label in ((start, "start"), (stop, "stop"), (step, "step"))
    ]
    if bounds[2] == 0:
        raise ValueError("Argument `step` must not be zero. Received: step=0")
    values = np.arange(*bounds)
    return constant(values.astype(name))


@operation
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """`num` numbers at equal distances from `start` to `stop`.

    Args:
        start: the first number, or a tensor of them.
        stop: the last number, or a tensor of them.
        num: how many.
        endpoint: whether `stop` is the last one; else it is the one after.
        retstep: whether to return the distance too.
        dtype: element type; a float type when None.
        axis: place of the new axis, where `start` or `stop` has dimensions.

    Returns:
        The numbers, or `(numbers, distance)`.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.linspace(0.0, 1.0, 5).numpy()
    array([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float32)
    """
    num = operator.index(num)
    if num < 0:
        raise ValueError(f"Argument `num` must not be negative. Received: num={num}")
    a, b = promote_floating(start, stop)
    name = a.dtype if dtype is None else dtypes.standardize_dtype(dtype)
    gaps = num - 1 if endpoint else num
    shape = broadcast_shapes(a.shape, b.shape)
    a, b = broadcasted(a, shape), broadcasted(b, shape)
    step = emit("mul", emit("sub", b, a), scalar(1.0 / gaps if gaps else float("nan"), a.dtype))
    axis = normalize_axis(axis, len(shape) + 1)
    wide = [*shape[:axis], 1, *shape[axis:]]
    # Weights that are exactly 0 and 1 at the ends give exactly the ends.
    weights = np.arange(num) / max(gaps, 1)
    along = [num if i == axis else 1 for i in range(len(wide))]
    right = constant(weights.reshape(along).astype(a.dtype))
    left = constant((1.0 - weights).reshape(along).astype(a.dtype))
    values = emit("add", emit("mul", reshaped(a, wide), left), emit("mul", reshaped(b, wide), right))
    if dtypes.is_integer(name):
        values = emit("floor", values)
    values = cast_to(values, name)
    return (values, step) if retstep else values


@operation
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10,
    dtype: Any = None,
    axis: int = 0,
) -> Tensor:
    """`base` to the power of equally spaced numbers.

    Args:
        start: the first exponent, or a tensor of them.
        stop: the last exponent, or a tensor of them.
        num: how many numbers.
        endpoint: whether `stop` is the last exponent; else it is the one after.
        base: what is raised.
        dtype: element type; a float type when None.
        axis: place of the new axis.
    """
    exponents = linspace(start, stop, num=num, endpoint=endpoint, axis=axis)
    values = emit("pow", convert(base, exponents.dtype), exponents)
    return values if dtype is None else cast_to(values, dtypes.standardize_dtype(dtype))


@operation
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Tensor:
    """`num` numbers from `start` to `stop` at equal ratios.

    Args:
        start: the first number, not zero, or an array of them.
        stop: the last number, of the same sign.
        num: how many numbers.
        endpoint: whether `stop` is the last one; else it is the one after.
        dtype: element type; a float type when None.
        axis: place of the new axis.

    Raises:
        TypeError: if an end has no value yet.
    """
    a, b = promote_floating(start, stop)
    first, last = (concrete(end, "geomspace", name).astype(np.float64) for end, name in ((a, "start"), (b, "stop")))
    values = np.geomspace(first, last, num=num, endpoint=endpoint, axis=axis)
    return constant(values.astype(a.dtype if dtype is None else dtypes.standardize_dtype(dtype)))


def _window(function: Any, x: Any, *parameters: Any) -> Tensor:
    size = concrete_integers(x, "window", "x").item()
    return constant(function(size, *parameters).astype(config.floatx()))


@operation
def bartlett(x: Any) -> Tensor:
    """The Bartlett window, a triangle, of `x` points."""
    return _window(np.bartlett, x)


@operation
def blackman(x: Any) -> Tensor:
    """The Blackman window of `x` points."""
    return _window(np.blackman, x)


@operation
def hamming(x: Any) -> Tensor:
    """The Hamming window, `0.54 - 0.46 cos(2 pi n / (x - 1))`."""
    return _window(np.hamming, x)


@operation
def hanning(x: Any) -> Tensor:
    """The Hann window, `0.5 - 0.5 cos(2 pi n / (x - 1))`."""
    return _window(np.hanning, x)


@operation
def kaiser(x: Any, beta: Any) -> Tensor:
    """The Kaiser window of `x` points with shape parameter `beta`."""
    return _window(np.kaiser, x, float(concrete(beta, "kaiser", "beta").item()))


@operation
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Tensor:
    """The matrix whose columns are powers of a vector.

    Args:
        x: a vector.
        N: number of columns, the vector's length when None.
        increasing: whether the powers rise from 0; else they fall to 0.

    Raises:
        ValueError: if `x` is no vector.
    """
    x = convert(x)
    if x.ndim != 1:
        raise ValueError(f"Argument `x` must have one dimension. Received: x of shape {x.shape}")
    count = x.size if N is None else operator.index(N)
    if count == 0:
        return filled([x.size, 0], 0, x.dtype)
    columns = [filled_like(x, 1)]
    while len(columns) < count:
        columns.append(emit("mul", columns[-1], x) if len(columns) > 1 else x)
    tall = [reshaped(column, [x.size, 1]) for column in (columns if increasing else columns[::-1])]
    return emit("concatenate", *tall, axis=1)
