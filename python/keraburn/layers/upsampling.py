"""Layers that make images larger."""

from __future__ import annotations

from typing import Any, ClassVar

from keraburn import config, ops
from keraburn.layers.arguments import one_of
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.ops.resampling import KERNELS, resample
from keraburn.ops.spatial import channels_of, image_shape, per_axis, spatial_shape


class _UpSampling(Layer):
    rank: ClassVar[int]
    data_format = "channels_last"
    interpolation = "nearest"
    _sizes: tuple[int, ...]

    def _enlarge(self, inputs: Any, axis: int, size: int) -> Any:
        if self.interpolation == "nearest":
            return ops.repeat(inputs, size, axis=axis)
        return resample(inputs, axis, inputs.shape[axis] * size, self.interpolation)

    def call(self, inputs: Any) -> Any:
        first = 1 if self.data_format == "channels_last" else 2
        for axis, size in enumerate(self._sizes, first):
            inputs = self._enlarge(inputs, axis, size)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        sizes = zip(spatial_shape(input_shape, self.data_format), self._sizes, strict=True)
        larger = [None if size is None else size * times for size, times in sizes]
        return image_shape(input_shape[0], larger, channels_of(input_shape, self.data_format), self.data_format)


class UpSampling1D(_UpSampling):
    """Sequences with every step repeated.

    Args:
        size: how often.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, steps, channels)`, outputs `(batch, steps * size, channels)`.

    Raises:
        TypeError: if the size is no integer.
        ValueError: if it is not positive.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.UpSampling1D(2)(np.array([[[1.0], [2.0]]])).numpy().ravel()
    array([1., 1., 2., 2.], dtype=float32)
    """

    rank = 1

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(size, int) or isinstance(size, bool):
            raise TypeError(f"Expected an integer value for `size`, got {type(size)}.")
        if size <= 0:
            raise ValueError(f"Argument `size` should be a positive integer. Received: size={size}")
        self.size = size
        self._sizes = (size,)
        self.input_spec = InputSpec(ndim=3)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


class UpSampling2D(_UpSampling):
    """Images with every pixel repeated, or with pixels between theirs.

    Args:
        size: how often in both directions, or one number.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, height, width, channels)`, outputs `(batch, height * size[0], width * size[1], channels)`.

    Raises:
        ValueError: if the size is not positive, or the interpolation not known.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.UpSampling2D(2)(np.array([[[[1.0], [2.0]]]])).numpy()[0, :, :, 0]
    array([[1., 1., 2., 2.],
           [1., 1., 2., 2.]], dtype=float32)
    """

    rank = 2

    def __init__(
        self, size: Any = (2, 2), data_format: str | None = None, interpolation: str = "nearest", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        self.size = self._sizes = per_axis(size, 2, "size")
        self.interpolation = interpolation.lower()
        one_of(self, "interpolation", self.interpolation, ("nearest", *KERNELS))
        self.input_spec = InputSpec(ndim=4)

    def get_config(self) -> dict[str, Any]:
        own = {"size": self.size, "data_format": self.data_format, "interpolation": self.interpolation}
        return {**super().get_config(), **own}


class UpSampling3D(_UpSampling):
    """Volumes with every pixel repeated.

    Args:
        size: how often along the three axes, or one number.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, depth, height, width, channels)`, outputs the same with larger sizes.

    Raises:
        ValueError: if the size is not positive.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.UpSampling3D((1, 2, 3))(np.ones((1, 2, 2, 2, 1))).shape
    (1, 2, 4, 6, 1)
    """

    rank = 3

    def __init__(self, size: Any = (2, 2, 2), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        self.size = self._sizes = per_axis(size, 3, "size")
        self.input_spec = InputSpec(ndim=5)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size, "data_format": self.data_format}
