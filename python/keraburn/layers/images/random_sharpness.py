"""RandomSharpness: edges blurred or made harder."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import ops
from keraburn.layers.images.color import RandomColorLayer
from keraburn.layers.images.values import sorted_range


class RandomSharpness(RandomColorLayer):
    """In training, blends an image with its blurred version: `x + (1 - 2 * factor) * (blurred - x)`.

    Args:
        factor: between which numbers in [0, 1] it is drawn; a single one stands for `(0, factor)`. 0 gives the
            blurred image, 0.5 the image itself, more a sharper one.
        value_range: the lowest and the highest value that images may have, to which results are cut.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        seed: for the same changes every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: if the factor is outside [0, 1], or the range is not two numbers.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> image = np.zeros((1, 3, 3, 1))
    >>> image[0, 1, 1] = 130
    >>> keras.layers.RandomSharpness((0.0, 0.0))(image, training=True).numpy()[0, 1].ravel()
    array([10., 50., 10.], dtype=float32)
    """

    _USE_BASE_FACTOR = False
    _FACTOR_BOUNDS = (0, 1)

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(sorted_range(value_range), seed, data_format=data_format, **kwargs)
        self._set_factor(factor)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        return {"factor": self._uniform(data, seed, self.factor)}

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        images = ops.cast(images, self.compute_dtype)
        if not training:
            return images
        sharpness = ops.reshape(ops.cast(transformation["factor"] * 2, self.compute_dtype), (-1, 1, 1, 1))
        weights = np.full((3, 3, 1, 1), 1 / 13)
        weights[1, 1] = 5 / 13
        kernel = ops.cast(np.repeat(weights, images.shape[self.channel_axis], axis=2), self.compute_dtype)
        blurred = ops.depthwise_conv(images, kernel, strides=1, padding="same", data_format=self.data_format)
        images = images + (1.0 - sharpness) * (blurred - images)
        return ops.clip(images, *self.value_range)
