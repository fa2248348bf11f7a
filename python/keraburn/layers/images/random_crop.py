"""RandomCrop: parts of images from random places."""

from __future__ import annotations

from typing import Any

from keraburn import ops, random
from keraburn.layers.images.sized import SizedLayer, window
from keraburn.random import SeedGenerator, make_default_seed
from keraburn.utils.bounding_boxes.formats import convert_format
from keraburn.utils.bounding_boxes.moves import crop


class RandomCrop(SizedLayer):
    """In training, a part of the images from a random place, the same for a batch.

    Of images that are not larger than that in both directions, the largest part in the middle with the same sides is
    made as large. Outside of training images stay as they are.

    Args:
        height: of the results.
        width: of the results.
        seed: for the same places every time.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        name: the layer's name.
        **kwargs: arguments of every layer, such as `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: inputs `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: for a size below one.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomCrop(2, 2)
    >>> layer(np.ones((3, 8, 8, 1)), training=True).shape
    (3, 2, 2, 1)
    """

    _USE_BASE_FACTOR = False

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(height, width, name=name, data_format=data_format, **kwargs)
        self.seed = seed if seed is not None else make_default_seed()
        self.generator = SeedGenerator(self.seed)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        shape = self._images_shape(data)
        height, width = shape[self.height_axis], shape[self.width_axis]
        if not training or height <= self.height or width <= self.width:
            return (*window(height, width, self.height, self.width)[:2], height, width)
        seed = self._draw_from(seed)
        places = []
        for free in (height - self.height, width - self.width):
            place = ops.cast(random.uniform((), 0.0, free + 1.0, dtype="float32", seed=seed), "int32")
            # Numbers just below the end are rounded up to it.
            places.append(ops.minimum(place, free))
        return (*places, height, width)

    def _part(self, transformation: Any, height: int, width: int) -> list[tuple[Any, int]]:
        """The first pixel and the size of the part, in both directions."""
        return [
            (place, min(size, whole - place) if isinstance(place, int) else size)
            for place, size, whole in zip(transformation, (self.height, self.width), (height, width), strict=False)
        ]

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        if not training:
            return images
        images = ops.cast(images, self.compute_dtype)
        start, sizes = [0] * images.ndim, list(images.shape)
        axes = self.height_axis, self.width_axis
        part = self._part(transformation, *(images.shape[axis] for axis in axes))
        for axis, (place, size) in zip(axes, part, strict=True):
            start[axis], sizes[axis] = place, size
        return ops.image.resize(
            ops.slice(images, start, sizes), (self.height, self.width), data_format=self.data_format
        )

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        return self.transform_images(segmentation_masks, transformation, training=training)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        if not training:
            return bounding_boxes
        height, width = transformation[2:] or (self.height, self.width)
        layout = self.bounding_box_format or ""
        boxes = convert_format(bounding_boxes, layout, "xyxy", height, width)
        (top, rows), (left, columns) = self._part(transformation, height, width)
        top, left = ops.cast(top, "float32"), ops.cast(left, "float32")
        seen = crop(boxes["boxes"], top, left, rows, columns)
        right, down = self.width / columns, self.height / rows
        boxes["boxes"] = seen * ops.convert_to_tensor([right, down, right, down], dtype=seen.dtype)
        return convert_format(boxes, "xyxy", layout, self.height, self.width)

    def compute_output_shape(self, input_shape: Any, *args: Any, **kwargs: Any) -> Any:
        return super().compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}
