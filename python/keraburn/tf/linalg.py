"""`tf.linalg`: products and norms of matrices."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.ops import cholesky as cholesky
from keraburn.ops import det as det
from keraburn.ops import eigh as eigh
from keraburn.ops import inv as inv
from keraburn.ops import solve as solve
from keraburn.tf.arrays import eye as eye
from keraburn.tf.math import einsum as einsum
from keraburn.tf.math import matmul as matmul
from keraburn.tf.math import tensordot as tensordot


def norm(tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool = False, name: Any = None) -> Any:
    """The norm, of the whole tensor or along axes."""
    return ops.norm(tensor, None if ord == "euclidean" else ord, axis, keepdims)


def matvec(a: Any, b: Any, transpose_a: bool = False, name: str | None = None) -> Any:
    """The product of matrices and vectors."""
    return ops.squeeze(matmul(a, ops.expand_dims(b, -1), transpose_a), -1)


def matrix_transpose(a: Any, name: str | None = None, conjugate: bool = False) -> Any:
    """The last two dimensions exchanged."""
    return ops.swapaxes(a, -1, -2)


def trace(x: Any, name: str | None = None) -> Any:
    """The sums of the diagonals of matrices."""
    return ops.trace(x, axis1=-2, axis2=-1)


def diag_part(input: Any, name: str | None = None) -> Any:
    """The diagonals of matrices."""
    return ops.diagonal(input, axis1=-2, axis2=-1)


def diag(diagonal: Any, name: str | None = None) -> Any:
    """Matrices with these diagonals, zero elsewhere."""
    values = ops.convert_to_tensor(diagonal)
    return ops.expand_dims(values, -1) * ops.eye(values.shape[-1], dtype=values.dtype)


def band_part(input: Any, num_lower: int, num_upper: int, name: str | None = None) -> Any:
    """Matrices, zero but for some diagonals beside the main one; a negative number keeps all on that side."""
    x = ops.convert_to_tensor(input)
    x = ops.triu(x, -num_lower) if num_lower >= 0 else x
    return ops.tril(x, num_upper) if num_upper >= 0 else x


def svd(tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None) -> Any:
    """Singular values, and then both sides' vectors, as `tensor = u @ diag(s) @ transpose(v)`."""
    if not compute_uv:
        return ops.svd(tensor, compute_uv=False)
    u, s, v = ops.svd(tensor, full_matrices=full_matrices)
    return s, u, matrix_transpose(v)


def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> Any:
    """An orthogonal and an upper triangular factor of matrices."""
    return ops.qr(input, mode="complete" if full_matrices else "reduced")
