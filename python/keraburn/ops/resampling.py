"""Images at another size: each pixel of the result is a weighted sum of pixels around its place."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn.ops.apply import emit
from keraburn.ops.arithmetic import maximum
from keraburn.ops.convert import constant, convert
from keraburn.ops.elementwise import abs, sinc
from keraburn.ops.products import contract
from keraburn.ops.reduction import sum
from keraburn.ops.selection import where
from keraburn.ops.shaping import moveaxis, reshaped
from keraburn.tensor import Tensor, TracedTensor


def _triangle(x: Tensor) -> Tensor:
    return maximum(1 - x, 0)


def _cubic(x: Tensor) -> Tensor:
    """Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -1/2."""
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return where(x < 1, near, where(x < 2, far, 0))


def _lanczos(radius: int) -> Callable[[Tensor], Tensor]:
    """Duchon, "Lanczos filtering in one and two dimensions", 1979."""
    return lambda x: where(x < radius, sinc(x) * sinc(x / radius), 0)


KERNELS = {"bilinear": _triangle, "bicubic": _cubic, "lanczos3": _lanczos(3), "lanczos5": _lanczos(5)}

# Up to so many pixels are looked up for each of the result; with more, a product of matrices is faster.
_MOST_TAPS = 4

# Where a kernel sees less than this of the image, there is nothing to be shown.
_LEAST = 1000 * float(np.finfo(np.float32).eps)


def weights(
    size: int, new_size: int, interpolation: str, antialias: bool = False, scale: Any = None, translation: Any = 0.0
) -> Tensor:
    """What each pixel of an axis contributes to each of the resized axis.

    Args:
        size: pixels of the axis.
        new_size: pixels of the resized axis.
        interpolation: "bilinear", "bicubic", "lanczos3" or "lanczos5".
        antialias: whether the kernel is as wide as the pixels of the result where these are fewer.
        scale: pixels of the result in the place of one; `new_size / size` if None.
        translation: place in the result of the axis's beginning.

    Returns:
        Shape `(size, new_size)`; columns sum to 1, or are zeros where their place is outside of the axis.
    """
    step = convert(size / new_size, "float64") if scale is None else 1 / convert(scale)
    places = constant(np.arange(new_size, dtype=step.dtype) + 0.5)
    centers = places * step - convert(translation, step.dtype) * step - 0.5
    width = maximum(step, 1) if antialias else 1
    pixels = constant(np.arange(size, dtype=step.dtype)[:, None])
    shares = KERNELS[interpolation](abs(centers - pixels) / width)
    total = sum(shares, axis=0)
    seen = (abs(total) > _LEAST) & (centers >= -0.5) & (centers <= size - 0.5)
    return where(seen, shares / where(seen, total, 1), 0)


# What is looked up along an axis, `(taps, new_size)` each: the pixels, and how much of them.
Taps = tuple[np.ndarray, np.ndarray]


def _few(shares: np.ndarray) -> Taps | None:
    """The pixels that count, where they are few for each of the result."""
    taps = max(int((shares != 0).sum(0).max(initial=1)), 1)
    if taps > _MOST_TAPS:
        return None
    # They come first in each column.
    places = np.argsort(shares == 0, axis=0, kind="stable")[:taps].astype(np.int32)
    return places, np.take_along_axis(shares, places, 0)


def weigh(x: Tensor, axis: int, shares: Tensor) -> Tensor:
    """A float tensor with the pixels of one axis added up with weights of shape `(pixels, new pixels)`."""
    taps = None if isinstance(shares, TracedTensor) else _few(shares.numpy())
    return _multiplied(x, axis, shares) if taps is None else _looked_up(x, axis, taps)


def _multiplied(x: Tensor, axis: int, shares: Any) -> Tensor:
    return moveaxis(contract(moveaxis(x, axis, -1), convert(shares, x.dtype)), -1, axis)


def _looked_up(x: Tensor, axis: int, taps: Taps) -> Tensor:
    along = [taps[0].shape[1] if each == axis else 1 for each in range(x.ndim)]
    total: Any = None
    for place, amount in zip(*taps, strict=True):
        part = emit("take", x, constant(place), axis=axis) * reshaped(convert(amount, x.dtype), along)
        total = part if total is None else total + part
    return total


@functools.lru_cache(maxsize=32)
def _known_shares(size: int, new_size: int, interpolation: str, antialias: bool) -> Taps | np.ndarray:
    shares = weights(size, new_size, interpolation, antialias).numpy()
    taps = _few(shares)
    return shares if taps is None else taps


def resample(x: Tensor, axis: int, new_size: int, interpolation: str, antialias: bool = False) -> Tensor:
    """A float tensor, or with "nearest" any, with one axis resized.

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
        places = (2 * np.arange(new_size) + 1) * size // (2 * new_size)
        return emit("take", x, constant(places.astype(np.int32)), axis=axis)
    shares = _known_shares(size, new_size, interpolation, bool(antialias))
    return _looked_up(x, axis, shares) if isinstance(shares, tuple) else _multiplied(x, axis, shares)
