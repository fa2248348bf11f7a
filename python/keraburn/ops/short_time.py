"""Fourier transforms of windows that move along a signal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import constant, convert, filled_like, scalar
from keraburn.ops.fourier import irfft, rfft
from keraburn.ops.joining import section
from keraburn.ops.math import extract_sequences
from keraburn.ops.repetition import pad
from keraburn.ops.shaping import permuted, reshaped
from keraburn.tensor import Tensor

# Raised cosines: the constant part; the rest is that of the cosine.
_WINDOWS = {"hann": 0.5, "hamming": 0.54}


def window_of(window: Any, sequence_length: int, fft_length: int, dtype: str) -> Tensor:
    """The window in the middle of `fft_length` places, zeros around it; ones everywhere for None.

    Raises:
        ValueError: if the name is unknown, or the window or the transform has another length.
    """
    if fft_length < sequence_length:
        raise ValueError(
            "`fft_length` must equal or larger than `sequence_length`. "
            f"Received: sequence_length={sequence_length}, fft_length={fft_length}"
        )
    if window is None:
        return constant(np.ones(fft_length, dtype))
    if isinstance(window, str):
        if window not in _WINDOWS:
            raise ValueError(
                f'If a string is passed to `window`, it must be one of `"hann"`, `"hamming"`. Received: window={window}'
            )
        level = _WINDOWS[window]
        turns = 2 * np.pi * np.arange(sequence_length) / sequence_length
        values = constant((level - (1 - level) * np.cos(turns)).astype(dtype))
    else:
        values = convert(window, dtype)
    if values.shape != (sequence_length,):
        raise ValueError(
            f"The shape of `window` must be equal to [sequence_length]. Received: window shape={values.shape}"
        )
    before = (fft_length - sequence_length) // 2
    after = fft_length - sequence_length - before
    return emit("pad", values, scalar(0, dtype), low=[before], high=[after], interior=[0])


@operation
def stft(
    x: Any, sequence_length: int, sequence_stride: int, fft_length: int, window: Any = "hann", center: bool = True
) -> tuple[Tensor, Tensor]:
    """The short-time Fourier transform: that of a window's share of the signal, for each place of the window.

    Args:
        x: a float tensor, shape `(..., n)`.
        sequence_length: length of the window.
        sequence_stride: distance from one window to the next.
        fft_length: points of a transform, at least `sequence_length`.
        window: `"hann"`, `"hamming"`, a vector or None.
        center: whether the signal is reflected at its ends, so that windows are centered on its points.

    Returns:
        The real and the imaginary part, shape `(..., windows, fft_length // 2 + 1)`.

    Raises:
        TypeError: if `x` is of no float type.
        ValueError: if lengths and window do not fit.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.stft(keras.ops.ones((16,)), 4, 2, 8)[0].shape
    (9, 5)
    """
    x = convert(x)
    if not x.dtype.startswith("float"):
        raise TypeError(f"Invalid input type. Expected `float32` or `float64`. Received: input type={x.dtype}")
    values = window_of(window, sequence_length, fft_length, x.dtype)
    if center:
        width = [(0, 0)] * (x.ndim - 1) + [(fft_length // 2, fft_length // 2)]
        x = pad(x, width, mode="reflect")
    return rfft(emit("mul", extract_sequences(x, fft_length, sequence_stride), values))


def _overlapped(frames: Tensor, stride: int) -> Tensor:
    """Windows added up where they came from: shape `(..., windows, size)` to `(..., length)`."""
    *lead, count, size = frames.shape
    length, many = size + stride * (count - 1), math.prod(lead)
    places = stride * np.arange(count, dtype=np.int32)[:, None] + np.arange(size, dtype=np.int32)
    rows = permuted(reshaped(frames, [many, count * size]), [1, 0])
    start = filled_like(rows, 0, shape=[length, many])
    total = emit("scatter", start, constant(places.reshape(-1)), rows, mode="add")
    return reshaped(permuted(total, [1, 0]), [*lead, length])


@operation
def istft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Tensor:
    """The signal of a short-time Fourier transform: the inverse of `stft` for the same arguments.

    Args:
        x: the real and the imaginary part, two float tensors of shape `(..., windows, fft_length // 2 + 1)`.
        sequence_length: length of the window.
        sequence_stride: distance from one window to the next.
        fft_length: points of a transform.
        length: how long the signal is; all of it if None.
        window: as for `stft`. Without one, overlapping windows are added up and not averaged, as in Keras.
        center: as for `stft`.

    Raises:
        ValueError: if these are not two tensors of one shape, or lengths and window do not fit.
    """
    frames = irfft(x, fft_length)
    if frames.ndim < 2:
        raise ValueError(f"Input `x` must have at least 2 dimensions. Received shape: {frames.shape}")
    values = window_of(window, sequence_length, fft_length, frames.dtype)
    signal = _overlapped(emit("mul", frames, values), sequence_stride)
    squares = emit("broadcast_to", emit("square", values), shape=[frames.shape[-2], fft_length])
    weight = _overlapped(squares, sequence_stride)
    covered = emit("gt", weight, scalar(1e-10, weight.dtype))
    signal = emit("div", signal, emit("where", covered, weight, scalar(1, weight.dtype)))
    if window is None:
        signal = emit("mul", signal, scalar(fft_length / sequence_stride, signal.dtype))
    last = signal.ndim - 1
    start = fft_length // 2 if center else 0
    whole = signal.shape[last]
    end = start + length if length is not None else whole - start if center else whole
    return section(signal, last, min(start, whole), max(min(end, whole), min(start, whole)))
