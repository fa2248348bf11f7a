"""Images blurred, and their edges."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from keraburn import config, dtypes
from keraburn.ops.apply import operation
from keraburn.ops.convert import cast_to, constant, convert, floating
from keraburn.ops.convolution import depthwise_conv
from keraburn.ops.elementwise import exp, round
from keraburn.ops.image.layout import check_rank, from_batch, to_batch
from keraburn.ops.joining import stack
from keraburn.ops.reduction import sum
from keraburn.ops.selection import saturate_cast
from keraburn.ops.shaping import broadcasted, reshaped
from keraburn.tensor import Tensor


def gaussian(size: int, sigma: Tensor) -> Tensor:
    """The bell curve at `size` places around its middle, with sum 1."""
    places = constant((np.arange(size) - (size - 1) / 2).astype(np.float32))
    curve = exp(-0.5 * (convert(places, sigma.dtype) / sigma) ** 2)
    return curve / sum(curve)


def filter_axis(batch: Tensor, curve: Tensor, axis: int, padding: str) -> Tensor:
    """Every channel of images convolved with one curve along the rows (2) or the columns (1)."""
    channels = batch.shape[-1]
    shape = [1, 1, 1, 1]
    shape[axis - 1] = curve.shape[0]
    kernel = broadcasted(reshaped(curve, shape), [*shape[:2], channels, 1])
    return depthwise_conv(batch, kernel, 1, padding, "channels_last")


@operation
def gaussian_blur(
    images: Any, kernel_size: Any = (3, 3), sigma: Any = (1.0, 1.0), data_format: str | None = None
) -> Tensor:
    """Images in which each pixel is a mean of those around, weighted by a bell curve; zeros are beyond the border.

    Args:
        images: shape `(height, width, channels)` or `(batch, height, width, channels)`, or the channels first.
        kernel_size: how many pixels count: columns and rows.
        sigma: standard deviations of the curves along the columns and the rows.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Returns:
        Images of the same shape and dtype.

    Raises:
        ValueError: for another rank, or sizes that are not two positive integers.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> dot = np.zeros((3, 3, 1), "float32")
    >>> dot[1, 1] = 16
    >>> keras.ops.image.gaussian_blur(dot)[..., 0].numpy().round(2)
    array([[1.2 , 1.98, 1.2 ],
           [1.98, 3.27, 1.98],
           [1.2 , 1.98, 1.2 ]], dtype=float32)
    """
    images = convert(images)
    check_rank(images.shape)
    data_format = config.standardize_data_format(data_format)
    try:
        sizes = [operator.index(each) for each in kernel_size]
    except TypeError:
        sizes = []
    if len(sizes) != 2 or min(sizes) < 1:
        raise ValueError(f"Argument `kernel_size` must be two positive integers. Received: kernel_size={kernel_size}")
    batch = floating(to_batch(images, data_format))
    sigma = convert(sigma, batch.dtype)
    if sigma.shape != (2,):
        raise ValueError(f"Argument `sigma` must be two numbers. Received: sigma of shape {sigma.shape}")
    # The kernel is a product of two curves: one after the other costs less.
    for number, axis in ((0, 2), (1, 1)):
        batch = filter_axis(batch, gaussian(sizes[number], sigma[number]), axis, "same")
    result = batch if dtypes.is_float(images.dtype) else saturate_cast(round(batch), images.dtype)
    return from_batch(cast_to(result, images.dtype), images.ndim, data_format)


@operation
def sobel_edges(images: Any, data_format: str | None = None) -> Tensor:
    """How much brighter images become downwards and to the right.

    Sobel and Feldman, "A 3x3 isotropic gradient operator for image processing", 1968. Zeros are beyond the border.

    Args:
        images: shape `(batch, height, width, channels)`, or the channels first.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Returns:
        Shape `(*images.shape, 2)`: the two derivatives, downwards first.

    Raises:
        ValueError: for another rank.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> ramp = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> keras.ops.image.sobel_edges(ramp)[0, 1, 1, 0].numpy()
    array([24.,  8.], dtype=float32)
    """
    images = floating(images)
    if images.ndim != 4:
        raise ValueError(
            f"Invalid images rank: expected rank 4 (batch of images). Received: images.shape={images.shape}"
        )
    data_format = config.standardize_data_format(data_format)
    batch = to_batch(images, data_format)
    slope, mean = (constant(np.array(curve, dtype=np.float32)) for curve in ((-1, 0, 1), (1, 2, 1)))
    slope, mean = convert(slope, images.dtype), convert(mean, images.dtype)
    edges = []
    for along, across in ((1, 2), (2, 1)):
        found = filter_axis(filter_axis(batch, mean, across, "same"), slope, along, "same")
        edges.append(from_batch(found, 4, data_format))
    return stack(edges, axis=-1)
