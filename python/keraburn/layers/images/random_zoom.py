"""RandomZoom: images made larger or smaller around their middle."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.images.geometry import SampledLayer, for_pixels, limits

_RANGE = (
    "The `height_factor` and `width_factor` arguments should be a number (or a list of two numbers) in the range "
    "(-1.0, 1.0]. "
)


class RandomZoom(SampledLayer):
    """In training, shows a random part more or less of each image, around its middle.

    Args:
        height_factor: between which parts of the height it is drawn, two numbers in (-1, 1]; a single one stands for
            `(-factor, factor)`. With 0.2 a fifth more is seen (the image is smaller), with -0.2 a fifth less.
        width_factor: the same of the width; None for what was drawn for the height.
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
    >>> layer = keras.layers.RandomZoom((1.0, 1.0), (1.0, 1.0), fill_mode="constant", interpolation="nearest")
    >>> layer(np.arange(1.0, 6.0).reshape(1, 1, 5, 1), training=True).numpy().ravel()
    array([0., 1., 3., 5., 0.], dtype=float32)
    """

    _USE_BASE_FACTOR = False

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, fill_value, seed=seed, data_format=data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self.height_lower, self.height_upper = limits(height_factor, "height_factor", _RANGE, -1, above=-1)
        if width_factor is not None:
            self.width_lower, self.width_upper = limits(width_factor, "width_factor", _RANGE, -1, above=-1)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        high = wide = self._uniform(data, seed, (1 + self.height_lower, 1 + self.height_upper), (1,))
        if self.width_factor is not None:
            wide = self._uniform(data, seed, (1 + self.width_lower, 1 + self.width_upper), (1,))
        return {"height_zoom": high, "width_zoom": wide, "input_shape": self._images_shape(data)}

    def _places(self, rows: Any, columns: Any, transformation: Any) -> tuple[Any, Any]:
        high, wide = for_pixels(transformation["height_zoom"]), for_pixels(transformation["width_zoom"])
        middle, center = (rows.shape[1] - 1) / 2, (columns.shape[2] - 1) / 2
        return high * rows + middle * (1 - high), wide * columns + center * (1 - wide)

    def _move_boxes(self, boxes: Any, transformation: Any, height: int, width: int) -> Any:
        ends = []
        for zoom, size, first in ((transformation["width_zoom"], width, 0), (transformation["height_zoom"], height, 1)):
            zoom = for_pixels(zoom)
            start = (size - 1) / 2 * (1 - zoom)
            seen = ops.clip(boxes[..., first::2], start, start + zoom * size) - start
            ends.append(ops.clip(seen / (zoom * size), 0.0, 1.0) * size)
        return ops.reshape(ops.stack(ends, axis=-1), boxes.shape)

    def get_config(self) -> dict[str, Any]:
        own = {"height_factor": self.height_factor, "width_factor": self.width_factor}
        return {**super().get_config(), **own}
