"""RandomShear: images whose rows and columns slide along each other."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.images.geometry import SampledLayer, for_pixels, limits

_RANGE = "The `factor` argument should be a number (or a list of two numbers) in the range [0, 1.0]. "


class RandomShear(SampledLayer):
    """In training, slants each image: at `(x, y)` is seen what was at `(x + sx * y, y + sy * x)`.

    Args:
        x_factor: between which numbers `sx` is drawn, two in [0, 1]; a single one stands for `(-factor, factor)`. Its
            sign is drawn too, the same for both.
        y_factor: the same for `sy`.
        interpolation: "nearest" or "bilinear".
        fill_mode: what is beyond the border: "reflect" (d c b a | a b c d | d c b a), "wrap" (a b c d | a b c d | a b c
            d), "constant" (`fill_value`) or "nearest" (a a a a | a b c d | d d d d).
        fill_value: with "constant", the value beyond the border.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        seed: for the same changes every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: if a factor is out of range.
        NotImplementedError: for an unknown fill mode or interpolation.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomShear((1.0, 1.0), fill_mode="wrap", seed=2)
    >>> layer(np.eye(3).reshape(1, 3, 3, 1), training=True).numpy().reshape(3, 3).sum(0)
    array([3., 0., 0.], dtype=float32)
    """

    _USE_BASE_FACTOR = False
    _FACTOR_BOUNDS = (0, 1)

    def __init__(
        self,
        x_factor: Any = 0.0,
        y_factor: Any = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, fill_value, seed=seed, data_format=data_format, **kwargs)
        self.x_factor = limits(_single(x_factor), "x_factor", _RANGE, 0)
        self.y_factor = limits(_single(y_factor), "y_factor", _RANGE, 0)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        sign = ops.where(self._uniform(data, seed, (0, 1), (1,)) > 0.5, -1.0, 1.0)
        down = self._uniform(data, seed, self.y_factor, (1,))
        right = self._uniform(data, seed, self.x_factor, (1,))
        return {"shear_factor": ops.concatenate([right, down], axis=1) * sign, "input_shape": self._images_shape(data)}

    def _places(self, rows: Any, columns: Any, transformation: Any) -> tuple[Any, Any]:
        shear = transformation["shear_factor"]
        return rows + for_pixels(shear[:, 1]) * columns, columns + for_pixels(shear[:, 0]) * rows

    def _move_boxes(self, boxes: Any, transformation: Any, height: int, width: int) -> Any:
        shear = ops.cast(transformation["shear_factor"], boxes.dtype)
        # As in Keras, in parts of the sides: exact for square images.
        right, down = shear[:, :1] * (width / height), shear[:, 1:] * (height / width)
        x1, y1, x2, y2 = (boxes[..., number] for number in range(4))
        # The corners move apart: the box goes around those that lie outermost.
        x1, x2 = x1 - right * ops.where(right < 0, y1, y2), x2 - right * ops.where(right < 0, y2, y1)
        y1, y2 = y1 - down * ops.where(down > 0, x2, x1), y2 - down * ops.where(down > 0, x1, x2)
        return ops.stack([x1, y1, x2, y2], axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "x_factor": _single(self.x_factor), "y_factor": _single(self.y_factor)}


def _single(factor: Any) -> Any:
    """The number that `(-number, number)` stands for, which is what files of Keras hold; others as they are."""
    pair = isinstance(factor, (tuple, list)) and len(factor) == 2 and all(isinstance(e, (int, float)) for e in factor)
    return factor[1] if pair and factor[0] == -factor[1] < 0 else factor
