"""RandomContrast: values moved away from their mean, or towards it."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.images.color import RandomColorLayer
from keraburn.layers.images.values import check_range


class RandomContrast(RandomColorLayer):
    """In training, `(x - mean) * contrast + mean`, where the mean is that of the image's channel.

    Args:
        factor: the contrast is drawn between `1 - factor[0]` and `1 + factor[1]`, both in [0, 1]; a single number
            stands for `(0, factor)`.
        value_range: the lowest and the highest value that images may have, to which results are cut.
        seed: for the same changes every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: if the factor is outside [0, 1], or the range is not two numbers.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomContrast((0.0, 1.0), seed=0)
    >>> bool(np.std(layer(np.eye(4).reshape(1, 4, 4, 1), training=True)) > np.std(np.eye(4)))
    True
    """

    _FACTOR_BOUNDS = (0, 1)

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any) -> None:
        check_range(value_range)
        super().__init__(value_range, seed, **kwargs)
        self._set_factor(factor)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return {"contrast_factor": ops.zeros((self._images_shape(data)[0], 1, 1, 1))}
        contrast = self._uniform(data, seed, (1.0 - self.factor[0], 1.0 + self.factor[1]), each=(1, 1, 1))
        return {"contrast_factor": ops.cast(contrast, self.compute_dtype)}

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        if not training:
            return images
        images = ops.cast(images, self.compute_dtype)
        # One axis after the other reads whole rows.
        mean = ops.mean(ops.mean(images, axis=self.height_axis, keepdims=True), axis=self.width_axis, keepdims=True)
        images = (images - mean) * ops.cast(transformation["contrast_factor"], self.compute_dtype) + mean
        return ops.clip(images, *self.value_range)
