"""What RandAugment and AugMix share: the layers of which they choose."""

from __future__ import annotations

from typing import Any

from keraburn.layers.images.auto_contrast import AutoContrast
from keraburn.layers.images.base import BaseImagePreprocessingLayer
from keraburn.layers.images.equalization import Equalization
from keraburn.layers.images.random_brightness import RandomBrightness
from keraburn.layers.images.random_color_degeneration import RandomColorDegeneration
from keraburn.layers.images.random_contrast import RandomContrast
from keraburn.layers.images.random_posterization import RandomPosterization
from keraburn.layers.images.random_rotation import RandomRotation
from keraburn.layers.images.random_sharpness import RandomSharpness
from keraburn.layers.images.random_shear import RandomShear
from keraburn.layers.images.random_translation import RandomTranslation
from keraburn.layers.images.solarization import Solarization
from keraburn.layers.images.values import check_range
from keraburn.random import SeedGenerator


class Augmentations(BaseImagePreprocessingLayer):
    """A layer that has layers of all kinds, as attributes, and chooses among them.

    Args:
        value_range: the lowest and the highest value that images may have.
        factor: how strong the changes are.
        interpolation: how pixels are read that lie between others.
        seed: for the same changes every time.
        **kwargs: arguments of the layers below.
    """

    _USE_BASE_FACTOR = False
    _FACTOR_BOUNDS = (0, 1)
    # Of those that can be chosen only the ones that were chosen run, where values are known.
    _may_be_planned = False

    random_shear: RandomShear
    random_translation: RandomTranslation
    random_rotation: RandomRotation
    random_posterization: RandomPosterization
    solarization: Solarization
    auto_contrast: AutoContrast
    equalization: Equalization
    random_brightness: RandomBrightness
    random_color_degeneration: RandomColorDegeneration
    random_contrast: RandomContrast
    random_sharpness: RandomSharpness

    def __init__(self, value_range: Any, factor: Any, interpolation: str, seed: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_range(value_range)
        self.value_range = value_range
        self._set_factor(factor)
        self.interpolation = interpolation
        self.seed = seed
        self.generator = SeedGenerator(seed)

    def _make_layers(self, names: tuple[str, ...]) -> None:
        """Make the layers of these names attributes."""
        shared: dict[str, Any] = {
            "data_format": self.data_format,
            "bounding_box_format": self.bounding_box_format,
            "dtype": self.dtype_policy,
        }
        colors = {**shared, "value_range": self.value_range}
        drawn = {**colors, "seed": self.seed}
        moving = {**shared, "seed": self.seed, "interpolation": self.interpolation}
        factor = self.factor
        makers = {
            "random_shear": lambda: RandomShear(factor, factor, **moving),
            "random_translation": lambda: RandomTranslation(factor, factor, **moving),
            "random_rotation": lambda: RandomRotation(factor, **moving),
            "random_posterization": lambda: RandomPosterization(max(1, int(8 * factor[1])), **drawn),
            "solarization": lambda: Solarization(factor, factor, **drawn),
            "auto_contrast": lambda: AutoContrast(**colors),
            "equalization": lambda: Equalization(**colors),
            "random_brightness": lambda: RandomBrightness(factor, **drawn),
            "random_color_degeneration": lambda: RandomColorDegeneration(factor, **drawn),
            "random_contrast": lambda: RandomContrast(factor, **drawn),
            "random_sharpness": lambda: RandomSharpness(factor, **drawn),
        }
        for name in names:
            setattr(self, name, makers[name]())

    def build(self, input_shape: Any) -> None:
        for layer in self._layers:
            layer.build(input_shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
        return labels

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "value_range": self.value_range,
            "factor": self.factor,
            "interpolation": self.interpolation,
            "seed": self.seed,
        }
