"""How alike two images look."""

from __future__ import annotations

from typing import Any

from keraburn import config
from keraburn.ops.apply import operation
from keraburn.ops.convert import cast_to, convert, floating
from keraburn.ops.image.filters import filter_axis, gaussian
from keraburn.ops.image.layout import check_rank, to_batch
from keraburn.ops.reduction import mean
from keraburn.ops.shaping import reshaped
from keraburn.tensor import Tensor


@operation
def ssim(
    image1: Any,
    image2: Any,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Tensor:
    """The structural similarity of images, 1 for equal ones.

    Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004. With means `m`,
    variances `v` and the covariance `c` in windows weighted by a bell curve, the mean over windows and channels of
    `(2 m1 m2 + (k1 max)^2) (2 c + (k2 max)^2) / ((m1^2 + m2^2 + (k1 max)^2) (v1 + v2 + (k2 max)^2))`.

    Args:
        image1: shape `(height, width, channels)` or `(batch, height, width, channels)`, or the channels first.
        image2: of the same shape.
        max_val: difference between the brightest and the darkest pixel that can be.
        filter_size: pixels of a window in both directions.
        filter_sigma: standard deviation of the curve.
        k1: constant beside the means.
        k2: constant beside the variances.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Returns:
        Shape `(batch,)`, or `()` for single images.

    Raises:
        ValueError: for another rank, different shapes, or images smaller than a window.

    Example:

    >>> import keraburn as keras
    >>> images = keras.random.uniform((2, 16, 16, 3))
    >>> keras.ops.image.ssim(images, images).numpy()
    array([1., 1.], dtype=float32)
    """
    image1, image2 = convert(image1), convert(image2)
    check_rank(image1.shape, "image1")
    check_rank(image2.shape, "image2")
    if image1.shape != image2.shape:
        raise ValueError(
            "`image1` and `image2` must have the same shape. "
            f"Received: image1.shape={image1.shape}, image2.shape={image2.shape}"
        )
    data_format = config.standardize_data_format(data_format)
    first = to_batch(floating(image1), data_format)
    second = cast_to(to_batch(floating(image2), data_format), first.dtype)
    curve = gaussian(filter_size, convert(filter_sigma, first.dtype))

    def blurred(x: Tensor) -> Tensor:
        return filter_axis(filter_axis(x, curve, 2, "valid"), curve, 1, "valid")

    mean1, mean2 = blurred(first), blurred(second)
    squares, product = mean1 * mean1 + mean2 * mean2, mean1 * mean2
    variances = blurred(first * first) + blurred(second * second) - squares
    covariance = blurred(first * second) - product
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    likeness = (2 * product + c1) * (2 * covariance + c2) / ((squares + c1) * (variances + c2))
    result = cast_to(mean(likeness, axis=(1, 2, 3)), image1.dtype)
    return result if image1.ndim == 4 else reshaped(result, [])
