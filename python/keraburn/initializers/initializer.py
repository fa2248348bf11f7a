"""The base of initializers."""

from __future__ import annotations

from typing import Any

from keraburn.tensor import Tensor


class Initializer:
    """Base of initializers: called with a shape and a dtype, it gives a tensor.

    Example:

    >>> import keraburn as keras
    >>> class Sevens(keras.initializers.Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return keras.ops.full(shape, 7.0, dtype=dtype)
    >>> keras.Variable(Sevens(), shape=(2,)).numpy()
    array([7., 7.], dtype=float32)
    """

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        raise NotImplementedError("Initializer subclasses must implement the `__call__()` method.")

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**config)

    def clone(self) -> Any:
        """Another of the same config; without a seed in the config it draws other numbers."""
        return type(self).from_config(self.get_config())
