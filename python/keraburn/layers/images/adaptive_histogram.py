"""ContrastLimitedAdaptiveHistogramEqualization: histograms of parts of an image equalized, with a limit."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import ops
from keraburn.layers.images.color import ColorLayer
from keraburn.layers.images.histograms import counts
from keraburn.layers.images.values import check_range

_BINS = 256


class ContrastLimitedAdaptiveHistogramEqualization(ColorLayer):
    """Equalizes the histograms of tiles, cut at a limit, and goes smoothly from tile to tile; in training or not.

    Args:
        value_range: the lowest and the highest value that images may have.
        clip_limit: how often a value may occur, as a multiple of how often all would if they were equally frequent;
            what is beyond is shared among all values. Zero for no limit.
        tile_grid_size: how many tiles there are, along the height and along the width.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch, and of their dtype.

    Raises:
        ValueError: if the range or the grid are not two numbers.

    Zuiderveld, Graphics Gems IV, 1994: https://doi.org/10.1016/B978-0-12-336156-1.50061-6

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> images = np.arange(64.0).reshape(1, 8, 8, 1)
    >>> layer = keras.layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(1, 1), clip_limit=0)
    >>> float(np.max(layer(images)))
    255.0
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        clip_limit: float = 4.0,
        tile_grid_size: tuple[int, int] = (8, 8),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        check_range(value_range)
        grid = tile_grid_size if isinstance(tile_grid_size, (tuple, list)) else ()
        if len(grid) != 2 or not all(isinstance(size, (int, np.integer)) and size > 0 for size in grid):
            raise ValueError(
                "`tile_grid_size` must be a tuple of two positive integers, (height, width). "
                f"Received: tile_grid_size={tile_grid_size}"
            )
        self.value_range = value_range
        self.clip_limit = clip_limit
        self.tile_grid_size = tile_grid_size

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        first = self.data_format == "channels_first"
        dtype = images.dtype
        values = self._transform_value_range(images, self.value_range, (0, 255), dtype="float32")
        values = self._equalized(ops.transpose(values, (0, 2, 3, 1)) if first else values)
        values = ops.transpose(values, (0, 3, 1, 2)) if first else values
        return ops.cast(self._transform_value_range(values, (0, 255), self.value_range, dtype="float32"), dtype)

    def _equalized(self, images: Any) -> Any:
        """Images of values from 0 to 255, the channels last."""
        batch, height, width, channels = images.shape
        rows, columns = self.tile_grid_size
        tile_height, tile_width = -(-height // rows), -(-width // columns)
        border = [[0, 0], [0, tile_height * rows - height], [0, tile_width * columns - width], [0, 0]]
        padded = ops.pad(images, border, mode="symmetric") if any(after for _, after in border) else images
        steps = ops.clip(ops.cast(padded, "int32"), 0, _BINS - 1)
        tables = rows * columns * channels
        image = ops.reshape(ops.arange(batch, dtype="int32") * tables, (batch, 1, 1, 1))
        channel = np.arange(channels, dtype="int32")

        def table(y: np.ndarray, x: np.ndarray) -> np.ndarray:
            """Which of its image's tables a pixel counts in, (1, height, width, channels)."""
            place = y.reshape(1, -1, 1, 1) * columns + x.reshape(1, 1, -1, 1)
            return place * channels + channel

        y, x = (np.arange(count * size, dtype="int32") for count, size in ((rows, tile_height), (columns, tile_width)))
        histogram = counts(steps, image + table(y // tile_height, x // tile_width), batch * tables, _BINS)
        mapping = ops.reshape(self._tables(ops.cast(histogram, "float32"), tile_height * tile_width), (-1,))
        y, x = y[:height], x[:width]
        top, bottom, down = _neighbours(y, tile_height, rows)
        left, right, across = _neighbours(x, tile_width, columns)
        across, down = across.reshape(-1, 1), down.reshape(-1, 1, 1)
        place = steps[:, :height, :width] + image * _BINS

        def looked_up(y: np.ndarray, x: np.ndarray) -> Any:
            return ops.take(mapping, place + table(y, x) * _BINS)

        above = looked_up(top, left) * (1 - across) + looked_up(top, right) * across
        below = looked_up(bottom, left) * (1 - across) + looked_up(bottom, right) * across
        return above * (1 - down) + below * down

    def _tables(self, histogram: Any, pixels: int) -> Any:
        """For each row of counts, what every value becomes."""
        if self.clip_limit > 0:
            kept = ops.minimum(histogram, self.clip_limit * pixels / 256.0)
            histogram = kept + ops.sum(histogram - kept, axis=-1, keepdims=True) / 256.0
        cumulated = ops.cumsum(histogram, axis=-1)
        lowest = ops.min(cumulated, axis=-1, keepdims=True)
        span = pixels - lowest
        span = ops.where(span == 0, 1.0, span)
        return ops.clip((cumulated - lowest) * 255.0 / span, 0, 255)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "value_range": self.value_range,
            "clip_limit": self.clip_limit,
            "tile_grid_size": self.tile_grid_size,
        }


def _neighbours(positions: np.ndarray, size: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The tiles whose centers lie around each position, and how far it is from the first to the second."""
    place = (positions.astype("float32") - np.float32(size / 2)) / np.float32(size)
    before = np.floor(place)
    first, second = (np.clip(each, 0, count - 1).astype("int32") for each in (before, before + 1))
    return first, second, place - before
