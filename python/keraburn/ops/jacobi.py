"""Eigenvectors and singular vectors of small matrices in a graph, by Jacobi's rotations.

Half as many pairs of columns as there are columns are rotated at a time, which is a product of matrices; between two
rotations the columns change places as in a tournament, so that all pairs meet in one sweep.

Sources: Golub and Van Loan, "Matrix Computations", 4th edition, sections 8.5 and 8.6.3; Brent and Luk, 1985,
https://doi.org/10.1137/0906007.
"""

from __future__ import annotations

import functools

import numpy as np

from keraburn.ops.apply import emit
from keraburn.ops.convert import constant, scalar
from keraburn.ops.orthogonal import block, factored, transposed
from keraburn.tensor import Tensor


@functools.lru_cache(maxsize=32)
def _tables(n: int, dtype: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The new order of `n` columns, and what cosines and sines are multiplied by to rotate and reorder them."""
    half = n // 2
    top, bottom = list(range(half)), list(range(half, n))
    if half > 1:
        top, bottom = [0, bottom[0], *top[1:-1]], [*bottom[1:], top[-1]]
    order = np.array(top + bottom)
    kept, crossed = np.eye(n, dtype=dtype), np.zeros((n, n), dtype)
    crossed[:half, half:], crossed[half:, :half] = np.eye(half), -np.eye(half)
    return order, kept[:, order], crossed[:, order]


def _sweeps(n: int, dtype: str) -> int:
    """Enough: rotations converge quadratically, and begin to within a few sweeps that grow with the logarithm."""
    return n.bit_length() + (4 if dtype == "float32" else 5)


def _rotation(first: Tensor, second: Tensor, across: Tensor, n: int) -> Tensor:
    """The rotations that make pairs of columns orthogonal, from their squares and products, shape `(count, n / 2)`."""
    dtype = first.dtype
    _, kept, crossed = _tables(n, dtype)
    apart, twice = emit("sub", second, first), emit("mul", across, scalar(2, dtype))
    # The smaller of the two angles, without which sweeps need not converge.
    turned = emit("where", emit("lt", apart, scalar(0, dtype)), emit("neg", twice), twice)
    angle = emit("mul", emit("atan2", turned, emit("abs", apart)), scalar(0.5, dtype))

    def beside(x: Tensor) -> Tensor:
        return emit("reshape", emit("concatenate", x, x, axis=1), shape=[x.shape[0], n, 1])

    cosines = emit("mul", beside(emit("cos", angle)), constant(kept))
    return emit("add", cosines, emit("mul", beside(emit("sin", angle)), constant(crossed)))


def _halves(x: Tensor) -> tuple[Tensor, Tensor]:
    """The first and the second half of the last axis."""
    *lead, n = x.shape
    size, none = [*lead, n // 2], [0] * len(lead)
    step = [1] * x.ndim
    return tuple(emit("slice", x, start=[*none, at], size=size, step=step) for at in (0, n // 2))  # type: ignore[return-value]


def _even(x: Tensor, rows: int, columns: int) -> Tensor:
    """Rows and columns of zeros added."""
    if not rows and not columns:
        return x
    none = [0, 0, 0]
    return emit("pad", x, scalar(0, x.dtype), low=none, high=[0, rows, columns], interior=none)


def _identities(count: int, n: int, dtype: str) -> Tensor:
    return emit("broadcast_to", constant(np.eye(n, dtype=dtype)), shape=[count, n, n])


def _sorted(values: Tensor, vectors: list[Tensor], descending: bool) -> tuple[Tensor, list[Tensor]]:
    """Values in order, and the columns of the vectors likewise."""
    order = emit("argsort", values, axis=1, descending=descending)
    count, n = values.shape
    numbers = constant(np.arange(n, dtype=np.int32).reshape(1, n, 1))
    # A product with a permutation sorts the columns of all matrices at once.
    chosen = emit("eq", numbers, emit("reshape", order, shape=[count, 1, n]))
    permutation = emit("cast", chosen, dtype=values.dtype)
    return emit("sort", values, axis=1, descending=descending), [emit("matmul", x, permutation) for x in vectors]


def eigen(x: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues, rising, and eigenvectors of a stack of symmetric matrices."""
    count, size, _ = x.shape
    dtype = x.dtype
    if size < 2:
        return emit("reshape", x, shape=[count, size]), _identities(count, size, dtype)
    n = size + size % 2
    x, vectors = _even(x, n - size, n - size), _identities(count, n, dtype)
    diagonal, half = constant(np.eye(n, dtype=dtype)), constant(np.eye(n // 2, dtype=dtype))
    places = np.arange(n)
    for _ in range(_sweeps(n, dtype) * (n - 1)):
        first, second = _halves(emit("sum", emit("mul", x, diagonal), axes=[2], keepdims=False))
        upper = emit("slice", x, start=[0, 0, n // 2], size=[count, n // 2, n // 2], step=[1, 1, 1])
        across = emit("sum", emit("mul", upper, half), axes=[2], keepdims=False)
        turn = _rotation(first, second, across, n)
        x = emit("matmul", emit("matmul", transposed(turn), x), turn)
        vectors = emit("matmul", vectors, turn)
        places = places[_tables(n, dtype)[0]]
    values = emit("sum", emit("mul", x, diagonal), axes=[2], keepdims=False)
    if n > size:
        # What was added comes last and is cut off.
        added = constant((places == size).reshape(1, n))
        values = emit("where", added, scalar(np.inf, dtype), values)
    values, (vectors,) = _sorted(values, [vectors], descending=False)
    if n > size:
        values = emit("slice", values, start=[0, 0], size=[count, size], step=[1, 1])
        vectors = block(vectors, size, size)
    return values, vectors


def singular(x: Tensor, complete: bool) -> tuple[Tensor, Tensor, Tensor]:
    """`u`, the falling singular values `s`, and `v` with `x = u @ s @ transpose(v)`, for matrices at least as high as
    wide; `u` square if `complete`.
    """
    count, m, size = x.shape
    dtype = x.dtype
    n = size + size % 2 if size > 1 else size
    work, v = _even(x, 0, n - size), _identities(count, n, dtype)
    for _ in range(_sweeps(n, dtype) * (n - 1)):
        first, second = _halves(work)
        squares = [emit("sum", emit("square", part), axes=[1], keepdims=False) for part in (first, second)]
        across = emit("sum", emit("mul", first, second), axes=[1], keepdims=False)
        turn = _rotation(squares[0], squares[1], across, n)
        work, v = emit("matmul", work, turn), emit("matmul", v, turn)
    lengths = emit("sqrt", emit("sum", emit("square", work), axes=[1], keepdims=False))
    if n > size:
        # The column of zeros that was added is told from others by its part in `v`.
        row = emit("slice", v, start=[0, size, 0], size=[count, 1, n], step=[1, 1, 1])
        added = emit("gt", emit("abs", emit("reshape", row, shape=[count, n])), scalar(0.5, dtype))
        lengths = emit("where", added, scalar(-1, dtype), lengths)
    lengths, (work, v) = _sorted(lengths, [work, v], descending=True)
    if n > size:
        lengths = emit("slice", lengths, start=[0, 0], size=[count, size], step=[1, 1])
        work, v = block(work, m, size), block(v, size, size)
    # The columns are orthogonal already; reflections make vectors of those that are zero too.
    q, r = factored(work, complete)
    diagonal = emit("mul", block(r, size, size), constant(np.eye(size, dtype=dtype)))
    signs = emit("sum", diagonal, axes=[1], keepdims=True)
    signs = emit("where", emit("lt", signs, scalar(0, dtype)), scalar(-1, dtype), scalar(1, dtype))
    if q.shape[2] > size:
        none = [0, 0, 0]
        signs = emit("pad", signs, scalar(1, dtype), low=none, high=[0, 0, q.shape[2] - size], interior=none)
    return emit("mul", q, signs), lengths, v
