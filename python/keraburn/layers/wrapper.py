"""Wrapper: a layer around another one."""

from __future__ import annotations

from typing import Any

from keraburn import registry
from keraburn.layers.layer import Layer


class Wrapper(Layer):
    """A layer that holds another one and changes how it is used; subclasses say how in `call`.

    Args:
        layer: the layer inside.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Raises:
        ValueError: if `layer` is no layer.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> class Twice(keras.layers.Wrapper):
    ...     def call(self, inputs):
    ...         return 2 * self.layer(inputs)
    >>> Twice(keras.layers.ReLU())(np.array([-1.0, 3.0])).numpy()
    array([0., 6.], dtype=float32)
    """

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Layer {layer} supplied to Wrapper isn't a supported layer type. Please ensure wrapped layer is a "
                "valid Keras layer."
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layer": registry.serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        config = dict(config)
        layer = registry.deserialize_keras_object(config.pop("layer"), custom_objects=custom_objects)
        return cls(layer, **config)
