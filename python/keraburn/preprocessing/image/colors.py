"""Images made brighter or darker, in all channels or in some."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn.preprocessing.image import draws
from keraburn.utils.images import array_to_img, img_to_array


def apply_channel_shift(x: Any, intensity: float, channel_axis: int = 0) -> np.ndarray:
    """`min(max(x + intensity, lowest), highest)`, with the lowest and highest number of the image.

    Args:
        x: one image.
        intensity: what to add.
        channel_axis: not used; all channels are moved alike.

    Example:

    >>> import keraburn as keras
    >>> keras.preprocessing.image.apply_channel_shift([[[0.0, 2.0, 3.0]]], 2)
    array([[[2., 3., 3.]]])
    """
    x = np.asarray(x)
    return np.clip(x + intensity, x.min(), x.max())


def random_channel_shift(x: Any, intensity_range: float, channel_axis: int = 0) -> np.ndarray:
    """`apply_channel_shift` by up to `intensity_range`, up or down."""
    return apply_channel_shift(x, draws.current().uniform(-intensity_range, intensity_range), channel_axis)


def apply_brightness_shift(x: Any, brightness: float, scale: bool = True) -> np.ndarray:
    """An image whose pixels are `brightness` times as bright, by Pillow.

    Args:
        x: one image.
        brightness: 1 for the same image, 0 for a black one.
        scale: whether the lowest number becomes 0 and the highest 255 before. If not, numbers outside of 0 to 255 are
            scaled, and scaled back.

    Raises:
        ImportError: if Pillow is not installed.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.preprocessing.image.apply_brightness_shift(np.full((1, 1, 1), 100.0), 1.5, scale=False)
    array([[[150.]]], dtype=float32)
    """
    return brightened(x, brightness, scale)


def brightened(x: Any, brightness: float, scale: bool, data_format: str | None = None) -> np.ndarray:
    """`apply_brightness_shift` of an image whose channels stand where `data_format` says."""
    x = np.asarray(x)
    lowest, highest = x.min(), x.max()
    outside = bool(lowest < 0 or highest > 255)
    image = array_to_img(x, data_format, scale=outside or scale)
    from PIL import ImageEnhance

    found = img_to_array(ImageEnhance.Brightness(image).enhance(brightness), data_format)
    return found / 255 * (highest - lowest) + lowest if outside and not scale else found


def random_brightness(x: Any, brightness_range: Any, scale: bool = True) -> np.ndarray:
    """`apply_brightness_shift` with a brightness between two.

    Raises:
        ValueError: if `brightness_range` is no pair.
    """
    if len(brightness_range) != 2:
        raise ValueError(f"`brightness_range should be tuple or list of two floats. Received: {brightness_range}")
    return apply_brightness_shift(x, draws.current().uniform(*brightness_range), scale)
