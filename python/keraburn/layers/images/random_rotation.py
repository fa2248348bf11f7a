"""RandomRotation: images turned around their middle."""

from __future__ import annotations

import math
from typing import Any

from keraburn import ops
from keraburn.layers.images.geometry import SampledLayer, for_pixels
from keraburn.utils.bounding_boxes.moves import affine_transform


class RandomRotation(SampledLayer):
    """In training, turns each image around its middle, counterclockwise by a random part of a turn.

    Args:
        factor: between which parts of a turn it is drawn, two numbers in [-1, 1]; a single one stands for
            `(-factor, factor)`. Negative ones turn clockwise.
        fill_mode: what is beyond the border: "reflect" (d c b a | a b c d | d c b a), "wrap" (a b c d | a b c d | a b c
            d), "constant" (`fill_value`) or "nearest" (a a a a | a b c d | d d d d).
        interpolation: "nearest" or "bilinear".
        seed: for the same changes every time.
        fill_value: with "constant", the value beyond the border.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: if the factor is out of range.
        NotImplementedError: for an unknown fill mode or interpolation.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomRotation((0.25, 0.25))
    >>> layer(np.arange(9.0).reshape(1, 3, 3, 1), training=True).numpy().reshape(3, 3).round(3) + 0.0
    array([[2., 5., 8.],
           [1., 4., 7.],
           [0., 3., 6.]], dtype=float32)
    """

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            fill_mode, interpolation, fill_value, factor=factor, seed=seed, data_format=data_format, **kwargs
        )

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        shape = self._images_shape(data)
        height, width = shape[self.height_axis], shape[self.width_axis]
        angle = self._uniform(data, seed, [360.0 * end for end in self.factor])
        turn = angle * (math.pi / 180)
        cosine, sine = ops.cos(turn), ops.sin(turn)
        x, y = 0.5 * (width - 1), 0.5 * (height - 1)
        none = angle * 0
        matrix = [cosine, -sine, x - x * cosine + y * sine, sine, cosine, y - x * sine - y * cosine, none, none]
        return {
            "angle": angle,
            "rotation_matrix": ops.stack(matrix, axis=1),
            "image_height": height,
            "image_width": width,
            "batch_size": shape[0],
        }

    def _places(self, rows: Any, columns: Any, transformation: Any) -> tuple[Any, Any]:
        matrix = ops.reshape(transformation["rotation_matrix"], (-1, 8))
        a0, a1, a2, b0, b1, b2 = (for_pixels(matrix[:, number]) for number in range(6))
        return b0 * columns + b1 * rows + b2, a0 * columns + a1 * rows + a2

    def _size(self, transformation: Any) -> tuple[int, int]:
        return transformation["image_height"], transformation["image_width"]

    def _move_boxes(self, boxes: Any, transformation: Any, height: int, width: int) -> Any:
        angle = transformation["angle"]
        none = angle * 0
        return affine_transform(boxes, angle, none, none, none + 1, none, none, height, width)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}
