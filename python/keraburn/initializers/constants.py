"""First values that are the same every time."""

from __future__ import annotations

from typing import Any

from keraburn import config, ops, registry
from keraburn.initializers.initializer import Initializer
from keraburn.tensor import Tensor


class Zeros(Initializer):
    """All zeros.

    Example:

    >>> import keraburn as keras
    >>> keras.initializers.Zeros()((2,)).numpy()
    array([0., 0.], dtype=float32)
    """

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        return ops.zeros(shape, dtype=dtype or config.floatx())


class Ones(Initializer):
    """All ones.

    Example:

    >>> import keraburn as keras
    >>> keras.initializers.Ones()((2,)).numpy()
    array([1., 1.], dtype=float32)
    """

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        return ops.ones(shape, dtype=dtype or config.floatx())


class Constant(Initializer):
    """One value everywhere, or values that broadcast to the shape.

    Args:
        value: a number or array.

    Example:

    >>> import keraburn as keras
    >>> keras.initializers.Constant(0.5)((2,)).numpy()
    array([0.5, 0.5], dtype=float32)
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        value = ops.convert_to_tensor(self.value, dtype=dtype or config.floatx())
        return ops.broadcast_to(value, tuple(shape))

    def get_config(self) -> dict[str, Any]:
        return {"value": registry.serialize_keras_object(self.value)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(registry.deserialize_keras_object(config["value"]))


class Identity(Initializer):
    """`gain` on the diagonal of a matrix, zeros elsewhere.

    Args:
        gain: the number on the diagonal.

    Raises:
        ValueError: if the shape is not that of a matrix.

    Example:

    >>> import keraburn as keras
    >>> keras.initializers.Identity()((2, 2)).numpy().tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        if len(shape) != 2:
            raise ValueError(
                "Identity matrix initializer can only be used for 2D matrices. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        return ops.multiply(self.gain, ops.eye(shape[0], shape[1], dtype=dtype or config.floatx()))

    def get_config(self) -> dict[str, Any]:
        # Keras leaves the gain out; with it a saved initializer comes back whole.
        return {"gain": self.gain}
