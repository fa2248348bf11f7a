"""What the layers share that change the colours of images and leave everything where it is."""

from __future__ import annotations

from typing import Any

from keraburn.layers.images.base import BaseImagePreprocessingLayer
from keraburn.random import SeedGenerator


class ColorLayer(BaseImagePreprocessingLayer):
    """A layer that changes values only: labels, boxes and masks stay as they are."""

    def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
        return labels

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        return bounding_boxes

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        return segmentation_masks

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self._shape_of_images(input_shape)


class RandomColorLayer(ColorLayer):
    """A layer that draws how values change.

    Args:
        value_range: the lowest and the highest value of images.
        seed: for the same changes every time.
        **kwargs: arguments of the layers below.
    """

    def __init__(self, value_range: Any, seed: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value_range = value_range
        self.seed = seed
        self.generator = SeedGenerator(seed)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "factor": self.factor,
            "value_range": self.value_range,
            "seed": self.seed,
        }
