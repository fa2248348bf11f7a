"""Eigenvalues, singular values, and what is made of them.

The values come from LAPACK for tensors that hold numbers, and from Jacobi's rotations in a graph, for small matrices.
No gradient flows through either. It flows through the differential equation that the factors obey as the matrix moves,
followed for the way from where it stands to itself: that changes no value and has the right first and second
derivatives, not the third.

Source of the derivatives: Giles, 2008, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation", https://doi.org/10.1007/978-3-540-68942-3_4; Golub and Pereyra, 1973,
https://doi.org/10.1137/0710036, for the pseudoinverse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keraburn import trace
from keraburn.ops import jacobi
from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import cast_to, constant, convert, filled_like, promote_floating, scalar
from keraburn.ops.orthogonal import block, matrices, stacked, transposed
from keraburn.ops.shaping import reshaped
from keraburn.tensor import Tensor


def _product(*factors: Tensor) -> Tensor:
    result = factors[0]
    for factor in factors[1:]:
        result = emit("matmul", result, factor)
    return result


def _describing() -> bool:
    """Whether only shapes are wanted, with stand-ins for unknown dimensions."""
    tracing = trace.current()
    return tracing is not None and tracing.probe is not None


def _moved(slope: Callable[..., list[Tensor]], start: Sequence[Tensor], x: Tensor) -> list[Tensor]:
    """`start` with the derivatives that `slope` gives for a change of `x`, by the midpoint rule."""
    still = emit("stop_gradient", x)
    way = emit("sub", x, still)
    half = scalar(0.5, x.dtype)
    middle = [emit("add", y, emit("mul", half, dy)) for y, dy in zip(start, slope(still, way, *start), strict=True)]
    halfway = emit("add", still, emit("mul", half, way))
    return [emit("add", y, dy) for y, dy in zip(start, slope(halfway, way, *middle), strict=True)]


def _reciprocal(x: Tensor, least: Tensor) -> Tensor:
    """`1 / x`, zero where `x` is not larger than `least`."""
    small = emit("le", emit("abs", x), least)
    one, zero = scalar(1, x.dtype), scalar(0, x.dtype)
    return emit("where", small, zero, emit("div", one, emit("where", small, one, x)))


def _rows(x: Tensor) -> Tensor:
    return reshaped(x, [x.shape[0], x.shape[1], 1])


def _columns(x: Tensor) -> Tensor:
    return reshaped(x, [x.shape[0], 1, x.shape[1]])


def _noise(largest: Tensor) -> Tensor:
    """What cannot be told from zero beside the largest of each row."""
    epsilon = float(np.finfo(largest.dtype).eps)
    return emit(
        "mul", emit("max_reduce", emit("abs", largest), axes=[1], keepdims=True), scalar(epsilon, largest.dtype)
    )


def _diagonal(x: Tensor) -> Tensor:
    """The diagonals of a stack of matrices at least as high as wide."""
    identity = constant(np.eye(x.shape[1], x.shape[2], dtype=x.dtype))
    return emit("sum", emit("mul", x, identity), axes=[1], keepdims=False)


def _signs(vectors: Tensor) -> Tensor:
    """Which columns to turn so that the largest number of each is positive."""
    if not vectors.size:
        return filled_like(vectors, 1, shape=[vectors.shape[0], 1, vectors.shape[2]])
    positive = emit("max_reduce", vectors, axes=[1], keepdims=True)
    negative = emit("neg", emit("min_reduce", vectors, axes=[1], keepdims=True))
    return emit("where", emit("lt", positive, negative), scalar(-1, vectors.dtype), scalar(1, vectors.dtype))


def _by_lapack(function: Callable[..., Any], x: Tensor, **options: Any) -> list[np.ndarray]:
    """Factors by numpy; NaN for matrices that hold no finite numbers, which it refuses."""
    values = x.numpy()
    finite = np.isfinite(values).all(axis=(1, 2))
    parts = function(np.where(finite[:, None, None], values, np.eye(*values.shape[1:])), **options)
    for part in parts:
        part[~finite] = np.nan
    return [part.astype(values.dtype, copy=False) for part in parts]


# --- Symmetric matrices ----------------------------------------------------------------------------------------------


def _eigen(x: Tensor) -> tuple[Tensor, Tensor]:
    count, n, _ = x.shape
    if _describing():
        return filled_like(x, 0, shape=[count, n]), x
    if type(x) is Tensor:
        values, vectors = _by_lapack(np.linalg.eigh, x)
        return constant(values), constant(vectors)
    return jacobi.eigen(emit("stop_gradient", x))


def _eigen_slope(_: Tensor, way: Tensor, values: Tensor, vectors: Tensor) -> list[Tensor]:
    inside = _product(transposed(vectors), way, vectors)
    apart = _reciprocal(emit("sub", _columns(values), _rows(values)), _rows(_noise(values)))
    return [_diagonal(inside), _product(vectors, emit("mul", apart, inside))]


@operation
def eigh(x: Any) -> tuple[Tensor, Tensor]:
    """The eigenvalues and eigenvectors of symmetric matrices.

    Args:
        x: matrices, shape `(..., n, n)`; of one that is not symmetric the symmetric part counts.

    Returns:
        The eigenvalues, rising, shape `(..., n)`; and the eigenvectors as columns, the largest number of each positive.
        Eigenvectors of equal eigenvalues have no derivative; zero is given for it.

    Raises:
        ValueError: if the matrices are not square.

    Example:

    >>> import keraburn as keras
    >>> values, vectors = keras.ops.eigh([[2.0, 1.0], [1.0, 2.0]])
    >>> values.numpy().round(3).tolist()
    [1.0, 3.0]
    """
    x = matrices(x)
    if x.shape[-1] != x.shape[-2]:
        raise ValueError(f"Expected a square matrix. Received non-square input with shape {x.shape}")
    stack = stacked(x)
    stack = emit("mul", emit("add", stack, transposed(stack)), scalar(0.5, x.dtype))
    values, vectors = _eigen(stack)
    vectors = emit("mul", vectors, _signs(vectors))
    values, vectors = _moved(_eigen_slope, [values, vectors], stack)
    return reshaped(values, x.shape[:-1]), reshaped(vectors, x.shape)


# --- Singular values -------------------------------------------------------------------------------------------------


def _singular(x: Tensor, complete: bool) -> tuple[Tensor, Tensor, Tensor]:
    count, m, n = x.shape
    if _describing():
        shapes = ([count, m, m if complete else n], [count, n], [count, n, n])
        u, s, v = (filled_like(x, 0, shape=shape) for shape in shapes)
        return u, s, v
    if type(x) is Tensor:
        u, s, v = (constant(part) for part in _by_lapack(np.linalg.svd, x, full_matrices=complete))
        return u, s, transposed(v)
    return jacobi.singular(emit("stop_gradient", x), complete)


def _singular_slope(_: Tensor, way: Tensor, u: Tensor, s: Tensor, v: Tensor) -> list[Tensor]:
    count, m, n = way.shape
    first = block(u, m, n)
    along = _product(way, v)
    inside = _product(transposed(first), along)
    right, left = emit("mul", inside, _columns(s)), emit("mul", inside, _rows(s))
    noise = _noise(s)
    squares = emit("square", s)
    apart = _reciprocal(
        emit("sub", _columns(squares), _rows(squares)),
        emit("mul", _rows(noise), emit("max_reduce", _rows(s), axes=[1], keepdims=True)),
    )
    turn_u = emit("mul", apart, emit("add", right, transposed(right)))
    turn_v = emit("mul", apart, emit("add", left, transposed(left)))
    du, dv = _product(first, turn_u), _product(v, turn_v)
    if m > n:
        outside = emit("sub", along, _product(first, inside))
        outside = emit("mul", outside, _columns(_reciprocal(s, noise)))
        du = emit("add", du, outside)
        if u.shape[2] > n:
            rest = emit("slice", u, start=[0, 0, n], size=[count, m, m - n], step=[1, 1, 1])
            back = _product(first, transposed(outside), rest)
            du = emit("concatenate", du, emit("neg", back), axis=2)
    return [du, _diagonal(inside), dv]


def _factors(x: Tensor, complete: bool) -> tuple[Tensor, Tensor, Tensor]:
    """`u`, `s` and `v` of a stack of matrices of any shape."""
    if x.shape[1] < x.shape[2]:
        v, s, u = _factors(transposed(x), complete)
        return u, s, v
    u, s, v = _singular(x, complete)
    signs = _signs(v)
    n = v.shape[2]
    turned = emit("mul", block(u, u.shape[1], n), signs)
    if u.shape[2] > n:
        rest = emit("slice", u, start=[0, 0, n], size=[u.shape[0], u.shape[1], u.shape[2] - n], step=[1, 1, 1])
        turned = emit("concatenate", turned, rest, axis=2)
    u, s, v = _moved(_singular_slope, [turned, s, emit("mul", v, signs)], x)
    return u, s, v


@operation
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """The singular value decomposition `x = u @ diag(s) @ vh`.

    Args:
        x: matrices, shape `(..., m, n)`.
        full_matrices: whether `u` and `vh` are square; else they have `min(m, n)` columns and rows.
        compute_uv: whether the vectors are wanted too.

    Returns:
        `u`, `s` and `vh`, or `s` alone; `s` falls, shape `(..., min(m, n))`. Vectors of equal singular values have no
        derivative; zero is given for it.

    Raises:
        ValueError: if there are fewer than two axes.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=False).numpy()
    array([4., 3.], dtype=float32)
    """
    x = matrices(x)
    lead = x.shape[:-2]
    u, s, v = _factors(stacked(x), full_matrices and compute_uv)
    s = reshaped(s, [*lead, s.shape[1]])
    if not compute_uv:
        return s
    return reshaped(u, [*lead, *u.shape[1:]]), s, reshaped(transposed(v), [*lead, v.shape[2], v.shape[1]])


@operation
def matrix_rank(x: Any, tol: Any = None) -> Tensor:
    """How many singular values are larger than `tol`, int32.

    Args:
        x: matrices, shape `(..., m, n)`.
        tol: a number, or one for each matrix; the largest singular value times `max(m, n)` times the precision if None.

    Raises:
        ValueError: if there are fewer than two axes.
    """
    x = matrices(x)
    s = svd(x, compute_uv=False)
    if tol is None:
        share = max(x.shape[-2:]) * float(np.finfo(x.dtype).eps)
        least = emit("mul", emit("max_reduce", s, axes=[s.ndim - 1], keepdims=True), scalar(share, x.dtype))
    else:
        least = cast_to(convert(tol), x.dtype)
        least = reshaped(least, [*least.shape, 1])
    larger = emit("cast", emit("gt", s, least), dtype="int32")
    return emit("sum", larger, axes=[larger.ndim - 1], keepdims=False)


# --- Pseudoinverses --------------------------------------------------------------------------------------------------


def _inverse_slope(x: Tensor, way: Tensor, p: Tensor) -> list[Tensor]:
    turned, p_turned = transposed(way), transposed(p)
    below = emit("sub", turned, _product(turned, x, p))
    beside = emit("sub", turned, _product(p, x, turned))
    change = emit("neg", _product(p, way, p))
    change = emit("add", change, _product(p, p_turned, below))
    return [emit("add", change, _product(beside, p_turned, p))]


def _pseudoinverse(x: Tensor, share: Any) -> Tensor:
    u, s, v = _factors(emit("stop_gradient", x), False)
    largest = emit("max_reduce", s, axes=[1], keepdims=True)
    cut = cast_to(convert(share), x.dtype)
    sizes = _reciprocal(s, emit("mul", largest, reshaped(cut, [cut.size, 1])))
    start = emit("stop_gradient", _product(emit("mul", v, _columns(sizes)), transposed(u)))
    return _moved(_inverse_slope, [start], x)[0]


@operation
def pinv(x: Any, rcond: Any = None) -> Tensor:
    """The Moore-Penrose pseudoinverse.

    Args:
        x: matrices, shape `(..., m, n)`.
        rcond: the share of the largest singular value up to which others count as zero; ten times `max(m, n)` times
            the precision if None.

    Returns:
        Shape `(..., n, m)`.

    Raises:
        ValueError: if there are fewer than two axes.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.pinv([[2.0], [0.0]]).numpy()
    array([[0.5, 0. ]], dtype=float32)
    """
    x = matrices(x)
    share = 10 * max(x.shape[-2:]) * float(np.finfo(x.dtype).eps) if rcond is None else rcond
    inverse = _pseudoinverse(stacked(x), share)
    return reshaped(inverse, [*x.shape[:-2], x.shape[-1], x.shape[-2]])


@operation
def lstsq(a: Any, b: Any, rcond: Any = None) -> Tensor:
    """The `x` that makes `sum(square(a @ x - b))` least, the smallest one where there are many.

    Args:
        a: a matrix, shape `(m, n)`.
        b: right-hand sides, shape `(m,)` or `(m, k)`.
        rcond: the share of the largest singular value up to which others count as zero; `max(m, n)` times the
            precision if None.

    Returns:
        Shape `(n,)` or `(n, k)`.

    Raises:
        ValueError: if the shapes do not fit.
    """
    a, b = promote_floating(a, b)
    if a.ndim != 2 or b.ndim not in (1, 2) or a.shape[0] != b.shape[0]:
        raise ValueError(
            "Leading dimensions of input arrays must match, and `a` must be a matrix. "
            f"Received: a of shape {a.shape}, b of shape {b.shape}"
        )
    share = max(a.shape) * float(np.finfo(a.dtype).eps) if rcond is None else rcond
    right = reshaped(b, [b.shape[0], b.size // max(b.shape[0], 1)])
    solution = emit("matmul", reshaped(_pseudoinverse(stacked(a), share), [a.shape[1], a.shape[0]]), right)
    return reshaped(solution, [a.shape[1], *b.shape[1:]])
