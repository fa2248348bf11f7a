"""`tf.linalg`: products and norms of matrices."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.tf.math import matmul as matmul


def norm(tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool = False, name: Any = None) -> Any:
    """The norm, of the whole tensor or along axes."""
    return ops.norm(tensor, None if ord == "euclidean" else ord, axis, keepdims)


def matvec(a: Any, b: Any, transpose_a: bool = False, name: str | None = None) -> Any:
    """The product of matrices and vectors."""
    return ops.squeeze(matmul(a, ops.expand_dims(b, -1), transpose_a), -1)
