"""RandomSaturation: colours made stronger or weaker."""

from __future__ import annotations

from typing import Any

from keraburn import config, ops
from keraburn.layers.images.color import RandomColorLayer
from keraburn.layers.images.values import sorted_range
from keraburn.ops.image.colors import color_planes, hsv_of, rgb_of


class RandomSaturation(RandomColorLayer):
    """In training, multiplies the saturation by `factor / (1 - factor)`.

    Args:
        factor: between which numbers it is drawn, two in [-1, 1]; a single one stands for `(-factor, factor)`. 0 gives
            gray images, 0.5 the images themselves.
        value_range: the lowest and the highest value that images may have.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        seed: for the same changes every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, 3)` or without the batch.

    Raises:
        ValueError: if the factor is outside [-1, 1], or the range is not two numbers.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomSaturation((0.0, 0.0))
    >>> layer(np.array([[[[200.0, 0.0, 0.0]]]]), training=True).numpy().round(1).ravel()
    array([200., 200., 200.], dtype=float32)
    """

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(sorted_range(value_range), seed, factor=factor, data_format=data_format, **kwargs)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        factor = self._uniform(data, seed, self.factor)
        return {"factor": factor / (1 - factor + config.epsilon())}

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        if not training:
            return images
        factor = ops.reshape(ops.cast(transformation["factor"], self.compute_dtype), (-1, 1, 1))
        planes, axis = color_planes(ops.cast(images, self.compute_dtype), self.data_format)
        hue, saturation, value = hsv_of(*planes)
        saturation = ops.clip(saturation * factor, *self.value_range)
        return ops.stack(rgb_of(hue, saturation, value), axis=axis)
