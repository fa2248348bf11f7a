"""RandomHue: colours turned on the colour wheel."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.images.color import RandomColorLayer
from keraburn.layers.images.values import check_range
from keraburn.ops.image.colors import color_planes, hsv_of, rgb_of


class RandomHue(RandomColorLayer):
    """In training, adds half of the factor, with a random sign, to the hue, where 1 is a whole turn.

    Args:
        factor: between which numbers in [0, 1] it is drawn; a single one stands for `(0, factor)`.
        value_range: the lowest and the highest value that images may have.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        seed: for the same changes every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, 3)` or without the batch.

    Raises:
        ValueError: if the factor is outside [0, 1], or the range is not two numbers.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomHue((1.0, 1.0))
    >>> layer(np.array([[[[200.0, 0.0, 0.0]]]]), training=True).numpy().round(1).ravel()
    array([  0., 200., 200.], dtype=float32)
    """

    _FACTOR_BOUNDS = (0, 1)

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        check_range(value_range)
        super().__init__(value_range, seed, factor=factor, data_format=data_format, **kwargs)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        sign = ops.where(self._uniform(data, seed, (0, 1)) > 0.5, -1.0, 1.0)
        return {"factor": sign * self._uniform(data, seed, self.factor) * 0.5}

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        if not training:
            return images
        dtype = self.compute_dtype if "float" in self.compute_dtype else "float32"
        planes, axis = color_planes(ops.cast(images, dtype), self.data_format)
        turn = ops.reshape(ops.cast(transformation["factor"], "float32"), (-1, 1, 1))
        hue, *others = hsv_of(*(self._transform_value_range(plane, self.value_range, (0, 1)) for plane in planes))
        # The way back takes the hue within one turn.
        turned = [ops.clip(plane, 0, 1) for plane in rgb_of(hue + turn, *others)]
        turned = [self._transform_value_range(plane, (0, 1), self.value_range) for plane in turned]
        return ops.cast(ops.stack(turned, axis=axis), self.compute_dtype)
