"""Sparse scipy matrices, whose rows become dense a batch at a time."""

from __future__ import annotations

from typing import Any

import numpy as np


def is_sparse(value: Any) -> bool:
    """Whether `value` is a sparse scipy matrix or array with rows."""
    return hasattr(value, "tocsr") and hasattr(value, "toarray") and len(getattr(value, "shape", ())) == 2


class SparseRows:
    """The rows of a sparse matrix, as far as training needs an array: shape, dtype and dense rows by index.

    Args:
        matrix: a sparse scipy matrix or array of any format, of shape (rows, columns).

    Raises:
        ValueError: if it holds no numbers.
    """

    def __init__(self, matrix: Any) -> None:
        # The format in which rows are found at once.
        self.matrix = matrix.tocsr()
        self.shape: tuple[int, ...] = tuple(self.matrix.shape)
        self.ndim = 2
        found = self.matrix.dtype
        if found.kind not in "biuf":
            raise ValueError(
                "A sparse matrix should hold numbers: floats, integers or booleans. "
                f"Received: a sparse matrix of dtype {found} and shape {self.shape}"
            )
        is_ours = found.kind in "bf" or found.name in ("int32", "int64", "uint8")
        self.dtype: np.dtype = found if is_ours else np.dtype("int64")

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> SparseRows:
        """Some of the rows, still sparse."""
        return SparseRows(self.matrix[rows])

    def dense(self, rows: Any) -> np.ndarray:
        """The rows of a slice or of indices as a dense array."""
        return self.matrix[rows].toarray()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.matrix.toarray().astype(dtype or self.dtype, copy=False)
