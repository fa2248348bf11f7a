"""Images of another size, each pixel a weighted sum of those near it, by numpy: for the threads that read files."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

# How far a method looks to each side, in pixels of the image that is read, and the weight at a distance.
_KERNELS: dict[str, tuple[float, Callable[[np.ndarray], np.ndarray]]] = {
    "bilinear": (1, lambda x: 1 - x),
    "bicubic": (2, lambda x: _cubic(x, 0, 0.5)),
    "mitchellcubic": (2, lambda x: _cubic(x, 1 / 3, 1 / 3)),
    "lanczos3": (3, lambda x: np.sinc(x) * np.sinc(x / 3)),
    "lanczos5": (5, lambda x: np.sinc(x) * np.sinc(x / 5)),
    "gaussian": (1.5, lambda x: np.exp(-2 * x**2)),
}

# These change an image whose size remains.
_SMOOTHING = ("gaussian", "mitchellcubic")

METHODS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")


def _cubic(x: np.ndarray, b: float, c: float) -> np.ndarray:
    """The family of cubic filters of Mitchell and Netravali, 1988: https://doi.org/10.1145/378456.378514."""
    near = (12 - 9 * b - 6 * c) * x**3 + (-18 + 12 * b + 6 * c) * x**2 + 6 - 2 * b
    far = -(b + 6 * c) * x**3 + (6 * b + 30 * c) * x**2 - (12 * b + 48 * c) * x + 8 * b + 24 * c
    return np.where(x < 1, near, far) / 6


@functools.lru_cache(maxsize=256)
def _weights(length: int, size: int, method: str) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the pixels that each of `size` places is made of, and their weights: `(taps, size)` each."""
    scale = length / size
    if method == "nearest":
        places = np.floor((np.arange(size) + 0.5) * scale).astype(int)[None]
        return places.clip(0, length - 1), np.ones((1, size), dtype="float32")
    if method == "area":
        begin = np.arange(size) * scale
        places = np.floor(begin).astype(int) + np.arange(int(np.ceil(scale)) + 1)[:, None]
        weights = np.maximum(np.minimum(begin + scale, places + 1) - np.maximum(begin, places), 0)
    else:
        radius, kernel = _KERNELS[method]
        centre = (np.arange(size) + 0.5) * scale - 0.5
        places = np.floor(centre - radius).astype(int) + np.arange(1, int(np.ceil(2 * radius)) + 1)[:, None]
        distance = np.abs(places - centre)
        weights = np.where(distance < radius, kernel(distance), 0)
    weights = np.where((places >= 0) & (places < length), weights, 0)
    weights = weights / weights.sum(axis=0)
    return places.clip(0, length - 1), weights.astype("float32")


def resized(image: np.ndarray, size: tuple[int, int], method: str) -> np.ndarray:
    """An image `(height, width, channels)` in another size, as float32.

    Pixels are taken to be squares around their centres. Nothing is smoothed before an image is made smaller, except
    by `"area"`.

    Args:
        image: of any dtype.
        size: height and width.
        method: one of `METHODS`.
    """
    height, width, channels = image.shape
    if (height, width) == tuple(size):
        return image.astype("float32", copy=False)
    rows = image
    if height != size[0] or method in _SMOOTHING:
        places, weights = _weights(height, size[0], method)
        rows = _weighted(image, places, weights[:, :, None, None], axis=0)
    if width == size[1] and method not in _SMOOTHING:
        return rows.astype("float32", copy=False)
    places, weights = _weights(width, size[1], method)
    # Numbers one by one are gathered faster than groups of three.
    places = (places[:, :, None] * channels + np.arange(channels)).reshape(len(places), -1)
    weights = np.repeat(weights, channels, axis=1)
    flat = np.ascontiguousarray(rows).reshape(size[0], width * channels)
    return _weighted(flat, places, weights, axis=1).reshape(*size, channels)


def _weighted(x: np.ndarray, places: np.ndarray, weights: np.ndarray, axis: int) -> np.ndarray:
    """The sum over taps of what stands at `places` along `axis`, times `weights`."""
    total = x.take(places[0], axis).astype("float32", copy=False)
    if len(places) == 1:
        return total
    total *= weights[0]
    for place, weight in zip(places[1:], weights[1:], strict=True):
        part = x.take(place, axis).astype("float32", copy=False)
        part *= weight
        total += part
    return total


def cropped(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The largest middle part of an image with the ratio of `size`."""
    height, width = image.shape[:2]
    tall = max(min(height, width * size[0] // size[1]), 1)
    wide = max(min(width, height * size[1] // size[0]), 1)
    top, left = (height - tall) // 2, (width - wide) // 2
    return image[top : top + tall, left : left + wide]


def fitted(image: np.ndarray, size: tuple[int, int], method: str) -> np.ndarray:
    """The whole image, as large as `size` allows, between borders of zeros."""
    height, width = image.shape[:2]
    ratio = max(height / size[0], width / size[1])
    inner = (max(int(height / ratio), 1), max(int(width / ratio), 1))
    found = np.zeros((*size, image.shape[2]), dtype="float32")
    top, left = int((size[0] - height / ratio) / 2), int((size[1] - width / ratio) / 2)
    found[top : top + inner[0], left : left + inner[1]] = resized(image, inner, method)
    return found
