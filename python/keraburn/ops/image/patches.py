"""Pieces of images and of volumes, each as the channels of a pixel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keraburn import config
from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import constant, convert, scalar
from keraburn.ops.joining import section
from keraburn.ops.shaping import permuted, reshaped
from keraburn.ops.spatial import (
    convolved_sizes,
    from_channels_last,
    known_padding,
    per_axis,
    spans,
    to_channels_last,
    window_padding,
)
from keraburn.tensor import Tensor


def _cut(x: Tensor, axis: int, size: int, stride: int, dilation: int, count: int) -> Tensor:
    """An axis as two: the places of the patches, and within them."""
    if stride == size and dilation == 1:
        whole = section(x, axis, 0, count * size)
        return reshaped(whole, [*x.shape[:axis], count, size, *x.shape[axis + 1 :]])
    places = stride * np.arange(count)[:, None] + dilation * np.arange(size)
    return emit("take", x, constant(places.astype(np.int32)), axis=axis)


def _extracted(
    images: Any, size: tuple[int, ...], strides: Any, dilation_rate: Any, padding: str, data_format: str | None
) -> Tensor:
    images = convert(images)
    rank = len(size)
    size = per_axis(size, rank, "size")
    if images.ndim not in (rank + 1, rank + 2):
        raise ValueError(
            f"Patches of {rank} dimensions are taken from images of rank {rank + 1} (single image) or {rank + 2} "
            f"(batch of images). Received: images.shape={images.shape}, size={size}"
        )
    data_format = config.standardize_data_format(data_format)
    strides = per_axis(strides or size, rank, "strides")
    dilation = per_axis(dilation_rate, rank, "dilation_rate")
    padding = known_padding(padding, ("valid", "same"))
    batch = images if images.ndim == rank + 2 else reshaped(images, [1, *images.shape])
    batch = to_channels_last(batch, data_format)
    sizes, windows = batch.shape[1:-1], spans(size, dilation)
    received = f"images.shape={images.shape}, size={size}, strides={strides}, dilation_rate={dilation}"
    counts: list[Any] = convolved_sizes(sizes, windows, strides, padding, received)
    around = [window_padding(*each, padding) for each in zip(sizes, windows, strides, strict=True)]
    if any(map(any, around)):
        low, high = ([0, *(each[end] for each in around), 0] for end in (0, 1))
        batch = emit("pad", batch, scalar(0, batch.dtype), low=low, high=high, interior=[0] * (rank + 2))
    for axis, cut in enumerate(zip(size, strides, dilation, counts, strict=True)):
        batch = _cut(batch, 2 * axis + 1, *cut)
    outer, inner = [2 * axis + 1 for axis in range(rank)], [2 * axis + 2 for axis in range(rank)]
    batch = permuted(batch, [0, *outer, *inner, 2 * rank + 1])
    shape = batch.shape
    patches = from_channels_last(reshaped(batch, [*shape[: rank + 1], math.prod(shape[rank + 1 :])]), data_format)
    return patches if images.ndim == rank + 2 else reshaped(patches, patches.shape[1:])


@operation
def extract_patches(
    images: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Pieces of images, each as the channels of a pixel.

    Args:
        images: shape `(height, width, channels)` or `(batch, height, width, channels)`, or the channels first; volumes
            for a size of three numbers.
        size: height and width of a piece, or one number; depth, height and width for pieces of volumes.
        strides: pixels between pieces; as many as they have if None.
        dilation_rate: distance of the pixels of a piece.
        padding: "valid" for pieces inside the image, "same" for zeros around it.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Returns:
        Shape `(batch, rows, columns, size[0] * size[1] * channels)`, or the channels first.

    Raises:
        TypeError: if the size is no integer, tuple or list.
        ValueError: for other shapes, or if no piece fits.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.image.extract_patches(keras.ops.ones((2, 20, 20, 3)), (5, 5)).shape
    (2, 4, 4, 75)
    """
    if isinstance(size, int):
        size = (size, size)
    elif not isinstance(size, (tuple, list)):
        raise TypeError(
            f"Invalid `size` argument. Expected an int or a tuple. Received: size={size} of type {type(size).__name__}"
        )
    if len(size) not in (2, 3):
        raise ValueError(
            f"Invalid `size` argument. Expected a tuple of length 2 or 3. Received: size={size} with length {len(size)}"
        )
    return _extracted(images, tuple(size), strides, dilation_rate, padding, data_format)


@operation
def extract_patches_3d(
    volumes: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Pieces of volumes, each as the channels of a pixel.

    Args:
        volumes: shape `(depth, height, width, channels)` or `(batch, depth, height, width, channels)`, or the channels
            first.
        size: depth, height and width of a piece, or one number.
        strides: pixels between pieces; as many as they have if None.
        dilation_rate: distance of the pixels of a piece.
        padding: "valid" for pieces inside the volume, "same" for zeros around it.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Returns:
        Shape `(batch, *places, size[0] * size[1] * size[2] * channels)`, or the channels first.

    Raises:
        TypeError: if the size is not one integer or three.
        ValueError: for other shapes, or if no piece fits.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.image.extract_patches_3d(keras.ops.ones((2, 10, 10, 10, 3)), 5).shape
    (2, 2, 2, 2, 375)
    """
    if isinstance(size, int):
        size = (size, size, size)
    if not isinstance(size, (tuple, list)) or len(size) != 3:
        raise TypeError(f"Invalid `size` argument. Expected an int or a tuple of length 3. Received: size={size}")
    return _extracted(volumes, tuple(size), strides, dilation_rate, padding, data_format)
