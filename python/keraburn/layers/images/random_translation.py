"""RandomTranslation: images moved up, down and sideways."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.images.geometry import SampledLayer, for_pixels, limits

_RANGE = "The `factor` argument should be a number (or a list of two numbers) in the range [-1.0, 1.0]. "


class RandomTranslation(SampledLayer):
    """In training, moves each image by random parts of its height and width.

    Args:
        height_factor: between which parts of the height it is drawn, two numbers in [-1, 1]; a single one stands for
            `(-factor, factor)`. Positive ones move down.
        width_factor: the same of the width. Positive ones move right.
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
        ValueError: if a factor is out of range.
        NotImplementedError: for an unknown fill mode or interpolation.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomTranslation(0.0, (0.25, 0.25), fill_mode="constant")
    >>> layer(np.arange(1.0, 5.0).reshape(1, 1, 4, 1), training=True).numpy().ravel()
    array([0., 1., 2., 3.], dtype=float32)
    """

    _USE_BASE_FACTOR = False

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, fill_value, seed=seed, data_format=data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self.height_lower, self.height_upper = limits(height_factor, "height_factor", _RANGE, -1)
        self.width_lower, self.width_upper = limits(width_factor, "width_factor", _RANGE, -1)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        shape = self._images_shape(data)
        down = self._uniform(data, seed, (self.height_lower, self.height_upper), (1,)) * shape[self.height_axis]
        right = self._uniform(data, seed, (self.width_lower, self.width_upper), (1,)) * shape[self.width_axis]
        return {"translations": ops.concatenate([right, down], axis=1), "input_shape": shape}

    def _places(self, rows: Any, columns: Any, transformation: Any) -> tuple[Any, Any]:
        moves = transformation["translations"]
        return rows - for_pixels(moves[:, 1]), columns - for_pixels(moves[:, 0])

    def _move_boxes(self, boxes: Any, transformation: Any, height: int, width: int) -> Any:
        moves = transformation["translations"]
        return boxes + ops.expand_dims(ops.concatenate([moves, moves], axis=1), 1)

    def get_config(self) -> dict[str, Any]:
        own = {"height_factor": self.height_factor, "width_factor": self.width_factor}
        return {**super().get_config(), **own}
