"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import config, dtypes
from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import normalize_axis
from keraburn.ops.convert import cast_to, constant, convert, numeric, scalar
from keraburn.ops.shaping import permuted, reshaped
from keraburn.tensor import Tensor


@operation
def diagflat(x: Any, k: int = 0) -> Tensor:
    """A matrix with the flattened `x` on its k-th diagonal."""
    x = convert(x)
    return _on_diagonal(reshaped(x, [x.size]), k)


def _on_diagonal(vector: Tensor, k: int) -> Tensor:
    # With n zeros after every element, a vector of n is the rows of a diagonal matrix.
    size = vector.size
    total = size + (k if k >= 0 else -k)
    first = k if k >= 0 else -k * total
    length = (size - 1) * (total + 1) + 1 if size else 0
    if not size:
        return emit("broadcast_to", scalar(0, vector.dtype), shape=[total, total])
    rest = total * total - first - length
    flat = emit("pad", vector, scalar(0, vector.dtype), low=[first], high=[rest], interior=[total])
    return emit("reshape", flat, shape=[total, total])


@operation
def diag(x: Any, k: int = 0) -> Tensor:
    """The k-th diagonal of a matrix, or the matrix that has a vector there.

    Raises:
        ValueError: if `x` is neither a vector nor a matrix.
    """
    x = convert(x)
    if x.ndim == 1:
        return _on_diagonal(x, k)
    if x.ndim != 2:
        raise ValueError(f"Argument `x` must have 1 or 2 dimensions. Received: x of shape {x.shape}")
    return diagonal(x, k)


@operation
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The diagonals of the matrices in two axes, in a new last axis.

    Args:
        x: a tensor of at least two dimensions.
        offset: which diagonal, positive above the main one.
        axis1: the axis of the rows.
        axis2: the axis of the columns.

    Raises:
        ValueError: if `x` has fewer than two dimensions.
    """
    x = convert(x)
    if x.ndim < 2:
        raise ValueError(f"Argument `x` must have at least 2 dimensions. Received: x of shape {x.shape}")
    row_axis, column_axis = normalize_axis(axis1, x.ndim, "axis1"), normalize_axis(axis2, x.ndim, "axis2")
    others = [i for i in range(x.ndim) if i not in (row_axis, column_axis)]
    x = permuted(x, [*others, row_axis, column_axis])
    *batch, rows, columns = x.shape
    first = offset if offset >= 0 else -offset * columns
    count = max(min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns), 0)
    flat = emit("reshape", x, shape=[*batch, rows * columns])
    return emit(
        "slice",
        flat,
        start=[0] * len(batch) + [first if count else 0],
        size=[*batch, count],
        step=[1] * len(batch) + [columns + 1],
    )


@operation
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The sums of the diagonals of the matrices in two axes.

    Args:
        x: a tensor of at least two dimensions.
        offset: which diagonal, positive above the main one.
        axis1: the axis of the rows.
        axis2: the axis of the columns.
    """
    x = numeric(x)
    x = diagonal(cast_to(x, "int32") if x.dtype == "uint8" else x, offset, axis1, axis2)
    return emit("sum", x, axes=[x.ndim - 1], keepdims=False)


def _matrix(values: np.ndarray, dtype: Any) -> Tensor:
    name = config.floatx() if dtype is None else dtypes.standardize_dtype(dtype)
    return constant(values.astype(name))


@operation
def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """A matrix of zeros with ones on a diagonal.

    Args:
        N: number of rows.
        M: number of columns, `N` when None.
        k: which diagonal, positive above the main one.
        dtype: element type, `floatx()` when None.

    Raises:
        ValueError: if a number is negative.
    """
    if N < 0 or (M is not None and M < 0):
        raise ValueError(f"Numbers of rows and columns must not be negative. Received: N={N}, M={M}")
    return _matrix(np.eye(N, M, k, dtype=bool), dtype)


@operation
def identity(n: int, dtype: Any = None) -> Tensor:
    """The identity matrix with `n` rows."""
    return _matrix(np.eye(n, dtype=bool), dtype)


@operation
def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """A matrix with ones on and below the k-th diagonal.

    Args:
        N: number of rows.
        M: number of columns, `N` when None.
        k: the highest diagonal with ones.
        dtype: element type, `floatx()` when None.
    """
    return _matrix(np.tri(N, M, k, dtype=bool), dtype)


def _triangle(x: Any, k: int, lower: bool) -> Tensor:
    x = convert(x)
    if x.ndim < 2:
        raise ValueError(f"Argument `x` must have at least 2 dimensions. Received: x of shape {x.shape}")
    rows, columns = x.shape[-2:]
    mask = np.tri(rows, columns, k if lower else k - 1, dtype=bool)
    return emit("where", constant(mask if lower else ~mask), x, scalar(0, x.dtype))


@operation
def tril(x: Any, k: int = 0) -> Tensor:
    """The lower triangles of matrices: zeros above the k-th diagonal."""
    return _triangle(x, k, lower=True)


@operation
def triu(x: Any, k: int = 0) -> Tensor:
    """The upper triangles of matrices: zeros below the k-th diagonal."""
    return _triangle(x, k, lower=False)
