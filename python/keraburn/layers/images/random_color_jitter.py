"""RandomColorJitter: brightness, contrast, saturation and hue, one after the other."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.images.color import ColorLayer
from keraburn.layers.images.random_brightness import RandomBrightness
from keraburn.layers.images.random_contrast import RandomContrast
from keraburn.layers.images.random_hue import RandomHue
from keraburn.layers.images.random_saturation import RandomSaturation
from keraburn.layers.images.values import check_range
from keraburn.random import SeedGenerator


class RandomColorJitter(ColorLayer):
    """In training, changes brightness, contrast, saturation and hue in this order, each where its factor is given.

    Args:
        value_range: the lowest and the highest value that images may have.
        brightness_factor: the factor of `RandomBrightness`.
        contrast_factor: the factor of `RandomContrast`.
        saturation_factor: the factor of `RandomSaturation`.
        hue_factor: the factor of `RandomHue`.
        seed: for the same changes every time.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, 3)` or without the batch.

    Raises:
        ValueError: if a factor is out of its bounds, or the range is not two numbers.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomColorJitter(brightness_factor=(0.1, 0.1), hue_factor=(1.0, 1.0))
    >>> layer(np.array([[[[200.0, 0.0, 0.0]]]]), training=True).numpy().round(1).ravel()
    array([ 25.5, 225.5, 225.5], dtype=float32)
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        brightness_factor: Any = None,
        contrast_factor: Any = None,
        saturation_factor: Any = None,
        hue_factor: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        check_range(value_range)
        self.value_range = value_range
        self.brightness_factor = brightness_factor
        self.contrast_factor = contrast_factor
        self.saturation_factor = saturation_factor
        self.hue_factor = hue_factor
        self.seed = seed
        self.generator = SeedGenerator(seed)
        shared = {
            "value_range": value_range,
            "seed": seed,
            "data_format": self.data_format,
            "dtype": self.dtype_policy,
        }

        def made(cls: Any, factor: Any) -> Any:
            return None if factor is None else cls(factor, **shared)

        self.random_brightness = made(RandomBrightness, brightness_factor)
        self.random_contrast = made(RandomContrast, contrast_factor)
        self.random_saturation = made(RandomSaturation, saturation_factor)
        self.random_hue = made(RandomHue, hue_factor)

    def build(self, input_shape: Any) -> None:
        for layer in self._layers:
            layer.build(input_shape)

    @property
    def _jitters(self) -> dict[str, Any]:
        layers = {
            "brightness": self.random_brightness,
            "contrast": self.random_contrast,
            "saturation": self.random_saturation,
            "hue": self.random_hue,
        }
        return {name: layer for name, layer in layers.items() if layer is not None}

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        return {
            name: layer.get_random_transformation(data, seed=self._draw_from(seed))
            for name, layer in self._jitters.items()
        }

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        if not training:
            return images
        images = ops.cast(images, self.compute_dtype)
        if transformation is None:
            transformation = self.get_random_transformation(images)
        for name, layer in self._jitters.items():
            images = layer.transform_images(images, transformation[name])
        return ops.cast(images, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "value_range": self.value_range,
            "brightness_factor": self.brightness_factor,
            "contrast_factor": self.contrast_factor,
            "saturation_factor": self.saturation_factor,
            "hue_factor": self.hue_factor,
            "seed": self.seed,
        }
