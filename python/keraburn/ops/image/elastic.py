"""Images pushed about at random, as if they were painted on rubber."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import config
from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import concrete, constant, convert
from keraburn.ops.image.filters import gaussian
from keraburn.ops.image.geometry import pixel_grid
from keraburn.ops.image.layout import check_one_of, check_rank, from_batch, to_batch
from keraburn.ops.image.sampling import FILL_MODES, INTERPOLATIONS, sample
from keraburn.ops.products import matmul
from keraburn.ops.selection import where
from keraburn.ops.shaping import transpose
from keraburn.random import draw_seed, normal
from keraburn.tensor import Tensor


def displaced(
    batch: Tensor, shifts: Tensor, sigma: Tensor, size: int, interpolation: str, fill_mode: str, fill_value: Any
) -> Tensor:
    """Images seen at places that are moved by smooth fields.

    Args:
        batch: shape `(batch, height, width, channels)`.
        shifts: shape `(2, batch, height, width)`: pixels to the right and downwards, before they are made smooth.
        sigma: standard deviation of the curve that makes them smooth.
        size: how many pixels of that curve count.
        interpolation: "nearest" or "bilinear".
        fill_mode: what is beyond the border.
        fill_value: with "constant", the value there.
    """
    curve = gaussian(size, convert(sigma, "float32"))
    height, width = batch.shape[1:3]
    # Wide curves are faster as products of matrices.
    smooth = matmul(convert(shifts, "float32"), _banded(curve, width))
    smooth = matmul(transpose(_banded(curve, height)), smooth)
    rows, columns = pixel_grid(height, width)
    return sample(batch, [rows + smooth[1], columns + smooth[0]], interpolation, fill_mode, fill_value)


def _banded(curve: Tensor, size: int) -> Tensor:
    """A curve around the diagonal of a square matrix: what a row multiplied by it is convolved with."""
    places = np.subtract.outer(np.arange(size), np.arange(size)) + (curve.shape[0] - 1) // 2
    outside = (places < 0) | (places >= curve.shape[0])
    shares = emit("take", curve, constant(np.where(outside, 0, places).astype(np.int32)), axis=0)
    return where(constant(outside), 0.0, shares)


@operation
def elastic_transform(
    images: Any,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Tensor:
    """Images distorted by smooth random fields.

    Simard et al., "Best practices for convolutional neural networks applied to visual document analysis", 2003. Each
    pixel is seen at a place moved by `alpha` times normal numbers of standard deviation `sigma`, blurred by a bell
    curve of standard deviation `sigma`.

    Args:
        images: shape `(height, width, channels)` or `(batch, height, width, channels)`, or the channels first.
        alpha: how far pixels are moved.
        sigma: how smooth the moves are, in pixels.
        interpolation: "nearest" or "bilinear".
        fill_mode: what is beyond the border: "constant", "nearest", "wrap", "mirror" or "reflect", as for
            `map_coordinates`.
        fill_value: with "constant", the value there.
        seed: an integer or a `SeedGenerator`.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Returns:
        Images of the same shape and dtype.

    Raises:
        ValueError: for another rank, an unknown interpolation or fill mode, or a sigma that is not positive.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.image.elastic_transform(keras.ops.ones((2, 8, 8, 3)), sigma=1.0, seed=1).shape
    (2, 8, 8, 3)
    """
    data_format = config.standardize_data_format(data_format)
    check_one_of(interpolation, INTERPOLATIONS, "interpolation")
    check_one_of(fill_mode, FILL_MODES, "fill_mode")
    images = convert(images)
    check_rank(images.shape)
    width = float(concrete(sigma, "elastic_transform", "sigma"))
    if not width > 0:
        raise ValueError(f"Argument `sigma` must be a positive number. Received: sigma={sigma}")
    batch = to_batch(images, data_format)
    noise = normal((2, *batch.shape[:3]), stddev=width, dtype="float32", seed=draw_seed(seed))
    moves = convert(alpha, "float32") * noise
    result = displaced(batch, moves, convert(width), int(6 * width) | 1, interpolation, fill_mode, fill_value)
    return from_batch(result, images.ndim, data_format)
