"""Maxima and means over all of an image."""

from __future__ import annotations

from typing import Any, ClassVar

from keraburn import config, ops
from keraburn.layers import arguments
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.ops.spatial import channels_of, image_shape


class _GlobalPooling(Layer):
    """What they share: which axes are spatial, and whether they stay with size 1."""

    rank: ClassVar[int]

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._build_at_init()

    @property
    def _axes(self) -> list[int]:
        first = 1 if self.data_format == "channels_last" else 2
        return list(range(first, first + self.rank))

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        channels = channels_of(input_shape, self.data_format)
        sizes = (1,) * self.rank if self.keepdims else ()
        return image_shape(input_shape[0], sizes, channels, self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format, "keepdims": self.keepdims}


class _GlobalMaxPooling(_GlobalPooling):
    def call(self, inputs: Any) -> Any:
        return ops.max(inputs, axis=self._axes, keepdims=self.keepdims)


class _GlobalAveragePooling(_GlobalPooling):
    def call(self, inputs: Any) -> Any:
        return ops.mean(inputs, axis=self._axes, keepdims=self.keepdims)


class GlobalAveragePooling1D(_GlobalPooling):
    """The mean over the steps of a sequence, over those that the mask leaves where there is one.

    Args:
        data_format: `"channels_last"` for inputs `(batch, steps, features)`, `"channels_first"` for
            `(batch, features, steps)`; `config.image_data_format()` if None.
        keepdims: whether the axis of the steps stays, with size 1.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `inputs`; `mask`, booleans `(batch, steps)`, false for the steps that do not count.

    Shapes: outputs `(batch, features)`, or with `keepdims` a 1 in the place of the steps.

    Raises:
        ValueError: if the format is not known.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> x = np.array([[[1.0], [5.0], [9.0]]])
    >>> keras.layers.GlobalAveragePooling1D()(x, mask=np.array([[True, True, False]])).numpy()
    array([[3.]], dtype=float32)
    """

    rank = 1

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, keepdims=keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        (axis,) = self._axes
        if mask is None:
            return ops.mean(inputs, axis=axis, keepdims=self.keepdims)
        arguments.mask_of(self, "mask", mask, (inputs.shape[0], inputs.shape[axis]))
        kept = ops.cast(ops.expand_dims(mask, 3 - axis), "bool")
        total = ops.sum(ops.where(kept, inputs, ops.zeros_like(inputs)), axis=axis, keepdims=self.keepdims)
        return total / ops.sum(ops.cast(kept, inputs.dtype), axis=axis, keepdims=self.keepdims)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None


class GlobalMaxPooling1D(_GlobalMaxPooling):
    """The largest value over the steps of a sequence, for each feature.

    Args:
        data_format: `"channels_last"` for inputs `(batch, steps, features)`, `"channels_first"` for
            `(batch, features, steps)`; `config.image_data_format()` if None.
        keepdims: whether the axis of the steps stays, with size 1.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: outputs `(batch, features)`, or with `keepdims` a 1 in the place of the steps.

    Raises:
        ValueError: if the format is not known.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.GlobalMaxPooling1D()(np.array([[[1.0], [5.0], [2.0]]])).numpy()
    array([[5.]], dtype=float32)
    """

    rank = 1


class GlobalAveragePooling2D(_GlobalAveragePooling):
    """The mean over all pixels of an image, for each channel.

    Args:
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        keepdims: whether the spatial axes stay, with size 1.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, height, width, channels)`, outputs `(batch, channels)`, or with
    `keepdims` ones in the places of the spatial axes; with "channels_first" the channels come second.

    Raises:
        ValueError: if the format is not known.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.GlobalAveragePooling2D()(np.arange(4.0).reshape(1, 2, 2, 1)).numpy()
    array([[1.5]], dtype=float32)
    """

    rank = 2


class GlobalAveragePooling3D(_GlobalAveragePooling):
    """The mean over all pixels of a volume, for each channel.

    Args:
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        keepdims: whether the spatial axes stay, with size 1.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, depth, height, width, channels)`, outputs `(batch, channels)`, or with
    `keepdims` ones in the places of the spatial axes; with "channels_first" the channels come second.

    Raises:
        ValueError: if the format is not known.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.GlobalAveragePooling3D()(np.arange(8.0).reshape(1, 2, 2, 2, 1)).numpy()
    array([[3.5]], dtype=float32)
    """

    rank = 3


class GlobalMaxPooling2D(_GlobalMaxPooling):
    """The largest value over all pixels of an image, for each channel.

    Args:
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        keepdims: whether the spatial axes stay, with size 1.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, height, width, channels)`, outputs `(batch, channels)`, or with
    `keepdims` ones in the places of the spatial axes; with "channels_first" the channels come second.

    Raises:
        ValueError: if the format is not known.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.GlobalMaxPooling2D()(np.arange(4.0).reshape(1, 2, 2, 1)).numpy()
    array([[3.]], dtype=float32)
    """

    rank = 2


class GlobalMaxPooling3D(_GlobalMaxPooling):
    """The largest value over all pixels of a volume, for each channel.

    Args:
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        keepdims: whether the spatial axes stay, with size 1.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, depth, height, width, channels)`, outputs `(batch, channels)`, or with
    `keepdims` ones in the places of the spatial axes; with "channels_first" the channels come second.

    Raises:
        ValueError: if the format is not known.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.GlobalMaxPooling3D()(np.arange(8.0).reshape(1, 2, 2, 2, 1)).numpy()
    array([[7.]], dtype=float32)
    """

    rank = 3
