"""AutoContrast: the values of each image stretched over the whole range."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.images.color import ColorLayer
from keraburn.layers.images.values import sorted_range


class AutoContrast(ColorLayer):
    """Stretches the values of each channel of each image so that they fill `value_range`, in training or not.

    `(x - min) / (max - min)` of the range; channels of a single value stay as they are.

    Args:
        value_range: the lowest and the highest value that images may have.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: if the range is not two numbers.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> images = np.array([50.0, 100.0, 150.0, 100.0]).reshape(1, 2, 2, 1)
    >>> keras.layers.AutoContrast()(images).numpy().ravel()
    array([  0. , 127.5, 255. , 127.5], dtype=float32)
    """

    _USE_BASE_FACTOR = False

    def __init__(self, value_range: Any = (0, 255), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value_range = sorted_range(value_range)

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        dtype = self.compute_dtype
        values = ops.cast(self._transform_value_range(images, self.value_range, (0, 255), dtype=dtype), dtype)
        # Of both data formats, as Keras has it.
        low, high = (
            function(function(values, axis=1, keepdims=True), axis=2, keepdims=True) for function in (ops.min, ops.max)
        )
        scale = 255.0 / (high - low)
        values = ops.clip(values * scale - low * scale, 0.0, 255.0)
        values = self._transform_value_range(values, (0, 255), self.value_range, dtype=dtype)
        return ops.cast(ops.where(ops.isnan(values), images, values), values.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "value_range": self.value_range}
