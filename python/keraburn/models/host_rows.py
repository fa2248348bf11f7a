"""What the host hands over for data that is too large, or too uneven, to be prepared at once: batch by batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn.data.sparse import SparseRows


class Source:
    """Inputs of a model, of which rows are prepared when they are asked for.

    Args:
        prepare: from the rows of all inputs to what the graph takes, by name.
        inputs: an array for each input.
    """

    def __init__(self, prepare: Callable[[list[Any]], dict[str, Any]], inputs: list[Any]) -> None:
        self.prepare = prepare
        self.inputs = inputs
        self.rows: Any = None
        self.prepared: dict[str, Any] = {}

    def batch(self, rows: Any) -> dict[str, Any]:
        """What the graph takes for the rows of a slice or of indices; kept, as each name is asked for by itself."""
        if self.rows is not rows:
            self.prepared = self.prepare([array[rows] for array in self.inputs])
            self.rows = rows
        return self.prepared


class HostRows(SparseRows):
    """The rows of one array that the host hands over, as far as training needs an array.

    Args:
        source: what prepares them.
        name: of the array.
        first: its first row.
    """

    def __init__(self, source: Source, name: str, first: np.ndarray) -> None:
        self.source = source
        self.name = name
        self.first = first
        self.shape = (len(source.inputs[0]), *first.shape[1:])
        self.ndim = first.ndim
        self.dtype = first.dtype

    def __getitem__(self, rows: slice) -> HostRows:
        part = Source(self.source.prepare, [array[rows] for array in self.source.inputs])
        return HostRows(part, self.name, self.first)

    def dense(self, rows: Any) -> np.ndarray:
        return self.source.batch(rows)[self.name]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.dense(slice(None)).astype(dtype or self.dtype, copy=False)
