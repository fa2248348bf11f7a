"""RandomGaussianBlur: images out of focus."""

from __future__ import annotations

from typing import Any

from keraburn import ops, random
from keraburn.layers.images.color import RandomColorLayer
from keraburn.layers.images.geometry import for_images
from keraburn.layers.images.values import check_range, factor_range


class RandomGaussianBlur(RandomColorLayer):
    """In training, blurs images by bell curves of random width.

    Args:
        factor: between which numbers the chance of a change is drawn, two in [0, 1]; a single one stands for
            `(0, factor)`.
        kernel_size: how many columns and rows of pixels count, odd numbers, or one for both.
        sigma: between which numbers the standard deviations of the curves are drawn, two in [0, 1]; a single one stands
            for `(0, sigma)`.
        value_range: the lowest and the highest value that images may have.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        seed: for the same changes every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `data`, images or a dict of `"images"` and what belongs to them; `training`.

    Shapes: outputs as inputs, `(batch, height, width, channels)` or without the batch.

    Raises:
        ValueError: if the factor or sigma is out of range, or a size of the kernel is even.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.RandomGaussianBlur(kernel_size=5, sigma=(0.5, 0.5), seed=1)
    >>> layer(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    _USE_BASE_FACTOR = False
    _FACTOR_BOUNDS = (0, 1)

    def __init__(
        self,
        factor: Any = 1.0,
        kernel_size: Any = 3,
        sigma: Any = 1.0,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        check_range(value_range)
        super().__init__(value_range, seed, data_format=data_format, **kwargs)
        self._set_factor(factor)
        self.kernel_size = _odd_pair(kernel_size)
        self.sigma = factor_range(sigma, self._FACTOR_BOUNDS, "sigma")

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        widths = random.uniform((2,), *self.sigma, dtype="float32", seed=self._draw_from(seed))
        return {"should_apply_blur": self._drawn_images(data, seed), "blur_factor": widths + 1e-6}

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        images = ops.cast(images, self.compute_dtype)
        if not training or transformation is None:
            return images
        blurred = ops.image.gaussian_blur(
            images, self.kernel_size, ops.cast(transformation["blur_factor"], images.dtype), self.data_format
        )
        chosen = for_images(transformation["should_apply_blur"], images)
        return ops.clip(ops.where(chosen, blurred, images), *self.value_range)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "kernel_size": self.kernel_size, "sigma": self.sigma}


def _odd_pair(size: Any) -> tuple[int, int]:
    pair = list(size) if isinstance(size, (tuple, list)) else [size, size]
    if len(pair) != 2 or not all(isinstance(each, int) for each in pair):
        raise ValueError(
            f"The `kernel_size` argument should be a number (or a list of two numbers). Received: kernel_size={size}"
        )
    if any(each % 2 == 0 or each < 1 for each in pair):
        raise ValueError(f"kernel_size must be an odd number. Received: kernel_size={size}")
    return pair[0], pair[1]
