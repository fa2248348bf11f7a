"""Pipeline: steps of preparing data, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keraburn import registry
from keraburn.layers.layer import Layer


class Pipeline(Layer):
    """Layers applied one after the other, each keeping the kind of its own call.

    Args:
        layers: the layers.
        name: name of the layer.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> steps = keras.layers.Pipeline([keras.layers.Rescaling(0.5), keras.layers.Rescaling(1.0, offset=1.0)])
    >>> steps(np.array([[2.0]])).numpy().tolist()
    [[2.0]]
    """

    def __init__(self, layers: Sequence[Layer], name: str | None = None) -> None:
        super().__init__(name=name)
        self._pipeline_layers = list(layers)
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True

    @property
    def layers(self) -> list[Layer]:
        """The layers, in their order."""
        return self._pipeline_layers

    def call(self, inputs: Any, training: bool = True, mask: Any = None) -> Any:
        outputs = inputs
        for layer in self._pipeline_layers:
            settings: dict[str, Any] = {}
            if "mask" in layer._call_parameters and mask is not None:
                settings["mask"] = mask
            if layer._call_has_training_arg and training is not None:
                settings["training"] = training
            outputs = layer(outputs, **settings)
            mask = getattr(outputs, "_keras_mask", None)
        return outputs

    def get_config(self) -> dict[str, Any]:
        return {
            "layers": [registry.serialize_keras_object(layer) for layer in self._pipeline_layers],
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Pipeline:
        """The layer of a config."""
        return cls([registry.deserialize_keras_object(layer) for layer in config["layers"]], name=config.get("name"))
