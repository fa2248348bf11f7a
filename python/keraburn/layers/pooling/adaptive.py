"""Pooling to a given size."""

from __future__ import annotations

from typing import Any, ClassVar

from keraburn import config, ops
from keraburn.layers.layer import Layer
from keraburn.ops.spatial import channels_of, image_shape, per_axis


class _AdaptivePooling(Layer):
    rank: ClassVar[int]
    _function: ClassVar[Any]

    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None:
        if not isinstance(output_size, (int, tuple, list)):
            plural = "integers" if self.rank > 1 else "integer"
            raise TypeError(
                f"`output_size` must be an integer or tuple of {self.rank} {plural}. "
                f"Received: {output_size} of type {type(output_size)}"
            )
        super().__init__(**kwargs)
        self.output_size = per_axis(output_size, self.rank, "output_size")
        self.data_format = config.standardize_data_format(data_format)

    def call(self, inputs: Any) -> Any:
        return type(self)._function(inputs, output_size=self.output_size, data_format=self.data_format)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        channels = channels_of(input_shape, self.data_format)
        return image_shape(input_shape[0], self.output_size, channels, self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_size": self.output_size, "data_format": self.data_format}


class _AdaptiveMaxPooling(_AdaptivePooling):
    _function = staticmethod(ops.adaptive_max_pool)


class _AdaptiveAveragePooling(_AdaptivePooling):
    _function = staticmethod(ops.adaptive_average_pool)


class AdaptiveAveragePooling1D(_AdaptiveAveragePooling):
    """The means of as many windows of a sequence as the outputs have places, all of nearly equal size.

    Args:
        output_size: steps of the outputs.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, steps, channels)`, outputs `(batch, output_size, channels)`; with
    "channels_first" the channels come second.

    Raises:
        TypeError: if the size is neither a number nor several.
        ValueError: if it is not positive, or there are not as many as spatial axes.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.AdaptiveAveragePooling1D(3)(np.ones((2, 7, 3))).shape
    (2, 3, 3)
    """

    rank = 1


class AdaptiveAveragePooling2D(_AdaptiveAveragePooling):
    """The means of as many windows of an image as the outputs have places, all of nearly equal size.

    Args:
        output_size: height and width of the outputs, or one number.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, height, width, channels)`, outputs `(batch, *output_size, channels)`; with
    "channels_first" the channels come second.

    Raises:
        TypeError: if the size is neither a number nor several.
        ValueError: if it is not positive, or there are not as many as spatial axes.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.AdaptiveAveragePooling2D(3)(np.ones((2, 7, 5, 3))).shape
    (2, 3, 3, 3)
    """

    rank = 2


class AdaptiveAveragePooling3D(_AdaptiveAveragePooling):
    """The means of as many windows of a volume as the outputs have places, all of nearly equal size.

    Args:
        output_size: the three sizes of the outputs, or one number.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, depth, height, width, channels)`, outputs `(batch, *output_size, channels)`; with
    "channels_first" the channels come second.

    Raises:
        TypeError: if the size is neither a number nor several.
        ValueError: if it is not positive, or there are not as many as spatial axes.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.AdaptiveAveragePooling3D(3)(np.ones((2, 7, 5, 4, 3))).shape
    (2, 3, 3, 3, 3)
    """

    rank = 3


class AdaptiveMaxPooling1D(_AdaptiveMaxPooling):
    """The largest values of as many windows of a sequence as the outputs have places, all of nearly equal size.

    Args:
        output_size: steps of the outputs.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, steps, channels)`, outputs `(batch, output_size, channels)`; with
    "channels_first" the channels come second.

    Raises:
        TypeError: if the size is neither a number nor several.
        ValueError: if it is not positive, or there are not as many as spatial axes.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.AdaptiveMaxPooling1D(3)(np.ones((2, 7, 3))).shape
    (2, 3, 3)
    """

    rank = 1


class AdaptiveMaxPooling2D(_AdaptiveMaxPooling):
    """The largest values of as many windows of an image as the outputs have places, all of nearly equal size.

    Args:
        output_size: height and width of the outputs, or one number.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, height, width, channels)`, outputs `(batch, *output_size, channels)`; with
    "channels_first" the channels come second.

    Raises:
        TypeError: if the size is neither a number nor several.
        ValueError: if it is not positive, or there are not as many as spatial axes.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.AdaptiveMaxPooling2D(3)(np.ones((2, 7, 5, 3))).shape
    (2, 3, 3, 3)
    """

    rank = 2


class AdaptiveMaxPooling3D(_AdaptiveMaxPooling):
    """The largest values of as many windows of a volume as the outputs have places, all of nearly equal size.

    Args:
        output_size: the three sizes of the outputs, or one number.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, depth, height, width, channels)`, outputs `(batch, *output_size, channels)`; with
    "channels_first" the channels come second.

    Raises:
        TypeError: if the size is neither a number nor several.
        ValueError: if it is not positive, or there are not as many as spatial axes.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.AdaptiveMaxPooling3D(3)(np.ones((2, 7, 5, 4, 3))).shape
    (2, 3, 3, 3, 3)
    """

    rank = 3
