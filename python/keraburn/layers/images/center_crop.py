"""CenterCrop: the middle of images."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.images.sized import SizedLayer, window
from keraburn.ops.joining import section
from keraburn.utils.bounding_boxes.formats import convert_format
from keraburn.utils.bounding_boxes.moves import clip_to_image_size, crop


class CenterCrop(SizedLayer):
    """The middle of images, in training and outside of it.

    Of images that are smaller than that, the largest part with the same sides is enlarged.

    Args:
        height: of the results.
        width: of the results.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them.

    Shapes: inputs `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: for a size below one.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.CenterCrop(1, 2)(np.arange(12.0).reshape(1, 3, 4, 1)).numpy().ravel()
    array([5., 6.], dtype=float32)
    """

    def __init__(self, height: int, width: int, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(height, width, data_format=data_format, **kwargs)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        return {"input_shape": self._images_shape(data)}

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        images = ops.cast(images, self.compute_dtype)
        height, width = images.shape[self.height_axis], images.shape[self.width_axis]
        if height < self.height or width < self.width:
            whole = (self.height, self.width)
            return ops.image.resize(images, whole, crop_to_aspect_ratio=True, data_format=self.data_format)
        for axis, start, size in (
            (self.height_axis, (height - self.height) // 2, self.height),
            (self.width_axis, (width - self.width) // 2, self.width),
        ):
            images = section(images, images.ndim + axis, start, start + size)
        return images

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        return self.transform_images(segmentation_masks, transformation, training=training)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        shape, layout = transformation["input_shape"], self.bounding_box_format or ""
        height, width = shape[self.height_axis], shape[self.width_axis]
        boxes = convert_format(bounding_boxes, layout, "xyxy", height, width)
        if height < self.height or width < self.width:
            top, left, rows, columns = window(height, width, self.height, self.width)
        else:
            top, left = (height - self.height) // 2, (width - self.width) // 2
            rows, columns = self.height, self.width
        seen = crop(boxes["boxes"], top, left, rows, columns)
        right, down = self.width / columns, self.height / rows
        boxes["boxes"] = seen * ops.convert_to_tensor([right, down, right, down], dtype=seen.dtype)
        boxes = clip_to_image_size(boxes, self.height, self.width)
        return convert_format(boxes, "xyxy", layout, self.height, self.width)
