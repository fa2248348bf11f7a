"""RandomPerspective: images as planes seen from another side."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.images.geometry import INTERPOLATIONS, GeometricLayer, for_images, known
from keraburn.ops.image.geometry import homography


class RandomPerspective(GeometricLayer):
    """In training, moves the corners of images by random parts of their places.

    Args:
        factor: between which numbers the chance of a change is drawn, two in [0, 1]; a single one stands for
            `(0, factor)`.
        scale: how far corners move, from 0 to 1: by up to half of their coordinates with 1.
        interpolation: "nearest" or "bilinear".
        fill_value: what is beyond the border.
        seed: for the same changes every time.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: if the factor or the scale is out of range.
        NotImplementedError: for an unknown interpolation.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomPerspective(scale=0.5, seed=1)
    >>> layer(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    _USE_BASE_FACTOR = False
    _FACTOR_BOUNDS = (0, 1)

    def __init__(
        self,
        factor: Any = 1.0,
        scale: float = 1.0,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self._set_factor(factor)
        if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not 0 <= scale <= 1:
            raise ValueError(f"The `scale` argument should be a number in the range [0,1]. Received: scale={scale}")
        self.scale = scale
        self.fill_value = fill_value
        self.interpolation = known(interpolation, INTERPOLATIONS, "interpolation")

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        shape = self._images_shape(data)
        bottom, right = shape[self.height_axis] - 1.0, shape[self.width_axis] - 1.0
        changed = self._drawn_images(data, seed)
        moves = self._uniform(data, seed, (-0.5 * self.scale, 0.5 * self.scale), (4, 2))
        corners = ops.convert_to_tensor([[[0.0, 0.0], [right, 0.0], [0.0, bottom], [right, bottom]]], dtype="float32")
        start = ops.broadcast_to(corners, moves.shape)
        return {
            "apply_perspective": changed,
            "start_points": start,
            "end_points": start + start * moves,
            "input_shape": shape,
        }

    def _transform_images(self, images: Any, transformation: Any, interpolation: str) -> Any:
        if transformation is None:
            return images
        seen = ops.image.perspective_transform(
            images,
            transformation["start_points"],
            transformation["end_points"],
            interpolation=interpolation,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )
        return ops.where(for_images(transformation["apply_perspective"], seen), seen, images)

    def _move_boxes(self, boxes: Any, transformation: Any, height: int, width: int) -> Any:
        start, end = (ops.cast(transformation[name], boxes.dtype) for name in ("start_points", "end_points"))
        maps = ops.expand_dims(homography(end, start), 1)
        a0, a1, a2, b0, b1, b2, c0, c1 = (maps[..., number] for number in range(8))
        x1, y1, x2, y2 = (boxes[..., number] for number in range(4))
        across, down = [], []
        for x, y in ((x1, y1), (x2, y1), (x1, y2), (x2, y2)):
            depth = c0 * x + c1 * y + 1
            across.append((a0 * x + a1 * y + a2) / depth)
            down.append((b0 * x + b1 * y + b2) / depth)
        xs, ys = ops.stack(across), ops.stack(down)
        around = ops.stack([ops.min(xs, 0), ops.min(ys, 0), ops.max(xs, 0), ops.max(ys, 0)], axis=-1)
        return ops.where(ops.reshape(transformation["apply_perspective"], (-1, 1, 1)), around, boxes)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "factor": self.factor,
            "scale": self.scale,
            "interpolation": self.interpolation,
            "fill_value": self.fill_value,
        }
