"""What the layers share that give images of a size of their own."""

from __future__ import annotations

from typing import Any

from keraburn.layers.images.base import BaseImagePreprocessingLayer
from keraburn.layers.images.geometry import positive_size


def window(height: int, width: int, new_height: int, new_width: int) -> tuple[int, int, int, int]:
    """The largest part in the middle with the sides of a new size: its top, left, height and width."""
    rows = max(min(height, int(float(width * new_height) / new_width)), 1)
    columns = max(min(width, int(float(height * new_width) / new_height)), 1)
    return (height - rows) // 2, (width - columns) // 2, rows, columns


class SizedLayer(BaseImagePreprocessingLayer):
    """A layer that gives images of one size.

    Args:
        height: of its outputs.
        width: of its outputs.
        **kwargs: arguments of the layers below.
    """

    _USE_BASE_FACTOR = False

    def __init__(self, height: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.height = positive_size(height, "height")
        self.width = positive_size(width, "width")

    def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
        return labels

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = list(self._shape_of_images(input_shape))
        shape[self.height_axis], shape[self.width_axis] = self.height, self.width
        return tuple(shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height": self.height, "width": self.width}
