"""RandomGrayscale: some of the images turned gray."""

from __future__ import annotations

from numbers import Real
from typing import Any

from keraburn import ops, random
from keraburn.layers.images.color import ColorLayer
from keraburn.ops.apply import describe
from keraburn.random import SeedGenerator


class RandomGrayscale(ColorLayer):
    """In training, turns an image gray with a probability: all channels become its luma.

    Args:
        factor: the probability, in [0, 1].
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        seed: for the same choices every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, 3)` or without the batch, and of their dtype.

    Raises:
        ValueError: if the factor is outside [0, 1].

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomGrayscale(factor=1.0)
    >>> layer(np.array([[[[0.0, 100.0, 0.0]]]]), training=True).numpy().round(1).ravel()
    array([58.7, 58.7, 58.7], dtype=float32)
    """

    def __init__(
        self, factor: float = 0.5, data_format: str | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        if isinstance(factor, bool) or not isinstance(factor, Real) or not 0 <= float(factor) <= 1:
            raise ValueError(f"`factor` should be between 0 and 1. Received: factor={factor}")
        self.factor: Any = factor
        self.seed = seed
        self.generator = SeedGenerator(seed)

    def get_random_transformation(self, images: Any, training: bool = True, seed: Any = None) -> Any:
        draws = random.uniform((self._images_shape(images)[0], 1, 1, 1), seed=self._draw_from(seed))
        return draws < self.factor

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        if not training:
            return images
        if transformation is None:
            transformation = self.get_random_transformation(images)
        gray = ops.image.rgb_to_grayscale(images, data_format=self.data_format)
        return ops.where(transformation, gray, images)

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> Any:
        return describe(self.call, (inputs,), kwargs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "seed": self.seed}
