"""Spectrograms: how strong each frequency of a sound is, over time."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from keraburn import config, initializers, ops
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.tensor import Tensor
from keraburn.variable import Variable

_MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")


def _mel(hertz: Any) -> Any:
    """The mel scale, after which equal steps sound equally far apart."""
    return 1127.0 * np.log(1.0 + np.asarray(hertz, np.float64) / 700.0)


class MelSpectrogram(Layer):
    """The strength of bands of frequencies that sound equally wide, over time.

    Args:
        fft_length: points of a transform.
        sequence_stride: distance from one window to the next.
        sequence_length: length of a window; `fft_length` if None.
        window: `"hann"`, `"hamming"`, a vector or None.
        sampling_rate: numbers a second.
        num_mel_bins: number of bands.
        min_freq: lowest frequency in hertz.
        max_freq: highest frequency in hertz; half the sampling rate if None.
        power_to_db: whether strengths are given in decibels.
        top_db: decibels below the strongest at which the weakest are cut.
        mag_exp: power of the magnitudes: 1 for energy, 2 for power.
        min_power: least strength, below which nothing is told apart.
        ref_power: the strength of 0 decibels.
        **kwargs: arguments of every layer.

    Shapes: inputs `(samples,)` or `(batch, samples)`, outputs `(..., num_mel_bins, time)`.

    Raises:
        ValueError: if a window is longer than a transform.

    Source: O'Shaughnessy, 1987, "Speech communication: human and machine", for the scale.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.MelSpectrogram(64, 32, num_mel_bins=8)(np.ones((2, 320), "float32")).shape
    (2, 8, 11)
    """

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: Any = "hann",
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        **kwargs: Any,
    ) -> None:
        sequence_length = sequence_length or fft_length
        if fft_length < sequence_length:
            raise ValueError(
                "`fft_length` must be greater than or equal to `sequence_length`. Received: "
                f"`sequence_length`={sequence_length}, `fft_length`={fft_length}."
            )
        super().__init__(**kwargs)
        self.fft_length = fft_length
        self.sequence_stride = sequence_stride
        self.sequence_length = sequence_length
        self.window = window
        self.sampling_rate = sampling_rate
        self.num_mel_bins = num_mel_bins
        self.min_freq = min_freq
        self.max_freq = max_freq or int(sampling_rate / 2)
        self.power_to_db = power_to_db
        self.top_db = top_db
        self.mag_exp = mag_exp
        self.min_power = min_power
        self.ref_power = ref_power
        self._build_at_init()

    def call(self, inputs: Any) -> Tensor:
        dtype = self.compute_dtype if self.compute_dtype in ("float32", "float64") else "float32"
        real, imaginary = ops.stft(
            ops.cast(inputs, dtype), self.sequence_length, self.sequence_stride, self.fft_length, window=self.window
        )
        power = ops.power(ops.add(ops.square(real), ops.square(imaginary)), self.mag_exp / 2)
        bins = self.fft_length // 2 + 1
        matrix = self.linear_to_mel_weight_matrix(
            self.num_mel_bins, bins, self.sampling_rate, self.min_freq, self.max_freq, dtype
        )
        bands = ops.tensordot(power, matrix, axes=1)
        if self.power_to_db:
            reference = 10.0 * math.log10(max(abs(self.ref_power), self.min_power))
            bands = ops.subtract(ops.multiply(10.0, ops.log10(ops.maximum(bands, self.min_power))), reference)
            bands = ops.maximum(bands, ops.subtract(ops.max(bands), self.top_db))
        return ops.cast(ops.swapaxes(bands, -1, -2), self.compute_dtype)

    def linear_to_mel_weight_matrix(
        self,
        num_mel_bins: int = 20,
        num_spectrogram_bins: int = 129,
        sampling_rate: int = 8000,
        lower_edge_hertz: float = 125.0,
        upper_edge_hertz: float = 3800.0,
        dtype: str = "float32",
    ) -> Tensor:
        """What magnitudes of frequencies are multiplied by to give those of bands, each a triangle on the mel scale.

        Args:
            num_mel_bins: number of bands.
            num_spectrogram_bins: number of frequencies, from zero to half the sampling rate.
            sampling_rate: numbers a second.
            lower_edge_hertz: where the lowest band begins.
            upper_edge_hertz: where the highest band ends.
            dtype: of the matrix.
        """
        frequencies = _mel(np.linspace(0.0, sampling_rate / 2, num_spectrogram_bins))[:, None]
        edges = np.linspace(_mel(lower_edge_hertz), _mel(upper_edge_hertz), num_mel_bins + 2)
        low, center, high = edges[:-2], edges[1:-1], edges[2:]
        rising, falling = (frequencies - low) / (center - low), (high - frequencies) / (high - center)
        matrix = np.maximum(0.0, np.minimum(rising, falling))
        # The frequency zero belongs to no band.
        matrix[0] = 0.0
        return ops.convert_to_tensor(matrix, dtype=dtype)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        *lead, size = input_shape
        padded = None if size is None else size + 2 * (self.fft_length // 2)
        time = None if padded is None else (padded - self.fft_length) // self.sequence_stride + 1
        return (*lead, self.num_mel_bins, time)

    def get_config(self) -> dict[str, Any]:
        names = (
            *(
                "fft_length",
                "sequence_stride",
                "sequence_length",
                "window",
                "sampling_rate",
                "num_mel_bins",
                "min_freq",
            ),
            *("max_freq", "power_to_db", "top_db", "mag_exp", "min_power", "ref_power"),
        )
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


class STFTSpectrogram(Layer):
    """Fourier transforms of windows as a convolution, whose kernels may be trained.

    Args:
        mode: `"log"`, `"magnitude"`, `"psd"` (power), `"real"`, `"imag"`, `"angle"` or `"stft"` (both parts).
        frame_length: length of a window.
        frame_step: distance from one window to the next; half a window if None.
        fft_length: points of a transform; the next power of two if None.
        window: name of a window, its values or None.
        periodic: whether the window's period is its length.
        scaling: `"density"`, `"spectrum"` or None.
        padding: `"valid"` or `"same"`.
        expand_dims: whether channels and frequencies have axes of their own.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: arguments of every layer.

    Shapes: inputs `(batch, samples, channels)`, outputs `(batch, time, frequencies * channels)`.

    Raises:
        ValueError: if an argument is another word, or lengths do not fit.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.STFTSpectrogram(frame_length=16)(np.ones((2, 64, 1), "float32")).shape
    (2, 7, 9)
    """

    def __init__(
        self,
        mode: str = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        window: Any = "hann",
        periodic: bool = False,
        scaling: str | None = "density",
        padding: str = "valid",
        expand_dims: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        if frame_step is not None and not 1 <= frame_step <= frame_length:
            raise ValueError(
                "`frame_step` should be a positive integer not greater than `frame_length`. Received "
                f"frame_step={frame_step}, frame_length={frame_length}"
            )
        if fft_length is not None and fft_length < frame_length:
            raise ValueError(
                "`fft_length` should be not less than `frame_length`. Received "
                f"fft_length={fft_length}, frame_length={frame_length}"
            )
        if fft_length is not None and fft_length & (fft_length - 1):
            warnings.warn(
                f"`fft_length` is recommended to be a power of two. Received fft_length={fft_length}", stacklevel=2
            )
        if mode not in _MODES:
            raise ValueError(f"Output mode is invalid, it must be one of {', '.join(_MODES)}. Received: mode={mode}")
        if padding not in ("valid", "same"):
            raise ValueError(f"Padding is invalid, it should be 'valid', 'same'. Received: padding={padding}")
        initializers.STFT("real", window, scaling, periodic)
        super().__init__(**kwargs)
        self.mode = mode
        self.frame_length = frame_length
        self.frame_step = frame_step
        self._frame_step = frame_step or frame_length // 2
        self.fft_length = fft_length
        self._fft_length = fft_length or 2 ** math.ceil(math.log2(frame_length))
        self.window = window
        self.periodic = periodic
        self.scaling = scaling
        self.padding = padding
        self.expand_dims = expand_dims
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=3)

    real_kernel: Variable
    imag_kernel: Variable

    def build(self, input_shape: Any) -> None:
        shape = (self.frame_length, 1, self._fft_length // 2 + 1)
        for side, needless in (("real", "imag"), ("imag", "real")):
            if self.mode != needless:
                initializer = initializers.STFT(side, self.window, self.scaling, self.periodic)
                setattr(self, f"{side}_kernel", self.add_weight(shape, initializer, name=f"{side}_kernel"))

    def _convolved(self, signal: Tensor, kernel: Any) -> Tensor:
        """Shape `(batch, channels, samples)` to `(batch, channels, frequencies, time)`."""
        batch, channels, samples = signal.shape
        outputs = ops.conv(
            ops.reshape(signal, (batch * channels, samples, 1)),
            ops.cast(kernel, signal.dtype),
            strides=self._frame_step,
            padding=self.padding,
            data_format="channels_last",
        )
        _, time, frequencies = outputs.shape
        return ops.reshape(ops.transpose(outputs, (0, 2, 1)), (batch, channels, frequencies, time))

    def _measured(self, signal: Tensor) -> Tensor:
        real = None if self.mode == "imag" else self._convolved(signal, self.real_kernel)
        imaginary = None if self.mode == "real" else self._convolved(signal, self.imag_kernel)
        if real is None or imaginary is None:
            return imaginary if real is None else real  # type: ignore[return-value]
        if self.mode == "angle":
            return ops.arctan2(imaginary, real)
        if self.mode == "stft":
            return ops.concatenate([real, imaginary], axis=2)
        power = ops.add(ops.square(real), ops.square(imaginary))
        if self.mode == "psd":
            # What is between the lowest and the highest frequency stands for negative ones too.
            return ops.add(power, ops.pad(power[:, :, 1:-1, :], ((0, 0), (0, 0), (1, 1), (0, 0))))
        magnitude = ops.sqrt(ops.maximum(power, config.epsilon()))
        return magnitude if self.mode == "magnitude" else ops.log(ops.maximum(magnitude, config.epsilon()))

    def call(self, inputs: Any) -> Tensor:
        if not inputs.dtype.startswith("float"):
            raise TypeError(
                f"Invalid input type. Expected `float16`, `float32` or `float64`. Received: input type={inputs.dtype}"
            )
        last = self.data_format == "channels_last"
        outputs = self._measured(ops.transpose(inputs, (0, 2, 1)) if last else inputs)
        batch, channels, frequencies, time = outputs.shape
        if self.expand_dims:
            return ops.transpose(outputs, (0, 3, 2, 1) if last else (0, 1, 3, 2))
        outputs = ops.reshape(outputs, (batch, channels * frequencies, time))
        return ops.transpose(outputs, (0, 2, 1)) if last else outputs

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        last = self.data_format == "channels_last"
        batch, samples, channels = input_shape if last else (input_shape[0], input_shape[2], input_shape[1])
        frequencies = (self._fft_length // 2 + 1) * (2 if self.mode == "stft" else 1)
        time = None
        if samples is not None:
            whole = samples - self.frame_length if self.padding == "valid" else samples - 1
            time = whole // self._frame_step + 1
        if self.expand_dims:
            return (batch, time, frequencies, channels) if last else (batch, channels, time, frequencies)
        joined = frequencies * channels
        return (batch, time, joined) if last else (batch, joined, time)

    def get_config(self) -> dict[str, Any]:
        names = (
            *("mode", "frame_length", "frame_step", "fft_length", "window", "periodic", "scaling", "padding"),
            *("data_format", "expand_dims"),
        )
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
