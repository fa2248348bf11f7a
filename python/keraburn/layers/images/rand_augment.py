"""RandAugment: a few changes chosen among all."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import ops, random
from keraburn.layers.images.augmentations import Augmentations


class RandAugment(Augmentations):
    """In training, `num_ops` changes one after the other, each chosen among eleven, the same ones for a batch.

    They are shear, translation, rotation, brightness, colour degeneration, contrast, sharpness, posterization,
    solarization, auto-contrast and equalization. How strong each is, is drawn for each image.

    Args:
        value_range: the lowest and the highest value that images may have.
        num_ops: how many changes.
        factor: between which numbers in [0, 1] the strength is drawn; a single one stands for `(0, factor)`.
        interpolation: `"bilinear"` or `"nearest"`, for what moves pixels.
        seed: for the same changes every time.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`, and `bounding_box_format`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, 3)` or without the batch.

    Raises:
        ValueError: if the factor is outside [0, 1], or the range is not two numbers.

    Cubuk et al., 2019: https://arxiv.org/abs/1909.13719

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandAugment(num_ops=2, factor=0.3, seed=0)
    >>> layer(np.full((2, 8, 8, 3), 100.0), training=True).shape
    (2, 8, 8, 3)
    """

    _AUGMENT_LAYERS = (
        "random_shear",
        "random_translation",
        "random_rotation",
        "random_brightness",
        "random_color_degeneration",
        "random_contrast",
        "random_sharpness",
        "random_posterization",
        "solarization",
        "auto_contrast",
        "equalization",
    )

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_ops: int = 2,
        factor: Any = 0.5,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(value_range, factor, interpolation, seed, data_format=data_format, **kwargs)
        if isinstance(num_ops, bool) or not isinstance(num_ops, (int, np.integer)) or num_ops < 0:
            raise ValueError(f"`num_ops` must be an integer that is not negative. Received: num_ops={num_ops}")
        self.num_ops = num_ops
        self._make_layers(self._AUGMENT_LAYERS)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        seed = self._draw_from(seed)
        chosen = random.randint((self.num_ops,), 0, len(self._AUGMENT_LAYERS), seed=seed)
        transforms = {
            name: getattr(self, name).get_random_transformation(data, training=training, seed=seed)
            for name in self._AUGMENT_LAYERS
        }
        return {"transforms": transforms, "layer_idxes": chosen}

    def _chosen(self, method: str, item: Any, transformation: Any) -> Any:
        """`item` changed by the method of that name of each layer that was chosen."""
        branches = [
            lambda item, name=name: getattr(getattr(self, name), method)(item, transformation["transforms"][name])
            for name in self._AUGMENT_LAYERS
        ]
        for number in range(self.num_ops):
            item = ops.switch(transformation["layer_idxes"][number], branches, item)
        return item

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        images = ops.cast(images, self.compute_dtype)
        return self._chosen("transform_images", images, transformation) if training else images

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        if not training:
            return bounding_boxes
        return self._chosen("transform_bounding_boxes", bounding_boxes, transformation)

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        if not training:
            return segmentation_masks
        return self._chosen("transform_segmentation_masks", segmentation_masks, transformation)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_ops": self.num_ops}
