"""MaxNumBoundingBoxes: the same number of boxes for every image."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.images.base import BaseImagePreprocessingLayer


class MaxNumBoundingBoxes(BaseImagePreprocessingLayer):
    """Cuts the boxes of each image to a number, or adds empty ones, in training or not.

    Args:
        max_number: how many boxes there are then.
        fill_value: what the numbers and the labels of added boxes are.
        **kwargs: arguments of every layer, such as `name` and `dtype`, and `bounding_box_format`.

    Call arguments: `data`, a dict of `"images"` and `"bounding_boxes"`, a dict of `"boxes"` and `"labels"`;
        `training`.

    Shapes: boxes `(batch, boxes, 4)` to `(batch, max_number, 4)`; labels `(batch, boxes)` to `(batch, max_number)`.

    Raises:
        ValueError: if the number is negative.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> boxes = {"boxes": np.ones((1, 2, 4)), "labels": np.array([[5, 6]])}
    >>> layer = keras.layers.MaxNumBoundingBoxes(3, bounding_box_format="xyxy")
    >>> layer({"images": np.ones((1, 8, 8, 3)), "bounding_boxes": boxes})["bounding_boxes"]["labels"].numpy()
    array([[ 5,  6, -1]], dtype=int32)
    """

    def __init__(self, max_number: int, fill_value: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_number = int(max_number)
        self.fill_value = int(fill_value)
        if self.max_number < 0:
            raise ValueError(f"`max_number` must not be negative. Received: max_number={max_number}")

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        return images

    def transform_labels(self, labels: Any, transformation: Any = None, training: bool = True) -> Any:
        return labels

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        parts = {key: self._filled(bounding_boxes[key]) for key in ("boxes", "labels")}
        return {**bounding_boxes, **parts}

    def _filled(self, items: Any) -> Any:
        items = items[:, : self.max_number]
        missing = [[0, self.max_number - items.shape[1]] if axis == 1 else [0, 0] for axis in range(items.ndim)]
        return ops.pad(items, missing, constant_values=self.fill_value)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return segmentation_masks

    def compute_output_shape(self, input_shape: Any) -> Any:
        if not isinstance(input_shape, dict) or "bounding_boxes" not in input_shape:
            return input_shape
        boxes = input_shape["bounding_boxes"]
        unknown = sorted(boxes.keys() - {"boxes", "labels"})
        if unknown:
            raise KeyError(
                "There are unsupported keys in `bounding_boxes`: only `boxes` and `labels` are supported. "
                f"Received: {unknown}"
            )
        shapes = {key: (shape[0], self.max_number, *shape[2:]) for key, shape in boxes.items()}
        return {**input_shape, "bounding_boxes": shapes}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "max_number": self.max_number, "fill_value": self.fill_value}
