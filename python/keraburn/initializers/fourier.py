"""Kernels of convolutions that are short-time Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn import config, ops
from keraburn.initializers.initializer import Initializer
from keraburn.tensor import Tensor

_WINDOWS: dict[str, Callable[[int], np.ndarray]] = {
    "hann": np.hanning,
    "hamming": np.hamming,
    "blackman": np.blackman,
    "bartlett": np.bartlett,
    "boxcar": np.ones,
}


def _window(name: str, length: int, periodic: bool) -> np.ndarray:
    """A window by its name; those that numpy does not have come from scipy.

    Raises:
        ValueError: if there is no such window, or scipy is needed and not installed.
    """
    if name in _WINDOWS:
        return _WINDOWS[name](length + 1)[:-1] if periodic else _WINDOWS[name](length)
    try:
        from scipy.signal import get_window
    except ImportError:
        raise ValueError(
            f"Windows other than {sorted(_WINDOWS)} need scipy, which is not installed. Received: window={name}"
        ) from None
    return get_window(name, length, periodic)


class STFT(Initializer):
    """The real or the imaginary part of a Fourier transform of windows, as the kernel of a convolution.

    Args:
        side: `"real"` or `"imag"`.
        window: name of a window, its values, or None for none.
        scaling: `"density"` divides by the root of the sum of the window's squares, `"spectrum"` by its sum; None
            does not.
        periodic: whether the window's period is its length, rather than one less.

    Raises:
        ValueError: if an argument is another word.

    Example:

    >>> import keraburn as keras
    >>> keras.initializers.STFT("imag", window=None)((4, 1, 3)).shape
    (4, 1, 3)
    """

    def __init__(
        self, side: str = "real", window: Any = "hann", scaling: str | None = "density", periodic: bool = False
    ) -> None:
        if side not in ("real", "imag"):
            raise ValueError(f"side should be 'real' or 'imag', not {side}. Received: side={side}")
        if isinstance(window, str):
            _window(window, 1, True)
        if scaling not in (None, "density", "spectrum"):
            raise ValueError(
                f"Scaling is invalid, it must be `None`, 'density' or 'spectrum'. Received: scaling={scaling}"
            )
        self.side = side
        self.window = window
        self.scaling = scaling
        self.periodic = periodic

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        """The kernel.

        Args:
            shape: `(window length, 1, frequencies)`, the frequencies from zero to half the length of a transform.
            dtype: the element type.

        Raises:
            ValueError: if the shape has other dimensions, or the window another length.
        """
        if len(shape) != 3:
            raise ValueError(f"The shape must be (window length, 1, frequencies). Received: shape={tuple(shape)}")
        length, _, frequencies = shape
        turns = np.outer(np.arange(length), np.arange(frequencies)) / max(2 * (frequencies - 1), 1)
        angles = -2 * np.pi * turns[:, None, :]
        kernel = np.cos(angles) if self.side == "real" else np.sin(angles)
        if self.window is not None:
            named = isinstance(self.window, str)
            values = _window(self.window, length, self.periodic) if named else np.asarray(self.window, np.float64)
            if values.shape != (length,):
                raise ValueError(
                    f"The shape of `window` must be equal to [frame_length]. Received: window shape={values.shape}"
                )
            scales = {"density": np.sqrt(np.sum(values**2)), "spectrum": np.sum(np.abs(values)), None: 1.0}
            kernel = kernel * values[:, None, None] / scales[self.scaling]
        return ops.convert_to_tensor(kernel, dtype=dtype or config.floatx())

    def get_config(self) -> dict[str, Any]:
        return {"side": self.side, "window": self.window, "periodic": self.periodic, "scaling": self.scaling}
