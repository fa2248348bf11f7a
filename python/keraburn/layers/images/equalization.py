"""Equalization: each value of a channel becomes as frequent as the others, as far as that is possible."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import ops
from keraburn.layers.images.color import ColorLayer
from keraburn.layers.images.histograms import counts
from keraburn.layers.images.values import sorted_range


class Equalization(ColorLayer):
    """Spreads the most frequent values of each channel, after the histogram of the batch; not where `training=False`.

    `(cdf(x) - min(cdf)) / (n - min(cdf))` of the range, where `cdf(x)` is how many of the n values are at most x.

    Args:
        value_range: the lowest and the highest value that images may have.
        bins: how many steps the histogram has.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: if the range is not two numbers, or there are no bins.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> images = np.array([10, 11, 12, 13]).reshape(1, 2, 2, 1)
    >>> keras.layers.Equalization()(images).numpy().ravel()
    array([  0.,  85., 170., 255.], dtype=float32)
    """

    def __init__(
        self, value_range: Any = (0, 255), bins: int = 256, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or bins < 1:
            raise ValueError(f"`bins` must be a positive integer. Received: bins={bins}")
        self.bins = bins
        self.value_range = sorted_range(value_range)

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        if not training:
            return images
        images = ops.cast(images, self.compute_dtype)
        low, high = self.value_range
        scale = 255 / (high - low)
        values = images * scale - low * scale
        channels = values.shape[self.channel_axis]
        # In the channels' place in the shape, their numbers.
        place = [channels if axis - values.ndim == self.channel_axis else 1 for axis in range(values.ndim)]
        number = ops.reshape(ops.arange(channels, dtype="int32"), place)
        last = self.bins - 1
        steps = ops.clip(ops.cast(ops.cast(values, "float32") * last / 255.0, "int32"), 0, last)
        histogram = counts(steps, number, channels, self.bins)
        table = _equalizing(histogram)
        index = ops.cast(ops.clip(values / 255.0 * last, 0, last), "int32") + number * self.bins
        equalized = ops.cast(ops.take(ops.reshape(table, (-1,)), index), values.dtype)
        flat = ops.reshape(ops.sum(ops.cast(histogram > 0, "int32"), axis=1) <= 1, place)
        values = ops.where(flat, values, equalized)
        return ops.cast(values / scale + low, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "bins": self.bins, "value_range": self.value_range}


def _equalizing(histogram: Any) -> Any:
    """For each row of counts, what every step becomes, from 0 to 255."""
    cumulated = ops.cumsum(histogram, axis=1)
    total = cumulated[:, -1:]
    lowest = ops.min(ops.where(cumulated > 0, cumulated, total), axis=1, keepdims=True)
    span = ops.maximum(total - lowest, 1)
    share = ops.cast(cumulated - lowest, "float32") * 255.0 / ops.cast(span, "float32")
    return ops.clip(ops.round(share), 0, 255)
