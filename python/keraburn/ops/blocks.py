"""Blocks of images as columns and channels, and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keraburn import config
from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import constant, convert, filled_like, scalar
from keraburn.ops.shaping import permuted, reshaped
from keraburn.tensor import Tensor


def _two(value: Any, name: str, least: int) -> tuple[int, int]:
    """One number for both directions, or one for each."""
    pair = (value, value) if isinstance(value, int) else tuple(value)
    if len(pair) != 2 or any(not isinstance(each, int) or each < least for each in pair):
        raise ValueError(
            f"Argument `{name}` must be an integer of at least {least}, or two of them. Received: {name}={value}"
        )
    return pair


class _Grid:
    """Where the elements of the blocks lie in an image.

    Args:
        size: height and width of the image, padding included.
        kernel: height and width of a block.
        dilation: distances of the elements of a block.
        stride: distances of the blocks.

    Raises:
        ValueError: if no block fits.
    """

    def __init__(self, size: Any, kernel: Any, dilation: Any, stride: Any) -> None:
        self.kernel = kernel
        self.counts = tuple(
            (size[i] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1 if size[i] else 0 for i in range(2)
        )
        if min(self.counts) < 1:
            raise ValueError(
                f"A block must fit into the padded image. Received: image of size {tuple(size)}, kernel_size={kernel}, "
                f"dilation={dilation}, stride={stride}"
            )
        # For each direction, shape (kernel, blocks).
        self.places = [
            (dilation[i] * np.arange(kernel[i])[:, None] + stride[i] * np.arange(self.counts[i])).astype(np.int32)
            for i in range(2)
        ]


def _padded(x: Tensor, padding: tuple[int, int]) -> Tensor:
    amounts = [0, 0, *padding]
    return emit("pad", x, scalar(0, x.dtype), low=amounts, high=amounts, interior=[0] * 4) if any(padding) else x


@operation
def unfold(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Blocks of images as columns (im2col).

    Args:
        x: images, shape `(batch, channels, height, width)`.
        kernel_size: height and width of a block, or one number.
        dilation: distance of a block's elements.
        padding: zeros around the images.
        stride: distance of the blocks.

    Returns:
        Shape `(batch, channels * kernel_height * kernel_width, blocks)`.

    Raises:
        ValueError: if the rank is another, or no block fits.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.unfold(keras.ops.ones((1, 2, 4, 4)), kernel_size=2, stride=2).shape
    (1, 8, 4)
    """
    x = convert(x)
    if x.ndim != 4:
        raise ValueError(f"Input must be a 4D tensor. Received: input.shape={x.shape}")
    kernel, strides = _two(kernel_size, "kernel_size", 1), _two(stride, "stride", 1)
    x = _padded(x, _two(padding, "padding", 0))
    grid = _Grid(x.shape[2:], kernel, _two(dilation, "dilation", 1), strides)
    rows = emit("take", x, constant(grid.places[0]), axis=2)
    both = emit("take", rows, constant(grid.places[1]), axis=4)
    batch, channels = x.shape[:2]
    columns = permuted(both, [0, 1, 2, 4, 3, 5])
    return reshaped(columns, [batch, channels * math.prod(kernel), math.prod(grid.counts)])


@operation
def fold(x: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Images of the sums of blocks that `unfold` made columns of (col2im).

    Args:
        x: columns, shape `(batch, channels * kernel_height * kernel_width, blocks)`.
        output_size: height and width of the images.
        kernel_size: height and width of a block, or one number.
        dilation: distance of a block's elements.
        padding: zeros that were around the images.
        stride: distance of the blocks.

    Returns:
        Shape `(batch, channels, height, width)`.

    Raises:
        ValueError: if the shapes do not fit.
    """
    x = convert(x)
    if x.ndim != 3:
        raise ValueError(f"Input must be a 3D tensor. Received: input.shape={x.shape}")
    size, kernel = _two(output_size, "output_size", 1), _two(kernel_size, "kernel_size", 1)
    around = _two(padding, "padding", 0)
    height, width = size[0] + 2 * around[0], size[1] + 2 * around[1]
    grid = _Grid((height, width), kernel, _two(dilation, "dilation", 1), _two(stride, "stride", 1))
    batch, depth, blocks = x.shape
    if depth % math.prod(kernel) or blocks != math.prod(grid.counts):
        raise ValueError(
            f"The columns must be multiples of {math.prod(kernel)} numbers for {math.prod(grid.counts)} blocks. "
            f"Received: input.shape={x.shape}, output_size={output_size}, kernel_size={kernel_size}"
        )
    channels = depth // math.prod(kernel)
    down, across = grid.places
    places = (width * down[:, None, :, None] + across[None, :, None, :]).reshape(-1).astype(np.int32)
    elements = permuted(reshaped(x, [batch * channels, math.prod(kernel) * blocks]), [1, 0])
    start = filled_like(elements, 0, shape=[height * width, batch * channels])
    total = permuted(emit("scatter", start, constant(places), elements, mode="add"), [1, 0])
    image = reshaped(total, [batch, channels, height, width])
    return emit("slice", image, start=[0, 0, *around], size=[batch, channels, *size], step=[1] * 4)


def _blocks_of(x: Any, block_size: int, data_format: str | None) -> tuple[Tensor, bool]:
    x = convert(x)
    if block_size < 2:
        raise ValueError(f"`block_size` must be at least 2. Received: block_size={block_size}")
    if x.ndim != 4:
        raise ValueError(f"Input must be a 4D tensor. Received: x.shape={x.shape}")
    return x, config.standardize_data_format(data_format) == "channels_last"


@operation
def depth_to_space(x: Any, block_size: int, data_format: str | None = "channels_last") -> Tensor:
    """Channels as blocks of pixels.

    Args:
        x: images, four dimensions; the channels a multiple of `block_size ** 2`.
        block_size: height and width of a block, at least 2.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        Images `block_size` times as high and wide.

    Raises:
        ValueError: if rank, channels or `data_format` do not fit.

    Source: Shi et al., 2016, "Real-time single image and video super-resolution", arXiv:1609.05158.
    """
    x, last = _blocks_of(x, block_size, data_format)
    count, (height, width), depth = x.shape[0], x.shape[1:3] if last else x.shape[2:], x.shape[3 if last else 1]
    if depth % block_size**2:
        raise ValueError(
            f"The channels must be a multiple of block_size ** 2. Received: x.shape={x.shape}, block_size={block_size}"
        )
    channels = depth // block_size**2
    if last:
        blocks = reshaped(x, [count, height, width, block_size, block_size, channels])
        shape = [count, height * block_size, width * block_size, channels]
        return reshaped(permuted(blocks, [0, 1, 3, 2, 4, 5]), shape)
    blocks = reshaped(x, [count, channels, block_size, block_size, height, width])
    shape = [count, channels, height * block_size, width * block_size]
    return reshaped(permuted(blocks, [0, 1, 4, 2, 5, 3]), shape)


@operation
def space_to_depth(x: Any, block_size: int, data_format: str | None = "channels_last") -> Tensor:
    """Blocks of pixels as channels: the inverse of `depth_to_space`, whose arguments it takes.

    Raises:
        ValueError: if rank or `data_format` do not fit, or height or width is no multiple of `block_size`.
    """
    x, last = _blocks_of(x, block_size, data_format)
    count, (height, width), channels = x.shape[0], x.shape[1:3] if last else x.shape[2:], x.shape[3 if last else 1]
    if height % block_size or width % block_size:
        raise ValueError(
            f"Height and width must be multiples of `block_size`. Received: x.shape={x.shape}, block_size={block_size}"
        )
    down, across, depth = height // block_size, width // block_size, channels * block_size**2
    if last:
        blocks = reshaped(x, [count, down, block_size, across, block_size, channels])
        return reshaped(permuted(blocks, [0, 1, 3, 2, 4, 5]), [count, down, across, depth])
    blocks = reshaped(x, [count, channels, down, block_size, across, block_size])
    return reshaped(permuted(blocks, [0, 1, 3, 5, 2, 4]), [count, depth, down, across])
