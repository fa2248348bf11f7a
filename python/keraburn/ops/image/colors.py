"""Images in other colours: gray, and hue, saturation and value."""

from __future__ import annotations

from typing import Any

from keraburn import config, dtypes
from keraburn.ops.apply import operation
from keraburn.ops.arithmetic import clip, maximum, minimum, mod
from keraburn.ops.convert import cast_to, convert, floating
from keraburn.ops.elementwise import abs
from keraburn.ops.image.layout import by_planes, channels_axis, check_rank
from keraburn.ops.joining import stack
from keraburn.ops.selection import where
from keraburn.tensor import Tensor

# Shares of red, green and blue in the luma of ITU-R BT.601.
LUMA = (0.2989, 0.5870, 0.1140)


@operation
def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Tensor:
    """Colour images as gray ones: `0.2989 * red + 0.587 * green + 0.114 * blue`.

    Args:
        images: shape `(height, width, 3)` or `(batch, height, width, 3)`, or the channels first; gray ones stay.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Returns:
        Images of one channel, of the same dtype.

    Raises:
        ValueError: for another rank, or neither three channels nor one.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.ops.image.rgb_to_grayscale(np.array([[[0.0, 1.0, 0.0]]], "float32")).numpy()
    array([[[0.587]]], dtype=float32)
    """
    images = convert(images)
    data_format = config.standardize_data_format(data_format)
    check_rank(images.shape)
    axis = channels_axis(data_format)
    if images.shape[axis] not in (1, 3):
        raise ValueError(
            "Invalid channel size: expected 3 (RGB) or 1 (Grayscale). "
            f"Received input with shape: images.shape={images.shape}"
        )
    if images.shape[axis] == 1:
        return images
    red, green, blue = (
        plane * share for plane, share in zip(by_planes(floating(images), data_format), LUMA, strict=True)
    )
    return cast_to(stack([red + green + blue], axis=axis), images.dtype)


def color_planes(images: Any, data_format: str | None) -> tuple[list[Tensor], int]:
    """The three channels of images of floats, and the axis along which they were.

    Raises:
        ValueError: for another rank, other than three channels, or integers.
    """
    images = convert(images)
    data_format = config.standardize_data_format(data_format)
    check_rank(images.shape)
    if not dtypes.is_float(images.dtype):
        raise ValueError(f"Invalid images dtype: expected float dtype. Received: images.dtype={images.dtype}")
    axis = channels_axis(data_format)
    if images.shape[axis] != 3:
        raise ValueError(
            f"Input images must have 3 channels, but received images with {images.shape[axis]} channels. "
            f"Received: images.shape={images.shape}"
        )
    return by_planes(images, data_format), axis


@operation
def rgb_to_hsv(images: Any, data_format: str | None = None) -> Tensor:
    """Red, green and blue as hue, saturation and value.

    Smith, "Color gamut transform pairs", 1978. With `v = max(r, g, b)` and `d = v - min(r, g, b)`: the value is `v`,
    the saturation `d / v`, the hue the place in the circle of colours, in turns: `(g - b) / 6d` from red, a third of a
    turn from green, two thirds from blue.

    Args:
        images: floats from 0 to 1, shape `(height, width, 3)` or `(batch, height, width, 3)`, or the channels first.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Returns:
        Images of hue, saturation and value, each between 0 and 1.

    Raises:
        ValueError: for another rank, other than three channels, or integers.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.ops.image.rgb_to_hsv(np.array([[[0.0, 1.0, 0.0]]], "float32")).numpy().round(3)
    array([[[0.333, 1.   , 1.   ]]], dtype=float32)
    """
    planes, axis = color_planes(images, data_format)
    return stack(hsv_of(*planes), axis=axis)


def hsv_of(red: Tensor, green: Tensor, blue: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue, saturation and value of planes of red, green and blue."""
    smallest = float(dtypes.limits(red.dtype).eps)
    red, green, blue = (where(abs(plane) < smallest, 0.0, plane) for plane in (red, green, blue))
    value = maximum(maximum(red, green), blue)
    spread = value - minimum(minimum(red, green), blue)
    colored = spread > 0
    sixth = 1 / (6 * where(colored, spread, 1.0))
    hue = where(value == green, sixth * (blue - red) + 2 / 6, sixth * (red - green) + 4 / 6)
    hue = where(colored, where(value == red, sixth * (green - blue), hue), 0.0)
    saturation = where(value > 0, spread / where(value > 0, value, 1.0), 0.0)
    return where(hue < 0, hue + 1, hue), saturation, value


@operation
def hsv_to_rgb(images: Any, data_format: str | None = None) -> Tensor:
    """Hue, saturation and value as red, green and blue, the inverse of `rgb_to_hsv`.

    Args:
        images: floats from 0 to 1, shape `(height, width, 3)` or `(batch, height, width, 3)`, or the channels first.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Returns:
        Images of red, green and blue, each between 0 and 1.

    Raises:
        ValueError: for another rank, other than three channels, or integers.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.ops.image.hsv_to_rgb(np.array([[[0.5, 1.0, 1.0]]], "float32")).numpy()
    array([[[0., 1., 1.]]], dtype=float32)
    """
    planes, axis = color_planes(images, data_format)
    return stack(rgb_of(*planes), axis=axis)


def rgb_of(hue: Tensor, saturation: Tensor, value: Tensor) -> list[Tensor]:
    """Planes of red, green and blue of hue, saturation and value."""
    place = mod(hue, 1.0) * 6

    def plane(brightness: Tensor) -> Tensor:
        return value * (1 - saturation + saturation * clip(brightness, 0.0, 1.0))

    return [plane(each) for each in (abs(place - 3) - 1, 2 - abs(place - 2), 2 - abs(place - 4))]
