"""Sequential: layers one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keraburn import registry
from keraburn.layers import call as calls
from keraburn.layers.host import HostLayer, handed_over, strings_array
from keraburn.layers.input_layer import InputLayer, standardize_shape
from keraburn.layers.layer import Layer
from keraburn.layers.operation import signature
from keraburn.models.direct import DirectCalls
from keraburn.models.functional import Functional
from keraburn.models.model import Model
from keraburn.tensor import KerasTensor


class Sequential(DirectCalls, Model):
    """A stack of layers, each with one input and one output.

    With a `keras.Input` first, or an `input_shape` in the first layer, the weights are made as layers are added; else
    when the model first meets data, or by `build`.

    Args:
        layers: the layers, in order.
        trainable: whether optimizers update the weights.
        name: name of the model.

    Raises:
        ValueError: if something is no layer, or two layers have one name.

    Example:

    >>> import keraburn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
    >>> model.count_params()
    33
    """

    _functional: Functional | None

    def __init__(self, layers: Sequence[Any] | None = None, trainable: bool = True, name: str | None = None) -> None:
        DirectCalls.__init__(self, trainable=trainable, name=name)
        self.__dict__["_functional"] = None
        if layers is not None and not isinstance(layers, (list, tuple)):
            raise ValueError(
                "Argument `layers` of a Sequential model must be a list of layers. "
                f"Received: layers={layers} (of type {type(layers)})"
            )
        for layer in layers or ():
            self.add(layer, rebuild=False)
        if self._layers:
            self._rebuild()

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Put a layer on top.

        Args:
            layer: a layer, or what `keras.Input` returned.
            rebuild: whether to make its weights now, if the input shape is known.

        Raises:
            ValueError: if it is no layer, its name is taken, or it is a second input.
        """
        if not self._layers and getattr(layer, "_input_shape_arg", None) is not None:
            self.add(InputLayer(shape=layer._input_shape_arg))
        if isinstance(layer, KerasTensor) and layer.history and isinstance(layer.history.operation, InputLayer):
            layer = layer.history.operation
        if not isinstance(layer, Layer):
            raise ValueError(
                "Only instances of `keras.Layer` can be added to a Sequential model. "
                f"Received: {layer} (of type {type(layer)})"
            )
        if any(other.name == layer.name and other is not layer for other in self._layers):
            raise ValueError(
                f"All layers added to a Sequential model should have unique names. Name '{layer.name}' is already the "
                "name of a layer in this model. Update the `name` argument to pass a unique name."
            )
        if isinstance(layer, InputLayer) and self._layers and isinstance(self._layers[0], InputLayer):
            raise ValueError(
                f"Sequential model '{self.name}' has already been configured to use input shape "
                f"{self._layers[0].batch_shape}. You cannot add a different Input layer to it."
            )
        self._layers.append(layer)
        if rebuild:
            self._rebuild()
        else:
            self._forget()

    def pop(self, rebuild: bool = True) -> Layer:
        """Remove the last layer and return it.

        Args:
            rebuild: whether to describe the model anew now.
        """
        if not self._layers:
            raise ValueError(f"There are no layers in Sequential model '{self.name}' to remove.")
        layer = self._layers.pop()
        self._forget()
        if rebuild and self._layers:
            self._rebuild()
        return layer

    def _forget(self) -> None:
        self.built = False
        self.__dict__["_functional"] = None
        self._plans.clear()
        self._forget_steps()

    def _rebuild(self) -> None:
        self._forget()
        if len(self._layers) < 2:
            return
        first = self._layers[0]
        if isinstance(first, InputLayer):
            self.build(first.batch_shape)
        elif isinstance(first, Model) and hasattr(first, "input_shape"):
            self.build(first.input_shape)

    def _lock_state(self) -> None:
        # A Sequential can grow after it is built.
        pass

    def build(self, input_shape: Any = None) -> None:
        """Make the weights of all layers.

        Args:
            input_shape: shape of the input, with the batch size or None for it.

        Raises:
            ValueError: if there are no layers, or the shape is not that of the input layer.
        """
        try:
            shape = standardize_shape(input_shape)
        except ValueError:
            # Several inputs: the layers are built as they are called.
            return
        if not self._layers:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no layers. Call `model.add(layer)`."
            )
        first = self._layers[0]
        if not isinstance(first, InputLayer):
            first = InputLayer(batch_shape=shape, dtype=first.compute_dtype)
            self._layers.insert(0, first)
        elif first.batch_shape != shape:
            raise ValueError(
                f"Sequential model '{self.name}' has already been configured to use input shape {first.batch_shape}. "
                f"You cannot build it with input_shape {shape}"
            )
        inputs = outputs = first._inbound_nodes[0].output_tensors[0]
        for layer in self._layers[1:]:
            _check_arguments(layer)
            outputs = layer(outputs)
        graph = Functional(inputs=inputs, outputs=outputs)
        graph.__dict__["_owner_name"] = self.name
        self.__dict__["_functional"] = graph

    @property
    def _begins_on_host(self) -> bool:  # type: ignore[override]
        if self._functional is not None:
            return self._functional._begins_on_host
        return bool(self._layers) and isinstance(self._layers[0], HostLayer)

    @property
    def _ends_on_host(self) -> bool:  # type: ignore[override]
        return self._functional is not None and self._functional._ends_on_host

    def _on_host(self, inputs: Any, whole: bool = False) -> Any:
        if self._functional is None and self._begins_on_host:
            self.build((None, *np.shape(strings_array(inputs))[1:]))
        return inputs if self._functional is None else self._functional._on_host(inputs, whole)

    def _as_given(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        if args and self._begins_on_host and not isinstance(args[0], KerasTensor):
            return (handed_over(lambda: self._on_host(args[0])), *args[1:])
        return args

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if self._functional is not None:
            return self._functional.call(inputs, training=training, mask=mask)
        outputs = inputs
        for layer in self.layers:
            extra: dict[str, Any] = {"training": training} if training is not None else {}
            if mask is not None and "mask" in layer._call_parameters:
                extra["mask"] = mask
            outputs = layer(outputs, **extra)
            mask = calls.masks_of(outputs)
        return outputs

    def _own_layers(self) -> list[Layer]:
        """The layers, without the input layer."""
        layers = self._layers
        return layers[1:] if layers and isinstance(layers[0], InputLayer) else layers[:]

    def compute_output_spec(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if self._functional is not None:
            return self._functional.compute_output_spec(inputs, training=training, mask=mask)
        outputs = inputs
        for layer in self.layers:
            outputs = layer.compute_output_spec(outputs)
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._functional is not None:
            return self._functional.compute_output_shape(input_shape)
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def _described(self, name: str) -> Any:
        if self._functional is None:
            raise AttributeError(
                f"Sequential model '{self.name}' has no defined {name.replace('_', ' ')} yet. Start it with a "
                "`keras.Input`, call `build`, or call it on data."
            )
        return getattr(self._functional, name)

    @property
    def input_shape(self) -> Any:
        return self._described("input_shape")

    @property
    def output_shape(self) -> Any:
        return self._described("output_shape")

    @property
    def inputs(self) -> list[KerasTensor]:  # type: ignore[override]
        return self._described("inputs")

    @property
    def outputs(self) -> list[KerasTensor]:
        return self._described("outputs")

    @property
    def input(self) -> Any:
        return self._described("input")

    @property
    def output(self) -> Any:
        return self._described("output")

    @property
    def input_names(self) -> list[str]:
        return self._described("input_names")

    @property
    def output_names(self) -> list[str]:
        return self._described("output_names")

    @property
    def input_dtype(self) -> str:
        # What comes after the host is as any layer takes it.
        if self._begins_on_host:
            return self.compute_dtype
        layers = self._layers
        return layers[0].dtype if layers and isinstance(layers[0], InputLayer) else self.compute_dtype

    def get_config(self) -> dict[str, Any]:
        config = Model.get_config(self)
        config["name"] = self.name
        config["layers"] = [registry.serialize_keras_object(layer) for layer in self._layers]
        if self._functional is not None:
            config["build_input_shape"] = self._layers[0].batch_shape
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Sequential:
        """A model made from what `get_config` returned; its weights are new.

        Raises:
            ValueError: if the name or the layers are missing.
        """
        if "name" not in config or "layers" not in config:
            raise ValueError(
                "A Sequential model configuration must be a dictionary containing the 'name' and 'layers' keys. "
                f"Received: config={config}"
            )
        model = cls(name=config["name"])
        for layer in config["layers"]:
            model.add(registry.deserialize_keras_object(layer, custom_objects=custom_objects), rebuild=False)
        if model._layers:
            model._rebuild()
        shape = config.get("build_input_shape")
        if model._functional is None and shape and isinstance(shape, (list, tuple)):
            model.build(tuple(shape))
        return model


def _check_arguments(layer: Layer) -> None:
    """Raise if a layer cannot stand in a Sequential because of the arguments of its `call`."""
    parameters = list(signature(type(layer).call).parameters.values())[1:]
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if not positional and not any(p.kind is p.VAR_POSITIONAL for p in parameters):
        raise ValueError(
            "Layers added to a Sequential model should have a single positional argument, the input tensor. "
            f"Layer {type(layer).__name__} has no positional arguments."
        )
    required = [p for p in positional if p.default is p.empty]
    if len(required) > 1:
        raise ValueError(
            "Layers added to a Sequential model can only have a single required positional argument, the input "
            f"tensor. Layer {type(layer).__name__} has multiple required positional arguments: {required}"
        )
