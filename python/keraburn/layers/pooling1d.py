"""Pooling of sequences over all their steps."""

from __future__ import annotations

from typing import Any

from keraburn import config as settings
from keraburn import ops
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer


class _GlobalPooling1D(Layer):
    """What they share: which axis holds the steps, and whether it stays with size 1."""

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = settings.standardize_data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=3)
        self._build_at_init()

    @property
    def _steps_axis(self) -> int:
        return 1 if self.data_format == "channels_last" else 2

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        batch, features = input_shape[0], input_shape[3 - self._steps_axis]
        if not self.keepdims:
            return (batch, features)
        return (batch, 1, features) if self._steps_axis == 1 else (batch, features, 1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format, "keepdims": self.keepdims}


class GlobalAveragePooling1D(_GlobalPooling1D):
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

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, keepdims=keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        axis = self._steps_axis
        if mask is None:
            return ops.mean(inputs, axis=axis, keepdims=self.keepdims)
        kept = ops.cast(ops.expand_dims(mask, 3 - axis), "bool")
        total = ops.sum(ops.where(kept, inputs, ops.zeros_like(inputs)), axis=axis, keepdims=self.keepdims)
        return total / ops.sum(ops.cast(kept, inputs.dtype), axis=axis, keepdims=self.keepdims)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None


class GlobalMaxPooling1D(_GlobalPooling1D):
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

    def call(self, inputs: Any) -> Any:
        return ops.max(inputs, axis=self._steps_axis, keepdims=self.keepdims)
