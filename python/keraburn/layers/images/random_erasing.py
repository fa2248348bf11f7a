"""RandomErasing: images with a rectangle painted over."""

from __future__ import annotations

from typing import Any

from keraburn import ops, random
from keraburn.layers.images.color import RandomColorLayer
from keraburn.layers.images.geometry import for_images
from keraburn.layers.images.values import check_range, factor_range
from keraburn.ops.image.geometry import pixel_grid


class RandomErasing(RandomColorLayer):
    """In training, paints over a rectangle at a random place of each image.

    Zhong et al., "Random erasing data augmentation", 2020.

    Args:
        factor: between which numbers the chance of a change is drawn, two in [0, 1]; a single one stands for
            `(0, factor)`.
        scale: between which parts of the image's area that of the rectangle is drawn, likewise.
        fill_value: what it is painted with: a number, or three for the channels; random numbers if None.
        value_range: the lowest and the highest value that images may have.
        seed: for the same changes every time.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: if the factor or the scale is out of range, or the fill value neither a number nor three.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomErasing((1, 1), scale=(0.25, 0.25), fill_value=0)
    >>> int(layer(np.ones((1, 8, 8, 1)), training=True).numpy().sum())
    48
    """

    _USE_BASE_FACTOR = False
    _FACTOR_BOUNDS = (0, 1)

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = (0.02, 0.33),
        fill_value: Any = None,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_range(value_range)
        super().__init__(value_range, seed, data_format=data_format, **kwargs)
        self._set_factor(factor)
        self.scale = factor_range(scale, self._FACTOR_BOUNDS, "scale")
        three = isinstance(fill_value, (tuple, list)) and len(fill_value) == 3
        if fill_value is not None and not three and not isinstance(fill_value, (int, float)):
            raise ValueError(
                "The `fill_value` argument should be a number (or a list of three numbers). "
                f"Received: fill_value={fill_value}"
            )
        self.fill_value = fill_value

    def _ends(self, data: Any, seed: Any, length: int, part: Any) -> tuple[Any, Any]:
        """The first place and the end of a stretch at random, shape `(batch, 1, 1)`."""
        size = part * length
        start = self._uniform(data, seed, (0, 1)) * (length - size)
        return ops.reshape(start, (-1, 1, 1)), ops.reshape(start + size, (-1, 1, 1))

    def _paint(self, shape: tuple[int, ...], seed: Any) -> Any:
        """What is painted: something that makes a batch of images when broadcast."""
        low, high = self.value_range
        if self.fill_value is None:
            return ops.clip(random.normal(shape, dtype="float32", seed=self._draw_from(seed)) * high, low, high)
        paint = ops.clip(ops.convert_to_tensor(self.fill_value, dtype="float32"), low, high)
        if paint.ndim and shape[self.channel_axis] != 3:
            raise ValueError(
                f"A `fill_value` of three numbers needs images of three channels. Received: images of shape {shape}, "
                f"fill_value={self.fill_value}"
            )
        return ops.reshape(paint, (3, 1, 1)) if paint.ndim and self.data_format == "channels_first" else paint

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        shape = self._images_shape(data)
        height, width = shape[self.height_axis], shape[self.width_axis]
        parts = ops.sqrt(self._uniform(data, seed, self.scale, (2,)))
        left, right = self._ends(data, seed, width, parts[:, 0])
        top, bottom = self._ends(data, seed, height, parts[:, 1])
        rows, columns = pixel_grid(height, width)
        inside = (columns >= left) & (columns < right) & (rows >= top) & (rows < bottom)
        return {
            "apply_erasing": self._drawn_images(data, seed),
            "batch_masks": ops.broadcast_to(ops.expand_dims(inside, self.channel_axis), shape),
            "fill_value": ops.broadcast_to(self._paint(shape, seed), shape),
        }

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        images = ops.cast(images, self.compute_dtype)
        if not training or transformation is None:
            return images
        # Of a single image too, a batch was drawn.
        batch = images if images.ndim == 4 else ops.expand_dims(images, 0)
        chosen = for_images(transformation["apply_erasing"], batch) & transformation["batch_masks"]
        erased = ops.where(chosen, ops.cast(transformation["fill_value"], images.dtype), batch)
        return ops.reshape(erased, images.shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale, "fill_value": self.fill_value}
