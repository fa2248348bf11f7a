"""RandomBrightness: images made brighter or darker."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.images.color import RandomColorLayer
from keraburn.layers.images.values import sorted_range


class RandomBrightness(RandomColorLayer):
    """In training, adds a number to all values of an image, and cuts them to `value_range`.

    Args:
        factor: between which fractions of the range it is drawn, two numbers in [-1, 1]; a single one stands for
            `(-factor, factor)`. With -1 an image turns black, with 1 white.
        value_range: the lowest and the highest value that images may have.
        seed: for the same changes every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: if the factor is outside [-1, 1], or the range is not two numbers.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomBrightness((0.2, 0.2))
    >>> layer(np.array([0, 100, 200, 255]).reshape(1, 2, 2, 1), training=True).numpy().ravel()
    array([ 51., 151., 251., 255.], dtype=float32)
    """

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(sorted_range(value_range), seed, factor=factor, **kwargs)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return {"rgb_delta": ops.zeros((self._images_shape(data)[0], 1, 1, 1))}
        low, high = self.value_range
        return {"rgb_delta": self._uniform(data, seed, self.factor, each=(1, 1, 1)) * (high - low)}

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        if not training:
            return images
        images = ops.cast(images, self.compute_dtype) + ops.cast(transformation["rgb_delta"], self.compute_dtype)
        return ops.clip(images, *self.value_range)
