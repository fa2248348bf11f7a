"""RandomFlip: images seen in a mirror."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.arguments import one_of
from keraburn.layers.images.geometry import GeometricLayer, for_images

HORIZONTAL = "horizontal"
VERTICAL = "vertical"
HORIZONTAL_AND_VERTICAL = "horizontal_and_vertical"


class RandomFlip(GeometricLayer):
    """In training, flips every second image at random.

    Args:
        mode: "horizontal" for left and right, "vertical" for top and bottom, or "horizontal_and_vertical" for both at
            once.
        seed: for the same changes every time.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: for an unknown mode.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomFlip("horizontal", seed=4)
    >>> layer(np.tile([[[0.0], [1.0]]], (4, 1, 1, 1)), training=True).numpy().reshape(4, 2)[:, 0]
    array([1., 0., 0., 1.], dtype=float32)
    """

    _USE_BASE_FACTOR = False

    def __init__(
        self,
        mode: str = HORIZONTAL_AND_VERTICAL,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        one_of(self, "mode", mode, (HORIZONTAL, VERTICAL, HORIZONTAL_AND_VERTICAL))
        self.mode = mode

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        flips = self._uniform(data, seed, (0, 1), (1, 1, 1)) <= 0.5
        return {"flips": flips, "input_shape": self._images_shape(data)}

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        images = ops.cast(images, self.compute_dtype)
        if not training or transformation is None:
            return images
        axes = {HORIZONTAL: [self.width_axis], VERTICAL: [self.height_axis]}
        flipped = ops.flip(images, axes.get(self.mode, [self.height_axis, self.width_axis]))
        return ops.where(for_images(transformation["flips"], images), flipped, images)

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        return self.transform_images(segmentation_masks, transformation, training=training)

    def _move_boxes(self, boxes: Any, transformation: Any, height: int, width: int) -> Any:
        x1, y1, x2, y2 = (boxes[..., number] for number in range(4))
        if self.mode != VERTICAL:
            x1, x2 = width - x2, width - x1
        if self.mode != HORIZONTAL:
            y1, y2 = height - y2, height - y1
        return ops.where(ops.squeeze(transformation["flips"], -1), ops.stack([x1, y1, x2, y2], axis=-1), boxes)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mode": self.mode}
