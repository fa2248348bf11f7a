"""Maxima and means of windows of images."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import config
from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import constant, convert, floating
from keraburn.ops.spatial import (
    convolved_sizes,
    count_spatial_axes,
    from_channels_last,
    known_padding,
    per_axis,
    to_channels_last,
    window_padding,
)
from keraburn.tensor import Tensor


def _pool(name: str, inputs: Any, pool_size: Any, strides: Any, padding: Any, data_format: str | None) -> Tensor:
    x = floating(convert(inputs))
    rank = count_spatial_axes(x, name)
    data_format = config.standardize_data_format(data_format)
    size = per_axis(pool_size, rank, "pool_size")
    steps = size if strides is None else per_axis(strides, rank, "strides")
    padding = known_padding(padding, ("valid", "same"))
    image = to_channels_last(x, data_format)
    sizes = image.shape[1:-1]
    received = f"`inputs.shape={x.shape}`, `pool_size={size}`, `strides={steps}`, `padding={padding}`"
    convolved_sizes(sizes, size, steps, padding, received)
    around = [window_padding(*each, padding) for each in zip(sizes, size, steps, strict=True)]
    low, high = ([each[end] for each in around] for end in (0, 1))
    pooled = emit(name, image, size=list(size), strides=list(steps), low=low, high=high)
    return from_channels_last(pooled, data_format)


@operation
def max_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: str | None = None
) -> Tensor:
    """The largest value of each window, channel by channel; its gradient goes to the first of equals.

    Args:
        inputs: images, shape `(batch, *spatial, channels)`, or `(batch, channels, *spatial)` with "channels_first".
        pool_size: pixels of a window, one number or one for each spatial axis.
        strides: pixels between windows; `pool_size` if None.
        padding: "valid" for windows inside the image, "same" for windows that reach beyond it.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Raises:
        ValueError: if shapes or arguments do not fit, or the result would have no pixel.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.max_pool([[[1.0], [4.0], [2.0], [3.0]]], 2).numpy()
    array([[[4.],
            [3.]]], dtype=float32)
    """
    return _pool("max_pool", inputs, pool_size, strides, padding, data_format)


@operation
def average_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: str | None = None
) -> Tensor:
    """The mean of each window, channel by channel; pixels beyond the image do not count.

    Args:
        inputs: images, shape `(batch, *spatial, channels)`, or `(batch, channels, *spatial)` with "channels_first".
        pool_size: pixels of a window, one number or one for each spatial axis.
        strides: pixels between windows; `pool_size` if None.
        padding: "valid" for windows inside the image, "same" for windows that reach beyond it.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Raises:
        ValueError: if shapes or arguments do not fit, or the result would have no pixel.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.average_pool([[[1.0], [4.0], [2.0], [3.0]]], 2).numpy()
    array([[[2.5],
            [2.5]]], dtype=float32)
    """
    return _pool("average_pool", inputs, pool_size, strides, padding, data_format)


def _adaptive(name: str, inputs: Any, output_size: Any, data_format: str | None) -> Tensor:
    x = floating(convert(inputs))
    rank = count_spatial_axes(x, f"adaptive_{name}")
    data_format = config.standardize_data_format(data_format)
    wanted = per_axis(output_size, rank, "output_size")
    image = to_channels_last(x, data_format)
    if min(image.shape[1:-1]) < 1:
        raise ValueError(f"`adaptive_{name}` takes images of at least one pixel. Received: inputs.shape={x.shape}")
    for axis, count in enumerate(wanted):
        image = _along(name, image, axis, count)
    return from_channels_last(image, data_format)


def _along(name: str, image: Tensor, axis: int, count: int) -> Tensor:
    """Pool along one spatial axis: window `i` of `n` from `floor(i * size / n)` to `ceil((i + 1) * size / n)`."""
    pixels, rank = image.shape[axis + 1], image.ndim - 2
    numbers = np.arange(count)
    starts = numbers * pixels // count
    sizes = -(-(numbers + 1) * pixels // count) - starts
    none = [0] * rank

    def pooled(size: int, stride: int) -> Tensor:
        window, strides = [1] * rank, [1] * rank
        window[axis], strides[axis] = size, stride
        return emit(name, image, size=window, strides=strides, low=none, high=none)

    if pixels % count == 0:
        return pooled(pixels // count, pixels // count)
    # All windows of each size, one after another, and of these the ones that are meant.
    known = sorted(set(sizes.tolist()))
    parts = [pooled(size, 1) for size in known]
    begins = dict(zip(known, np.cumsum([0, *(part.shape[axis + 1] for part in parts)]).tolist(), strict=False))
    places = np.array([begins[size] + start for size, start in zip(sizes.tolist(), starts.tolist(), strict=True)])
    everything = parts[0] if len(parts) == 1 else emit("concatenate", *parts, axis=axis + 1)
    return emit("take", everything, constant(places.astype(np.int32)), axis=axis + 1)


@operation
def adaptive_max_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Tensor:
    """The largest values of as many windows of nearly equal size as the result has pixels.

    Args:
        inputs: images, shape `(batch, *spatial, channels)`, or `(batch, channels, *spatial)` with "channels_first".
        output_size: pixels of the result, one number or one for each spatial axis.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Raises:
        ValueError: if shapes or arguments do not fit.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.adaptive_max_pool(keras.ops.ones((1, 7, 5, 3)), (3, 2)).shape
    (1, 3, 2, 3)
    """
    return _adaptive("max_pool", inputs, output_size, data_format)


@operation
def adaptive_average_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Tensor:
    """The means of as many windows of nearly equal size as the result has pixels.

    Args:
        inputs: images, shape `(batch, *spatial, channels)`, or `(batch, channels, *spatial)` with "channels_first".
        output_size: pixels of the result, one number or one for each spatial axis.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Raises:
        ValueError: if shapes or arguments do not fit.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.adaptive_average_pool(keras.ops.ones((1, 7, 5, 3)), 2).shape
    (1, 2, 2, 3)
    """
    return _adaptive("average_pool", inputs, output_size, data_format)
