"""Images pushed about at random, as if they were painted on rubber."""

from __future__ import annotations

from typing import Any

from keraburn import config
from keraburn.ops.apply import operation
from keraburn.ops.convert import concrete, convert
from keraburn.ops.image.filters import filter_axis, gaussian
from keraburn.ops.image.geometry import pixel_grid
from keraburn.ops.image.layout import check_one_of, check_rank, from_batch, to_batch
from keraburn.ops.image.sampling import FILL_MODES, INTERPOLATIONS, sample
from keraburn.random import draw_seed, normal
from keraburn.tensor import Tensor


def displaced(
    batch: Tensor, shifts: Tensor, sigma: Tensor, size: int, interpolation: str, fill_mode: str, fill_value: Any
) -> Tensor:
    """Images seen at places that are moved by smooth fields.

    Args:
        batch: shape `(batch, height, width, channels)`.
        shifts: shape `(batch, height, width, 2)`: pixels to the right and downwards, before they are made smooth.
        sigma: standard deviation of the curve that makes them smooth.
        size: how many pixels of that curve count.
        interpolation: "nearest" or "bilinear".
        fill_mode: what is beyond the border.
        fill_value: with "constant", the value there.
    """
    curve = gaussian(size, convert(sigma, "float32"))
    shifts = filter_axis(filter_axis(convert(shifts, "float32"), curve, 2, "same"), curve, 1, "same")
    rows, columns = pixel_grid(*batch.shape[1:3])
    return sample(batch, [rows + shifts[..., 1], columns + shifts[..., 0]], interpolation, fill_mode, fill_value)


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
    noise = normal((*batch.shape[:3], 2), stddev=width, dtype="float32", seed=draw_seed(seed))
    moves = convert(alpha, "float32") * noise
    result = displaced(batch, moves, convert(width), int(6 * width) | 1, interpolation, fill_mode, fill_value)
    return from_batch(result, images.ndim, data_format)
