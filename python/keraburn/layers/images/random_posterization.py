"""RandomPosterization: colours of fewer bits."""

from __future__ import annotations

from typing import Any

from keraburn import ops, random
from keraburn.layers.images.color import RandomColorLayer
from keraburn.layers.images.values import sorted_range


class RandomPosterization(RandomColorLayer):
    """In training, keeps the highest bits of each value and sets the others to zero.

    Args:
        factor: how many of the 8 bits are kept, two integers in [1, 8] between which the number is drawn, the upper
            one excluded unless both are equal; a single one stands for `(1, factor)`.
        value_range: the lowest and the highest value that images may have.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        seed: for the same changes every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: if the factor is outside [1, 8], or the range is not two numbers.

    Cubuk et al., 2018: https://arxiv.org/abs/1805.09501

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomPosterization((1, 1))
    >>> layer(np.array([0, 100, 200, 255]).reshape(1, 2, 2, 1), training=True).numpy().ravel()
    array([  0.,   0., 128., 128.], dtype=float32)
    """

    _USE_BASE_FACTOR = False
    _FACTOR_BOUNDS = (1, 8)
    _MAX_FACTOR = 8

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
        low, high = self.factor
        shape = (self._images_shape(data)[0],)
        if low == high:
            kept = ops.full(shape, low, dtype="uint8")
        else:
            kept = random.randint(shape, low, high, dtype="uint8", seed=self._draw_from(seed))
        return {"shift_factor": self._MAX_FACTOR - kept}

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        if not training:
            return images
        shift = ops.cast(ops.reshape(transformation["shift_factor"], (-1, 1, 1, 1)), "uint8")
        images = self._transform_value_range(images, self.value_range, (0, 255), dtype=self.compute_dtype)
        kept = ops.left_shift(ops.right_shift(ops.cast(images, "uint8"), shift), shift)
        images = ops.cast(kept, self.compute_dtype)
        return self._transform_value_range(images, (0, 255), self.value_range, dtype=self.compute_dtype)
