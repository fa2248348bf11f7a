"""TensorSpec: the shape and dtype of a tensor that is not there yet."""

from __future__ import annotations

from typing import Any

import numpy as np


class TensorSpec:
    """The shape and dtype of a tensor of a data set or of a compiled function.

    Args:
        shape: its dimensions, None where unknown; None if nothing is known.
        dtype: name of the element type.
        name: a name, for displays.
    """

    def __init__(self, shape: Any = None, dtype: Any = "float32", name: str | None = None) -> None:
        self.shape = None if shape is None else tuple(shape)
        self.dtype = dtype if isinstance(dtype, str) else np.dtype(dtype).name
        self.name = name

    def fits(self, shape: tuple[Any, ...]) -> bool:
        """Whether a tensor of this shape is meant."""
        if self.shape is None:
            return True
        return len(shape) == len(self.shape) and all(
            wanted is None or wanted == size for wanted, size in zip(self.shape, shape, strict=True)
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorSpec) and (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self.shape}, dtype={self.dtype!r}, name={self.name!r})"
