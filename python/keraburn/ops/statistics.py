"""Medians, quantiles, reductions that pass over NaN, and correlations."""

from __future__ import annotations

import math
from typing import Any

from keraburn import dtypes
from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import cast_to, convert, floating, promote_floating, scalar
from keraburn.ops.joining import section
from keraburn.ops.products import matmul
from keraburn.ops.reduction import argmax, argmin, averaged, count, cumprod, cumsum, reduce, rows, summable
from keraburn.ops.shaping import reshaped, transpose
from keraburn.tensor import Tensor

_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def _quantiles(x: Any, q: Any, axis: Any, method: str, keepdims: bool, skip_nan: bool) -> Tensor:
    if method not in _METHODS:
        raise ValueError(f"Argument `method` must be one of {_METHODS}. Received: method={method}")
    x = floating(x)
    q = convert(q, x.dtype)
    if q.ndim > 1:
        raise ValueError(f"Argument `q` must be a number or a vector. Received: q of shape {q.shape}")
    data, others, kept = rows(x, axis)
    size = data.shape[-1]
    if not size:
        raise ValueError(f"An empty reduction has no quantiles. Received: x of shape {x.shape}, axis={axis}")
    ordered = emit("sort", data, axis=data.ndim - 1, descending=False)
    results = [_quantile(ordered, part, method, skip_nan) for part in _parts(q)]
    shape = kept if keepdims else others
    if q.ndim == 0:
        return reshaped(results[0], shape)
    return emit("concatenate", *(reshaped(result, [1, *shape]) for result in results), axis=0)


def _parts(q: Tensor) -> list[Tensor]:
    return [q] if q.ndim == 0 else [reshaped(section(q, 0, i, i + 1), []) for i in range(q.size)]


def _quantile(ordered: Tensor, q: Tensor, method: str, skip_nan: bool) -> Tensor:
    """One quantile along the last axis of sorted rows, in which NaN come last."""
    dtype, last = ordered.dtype, ordered.ndim - 1
    size = ordered.shape[last]
    missing = emit("isnan", ordered)
    if skip_nan:
        present = emit("sum", cast_to(emit("not", missing), dtype), axes=[last], keepdims=True)
        top = emit("max", emit("sub", present, scalar(1, dtype)), scalar(0, dtype))
        position = emit("mul", top, q)
    else:
        position = emit("mul", scalar(size - 1, dtype), q)
        position = emit("broadcast_to", position, shape=[*ordered.shape[:last], 1])
    low = emit("floor", position)
    if method == "nearest":
        low = emit("round", position)
    elif method == "higher":
        low = emit("ceil", position)
    value = _pick(ordered, low)
    if method in ("linear", "midpoint"):
        high = _pick(ordered, emit("ceil", position))
        fraction = emit("sub", position, low) if method == "linear" else None
        if fraction is None:
            weight = scalar(0.5, dtype)
            value = emit("add", emit("mul", value, weight), emit("mul", high, weight))
        else:
            value = emit("add", value, emit("mul", emit("sub", high, value), fraction))
    if skip_nan:
        nothing = emit("eq", present, scalar(0, dtype))
    else:
        nothing = emit("max_reduce", missing, axes=[last], keepdims=True)
    return emit("where", nothing, scalar(math.nan, dtype), value)


def _pick(ordered: Tensor, position: Tensor) -> Tensor:
    """The element of each row at a whole position, given as a float."""
    batch, size = ordered.shape[:-1], ordered.shape[-1]
    number = math.prod(batch)
    starts = emit("mul", emit("iota", shape=[number], axis=0, dtype="int32"), scalar(size, "int32"))
    index = emit("add", starts, cast_to(reshaped(position, [number]), "int32"))
    return reshaped(emit("take", reshaped(ordered, [number * size]), index, axis=0), [*batch, 1])


@operation
def quantile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """The value below which the fraction `q` of the elements lies.

    Args:
        x: a tensor.
        q: a number in [0, 1] or a vector of them, which becomes the first axis of the result.
        axis: an axis or several; all when None.
        method: what to do between two elements: `"linear"`, `"lower"`, `"higher"`, `"midpoint"` or `"nearest"`.
        keepdims: whether the axes stay, with size 1.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.quantile([1.0, 2.0, 3.0, 4.0], 0.5).item()
    2.5
    """
    return _quantiles(x, q, axis, method, keepdims, skip_nan=False)


@operation
def nanquantile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """`quantile` of the elements that are not NaN."""
    return _quantiles(x, q, axis, method, keepdims, skip_nan=True)


def _hundredth(q: Any) -> Tensor:
    q = floating(q)
    return emit("div", q, scalar(100, q.dtype))


@operation
def percentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """`quantile` with `q` in [0, 100]."""
    return _quantiles(x, _hundredth(q), axis, method, keepdims, skip_nan=False)


@operation
def nanpercentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """`percentile` of the elements that are not NaN."""
    return _quantiles(x, _hundredth(q), axis, method, keepdims, skip_nan=True)


@operation
def median(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The middle element, the mean of the two in the middle for an even number.

    Args:
        x: a tensor.
        axis: an axis or several; all when None.
        keepdims: whether the axes stay, with size 1.
    """
    return _quantiles(x, 0.5, axis, "midpoint", keepdims, skip_nan=False)


@operation
def nanmedian(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """`median` of the elements that are not NaN."""
    return _quantiles(x, 0.5, axis, "midpoint", keepdims, skip_nan=True)


def _replace_nan(x: Any, value: float) -> tuple[Tensor, Tensor | None]:
    """`x` with another value for NaN, and where they were; None if `x` cannot hold any."""
    x = convert(x)
    if not dtypes.is_float(x.dtype):
        return x, None
    missing = emit("isnan", x)
    return emit("where", missing, scalar(value, x.dtype), x), missing


@operation
def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The sum of the elements that are not NaN."""
    return reduce("sum", summable(_replace_nan(x, 0.0)[0]), axis, keepdims)


@operation
def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The product of the elements that are not NaN."""
    return reduce("prod", summable(_replace_nan(x, 1.0)[0]), axis, keepdims)


@operation
def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """The cumulative sum, NaN counting as zero."""
    return cumsum(_replace_nan(x, 0.0)[0], axis, dtype)


@operation
def nancumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """The cumulative product, NaN counting as one."""
    return cumprod(_replace_nan(x, 1.0)[0], axis, dtype)


def _nan_extreme(name: str, x: Any, axis: Any, keepdims: bool, neutral: float) -> Tensor:
    filled, missing = _replace_nan(x, neutral)
    if not count(filled, axis):
        raise ValueError(f"An empty reduction has no extreme. Received: x of shape {filled.shape}, axis={axis}")
    best = reduce(name, filled, axis, keepdims)
    if missing is None:
        return best
    return emit("where", reduce("min_reduce", missing, axis, keepdims), scalar(math.nan, best.dtype), best)


@operation
def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The largest element that is not NaN."""
    return _nan_extreme("max_reduce", x, axis, keepdims, -math.inf)


@operation
def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The smallest element that is not NaN."""
    return _nan_extreme("min_reduce", x, axis, keepdims, math.inf)


@operation
def nanargmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the largest element that is not NaN; -1 where all are."""
    return _nan_position(argmax, x, axis, keepdims, -math.inf)


@operation
def nanargmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the smallest element that is not NaN; -1 where all are."""
    return _nan_position(argmin, x, axis, keepdims, math.inf)


def _nan_position(function: Any, x: Any, axis: int | None, keepdims: bool, neutral: float) -> Tensor:
    filled, missing = _replace_nan(x, neutral)
    found = function(filled, axis, keepdims)
    if missing is None:
        return found
    return emit("where", reduce("min_reduce", missing, axis, keepdims), scalar(-1, "int32"), found)


def _nan_mean(x: Tensor, missing: Tensor, axis: Any, keepdims: bool) -> Tensor:
    present = reduce("sum", cast_to(emit("not", missing), x.dtype), axis, keepdims)
    return emit("div", reduce("sum", x, axis, keepdims), present)


@operation
def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean of the elements that are not NaN."""
    filled, missing = _replace_nan(x, 0.0)
    return averaged(floating(x), axis, keepdims) if missing is None else _nan_mean(filled, missing, axis, keepdims)


@operation
def nanvar(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The variance of the elements that are not NaN."""
    filled, missing = _replace_nan(floating(x), 0.0)
    assert missing is not None
    zero = scalar(0, filled.dtype)
    deviation = emit("where", missing, zero, emit("sub", filled, _nan_mean(filled, missing, axis, True)))
    return _nan_mean(emit("square", deviation), missing, axis, keepdims)


@operation
def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The standard deviation of the elements that are not NaN."""
    return emit("sqrt", nanvar(x, axis, keepdims))


@operation
def corrcoef(x: Any) -> Tensor:
    """The correlation coefficients of the rows of a matrix.

    Args:
        x: observations in columns, shape `(variables, observations)` or `(observations,)`.
    """
    x = floating(x)
    if x.ndim > 2:
        raise ValueError(f"Argument `x` must have at most 2 dimensions. Received: x of shape {x.shape}")
    data = reshaped(x, [1, x.size]) if x.ndim < 2 else x
    centered = emit("sub", data, averaged(data, 1, True))
    covariance = matmul(centered, transpose(centered))
    deviation = emit("sqrt", emit("sum", emit("square", centered), axes=[1], keepdims=True))
    scaled = emit("div", emit("div", covariance, deviation), transpose(deviation))
    scaled = emit("max", emit("min", scaled, scalar(1, scaled.dtype)), scalar(-1, scaled.dtype))
    return scaled if x.ndim == 2 else reshaped(scaled, [])


@operation
def correlate(x1: Any, x2: Any, mode: str = "valid") -> Tensor:
    """The sums of products of two vectors, one moved along the other.

    Args:
        x1: a vector.
        x2: a vector.
        mode: `"valid"` where both overlap fully, `"same"` as long as the longer one, `"full"` wherever they overlap.

    Raises:
        ValueError: if they are no vectors or the mode is unknown.
    """
    a, b = promote_floating(x1, x2)
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError(f"`x1` and `x2` must be vectors. Received: shapes {a.shape} and {b.shape}")
    if mode not in ("valid", "same", "full"):
        raise ValueError(f"Argument `mode` must be 'valid', 'same' or 'full'. Received: mode={mode}")
    n, m = a.size, b.size
    total = n + m - 1
    zero = scalar(0, a.dtype)
    # Row i of the padded windows holds a[i - m + 1 : i + 1].
    wide = emit("pad", a, zero, low=[m - 1], high=[m - 1], interior=[0])
    places = emit(
        "add",
        emit("iota", shape=[total, m], axis=0, dtype="int32"),
        emit("iota", shape=[total, m], axis=1, dtype="int32"),
    )
    products = emit("matmul", emit("take", wide, places, axis=0), reshaped(b, [m, 1]))
    result = reshaped(products, [total])
    shorter, longer = (m, n) if m <= n else (n, m)
    if mode == "full":
        return result
    if mode == "valid":
        return section(result, 0, shorter - 1, longer)
    # For the shorter vector first, numpy correlates the other way round and reverses.
    first = (shorter - 1) // 2 if m <= n else shorter - 1 - (shorter - 1) // 2
    return section(result, 0, first, first + longer)
