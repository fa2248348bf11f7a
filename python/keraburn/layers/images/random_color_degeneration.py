"""RandomColorDegeneration: colours made duller."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.images.color import RandomColorLayer
from keraburn.layers.images.values import sorted_range


class RandomColorDegeneration(RandomColorLayer):
    """In training, blends an image with its gray version: `x + factor * (gray - x)`.

    Args:
        factor: between which numbers it is drawn, two in [-1, 1]; a single one stands for `(-factor, factor)`. With 1
            images are gray.
        value_range: the lowest and the highest value that images may have, to which results are cut.
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
    >>> layer = keras.layers.RandomColorDegeneration((1.0, 1.0))
    >>> layer(np.array([[[[0.0, 100.0, 0.0]]]]), training=True).numpy().round(1).ravel()
    array([58.7, 58.7, 58.7], dtype=float32)
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
        return {"factor": self._uniform(data, seed, self.factor, each=(1, 1, 1))}

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        if not training:
            return images
        images = ops.cast(images, self.compute_dtype)
        gray = ops.image.rgb_to_grayscale(images, data_format=self.data_format)
        images = images + ops.cast(transformation["factor"], self.compute_dtype) * (gray - images)
        return ops.clip(images, *self.value_range)

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = input_shape["images"] if isinstance(input_shape, dict) else input_shape
        if len(shape) not in (3, 4):
            raise ValueError(
                "Invalid images rank: expected rank 3 (single image) or rank 4 (batch of images). "
                f"Received: input_shape={input_shape}"
            )
        if shape[self.channel_axis] not in (None, 3):
            raise ValueError(
                f"Input images must have 3 channels, but received images with {shape[self.channel_axis]} channels. "
                f"Received: input_shape={input_shape}"
            )
        return input_shape
