"""Layers that only pass on or transform: Activation, Identity, Lambda, Masking."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from keraburn import activations, ops, registry
from keraburn.layers.layer import Layer
from keraburn.ops import apply


class Activation(Layer):
    """An activation function: `outputs = activation(inputs)`.

    Args:
        activation: name of a function of `keras.activations`, or a function.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: outputs as inputs, any.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Activation("relu")(np.array([-3.0, 2.0])).numpy()
    array([0., 2.], dtype=float32)
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.activation = activations.get(activation)
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


class Identity(Layer):
    """Its inputs, unchanged.

    Args:
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Identity()(np.array([[1.0, -2.0]])).numpy()
    array([[ 1., -2.]], dtype=float32)
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        return inputs


class Lambda(Layer):
    """A function of tensors as a layer.

    Args:
        function: takes the inputs first, and `mask` and `training` if it names them.
        output_shape: shape of one row of the outputs, or a function from the inputs' shape to the outputs'; found out
            if None.
        mask: mask of the outputs, or a function `(inputs, mask)` that gives it.
        arguments: keyword arguments for the function.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Lambda(lambda x: x**2)(np.array([3.0])).numpy()
    array([9.], dtype=float32)
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise TypeError(f"Argument `function` must be callable. Received: function={function}")
        self.function = function
        self.arguments = arguments or {}
        self.supports_masking = mask is not None
        self.mask = mask
        self._output_shape = output_shape
        known = inspect.getfullargspec(function).args
        self._takes_training = "training" in known
        self._takes_mask = "mask" in known

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        extra = dict(self.arguments)
        if self._takes_mask:
            extra["mask"] = mask
        if self._takes_training:
            extra["training"] = training
        return self.function(inputs, **extra)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        first = input_shape[0]
        batch = first[0] if isinstance(first, (list, tuple)) else first
        return (batch, *self._output_shape)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        if self._output_shape is None:
            return apply.describe(self.call, args, kwargs)
        return super().compute_output_spec(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "function": _plain(self.function)}
        if self._output_shape is not None:
            config["output_shape"] = _plain(self._output_shape)
        if self.mask is not None:
            config["mask"] = _plain(self.mask)
        return {**config, "arguments": registry.serialize_keras_object(self.arguments)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Lambda:
        config = dict(config)
        for name in ("function", "output_shape", "mask", "arguments"):
            if name in config:
                config[name] = registry.deserialize_keras_object(config[name])
        if isinstance(config.get("output_shape"), list):
            config["output_shape"] = tuple(config["output_shape"])
        return super().from_config(config)


def _plain(value: Any) -> Any:
    """The config of a function or a shape; lambdas one level flatter than elsewhere, as Keras has them here."""
    config = registry.serialize_keras_object(value)
    if isinstance(config, dict) and config.get("class_name") == "__lambda__":
        code, defaults, closure = config["config"]["value"]
        config["config"] = {"code": code, "defaults": defaults, "closure": closure}
    return config


class Masking(Layer):
    """Marks the steps of a sequence whose features all equal `mask_value`; layers that support masks skip them.

    The marked steps become zeros, and a mask of shape `(batch, steps)`, false where skipped, travels with the outputs.

    Args:
        mask_value: the value of skipped steps.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: outputs as inputs, `(batch, steps, ..., features)`.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> x = keras.layers.Masking()(np.array([[[1.0], [0.0]]]))
    >>> x._keras_mask.numpy()
    array([[ True, False]])
    """

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.supports_masking = True
        self._build_at_init()

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Any:
        kept = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        return ops.where(kept, inputs, ops.zeros_like(inputs))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mask_value": self.mask_value}
