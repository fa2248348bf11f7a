"""Images at another size: each pixel of the result is a weighted sum of pixels around its place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from keraburn.ops.apply import emit
from keraburn.ops.convert import constant, convert
from keraburn.ops.products import contract
from keraburn.ops.shaping import moveaxis
from keraburn.tensor import Tensor


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(1 - x, 0)


def _cubic(x: np.ndarray) -> np.ndarray:
    """Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -1/2."""
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _lanczos(radius: int) -> Callable[[np.ndarray], np.ndarray]:
    """Duchon, "Lanczos filtering in one and two dimensions", 1979."""
    return lambda x: np.where(x < radius, np.sinc(x) * np.sinc(x / radius), 0)


KERNELS = {"bilinear": _triangle, "bicubic": _cubic, "lanczos3": _lanczos(3), "lanczos5": _lanczos(5)}


def weights(size: int, new_size: int, interpolation: str, antialias: bool = False) -> np.ndarray:
    """What each pixel of an axis contributes to each of the resized axis.

    Args:
        size: pixels of the axis.
        new_size: pixels of the resized axis.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        antialias: whether the kernel is as wide as the pixels of the result where these are fewer.

    Returns:
        Shape `(size, new_size)`; columns sum to 1.
    """
    step = size / new_size
    centers = (np.arange(new_size) + 0.5) * step
    if interpolation == "nearest":
        return np.equal.outer(np.arange(size), np.floor(centers).astype(int)).astype(np.float64)
    width = max(step, 1.0) if antialias else 1.0
    shares = KERNELS[interpolation](np.abs(np.subtract.outer(np.arange(size) + 0.5, centers)) / width)
    return shares / shares.sum(0)


def resample(x: Tensor, axis: int, new_size: int, interpolation: str, antialias: bool = False) -> Tensor:
    """A float tensor with one axis resized.

    Args:
        x: the tensor.
        axis: the axis.
        new_size: its new size.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        antialias: whether pixels between those of a smaller result count.
    """
    size = x.shape[axis]
    if size == new_size:
        return x
    if interpolation == "nearest":
        places = np.floor((np.arange(new_size) + 0.5) * (size / new_size)).astype(np.int32)
        return emit("take", x, constant(places), axis=axis)
    shares = convert(weights(size, new_size, interpolation, antialias), x.dtype)
    return moveaxis(contract(moveaxis(x, axis, -1), shares), -1, axis)
