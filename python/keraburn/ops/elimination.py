"""Determinants, inverses, systems of equations and Cholesky's factors, by elimination.

Each column is a few operations of the graph, so these are for small matrices; stacks of them cost no more operations.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import constant, floating, promote_floating, scalar
from keraburn.ops.orthogonal import stacked
from keraburn.ops.products import matmul
from keraburn.ops.shaping import broadcasted, reshaped, swapaxes
from keraburn.tensor import Tensor


def _square(x: Any, name: str) -> Tensor:
    x = floating(x)
    if x.ndim < 2:
        raise ValueError(f"Expected input to have rank >= 2. Received: {name} of shape {x.shape}")
    if x.shape[-1] != x.shape[-2]:
        raise ValueError(f"Expected a square matrix. Received: {name} of shape {x.shape}")
    return x


def _part(x: Tensor, rows: tuple[int, int], columns: tuple[int, int]) -> Tensor:
    """Rows and columns, from the first to before the last, of a stack of matrices."""
    size = [x.shape[0], rows[1] - rows[0], columns[1] - columns[0]]
    return emit("slice", x, start=[0, rows[0], columns[0]], size=size, step=[1, 1, 1])


def _joined(parts: list[Tensor], axis: int) -> Tensor:
    return parts[0] if len(parts) == 1 else emit("concatenate", *parts, axis=axis)


def _numbers(n: int) -> Tensor:
    return constant(np.arange(n, dtype=np.int32).reshape(1, n))


def _swapped(x: Tensor, row: int, other: Tensor) -> Tensor:
    """Matrices whose `row` has changed places with a row that is given for each of them."""
    count, n, width = x.shape
    numbers, here, there = _numbers(n), scalar(row, "int32"), reshaped(other, [count, 1])
    order = emit("where", emit("eq", numbers, there), here, numbers)
    order = emit("where", emit("eq", numbers, here), there, order)
    starts = constant((np.arange(count, dtype=np.int32) * n).reshape(count, 1))
    places = reshaped(emit("add", order, starts), [count * n])
    return reshaped(emit("take", reshaped(x, [count * n, width]), places, axis=0), [count, n, width])


def _eliminated(work: Tensor, n: int, wholly: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Gauss's elimination of the first `n` columns with the largest pivots.

    Returns:
        The matrices with the identity in these columns, or upper triangles unless `wholly`; the pivots, shape
        `(count, n)`; and the sign of the exchange of rows, shape `(count, 1)`.
    """
    count, _, width = work.shape
    dtype = work.dtype
    one, minus, zero = scalar(1, dtype), scalar(-1, dtype), scalar(0, dtype)
    sign = broadcasted(one, [count, 1])
    pivots = []
    for k in range(n):
        sizes = reshaped(emit("abs", _part(work, (0, n), (k, k + 1))), [count, n])
        candidates = emit("where", emit("ge", _numbers(n), scalar(k, "int32")), sizes, minus)
        best = emit("argmax", candidates, axis=1)
        kept = reshaped(emit("eq", best, scalar(k, "int32")), [count, 1])
        sign = emit("mul", sign, emit("where", kept, one, minus))
        work = _swapped(work, k, best)
        row = _part(work, (k, k + 1), (0, width))
        pivot = _part(row, (0, 1), (k, k + 1))
        pivots.append(reshaped(pivot, [count, 1]))
        column = _part(work, (0, n), (k, k + 1))
        number = reshaped(_numbers(n), [1, n, 1])
        at_row = emit("eq", number, scalar(k, "int32"))
        if wholly:
            row = emit("div", row, pivot)
            work = emit("where", at_row, row, emit("sub", work, emit("mul", column, row)))
        else:
            # A pivot of zero leaves nothing below it to eliminate.
            safe = emit("where", emit("eq", pivot, zero), one, pivot)
            below = emit("gt", number, scalar(k, "int32"))
            factor = emit("where", below, emit("div", column, safe), zero)
            work = emit("sub", work, emit("mul", factor, row))
    if not pivots:
        return work, reshaped(work, [count, 0]), sign
    return work, _joined(pivots, 1), sign


def _system(a: Any, b: Any) -> tuple[Tensor, Tensor, list[int]]:
    """Stacks of matrices and right-hand sides of equal number, and the shape of the solution."""
    a, b = promote_floating(a, b)
    _square(a, "a")
    vector = b.ndim == a.ndim - 1
    if (b.shape[-1:] if vector else b.shape[-2:-1]) != a.shape[-1:] or not b.shape:
        raise ValueError(f"Incompatible shapes between `a` and `b`. Received: a.shape={a.shape}, b.shape={b.shape}")
    right = reshaped(b, [*b.shape, 1]) if vector else b
    lead = list(np.broadcast_shapes(a.shape[:-2], right.shape[:-2]))
    shape = [*lead, *right.shape[-2:]]
    a, right = broadcasted(a, [*lead, *a.shape[-2:]]), broadcasted(right, shape)
    return stacked(a), stacked(right), shape[:-1] if vector else shape


@operation
def lu_factor(x: Any) -> tuple[Tensor, Tensor]:
    """The triangular factors of a matrix with its rows exchanged, `rows_exchanged(x) = l @ u`.

    Args:
        x: matrices, shape `(..., m, n)`.

    Returns:
        Both factors in one, shape `(..., m, n)`: `u` above, and `l` below the diagonal, its ones left out; and with
        which row each row was exchanged in turn, int32 of shape `(..., min(m, n))`.

    Raises:
        ValueError: if there are fewer than two axes.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.lu_factor([[1.0, 2.0], [2.0, 2.0]])[0].numpy()
    array([[2. , 2. ],
           [0.5, 1. ]], dtype=float32)
    """
    x = floating(x)
    if x.ndim < 2:
        raise ValueError(f"Expected input to have rank >= 2. Received: x of shape {x.shape}")
    work = stacked(x)
    count, m, n = work.shape
    zero, one = scalar(0, x.dtype), scalar(1, x.dtype)
    number = constant(np.arange(m, dtype=np.int32).reshape(1, m, 1))
    later = constant(np.arange(n, dtype=np.int32).reshape(1, 1, n))
    exchanges = []
    for k in range(min(m, n)):
        here = scalar(k, "int32")
        sizes = reshaped(emit("abs", _part(work, (0, m), (k, k + 1))), [count, m])
        candidates = emit("where", emit("ge", _numbers(m), here), sizes, scalar(-1, x.dtype))
        best = emit("argmax", candidates, axis=1)
        exchanges.append(reshaped(best, [count, 1]))
        work = _swapped(work, k, best)
        row = _part(work, (k, k + 1), (0, n))
        pivot = _part(row, (0, 1), (k, k + 1))
        below = emit("gt", number, here)
        # A pivot of zero leaves nothing below it to eliminate.
        safe = emit("where", emit("eq", pivot, zero), one, pivot)
        factor = emit("where", below, emit("div", _part(work, (0, m), (k, k + 1)), safe), zero)
        inner = emit("and", below, emit("gt", later, here))
        reduced = emit("where", inner, emit("sub", work, emit("mul", factor, row)), work)
        work = emit("where", emit("and", below, emit("eq", later, here)), factor, reduced)
    pivots = _joined(exchanges, 1) if exchanges else constant(np.zeros((count, 0), np.int32))
    return reshaped(work, x.shape), reshaped(pivots, [*x.shape[:-2], min(m, n)])


@operation
def solve(a: Any, b: Any) -> Tensor:
    """The solution `x` of `a @ x = b`, by elimination with the largest pivots.

    Args:
        a: square matrices, shape `(..., n, n)`.
        b: right-hand sides, shape `(..., n)` or `(..., n, m)`.

    Returns:
        The shape of `b`; not finite where a matrix is singular.

    Raises:
        ValueError: if the shapes do not fit.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]).numpy()
    array([1. , 0.5], dtype=float32)
    """
    left, right, shape = _system(a, b)
    n, width = left.shape[-1], right.shape[-1]
    work, _, _ = _eliminated(emit("concatenate", left, right, axis=2), n, wholly=True)
    return reshaped(_part(work, (0, n), (n, n + width)), shape)


@operation
def inv(x: Any) -> Tensor:
    """The inverse of square matrices, shape `(..., n, n)`; not finite where one is singular."""
    x = _square(x, "x")
    return solve(x, constant(np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape)))


@operation
def det(x: Any) -> Tensor:
    """The determinant of square matrices, shape `(..., n, n)` to `(...)`."""
    x = _square(x, "x")
    _, pivots, sign = _eliminated(stacked(x), x.shape[-1], wholly=False)
    product = emit("prod", pivots, axes=[1], keepdims=True)
    return reshaped(emit("mul", sign, product), x.shape[:-2])


@operation
def slogdet(x: Any) -> tuple[Tensor, Tensor]:
    """The sign of the determinant of square matrices, and the logarithm of its absolute value."""
    x = _square(x, "x")
    _, pivots, sign = _eliminated(stacked(x), x.shape[-1], wholly=False)
    sign = emit("mul", sign, emit("prod", emit("sign", pivots), axes=[1], keepdims=True))
    logarithm = emit("sum", emit("log", emit("abs", pivots)), axes=[1], keepdims=False)
    return reshaped(sign, x.shape[:-2]), reshaped(logarithm, x.shape[:-2])


@operation
def logdet(x: Any) -> Tensor:
    """The logarithm of the absolute value of the determinant of square matrices."""
    return slogdet(x)[1]


@operation
def solve_triangular(a: Any, b: Any, lower: bool = False) -> Tensor:
    """The solution `x` of `a @ x = b` for triangular matrices, row by row.

    Args:
        a: square matrices, shape `(..., n, n)`, of which the other triangle is not read.
        b: right-hand sides, shape `(..., n)` or `(..., n, m)`.
        lower: whether the lower triangle holds the matrix, else the upper one.

    Raises:
        ValueError: if the shapes do not fit.
    """
    left, right, shape = _system(a, b)
    n, width = left.shape[-1], right.shape[-1]
    known: list[Tensor] = []
    for i in range(n) if lower else reversed(range(n)):
        rest = _part(right, (i, i + 1), (0, width))
        if known:
            columns = (0, i) if lower else (i + 1, n)
            done = emit("matmul", _part(left, (i, i + 1), columns), _joined(known, 1))
            rest = emit("sub", rest, done)
        row = emit("div", rest, _part(left, (i, i + 1), (i, i + 1)))
        known.insert(len(known) if lower else 0, row)
    return reshaped(_joined(known, 1) if known else right, shape)


@operation
def cholesky(x: Any, upper: bool = False) -> Tensor:
    """The triangular matrix `l` with `l @ transpose(l) = x`, for positive definite matrices.

    Args:
        x: symmetric matrices, shape `(..., n, n)`, of which the lower triangle is read.
        upper: whether to return `transpose(l)`.

    Returns:
        The shape of `x`; NaN where a matrix is not positive definite.

    Raises:
        ValueError: if the matrices are not square.
    """
    x = _square(x, "x")
    work, n = stacked(x), x.shape[-1]
    columns: list[Tensor] = []
    for j in range(n):
        column = _part(work, (0, n), (j, j + 1))
        if columns:
            done = _joined(columns, 2)
            row = swapaxes(_part(done, (j, j + 1), (0, j)), 1, 2)
            column = emit("sub", column, emit("matmul", done, row))
        root = emit("sqrt", _part(column, (j, j + 1), (0, 1)))
        inside = constant((np.arange(n) >= j).reshape(1, n, 1))
        columns.append(emit("where", inside, emit("div", column, root), scalar(0, x.dtype)))
    factor = _joined(columns, 2) if columns else work
    return reshaped(swapaxes(factor, 1, 2) if upper else factor, x.shape)


@operation
def cholesky_inverse(x: Any, upper: bool = False) -> Tensor:
    """The inverse of the matrix whose triangular factor `cholesky` gave.

    Args:
        x: the factors, shape `(..., n, n)`.
        upper: whether they are upper triangles.
    """
    x = _square(x, "x")
    identity = constant(np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape))
    inverse = solve_triangular(x, identity, lower=not upper)
    other = swapaxes(inverse, -1, -2)
    return matmul(inverse, other) if upper else matmul(other, inverse)
