"""RandomInvert: negatives of some of the images."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.images.color import RandomColorLayer
from keraburn.layers.images.values import check_range


class RandomInvert(RandomColorLayer):
    """In training, turns an image into its negative, `high - x`, with a probability that is itself drawn.

    Args:
        factor: between which numbers in [0, 1] the probability is drawn; a single one stands for `(0, factor)`.
        value_range: the lowest and the highest value that images may have.
        seed: for the same changes every time.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: if the factor is outside [0, 1], or the range is not two numbers.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomInvert((1.0, 1.0))
    >>> layer(np.array([0, 55, 155, 255]).reshape(1, 2, 2, 1), training=True).numpy().ravel()
    array([255., 200., 100.,   0.], dtype=float32)
    """

    _USE_BASE_FACTOR = False
    _FACTOR_BOUNDS = (0, 1)

    def __init__(
        self,
        factor: Any = 1.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_range(value_range)
        super().__init__(value_range, seed, data_format=data_format, **kwargs)
        self._set_factor(factor)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        probability = self._uniform(data, seed, self.factor)
        return {"apply_inversion": self._uniform(data, seed, (0, 1)) < probability}

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        if not training:
            return images
        images = ops.cast(images, self.compute_dtype)
        chosen = ops.reshape(transformation["apply_inversion"], (-1, 1, 1, 1))
        return ops.where(chosen, self.value_range[1] - images, images)
