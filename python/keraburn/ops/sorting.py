"""Order: sorting, searching, counting by value."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from keraburn import dtypes
from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import normalize_axis
from keraburn.ops.convert import cast_to, concrete, constant, convert, filled_like, floating, integer, promote, scalar
from keraburn.ops.indexing import take_along_axis
from keraburn.ops.joining import section
from keraburn.ops.shaping import flip, reshaped
from keraburn.tensor import Tensor


def _sorted(name: str, x: Any, axis: int | None, descending: bool = False) -> Tensor:
    x = convert(x)
    if axis is None or not x.shape:
        x, axis = reshaped(x, [x.size]), 0
    axis = normalize_axis(axis, x.ndim)
    numbers = cast_to(x, "uint8") if x.dtype == "bool" else x
    result = emit(name, numbers, axis=axis, descending=descending)
    return cast_to(result, "bool") if x.dtype == "bool" and name == "sort" else result


@operation
def sort(x: Any, axis: int | None = -1) -> Tensor:
    """The elements in rising order along an axis, equal ones in their old order.

    Args:
        x: a tensor.
        axis: the axis; None sorts the flattened tensor.
    """
    return _sorted("sort", x, axis)


@operation
def argsort(x: Any, axis: int | None = -1) -> Tensor:
    """The indices, as int32, that put the elements in rising order, equal ones in their old order.

    Args:
        x: a tensor.
        axis: the axis; None sorts the flattened tensor.
    """
    return _sorted("argsort", x, axis)


@operation
def argpartition(x: Any, kth: int, axis: int | None = -1) -> Tensor:
    """Indices that put the element of rank `kth` in its place, smaller ones before it and larger ones after.

    Args:
        x: a tensor.
        kth: a rank along the axis.
        axis: the axis; None partitions the flattened tensor.

    Raises:
        ValueError: if there is no such rank.
    """
    x = convert(x)
    size = x.size if axis is None or not x.shape else x.shape[normalize_axis(axis, x.ndim)]
    if not -size <= kth < size:
        raise ValueError(f"Argument `kth` must be in [{-size}, {size}). Received: kth={kth}")
    return _sorted("argsort", x, axis)


@operation
def top_k(x: Any, k: int, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """The `k` largest elements along the last axis, falling, and their indices.

    Args:
        x: a tensor of at least one dimension.
        k: how many.
        sorted: accepted as in Keras; the results are always sorted.

    Returns:
        `(values, indices)`, the indices as int32.

    Raises:
        ValueError: if there are fewer than `k` elements.
    """
    x = convert(x)
    k = operator.index(k)
    if not x.shape or not 0 <= k <= x.shape[-1]:
        raise ValueError(
            f"Argument `k` must be between 0 and the size of the last axis. Received: k={k}, x of shape {x.shape}"
        )
    last = x.ndim - 1
    order = _sorted("argsort", x, last, descending=True)
    indices = section(order, last, 0, k)
    return take_along_axis(x, indices, last), indices


@operation
def in_top_k(targets: Any, predictions: Any, k: int) -> Tensor:
    """Whether each target class is among the `k` with the highest predictions.

    Args:
        targets: classes, shape `(batch,)`.
        predictions: a number for each class, shape `(batch, classes)`.
        k: how many count as the top; equal predictions share a rank.

    Raises:
        ValueError: if the shapes do not fit.
    """
    targets, predictions = integer(targets, "targets"), convert(predictions)
    if targets.shape != predictions.shape[:-1]:
        raise ValueError(
            "Arguments `targets` and `predictions` must have the same shape up until the last dimension. "
            f"Received: targets of shape {targets.shape}, predictions of shape {predictions.shape}"
        )
    last = predictions.ndim - 1
    chosen = take_along_axis(predictions, reshaped(targets, [*targets.shape, 1]), last)
    if dtypes.is_float(predictions.dtype):
        chosen = emit("where", emit("isnan", chosen), scalar(-np.inf, chosen.dtype), chosen)
    above = cast_to(emit("gt", predictions, chosen), "int32")
    return emit("lt", emit("sum", above, axes=[last], keepdims=False), scalar(operator.index(k), "int32"))


def _places(ordered: Tensor, values: Tensor, after_equal: bool) -> Tensor:
    """Where values belong in a sorted vector, by bisection."""
    size = ordered.size
    low, high = filled_like(values, 0, "int32"), filled_like(values, size, "int32")
    one, last = scalar(1, "int32"), scalar(max(size - 1, 0), "int32")
    for _ in range(size.bit_length()):
        middle = emit("shr", emit("add", low, high), one)
        found = emit("take", ordered, emit("min", middle, last), axis=0)
        # Where the interval is closed already, nothing moves.
        right = emit("and", emit("le" if after_equal else "lt", found, values), emit("lt", middle, high))
        low = emit("where", right, emit("add", middle, one), low)
        high = emit("where", right, high, middle)
    return low


@operation
def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Tensor:
    """The indices at which values can be inserted into a sorted vector so that it stays sorted.

    Args:
        sorted_sequence: a vector in rising order.
        values: a tensor.
        side: `"left"` before elements that are equal, `"right"` after them.

    Raises:
        ValueError: if `sorted_sequence` is no vector, or `side` is another word.
    """
    ordered, values = promote(sorted_sequence, values)
    if ordered.ndim != 1:
        raise ValueError(
            f"`searchsorted` only supports 1-D sorted sequences. Received: sorted_sequence.shape={ordered.shape}"
        )
    if side not in ("left", "right"):
        raise ValueError(f"Argument `side` must be 'left' or 'right'. Received: side={side}")
    return _places(ordered, values, side == "right")


@operation
def digitize(x: Any, bins: Any) -> Tensor:
    """The index of the bin in which each element lies, as int32.

    Args:
        x: a tensor.
        bins: the bins' bounds, rising or falling; bin `i` holds `bins[i - 1] <= x < bins[i]` of rising ones.

    Raises:
        ValueError: if `bins` is no vector.
    """
    values, edges = promote(x, bins)
    if edges.ndim != 1:
        raise ValueError(f"Argument `bins` must have one dimension. Received: bins of shape {edges.shape}")
    rising = _places(edges, values, after_equal=True)
    if edges.size < 2:
        return rising
    from_end = emit("sub", scalar(edges.size, "int32"), _places(flip(edges), values, after_equal=True))
    first, last = section(edges, 0, 0, 1), section(edges, 0, edges.size - 1, edges.size)
    return emit("where", reshaped(emit("le", first, last), []), rising, from_end)


@operation
def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Whether each element of `x1` is one of `x2`.

    Args:
        x1: a tensor.
        x2: a tensor.
        assume_unique: accepted as in Keras, without effect.
        invert: whether to tell which elements are not.
    """
    x, among = promote(x1, x2)
    if x.dtype == "bool":
        x, among = cast_to(x, "uint8"), cast_to(among, "uint8")
    if among.size:
        ordered = emit("sort", reshaped(among, [among.size]), axis=0, descending=False)
        place = emit("min", _places(ordered, x, after_equal=False), scalar(among.size - 1, "int32"))
        found = emit("eq", emit("take", ordered, place, axis=0), x)
    else:
        found = filled_like(x, False, "bool")
    return emit("not", found) if invert else found


@operation
def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Tensor:
    """How often each number from 0 up comes in a vector, or in each row of a matrix.

    Args:
        x: integers that are not negative, of one dimension or two.
        weights: what each element counts, in the shape of `x`; 1 when None.
        minlength: least size of the result.
        sparse: must be False.

    Raises:
        TypeError: if `x` has no values yet: the size of the result depends on them.
        ValueError: if a number is negative or the shapes do not fit.
    """
    if sparse:
        raise ValueError("Sparse tensors are not supported. Received: sparse=True")
    x = integer(x, "x")
    values = concrete(x, "bincount", "x")
    if x.ndim not in (1, 2) or (values < 0).any():
        raise ValueError(
            "Argument `x` must have 1 or 2 dimensions and no negative numbers. "
            f"Received: x of shape {x.shape}, smallest {values.min() if values.size else None}"
        )
    width = max(int(values.max()) + 1 if values.size else 0, minlength)
    amount = convert(1 if weights is None else weights)
    amount = cast_to(amount, "int32") if amount.dtype in ("bool", "uint8") else amount
    if weights is not None and amount.shape != x.shape:
        raise ValueError(f"`weights` must have the shape of `x`. Received: shapes {amount.shape} and {x.shape}")
    rows = x.shape[0] if x.ndim == 2 else 1
    offsets = np.arange(rows).reshape(-1, 1) * width if x.ndim == 2 else 0
    places = constant((values + offsets).reshape(-1).astype(np.int64))
    counts = emit("broadcast_to", scalar(0, amount.dtype), shape=[rows * width])
    amounts = reshaped(emit("broadcast_to", amount, shape=list(x.shape)), [x.size])
    counts = emit("scatter", counts, places, amounts, mode="add")
    return reshaped(counts, [rows, width] if x.ndim == 2 else [width])


@operation
def histogram(x: Any, bins: Any = 10, range: Any = None) -> tuple[Tensor, Tensor]:
    """How many elements lie in each of equally wide bins.

    Args:
        x: a tensor.
        bins: the number of bins.
        range: `(low, high)`; the smallest and largest element when None. Elements outside are not counted.

    Returns:
        `(counts, edges)`, one more edge than bins.

    Raises:
        ValueError: if there is no bin, or the range is empty.
    """
    x = floating(x)
    dtype = x.dtype
    if not isinstance(bins, int) or bins < 1:
        raise ValueError(f"Argument `bins` must be a positive integer. Received: bins={bins}")
    flat = reshaped(x, [x.size])
    if range is not None:
        if len(range) != 2 or range[0] > range[1]:
            raise ValueError(f"Argument `range` must be (low, high). Received: range={range}")
        low, high = scalar(float(range[0]), dtype), scalar(float(range[1]), dtype)
    elif x.size:
        low = emit("min_reduce", flat, axes=[0], keepdims=False)
        high = emit("max_reduce", flat, axes=[0], keepdims=False)
    else:
        low, high = scalar(0, dtype), scalar(1, dtype)
    half, equal = scalar(0.5, dtype), emit("eq", low, high)
    low, high = (
        emit("where", equal, emit("sub", low, half), low),
        emit("where", equal, emit("add", high, half), high),
    )
    weights = np.arange(bins + 1) / bins
    right, left = constant(weights.astype(dtype)), constant((1.0 - weights).astype(dtype))
    edges = emit("add", emit("mul", low, left), emit("mul", high, right))
    # The last bin holds its right edge too.
    place = emit("sub", _places(edges, flat, after_equal=True), scalar(1, "int32"))
    place = emit("min", place, scalar(bins - 1, "int32"))
    inside = emit("and", emit("ge", flat, low), emit("le", flat, high))
    counts = emit("broadcast_to", scalar(0, dtype), shape=[bins])
    place = emit("where", inside, place, scalar(0, "int32"))
    return emit("scatter", counts, place, cast_to(inside, dtype), mode="add"), edges


@operation
def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """The different elements of a concrete tensor, in rising order.

    Args:
        x: a tensor.
        sorted: accepted as in Keras; the result is always sorted.
        return_index: whether to return where each one comes first.
        return_inverse: whether to return the indices that rebuild `x` from the result.
        return_counts: whether to return how often each one comes.
        axis: the axis whose slices are compared; None compares elements.
        size: number of elements to return, cut off or filled up.
        fill_value: what fills up; the smallest element when None.

    Returns:
        The elements, or a tuple that begins with them.

    Raises:
        TypeError: if `x` has no values yet: the size of the result depends on them.
    """
    values = concrete(x, "unique", "x")
    found, index, inverse, counts = np.unique(values, True, True, True, axis=axis, equal_nan=False)
    along = 0 if axis is None else axis
    if size is not None:
        missing = max(size - found.shape[along], 0)
        filler = found.take([0], along) if fill_value is None else np.full_like(found.take([0], along), fill_value)
        found = np.concatenate([found, np.repeat(filler, missing, along)], along).take(np.arange(size), along)
        index = np.concatenate([index, np.repeat(index[:1], missing)])[:size]
        counts = np.concatenate([counts, np.zeros(missing, counts.dtype)])[:size]
    extras = [(return_index, index), (return_inverse, inverse), (return_counts, counts)]
    results = [constant(found), *(constant(array.astype(np.int32)) for wanted, array in extras if wanted)]
    return results[0] if len(results) == 1 else tuple(results)
