"""Comparisons, logic and choices between elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import dtypes
from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import (
    boolean,
    cast_to,
    concrete,
    constant,
    convert,
    promote,
    promote_all,
    promote_floating,
    scalar,
)
from keraburn.ops.elementwise import isfinite, isnan
from keraburn.tensor import Tensor


@operation
def equal(x1: Any, x2: Any) -> Tensor:
    """Whether `x1 == x2`."""
    return emit("eq", *promote(x1, x2))


@operation
def not_equal(x1: Any, x2: Any) -> Tensor:
    """Whether `x1 != x2`."""
    return emit("ne", *promote(x1, x2))


@operation
def less(x1: Any, x2: Any) -> Tensor:
    """Whether `x1 < x2`."""
    return emit("lt", *promote(x1, x2))


@operation
def less_equal(x1: Any, x2: Any) -> Tensor:
    """Whether `x1 <= x2`."""
    return emit("le", *promote(x1, x2))


@operation
def greater(x1: Any, x2: Any) -> Tensor:
    """Whether `x1 > x2`."""
    return emit("gt", *promote(x1, x2))


@operation
def greater_equal(x1: Any, x2: Any) -> Tensor:
    """Whether `x1 >= x2`."""
    return emit("ge", *promote(x1, x2))


@operation
def logical_and(x1: Any, x2: Any) -> Tensor:
    """Whether both elements are true (not zero)."""
    return emit("and", boolean(x1), boolean(x2))


@operation
def logical_or(x1: Any, x2: Any) -> Tensor:
    """Whether one of two elements is true (not zero)."""
    return emit("or", boolean(x1), boolean(x2))


@operation
def logical_xor(x1: Any, x2: Any) -> Tensor:
    """Whether exactly one of two elements is true (not zero)."""
    return emit("xor", boolean(x1), boolean(x2))


@operation
def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether `|x1 - x2| <= atol + rtol * |x2|`.

    Args:
        x1: a tensor.
        x2: a tensor, the reference.
        rtol: tolerance relative to `x2`.
        atol: absolute tolerance.
        equal_nan: whether two NaN are close.
    """
    a, b = promote_floating(x1, x2)
    dtype = a.dtype
    bound = emit("add", scalar(atol, dtype), emit("mul", scalar(rtol, dtype), emit("abs", b)))
    near = emit("le", emit("abs", emit("sub", a, b)), bound)
    # Infinities are close to themselves only.
    close = emit("or", emit("and", near, isfinite(b)), emit("eq", a, b))
    return emit("or", close, emit("and", isnan(a), isnan(b))) if equal_nan else close


@operation
def allclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether all elements are close in the sense of `isclose`."""
    close = isclose(x1, x2, rtol, atol, equal_nan)
    return emit("min_reduce", close, axes=list(range(close.ndim)), keepdims=False) if close.ndim else close


@operation
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """Elements of `x1` where the condition holds, of `x2` elsewhere.

    Args:
        condition: a tensor; what is not zero holds.
        x1: values, broadcast with the others.
        x2: values, broadcast with the others.

    Returns:
        The selected values; with `condition` alone, the indices at which it holds, a tensor for each dimension.

    Raises:
        ValueError: if only one of `x1` and `x2` is given.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.where([True, False], [1, 2], 0).numpy()
    array([1, 0], dtype=int32)
    """
    if x1 is None and x2 is None:
        return nonzero(condition)
    if x1 is None or x2 is None:
        raise ValueError(f"`x1` and `x2` must be given together. Received: x1={x1}, x2={x2}")
    return emit("where", boolean(condition), *promote(x1, x2))


@operation
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Tensor:
    """Elements of the first choice whose condition holds.

    Args:
        condlist: boolean tensors.
        choicelist: as many tensors of values.
        default: the value where no condition holds.

    Raises:
        ValueError: if the lists differ in length or are empty.
    """
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            "`condlist` and `choicelist` must be lists of the same length, not empty. "
            f"Received: {len(condlist)} conditions and {len(choicelist)} choices"
        )
    *choices, result = promote_all([*choicelist, default])
    for condition, choice in zip(reversed(condlist), reversed(choices), strict=True):
        result = emit("where", boolean(condition), choice, result)
    return result


@operation
def nonzero(x: Any) -> tuple[Tensor, ...]:
    """The indices at which a concrete tensor is not zero, one int32 tensor for each dimension.

    Raises:
        TypeError: if `x` has no value yet: the number of results depends on it.
    """
    values = concrete(x, "nonzero", "x")
    return tuple(constant(indices.astype("int32")) for indices in np.nonzero(values))


@operation
def saturate_cast(x: Any, dtype: Any) -> Tensor:
    """`x` cast to `dtype`, numbers beyond its range becoming its limits.

    Args:
        x: a tensor.
        dtype: name of an element type.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.saturate_cast([-1.0, 256.0], "uint8").numpy()
    array([  0, 255], dtype=uint8)
    """
    dtype = dtypes.standardize_dtype(dtype)
    x = convert(x)
    if x.dtype == "bool" or x.dtype == dtype:
        return cast_to(x, dtype)
    source, target = _limits(x.dtype), _limits(dtype)
    bounds = [max(source[0], target[0]), min(source[1], target[1])]
    if dtypes.is_float(x.dtype) and not dtypes.is_float(dtype):
        bounds = [_inside(bound, target, x.dtype) for bound in bounds]
    x = emit("min", emit("max", x, scalar(bounds[0], x.dtype)), scalar(bounds[1], x.dtype))
    return emit("cast", x, dtype=dtype)


def _limits(dtype: str) -> tuple[Any, Any]:
    if dtype == "bool":
        return 0, 1
    if dtypes.is_float(dtype):
        largest = dtypes.limits(dtype).max
        return -largest, largest
    info = np.iinfo(dtype)
    return info.min, info.max


def _inside(bound: Any, limits: tuple[Any, Any], dtype: str) -> float:
    # 2**31 - 1 is no float32; the nearest one lies outside the integer's range.
    near = scalar(bound, dtype)
    if limits[0] <= float(near) <= limits[1]:
        return float(near)
    # One step towards zero, from a power of two.
    return float(scalar(float(near) * (1 - dtypes.limits(dtype).eps / 2), dtype))
