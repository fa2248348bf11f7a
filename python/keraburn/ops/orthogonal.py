"""Factors with orthonormal columns, by Householder's reflections.

Each column is a few operations of the graph, so this is for small matrices; stacks of them cost no more operations.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import constant, filled_like, floating, scalar
from keraburn.ops.shaping import permuted, reshaped
from keraburn.tensor import Tensor


def matrices(x: Any) -> Tensor:
    """`x` as floats, matrices in the last two axes.

    Raises:
        ValueError: if there are fewer axes.
    """
    x = floating(x)
    if x.ndim < 2:
        raise ValueError(f"Expected input to have rank >= 2. Received input with shape {x.shape}.")
    return x


def stacked(x: Tensor) -> Tensor:
    """Matrices in the last two axes, as one axis of them."""
    return reshaped(x, [math.prod(x.shape[:-2]), *x.shape[-2:]])


def transposed(x: Tensor) -> Tensor:
    """Rows and columns of a stack exchanged."""
    return permuted(x, [0, 2, 1])


def block(x: Tensor, rows: int, columns: int) -> Tensor:
    """The first rows and columns of a stack of matrices."""
    if x.shape[1:] == (rows, columns):
        return x
    return emit("slice", x, start=[0, 0, 0], size=[x.shape[0], rows, columns], step=[1, 1, 1])


def _reflection(work: Tensor, j: int) -> tuple[Tensor, Tensor]:
    """The vector and the factor of the reflection that leaves nothing below the diagonal of column `j`."""
    count, m, _ = work.shape
    dtype = work.dtype
    zero, one = scalar(0, dtype), scalar(1, dtype)
    column = emit("slice", work, start=[0, 0, j], size=[count, m, 1], step=[1, 1, 1])
    head = emit("slice", column, start=[0, j, 0], size=[count, 1, 1], step=[1, 1, 1])
    numbers = np.arange(m).reshape(1, m, 1)
    tail = emit("where", constant(numbers > j), column, zero)
    rest = emit("sum", emit("square", tail), axes=[1], keepdims=True)
    # Nothing to reflect: LAPACK then keeps the sign of the diagonal.
    done = emit("eq", rest, zero)
    length = emit("sqrt", emit("where", done, one, emit("add", emit("square", head), rest)))
    beta = emit("where", emit("lt", head, zero), length, emit("neg", length))
    difference = emit("where", done, one, emit("sub", head, beta))
    vector = emit("where", constant(numbers == j), one, emit("div", tail, difference))
    factor = emit("where", done, zero, emit("div", emit("sub", beta, head), beta))
    return vector, factor


def _reflected(x: Tensor, vector: Tensor, factor: Tensor) -> Tensor:
    along = emit("matmul", transposed(vector), x)
    return emit("sub", x, emit("mul", emit("mul", factor, vector), along))


def factored(x: Tensor, complete: bool) -> tuple[Tensor, Tensor]:
    """Orthonormal columns `q` and upper triangles `r` with `q @ r = x`, for a stack of matrices."""
    count, m, n = x.shape
    small = min(m, n)
    width = m if complete else small
    reflections = []
    for j in range(min(n, m - 1)):
        vector, factor = _reflection(x, j)
        x = _reflected(x, vector, factor)
        reflections.append((vector, factor))
    q = emit("broadcast_to", constant(np.eye(m, width, dtype=x.dtype)), shape=[count, m, width])
    for vector, factor in reversed(reflections):
        q = _reflected(q, vector, factor)
    upper = constant(np.triu(np.ones((width, n), bool)))
    return q, emit("where", upper, block(x, width, n), filled_like(x, 0, shape=[]))


@operation
def qr(x: Any, mode: str = "reduced") -> tuple[Tensor, Tensor]:
    """Orthonormal columns `q` and upper triangles `r` with `q @ r = x`.

    Args:
        x: matrices, shape `(..., m, n)`.
        mode: `"reduced"` for `min(m, n)` columns, `"complete"` for `m`.

    Raises:
        ValueError: if `mode` is another word, or `x` has fewer than two axes.

    Source: Golub and Van Loan, "Matrix Computations", 4th edition, algorithm 5.2.1.

    Example:

    >>> import keraburn as keras
    >>> q, r = keras.ops.qr([[3.0, 1.0], [4.0, 2.0]])
    >>> r.numpy().round(3).tolist()
    [[-5.0, -2.200000047683716], [0.0, 0.4000000059604645]]
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(
            f"`mode` argument value not supported. Expected one of {{'reduced', 'complete'}}. Received: mode={mode}"
        )
    x = matrices(x)
    q, r = factored(stacked(x), mode == "complete")
    return reshaped(q, [*x.shape[:-2], *q.shape[1:]]), reshaped(r, [*x.shape[:-2], *r.shape[1:]])
