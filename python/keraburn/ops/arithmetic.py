"""Arithmetic of two tensors, element by element; shapes broadcast and dtypes promote."""

from __future__ import annotations

import math
from typing import Any

from keraburn import config, dtypes
from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import (
    cast_to,
    convert,
    integer,
    numeric,
    promote,
    promote_all,
    promote_floating,
    promote_numeric,
    scalar,
)
from keraburn.tensor import Tensor


@operation
def add(x1: Any, x2: Any) -> Tensor:
    """`x1 + x2`; of booleans, their or."""
    a, b = promote(x1, x2)
    return emit("or" if a.dtype == "bool" else "add", a, b)


@operation
def subtract(x1: Any, x2: Any) -> Tensor:
    """`x1 - x2`.

    Raises:
        TypeError: if both are boolean.
    """
    a, b = promote(x1, x2)
    if a.dtype == "bool":
        raise TypeError("Booleans cannot be subtracted; use `logical_xor`. Received: x1 and x2 of dtype bool")
    return emit("sub", a, b)


@operation
def multiply(x1: Any, x2: Any) -> Tensor:
    """`x1 * x2`; of booleans, their and."""
    a, b = promote(x1, x2)
    return emit("and" if a.dtype == "bool" else "mul", a, b)


@operation
def divide(x1: Any, x2: Any) -> Tensor:
    """`x1 / x2`, a float."""
    return emit("div", *promote_floating(x1, x2))


@operation
def true_divide(x1: Any, x2: Any) -> Tensor:
    """`x1 / x2`, a float."""
    return emit("div", *promote_floating(x1, x2))


@operation
def divide_no_nan(x1: Any, x2: Any) -> Tensor:
    """`x1 / x2`, and 0 where `x2` is 0."""
    a, b = promote_floating(x1, x2)
    zero = scalar(0, a.dtype)
    is_zero = emit("eq", b, zero)
    return emit("where", is_zero, zero, emit("div", a, emit("where", is_zero, scalar(1, a.dtype), b)))


@operation
def floor_divide(x1: Any, x2: Any) -> Tensor:
    """`floor(x1 / x2)` in the operands' dtype."""
    return emit("floor_div", *promote_numeric(x1, x2))


@operation
def mod(x1: Any, x2: Any) -> Tensor:
    """The remainder of division, with the sign of `x2`."""
    return emit("mod", *promote_numeric(x1, x2))


@operation
def fmod(x1: Any, x2: Any) -> Tensor:
    """The remainder of division, with the sign of `x1`."""
    return emit("fmod", *promote_numeric(x1, x2))


def _small_power(x: Tensor, exponent: Any) -> Tensor | None:
    # Multiplications cost a fraction of a general power.
    if exponent == 2:
        return emit("square", x)
    if exponent == 1:
        return x
    if exponent == 3:
        return emit("mul", emit("square", x), x)
    if dtypes.is_float(x.dtype):
        if exponent == 0.5:
            return emit("sqrt", x)
        if exponent == -1:
            return emit("reciprocal", x)
    return None


@operation
def power(x1: Any, x2: Any) -> Tensor:
    """`x1 ** x2`."""
    kind = type(x2)
    if kind is int or kind is float:
        x = convert(x1)
        if dtypes.is_float(x.dtype) or (kind is int and x.dtype != "bool"):
            short = _small_power(x, x2)
            if short is not None:
                return short
        x1 = x
    return emit("pow", *promote_numeric(x1, x2))


@operation
def maximum(x1: Any, x2: Any) -> Tensor:
    """The larger of two elements; NaN if one is NaN."""
    a, b = promote(x1, x2)
    return emit("or" if a.dtype == "bool" else "max", a, b)


@operation
def minimum(x1: Any, x2: Any) -> Tensor:
    """The smaller of two elements; NaN if one is NaN."""
    a, b = promote(x1, x2)
    return emit("and" if a.dtype == "bool" else "min", a, b)


def _ignoring_nan(name: str, a: Tensor, b: Tensor) -> Tensor:
    if a.dtype == "bool":
        return emit("or" if name == "max" else "and", a, b)
    best = emit(name, a, b)
    if not dtypes.is_float(a.dtype):
        return best
    return emit("where", emit("isnan", a), b, emit("where", emit("isnan", b), a, best))


@operation
def fmax(x1: Any, x2: Any) -> Tensor:
    """The larger of two elements; where one is NaN, the other."""
    return _ignoring_nan("max", *promote(x1, x2))


@operation
def fmin(x1: Any, x2: Any) -> Tensor:
    """The smaller of two elements; where one is NaN, the other."""
    return _ignoring_nan("min", *promote(x1, x2))


@operation
def arctan2(x1: Any, x2: Any) -> Tensor:
    """The angle in (-pi, pi] of the points `(x2, x1)`."""
    return emit("atan2", *promote_floating(x1, x2))


@operation
def hypot(x1: Any, x2: Any) -> Tensor:
    """`sqrt(x1**2 + x2**2)` without overflow of the squares."""
    a, b = promote_floating(x1, x2)
    a, b = emit("abs", a), emit("abs", b)
    larger, smaller = emit("max", a, b), emit("min", a, b)
    one = scalar(1, a.dtype)
    plain = emit("or", emit("eq", larger, scalar(0, a.dtype)), emit("isinf", larger))
    ratio = emit("div", smaller, emit("where", plain, one, larger))
    length = emit("mul", larger, emit("sqrt", emit("add", one, emit("square", ratio))))
    return emit("where", plain, larger, length)


@operation
def logaddexp(x1: Any, x2: Any) -> Tensor:
    """`log(exp(x1) + exp(x2))` without overflow."""
    a, b = promote_floating(x1, x2)
    return _log_of_sum(a, b, 1.0)


@operation
def logaddexp2(x1: Any, x2: Any) -> Tensor:
    """`log2(2**x1 + 2**x2)` without overflow."""
    a, b = promote_floating(x1, x2)
    return _log_of_sum(a, b, math.log(2.0))


def _log_of_sum(a: Tensor, b: Tensor, unit: float) -> Tensor:
    dtype = a.dtype
    # Equal infinities have no difference.
    endless = emit("and", emit("isinf", a), emit("eq", a, b))
    difference = emit("where", endless, scalar(0, dtype), emit("sub", b, a))
    if unit == 1.0:
        excess = emit("softplus", difference)
    else:
        excess = emit("softplus", emit("mul", difference, scalar(unit, dtype)))
        excess = emit("mul", excess, scalar(1.0 / unit, dtype))
    return emit("where", endless, a, emit("add", a, excess))


@operation
def heaviside(x1: Any, x2: Any) -> Tensor:
    """0 below zero, 1 above, `x2` at zero; NaN stays."""
    a, b = promote_floating(x1, x2)
    zero, one = scalar(0, a.dtype), scalar(1, a.dtype)
    step = emit("where", emit("lt", a, zero), zero, emit("where", emit("gt", a, zero), one, b))
    return emit("where", emit("isnan", a), a, step)


@operation
def ldexp(x1: Any, x2: Any) -> Tensor:
    """`x1 * 2**x2` for integer `x2`.

    Raises:
        TypeError: if `x2` does not hold integers.
    """
    exponent = integer(x2, "x2")
    x = convert(x1)
    dtype = x.dtype if dtypes.is_float(x.dtype) else config.floatx()
    x, exponent = cast_to(x, dtype), cast_to(exponent, "int32")
    # Two factors, so that the power alone does not overflow where the product does not.
    half = emit("shr", exponent, scalar(1, "int32"))
    rest = emit("sub", exponent, half)
    product = emit("mul", x, emit("exp2", cast_to(half, dtype)))
    return emit("mul", product, emit("exp2", cast_to(rest, dtype)))


@operation
def nextafter(x1: Any, x2: Any) -> Tensor:
    """The next representable number after `x1` towards `x2`."""
    return emit("nextafter", *promote_floating(x1, x2))


def _integers(x1: Any, x2: Any) -> tuple[Tensor, Tensor]:
    a, b = promote_numeric(x1, x2)
    if not dtypes.is_integer(a.dtype):
        raise TypeError(f"Expected integers. Received: x1 and x2 of dtype {a.dtype}")
    return a, b


@operation
def gcd(x1: Any, x2: Any) -> Tensor:
    """The greatest common divisor of two integers."""
    return emit("gcd", *_integers(x1, x2))


@operation
def lcm(x1: Any, x2: Any) -> Tensor:
    """The least common multiple of two integers."""
    a, b = _integers(x1, x2)
    if a.dtype != "uint8":
        a, b = emit("abs", a), emit("abs", b)
    divisor = emit("gcd", a, b)
    one, zero = scalar(1, a.dtype), scalar(0, a.dtype)
    quotient = emit("floor_div", a, emit("where", emit("eq", divisor, zero), one, divisor))
    return emit("mul", quotient, b)


def _bits(x: Any, y: Any) -> tuple[Tensor, Tensor]:
    a, b = promote(x, y)
    if dtypes.is_float(a.dtype):
        raise TypeError(f"Bitwise functions take integers or booleans. Received: x and y of dtype {a.dtype}")
    return a, b


@operation
def bitwise_and(x: Any, y: Any) -> Tensor:
    """The bits that both integers have."""
    return emit("and", *_bits(x, y))


@operation
def bitwise_or(x: Any, y: Any) -> Tensor:
    """The bits that one of two integers has."""
    return emit("or", *_bits(x, y))


@operation
def bitwise_xor(x: Any, y: Any) -> Tensor:
    """The bits that exactly one of two integers has."""
    return emit("xor", *_bits(x, y))


def _shift(name: str, x: Any, y: Any) -> Tensor:
    a, b = promote_numeric(x, y)
    if not dtypes.is_integer(a.dtype):
        raise TypeError(f"Shifts take integers. Received: x and y of dtype {a.dtype}")
    return emit(name, a, b)


@operation
def bitwise_left_shift(x: Any, y: Any) -> Tensor:
    """The bits of `x` moved up by `y` places."""
    return _shift("shl", x, y)


@operation
def bitwise_right_shift(x: Any, y: Any) -> Tensor:
    """The bits of `x` moved down by `y` places; the sign is kept."""
    return _shift("shr", x, y)


@operation
def left_shift(x: Any, y: Any) -> Tensor:
    """The bits of `x` moved up by `y` places."""
    return _shift("shl", x, y)


@operation
def right_shift(x: Any, y: Any) -> Tensor:
    """The bits of `x` moved down by `y` places; the sign is kept."""
    return _shift("shr", x, y)


@operation
def clip(x: Any, x_min: Any, x_max: Any) -> Tensor:
    """Each element, but not below `x_min` nor above `x_max`.

    Args:
        x: a tensor.
        x_min: lower bounds, broadcast with `x`; None for no bound.
        x_max: upper bounds, broadcast with `x`; None for no bound.
    """
    bounds = [(name, bound) for name, bound in (("max", x_min), ("min", x_max)) if bound is not None]
    x, *limits = promote_all([numeric(x), *(bound for _, bound in bounds)])
    for (name, _), limit in zip(bounds, limits, strict=True):
        x = emit(name, x, limit)
    return x
