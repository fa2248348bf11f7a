"""Maxima and means of windows of images with one to three spatial axes."""

from __future__ import annotations

from typing import Any, ClassVar

from keraburn import config, ops
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.ops.spatial import channels_of, convolved_sizes, image_shape, known_padding, per_axis, spatial_shape


class _Pooling(Layer):
    rank: ClassVar[int]
    _function: ClassVar[Any]

    def __init__(
        self,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.pool_size = per_axis(pool_size, self.rank, "pool_size")
        self.strides = self.pool_size if strides is None else per_axis(strides, self.rank, "strides")
        self.padding = known_padding(padding, ("valid", "same"))
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._build_at_init()

    def _options(self) -> dict[str, Any]:
        return {
            "pool_size": self.pool_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
        }

    def call(self, inputs: Any) -> Any:
        return type(self)._function(inputs, **self._options())

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        received = (
            f"`inputs.shape={tuple(input_shape)}`, `pool_size={self.pool_size}`, `strides={self.strides}`, "
            f"`padding={self.padding}`"
        )
        sizes = spatial_shape(input_shape, self.data_format)
        counts = convolved_sizes(sizes, self.pool_size, self.strides, self.padding, received)
        return image_shape(input_shape[0], counts, channels_of(input_shape, self.data_format), self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._options()}


class _MaxPooling(_Pooling):
    _function = staticmethod(ops.max_pool)


class _AveragePooling(_Pooling):
    _function = staticmethod(ops.average_pool)


class MaxPooling1D(_MaxPooling):
    """The largest value of each window of sequences, channel by channel.

    Args:
        pool_size: steps of a window.
        strides: steps between windows; `pool_size` if None.
        padding: "valid" for windows inside the inputs, "same" for as many as strides fit.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        name: name of the layer.
        **kwargs: arguments of every layer, such as `dtype`.

    Shapes: inputs `(batch, steps, channels)`, outputs `(batch, new_steps, channels)`.

    Raises:
        ValueError: if an argument does not fit, or no window is inside the inputs.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.MaxPooling1D(2)(np.array([[[1.0], [4.0], [2.0], [3.0]]])).numpy()
    array([[[4.],
            [3.]]], dtype=float32)
    """

    rank = 1

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class MaxPooling2D(_MaxPooling):
    """The largest value of each window of images, channel by channel.

    Args:
        pool_size: height and width of a window, or one number.
        strides: pixels between windows; `pool_size` if None.
        padding: "valid" for windows inside the inputs, "same" for as many as strides fit.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        name: name of the layer.
        **kwargs: arguments of every layer, such as `dtype`.

    Shapes: inputs `(batch, height, width, channels)`, outputs `(batch, new_height, new_width, channels)`.

    Raises:
        ValueError: if an argument does not fit, or no window is inside the inputs.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.MaxPooling2D(2)(np.arange(16.0).reshape(1, 4, 4, 1)).numpy()[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]], dtype=float32)
    """

    rank = 2

    def __init__(
        self,
        pool_size: Any = (2, 2),
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class MaxPooling3D(_MaxPooling):
    """The largest value of each window of volumes, channel by channel.

    Args:
        pool_size: the three sizes of a window, or one number.
        strides: pixels between windows; `pool_size` if None.
        padding: "valid" for windows inside the inputs, "same" for as many as strides fit.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        name: name of the layer.
        **kwargs: arguments of every layer, such as `dtype`.

    Shapes: inputs `(batch, depth, height, width, channels)`, outputs the same with other sizes.

    Raises:
        ValueError: if an argument does not fit, or no window is inside the inputs.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.MaxPooling3D(2)(np.ones((1, 4, 4, 4, 2))).shape
    (1, 2, 2, 2, 2)
    """

    rank = 3

    def __init__(
        self,
        pool_size: Any = (2, 2, 2),
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class AveragePooling1D(_AveragePooling):
    """The mean of each window of sequences, channel by channel.

    Args:
        pool_size: steps of a window.
        strides: steps between windows; `pool_size` if None.
        padding: "valid" for windows inside the inputs, "same" for as many as strides fit; what is
            beyond the inputs does not count.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        name: name of the layer.
        **kwargs: arguments of every layer, such as `dtype`.

    Shapes: inputs `(batch, steps, channels)`, outputs `(batch, new_steps, channels)`.

    Raises:
        ValueError: if an argument does not fit, or no window is inside the inputs.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.AveragePooling1D(2)(np.array([[[1.0], [4.0], [2.0], [3.0]]])).numpy()
    array([[[2.5],
            [2.5]]], dtype=float32)
    """

    rank = 1


class AveragePooling2D(_AveragePooling):
    """The mean of each window of images, channel by channel.

    Args:
        pool_size: height and width of a window, or one number.
        strides: pixels between windows; `pool_size` if None.
        padding: "valid" for windows inside the inputs, "same" for as many as strides fit; what is
            beyond the inputs does not count.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        name: name of the layer.
        **kwargs: arguments of every layer, such as `dtype`.

    Shapes: inputs `(batch, height, width, channels)`, outputs `(batch, new_height, new_width, channels)`.

    Raises:
        ValueError: if an argument does not fit, or no window is inside the inputs.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.AveragePooling2D(2)(np.arange(16.0).reshape(1, 4, 4, 1)).numpy()[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]], dtype=float32)
    """

    rank = 2


class AveragePooling3D(_AveragePooling):
    """The mean of each window of volumes, channel by channel.

    Args:
        pool_size: the three sizes of a window, or one number.
        strides: pixels between windows; `pool_size` if None.
        padding: "valid" for windows inside the inputs, "same" for as many as strides fit; what is
            beyond the inputs does not count.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        name: name of the layer.
        **kwargs: arguments of every layer, such as `dtype`.

    Shapes: inputs `(batch, depth, height, width, channels)`, outputs the same with other sizes.

    Raises:
        ValueError: if an argument does not fit, or no window is inside the inputs.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.AveragePooling3D(2)(np.ones((1, 4, 4, 4, 2))).shape
    (1, 2, 2, 2, 2)
    """

    rank = 3
