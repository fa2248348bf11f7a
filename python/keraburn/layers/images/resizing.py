"""Resizing: images at another size."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.arguments import one_of
from keraburn.layers.images.sized import SizedLayer
from keraburn.ops.image.resizing import INTERPOLATIONS
from keraburn.utils.bounding_boxes.formats import convert_format
from keraburn.utils.bounding_boxes.moves import clip_to_image_size


class Resizing(SizedLayer):
    """Images at another size, in training and outside of it.

    Args:
        height: of the results.
        width: of the results.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        crop_to_aspect_ratio: whether to cut off what does not fit the new sides, instead of distorting.
        pad_to_aspect_ratio: whether to add borders where the new sides have more, instead of distorting.
        fill_mode: "constant", what the borders are.
        fill_value: the borders' value.
        antialias: whether pixels between those of a smaller result count.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them.

    Shapes: inputs `(batch, height, width, channels)` or without the batch, of any dtype, which is kept.

    Raises:
        ValueError: for a size below one or an unknown interpolation.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Resizing(2, 8)(np.ones((3, 4, 4, 1))).shape
    (3, 2, 8, 1)
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(height, width, data_format=data_format, **kwargs)
        one_of(self, "interpolation", interpolation, INTERPOLATIONS)
        one_of(self, "fill_mode", fill_mode, ("constant",))
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError(
                "Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`. "
                f"Received: pad_to_aspect_ratio={pad_to_aspect_ratio}, crop_to_aspect_ratio={crop_to_aspect_ratio}"
            )
        self.interpolation = interpolation
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = fill_mode
        self.fill_value = fill_value
        self.antialias = bool(antialias)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        shape = self._images_shape(data)
        return shape[self.height_axis], shape[self.width_axis]

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        return ops.image.resize(
            images,
            (self.height, self.width),
            interpolation,
            self.antialias,
            self.crop_to_aspect_ratio,
            self.pad_to_aspect_ratio,
            self.fill_mode,
            self.fill_value,
            self.data_format,
        )

    def transform_labels(self, labels: Any, transformation: Any = None, training: bool = True) -> Any:
        return labels

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        return self._transform_images(images, transformation, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return self._transform_images(segmentation_masks, transformation, "nearest")

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        height, width = transformation
        given, layout = bounding_boxes["boxes"], self.bounding_box_format or ""
        # Rows that only fill up the batch stay zeros.
        filling = ops.all(given == -1, axis=-1, keepdims=True) | ops.all(given == 0, axis=-1, keepdims=True)
        boxes = convert_format(bounding_boxes, layout, "xyxy", height, width)
        (down, top), (right, left) = self._scales(height, width)
        corners = boxes["boxes"]
        scale = ops.convert_to_tensor([right, down, right, down], dtype=corners.dtype)
        offset = ops.convert_to_tensor([left, top, left, top], dtype=corners.dtype)
        boxes = clip_to_image_size({**boxes, "boxes": corners * scale + offset}, self.height, self.width)
        boxes["boxes"] = ops.where(filling, 0.0, boxes["boxes"])
        return convert_format(boxes, "xyxy", layout, self.height, self.width)

    def _scales(self, height: int, width: int) -> tuple[tuple[float, float], tuple[float, float]]:
        """By how much images grow and are moved: downwards, and to the right."""
        down, right = self.height / height, self.width / width
        if self.pad_to_aspect_ratio:
            least = min(down, right)
            return (least, (self.height - height * least) // 2), (least, (self.width - width * least) // 2)
        if self.crop_to_aspect_ratio:
            most = max(down, right)
            return (most, -((height * most - self.height) // 2)), (most, -((width * most - self.width) // 2))
        return (down, 0), (right, 0)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "interpolation": self.interpolation,
            "crop_to_aspect_ratio": self.crop_to_aspect_ratio,
            "pad_to_aspect_ratio": self.pad_to_aspect_ratio,
            "fill_mode": self.fill_mode,
            "fill_value": self.fill_value,
            "antialias": self.antialias,
        }
