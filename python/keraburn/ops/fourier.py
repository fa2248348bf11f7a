"""Discrete Fourier transforms, as products with small matrices.

A transform of `a * b` points is one of `a` points for each residue, a multiplication by roots of unity, and one of `b`
points: transforms of up to 64 points are matrix products. What has a large prime factor becomes a convolution. So
gradients, batches and devices are those of matrix products.

Sources: Bailey, 1990, "FFTs in external or hierarchical memory", https://doi.org/10.1007/BF00162341; Bluestein, 1970,
"A linear filtering approach to the computation of discrete Fourier transform",
https://doi.org/10.1109/TAU.1970.1162132.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import constant, convert, filled_like, scalar
from keraburn.ops.joining import section
from keraburn.ops.shaping import reshaped, swapaxes
from keraburn.tensor import Tensor

# A real and an imaginary part; None for one that is zero.
Pair = tuple[Tensor, "Tensor | None"]

# The most points of a transform by one product, and by one where the number of points is a prime.
_DIRECT, _DIRECT_PRIME = 64, 512


def _roots(powers: np.ndarray, n: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Cosine and sine of `2 pi powers / n`."""
    angles = (powers % n) * (2 * np.pi / n)
    return np.cos(angles).astype(dtype), np.sin(angles).astype(dtype)


@functools.lru_cache(maxsize=64)
def _matrices(n: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """What the real and the imaginary part are multiplied by, giving both parts side by side."""
    cosine, sine = _roots(np.outer(np.arange(n), np.arange(n)), n, dtype)
    return np.concatenate([cosine, -sine], axis=1), np.concatenate([sine, cosine], axis=1)


@functools.lru_cache(maxsize=64)
def _twiddles(rows: int, columns: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    cosine, sine = _roots(np.outer(np.arange(rows), np.arange(columns)), rows * columns, dtype)
    return cosine, -sine


@functools.lru_cache(maxsize=16)
def _chirp(n: int, size: int, dtype: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The factors `exp(-i pi k^2 / n)`, and the transform of their conjugates, laid around zero, of `size` points."""
    squares = np.arange(n, dtype=np.int64) ** 2
    cosine, sine = _roots(squares, 2 * n, "float64")
    around = np.zeros(size, np.complex128)
    around[:n] = cosine + 1j * sine
    around[size - n + 1 :] = around[n - 1 : 0 : -1]
    spectrum = np.fft.fft(around)
    return (
        cosine.astype(dtype),
        (-sine).astype(dtype),
        spectrum.real.astype(dtype),
        spectrum.imag.astype(dtype),
    )


def _times(x: Pair, real: np.ndarray, imaginary: np.ndarray) -> Pair:
    """A product of complex numbers, the second ones known."""
    a, b = constant(real), constant(imaginary)
    if x[1] is None:
        return emit("mul", x[0], a), emit("mul", x[0], b)
    first = emit("sub", emit("mul", x[0], a), emit("mul", x[1], b))
    return first, emit("add", emit("mul", x[0], b), emit("mul", x[1], a))


def _each(x: Pair, function: Any) -> Pair:
    return function(x[0]), None if x[1] is None else function(x[1])


def _divisor(n: int) -> int:
    """The largest divisor that one product transforms; 1 if there is none."""
    return next((d for d in range(min(n, _DIRECT), 1, -1) if n % d == 0), 1)


def _transformed(x: Pair) -> tuple[Tensor, Tensor]:
    """The transform along the last axis of stacks of shape `(count, n)`."""
    count, n = x[0].shape
    first = _divisor(n)
    if first == n or (first == 1 and n <= _DIRECT_PRIME):
        return _by_product(x)
    if first == 1:
        return _by_convolution(x)
    second = n // first
    x = _each(x, lambda part: swapaxes(reshaped(part, [count, first, second]), 1, 2))
    x = _by_product(_each(x, lambda part: reshaped(part, [count * second, first])))
    x = _each(x, lambda part: reshaped(part, [count, second, first]))
    x = _times(x, *_twiddles(second, first, x[0].dtype))
    x = _each(x, lambda part: reshaped(swapaxes(part, 1, 2), [count * first, second]))
    real, imaginary = _transformed(x)
    parts = [reshaped(swapaxes(reshaped(part, [count, first, second]), 1, 2), [count, n]) for part in (real, imaginary)]
    return parts[0], parts[1]


def _by_product(x: Pair) -> tuple[Tensor, Tensor]:
    n = x[0].shape[1]
    for_real, for_imaginary = _matrices(n, x[0].dtype)
    both = emit("matmul", x[0], constant(for_real))
    if x[1] is not None:
        both = emit("add", both, emit("matmul", x[1], constant(for_imaginary)))
    return section(both, 1, 0, n), section(both, 1, n, 2 * n)


def _by_convolution(x: Pair) -> tuple[Tensor, Tensor]:
    n, dtype = x[0].shape[1], x[0].dtype
    size = 1 << (2 * n - 2).bit_length()
    cosine, sine, real, imaginary = _chirp(n, size, dtype)
    x = _each(_times(x, cosine, sine), lambda part: _resized(part, size))
    spectrum = _times(_transformed(x), real, imaginary)
    a, b = _times(_each(_inverse(spectrum), lambda part: section(part, 1, 0, n)), cosine, sine)
    assert b is not None
    return a, b


def _inverse(x: Pair) -> tuple[Tensor, Tensor]:
    """The inverse: parts exchanged before and after, which conjugates twice."""
    zero = filled_like(x[0], 0) if x[1] is None else x[1]
    imaginary, real = _transformed((zero, x[0]))
    one = scalar(1 / x[0].shape[1], real.dtype)
    return emit("mul", real, one), emit("mul", imaginary, one)


def _resized(x: Tensor, size: int) -> Tensor:
    """The last axis cut, or filled up with zeros."""
    last = x.ndim - 1
    if x.shape[last] >= size:
        return section(x, last, 0, size)
    none, high = [0] * x.ndim, [0] * last + [size - x.shape[last]]
    return emit("pad", x, scalar(0, x.dtype), low=none, high=high, interior=none)


def _along_last(x: Pair, transform: Any) -> tuple[Tensor, Tensor]:
    shape = list(x[0].shape)
    flat = _each(x, lambda part: reshaped(part, [math.prod(shape[:-1]), shape[-1]]))
    real, imaginary = transform(flat)
    return reshaped(real, shape), reshaped(imaginary, shape)


def _pair(x: Any, rank: int) -> tuple[Tensor, Tensor]:
    """The two tensors of a complex argument, checked."""
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError(f"Input `x` should be a tuple of two tensors - real and imaginary. Received: x={x}")
    real, imaginary = convert(x[0]), convert(x[1])
    if real.shape != imaginary.shape:
        raise ValueError(
            "Input `x` should be a tuple of two tensors - real and imaginary. Both the real and imaginary parts "
            f"should have the same shape. Received: x[0].shape = {real.shape}, x[1].shape = {imaginary.shape}"
        )
    if not (real.dtype.startswith("float") and imaginary.dtype == real.dtype):
        raise ValueError(
            "Both tensors of input `x` should be of one float type. "
            f"Received: x[0].dtype={real.dtype}, x[1].dtype={imaginary.dtype}"
        )
    _check_rank(real, rank)
    return real, imaginary


def _check_rank(x: Tensor, rank: int) -> None:
    if x.ndim < rank:
        raise ValueError(f"Input should have rank >= {rank}. Received: input.shape = {x.shape}")
    if 0 in x.shape[x.ndim - rank :]:
        raise ValueError(f"An axis to transform must not be empty. Received: input.shape = {x.shape}")


@operation
def fft(x: Any) -> tuple[Tensor, Tensor]:
    """The Fourier transform along the last axis: `X_k = sum_j x_j exp(-2 pi i j k / n)`.

    Args:
        x: the real and the imaginary part, two float tensors of shape `(..., n)`.

    Returns:
        The real and the imaginary part.

    Raises:
        ValueError: if these are not two float tensors of one shape.

    Example:

    >>> import keraburn as keras
    >>> real, imaginary = keras.ops.fft(([0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]))
    >>> (real.numpy().round(3) + 0.0).tolist()
    [1.0, 0.0, -1.0, 0.0]
    """
    return _along_last(_pair(x, 1), _transformed)


def _over_two_axes(x: Any, transform: Any) -> tuple[Tensor, Tensor]:
    x = _along_last(_pair(x, 2), transform)
    x = _along_last((swapaxes(x[0], -1, -2), swapaxes(x[1], -1, -2)), transform)
    return swapaxes(x[0], -1, -2), swapaxes(x[1], -1, -2)


@operation
def fft2(x: Any) -> tuple[Tensor, Tensor]:
    """The Fourier transform along the last two axes; arguments and errors as for `fft`."""
    return _over_two_axes(x, _transformed)


@operation
def ifft2(x: Any) -> tuple[Tensor, Tensor]:
    """The inverse of `fft2`; arguments and errors as for `fft`."""
    return _over_two_axes(x, _inverse)


@operation
def rfft(x: Any, fft_length: int | None = None) -> tuple[Tensor, Tensor]:
    """The Fourier transform of real numbers along the last axis, the frequencies from zero up.

    Args:
        x: a float tensor, shape `(..., n)`.
        fft_length: to how many numbers the axis is cut or filled up with zeros; `n` if None.

    Returns:
        The real and the imaginary part, shape `(..., fft_length // 2 + 1)`.

    Raises:
        ValueError: if `x` has no axis or no float type.
    """
    x = _real(x)
    _check_rank(x, 1)
    size = _length(fft_length, x.shape[-1])
    x = _resized(x, size)
    real, imaginary = _along_last((x, None), _transformed)
    return section(real, x.ndim - 1, 0, size // 2 + 1), section(imaginary, x.ndim - 1, 0, size // 2 + 1)


def _real(x: Any) -> Tensor:
    x = convert(x)
    if not x.dtype.startswith("float"):
        raise ValueError(f"Input `x` should be of a float type. Received: x.dtype={x.dtype}")
    return x


def _length(given: int | None, default: int) -> int:
    if given is None:
        return default
    if given < 1:
        raise ValueError(f"Argument `fft_length` must be positive. Received: fft_length={given}")
    return given


@operation
def irfft(x: Any, fft_length: int | None = None) -> Tensor:
    """The real numbers whose transform `rfft` gives.

    Args:
        x: the real and the imaginary part, two float tensors of shape `(..., m)`.
        fft_length: how many numbers; `2 * (m - 1)` if None.

    Raises:
        ValueError: if these are not two float tensors of one shape.
    """
    real, imaginary = _pair(x, 1)
    last = real.ndim - 1
    size = _length(fft_length, 2 * (real.shape[last] - 1))
    real, imaginary = _resized(real, size // 2 + 1), _resized(imaginary, size // 2 + 1)
    if size > 2:
        # The other half of the frequencies: conjugates, backwards.
        above = [emit("flip", section(part, last, 1, (size + 1) // 2), axes=[last]) for part in (real, imaginary)]
        real = emit("concatenate", real, above[0], axis=last)
        imaginary = emit("concatenate", imaginary, emit("neg", above[1]), axis=last)
    return _along_last((real, imaginary), _inverse)[0]
