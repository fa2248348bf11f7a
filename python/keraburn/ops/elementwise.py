"""Functions of one tensor, element by element; those with fractional values turn integers into `floatx()`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keraburn import dtypes
from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import boolean, cast_to, convert, filled_like, floating, numeric, scalar
from keraburn.tensor import Tensor


@operation
def exp(x: Any) -> Tensor:
    """The exponential, `e**x`."""
    return emit("exp", floating(x))


@operation
def exp2(x: Any) -> Tensor:
    """Two to the power of each element, `2**x`."""
    return emit("exp2", floating(x))


@operation
def expm1(x: Any) -> Tensor:
    """`exp(x) - 1`, accurate near zero."""
    return emit("expm1", floating(x))


@operation
def log(x: Any) -> Tensor:
    """The natural logarithm."""
    return emit("log", floating(x))


@operation
def log2(x: Any) -> Tensor:
    """The logarithm to base 2."""
    return emit("log2", floating(x))


@operation
def log10(x: Any) -> Tensor:
    """The logarithm to base 10."""
    return emit("log10", floating(x))


@operation
def log1p(x: Any) -> Tensor:
    """`log(1 + x)`, accurate near zero."""
    return emit("log1p", floating(x))


@operation
def sqrt(x: Any) -> Tensor:
    """The square root."""
    return emit("sqrt", floating(x))


@operation
def rsqrt(x: Any) -> Tensor:
    """`1 / sqrt(x)`."""
    return emit("rsqrt", floating(x))


@operation
def cbrt(x: Any) -> Tensor:
    """The cube root."""
    return emit("cbrt", floating(x))


@operation
def square(x: Any) -> Tensor:
    """`x * x`."""
    return emit("square", numeric(x))


@operation
def reciprocal(x: Any) -> Tensor:
    """`1 / x`."""
    return emit("reciprocal", floating(x))


@operation
def sin(x: Any) -> Tensor:
    """The sine of angles in radians."""
    return emit("sin", floating(x))


@operation
def cos(x: Any) -> Tensor:
    """The cosine of angles in radians."""
    return emit("cos", floating(x))


@operation
def tan(x: Any) -> Tensor:
    """The tangent of angles in radians."""
    return emit("tan", floating(x))


@operation
def arcsin(x: Any) -> Tensor:
    """The inverse sine, in [-pi/2, pi/2]; NaN outside [-1, 1]."""
    return emit("asin", floating(x))


@operation
def arccos(x: Any) -> Tensor:
    """The inverse cosine, in [0, pi]; NaN outside [-1, 1]."""
    return emit("acos", floating(x))


@operation
def arctan(x: Any) -> Tensor:
    """The inverse tangent, in [-pi/2, pi/2]."""
    return emit("atan", floating(x))


@operation
def sinh(x: Any) -> Tensor:
    """The hyperbolic sine."""
    return emit("sinh", floating(x))


@operation
def cosh(x: Any) -> Tensor:
    """The hyperbolic cosine."""
    return emit("cosh", floating(x))


@operation
def tanh(x: Any) -> Tensor:
    """The hyperbolic tangent."""
    return emit("tanh", floating(x))


@operation
def arcsinh(x: Any) -> Tensor:
    """The inverse hyperbolic sine."""
    return emit("asinh", floating(x))


@operation
def arccosh(x: Any) -> Tensor:
    """The inverse hyperbolic cosine; NaN below 1."""
    return emit("acosh", floating(x))


@operation
def arctanh(x: Any) -> Tensor:
    """The inverse hyperbolic tangent; NaN outside [-1, 1]."""
    return emit("atanh", floating(x))


@operation
def erf(x: Any) -> Tensor:
    """The error function, `2 / sqrt(pi) * integral of exp(-t**2) from 0 to x`."""
    return emit("erf", floating(x))


@operation
def erfc(x: Any) -> Tensor:
    """`1 - erf(x)`."""
    x = floating(x)
    return emit("sub", scalar(1, x.dtype), emit("erf", x))


@operation
def erfinv(x: Any) -> Tensor:
    """The inverse of `erf`, for values in (-1, 1)."""
    return emit("erfinv", floating(x))


@operation
def lgamma(x: Any) -> Tensor:
    """The logarithm of the absolute value of the gamma function; TensorFlow has it, `keras.ops` does not."""
    return emit("lgamma", floating(x))


@operation
def digamma(x: Any) -> Tensor:
    """The derivative of `lgamma`; TensorFlow has it, `keras.ops` does not."""
    return emit("digamma", floating(x))


@operation
def floor(x: Any) -> Tensor:
    """The largest whole number not above each element, as a float."""
    return emit("floor", floating(x))


@operation
def ceil(x: Any) -> Tensor:
    """The smallest whole number not below each element, as a float."""
    return emit("ceil", floating(x))


@operation
def trunc(x: Any) -> Tensor:
    """Each element without its fraction; integers stay as they are."""
    x = convert(x)
    return emit("trunc", x) if dtypes.is_float(x.dtype) else x


@operation
def round(x: Any, decimals: int = 0) -> Tensor:
    """Each element rounded to `decimals` places, halves to the even neighbour.

    Args:
        x: a tensor; integers are rounded only by negative `decimals`.
        decimals: number of places after the point, negative for tens, hundreds...
    """
    x = convert(x)
    dtype = x.dtype
    if not dtypes.is_float(dtype):
        if decimals >= 0:
            return x
        return cast_to(_round_to(floating(x), decimals), dtype)
    return emit("round", x) if decimals == 0 else _round_to(x, decimals)


def _round_to(x: Tensor, decimals: int) -> Tensor:
    factor = scalar(10.0 ** math.fabs(decimals), x.dtype)
    there, back = ("mul", "div") if decimals > 0 else ("div", "mul")
    return emit(back, emit("round", emit(there, x, factor)), factor)


@operation
def absolute(x: Any) -> Tensor:
    """The absolute value."""
    x = convert(x)
    return x if x.dtype in ("bool", "uint8") else emit("abs", x)


@operation
def abs(x: Any) -> Tensor:
    """The absolute value."""
    return absolute(x)


@operation
def fabs(x: Any) -> Tensor:
    """The absolute value, as a float."""
    return emit("abs", floating(x))


@operation
def negative(x: Any) -> Tensor:
    """`-x`."""
    x = convert(x)
    if x.dtype == "bool":
        raise TypeError("A boolean tensor has no negative; use `logical_not`. Received: x of dtype bool")
    return emit("neg", x)


@operation
def sign(x: Any) -> Tensor:
    """-1, 0 or 1 as each element is below, at or above zero."""
    return emit("sign", numeric(x))


@operation
def signbit(x: Any) -> Tensor:
    """Whether the sign bit is set: true below zero, and for -0.0."""
    x = convert(x)
    if not dtypes.is_float(x.dtype):
        return emit("lt", numeric(x), scalar(0, numeric(x).dtype))
    # 1 / -0.0 is minus infinity, which tells the two zeros apart.
    zero = scalar(0, x.dtype)
    negative_zero = emit("and", emit("eq", x, zero), emit("lt", emit("reciprocal", x), zero))
    return emit("or", emit("lt", x, zero), negative_zero)


@operation
def deg2rad(x: Any) -> Tensor:
    """Degrees to radians, `x * pi / 180`."""
    x = floating(x)
    return emit("mul", x, scalar(math.pi / 180, x.dtype))


@operation
def rad2deg(x: Any) -> Tensor:
    """Radians to degrees, `x * 180 / pi`."""
    x = floating(x)
    return emit("mul", x, scalar(180 / math.pi, x.dtype))


@operation
def sinc(x: Any) -> Tensor:
    """`sin(pi x) / (pi x)`, and 1 at zero."""
    x = floating(x)
    zero, one = scalar(0, x.dtype), scalar(1, x.dtype)
    at_zero = emit("eq", x, zero)
    angle_ = emit("mul", emit("where", at_zero, one, x), scalar(math.pi, x.dtype))
    return emit("where", at_zero, one, emit("div", emit("sin", angle_), angle_))


# Chebyshev coefficients of exp(-x) I0(x) on [0, 8] and of exp(-x) sqrt(x) I0(x) on [8, inf), computed once.
_I0_DEGREES = (29, 24)


def _i0_coefficients() -> tuple[np.ndarray, np.ndarray]:
    # Imported where needed: the polynomial package costs milliseconds that few programs need.
    from numpy.polynomial import chebyshev

    def small(t: np.ndarray) -> np.ndarray:
        x = 4.0 * (t + 1.0)
        return np.exp(-x) * np.i0(x)

    def large(t: np.ndarray) -> np.ndarray:
        x = 16.0 / (t + 1.0 + 1e-9)
        term = np.ones_like(x)
        total = term.copy()
        for k in range(1, 12):
            term = term * (2 * k - 1) ** 2 / (8.0 * k * x)
            total += term
        exact = np.exp(-np.minimum(x, 600.0)) * np.i0(np.minimum(x, 600.0)) * np.sqrt(x)
        return np.where(x < 600.0, exact, total / math.sqrt(2 * math.pi))

    return (
        chebyshev.chebinterpolate(small, _I0_DEGREES[0]),
        chebyshev.chebinterpolate(large, _I0_DEGREES[1]),
    )


_i0_cache: list[tuple[np.ndarray, np.ndarray]] = []


def _clenshaw(coefficients: np.ndarray, t: Tensor) -> Tensor:
    dtype = t.dtype
    twice = emit("add", t, t)
    b1, b2 = scalar(0, dtype), scalar(0, dtype)
    for c in coefficients[:0:-1]:
        b1, b2 = emit("add", emit("sub", emit("mul", twice, b1), b2), scalar(float(c), dtype)), b1
    return emit("add", emit("sub", emit("mul", t, b1), b2), scalar(float(coefficients[0]), dtype))


@operation
def i0(x: Any) -> Tensor:
    """The modified Bessel function of the first kind, order 0, by Chebyshev series."""
    if not _i0_cache:
        _i0_cache.append(_i0_coefficients())
    near, far = _i0_cache[0]
    x = emit("abs", floating(x))
    dtype = x.dtype
    one, eight = scalar(1, dtype), scalar(8, dtype)
    is_near = emit("le", x, eight)
    inside = emit("where", is_near, x, eight)
    outside = emit("where", is_near, eight, x)
    low = _clenshaw(near, emit("sub", emit("mul", inside, scalar(0.25, dtype)), one))
    high = _clenshaw(far, emit("sub", emit("div", scalar(16, dtype), outside), one))
    scaled = emit("where", is_near, low, emit("mul", high, emit("rsqrt", outside)))
    return emit("mul", emit("exp", x), scaled)


@operation
def isnan(x: Any) -> Tensor:
    """Whether each element is NaN."""
    return emit("isnan", floating(x))


@operation
def isinf(x: Any) -> Tensor:
    """Whether each element is plus or minus infinity."""
    return emit("isinf", floating(x))


@operation
def isfinite(x: Any) -> Tensor:
    """Whether each element is neither NaN nor infinite."""
    return emit("isfinite", floating(x))


@operation
def isposinf(x: Any) -> Tensor:
    """Whether each element is plus infinity."""
    x = floating(x)
    return emit("eq", x, scalar(math.inf, x.dtype))


@operation
def isneginf(x: Any) -> Tensor:
    """Whether each element is minus infinity."""
    x = floating(x)
    return emit("eq", x, scalar(-math.inf, x.dtype))


@operation
def isreal(x: Any) -> Tensor:
    """Whether each element has no imaginary part: true, as all tensors are real."""
    return filled_like(convert(x), True, "bool")


@operation
def real(x: Any) -> Tensor:
    """The real part: `x` itself, as all tensors are real."""
    return convert(x)


@operation
def imag(x: Any) -> Tensor:
    """The imaginary part: zeros, as all tensors are real."""
    return filled_like(convert(x), 0)


@operation
def conjugate(x: Any) -> Tensor:
    """The complex conjugate: `x` itself, as all tensors are real."""
    return convert(x)


@operation
def conj(x: Any) -> Tensor:
    """The complex conjugate: `x` itself, as all tensors are real."""
    return convert(x)


@operation
def angle(x: Any) -> Tensor:
    """The angle in the complex plane: pi below zero, else 0; NaN stays."""
    x = floating(x)
    zero = scalar(0, x.dtype)
    angles = emit("where", signbit(x), scalar(math.pi, x.dtype), zero)
    return emit("where", emit("isnan", x), x, angles)


@operation
def nan_to_num(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """`x` with NaN and infinities replaced by finite numbers.

    Args:
        x: a tensor; integers come back unchanged.
        nan: replaces NaN.
        posinf: replaces plus infinity, the dtype's largest number when None.
        neginf: replaces minus infinity, the dtype's lowest number when None.
    """
    x = convert(x)
    dtype = x.dtype
    if not dtypes.is_float(dtype):
        return x
    largest = dtypes.limits(dtype).max
    high = largest if posinf is None else posinf
    low = -largest if neginf is None else neginf
    x = emit("where", emit("isnan", x), convert(nan, dtype), x)
    x = emit("where", emit("eq", x, scalar(math.inf, dtype)), convert(high, dtype), x)
    return emit("where", emit("eq", x, scalar(-math.inf, dtype)), convert(low, dtype), x)


@operation
def logical_not(x: Any) -> Tensor:
    """Whether each element is zero or false."""
    return emit("not", boolean(x))


@operation
def bitwise_invert(x: Any) -> Tensor:
    """Every bit of an integer flipped; booleans are negated."""
    x = convert(x)
    if dtypes.is_float(x.dtype):
        raise TypeError(f"Bitwise functions take integers or booleans. Received: x of dtype {x.dtype}")
    return emit("not", x)


@operation
def bitwise_not(x: Any) -> Tensor:
    """Every bit of an integer flipped; booleans are negated."""
    return bitwise_invert(x)


@operation
def copy(x: Any) -> Tensor:
    """A tensor with the values of `x`; tensors are immutable, so it is `x` itself."""
    return convert(x)
