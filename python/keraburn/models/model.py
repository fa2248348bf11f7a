"""Model: a layer that can be trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keraburn import registry, saving
from keraburn.export import refuse
from keraburn.layers.layer import Layer
from keraburn.models.own_call import OwnCalls
from keraburn.models.summary import print_summary
from keraburn.tensor import KerasTensor
from keraburn.training.trainer import Trainer


class _Kinds:
    """The class of models made of symbols; it is built on top of Model and enters itself here."""

    functional: Any = None


def takes_symbols(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether these are the arguments of a functional model: `(inputs, outputs)`."""
    if "inputs" in kwargs and "outputs" in kwargs:
        return True
    if len(args) == 1 and "outputs" in kwargs:
        return True
    return len(args) >= 2 and _has_symbol(args[0]) and _has_symbol(args[1])


def _has_symbol(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_symbol, value.values()))
    return any(map(_has_symbol, value)) if isinstance(value, (list, tuple)) else isinstance(value, KerasTensor)


def _make_functional(cls: type) -> None:
    """Let a user's subclass of Model, given symbols, be a functional model."""
    if cls is Model or not issubclass(cls, Model) or issubclass(cls, _Kinds.functional):
        return
    cls.__bases__ = tuple(_Kinds.functional if base is Model else base for base in cls.__bases__)
    for base in cls.__bases__:
        _make_functional(base)


class Model(OwnCalls, Trainer, Layer):
    """A layer with `compile`, `fit`, `evaluate` and `predict`.

    There are three ways to one: `Model(inputs, outputs)` of symbols made by `keras.Input` and calls of layers;
    `keras.Sequential`; and a subclass with its own `call`.

    Args:
        inputs: a KerasTensor, or a list or dict of them.
        outputs: likewise; reached from the inputs by calls.
        name: name of the model.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> x = keras.Input(shape=(3,))
    >>> model = keras.Model(x, keras.layers.Dense(2)(x))
    >>> model(np.ones((4, 3))).shape
    (4, 2)
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and (len(args) > 1 or takes_symbols(args, kwargs)):
            return super().__new__(_Kinds.functional, *args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if takes_symbols(args, kwargs):
            _make_functional(type(self))
            _Kinds.functional.__init__(self, *args, **kwargs)
            return
        if args or "inputs" in kwargs or "outputs" in kwargs:
            raise ValueError(
                f"{type(self).__name__} is made from `inputs` and `outputs`, both symbols of `keras.Input` and layers, "
                f"or by a subclass from arguments of its own. Received: args={args}, kwargs={kwargs}"
            )
        super().__init__(**kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"Model {type(self).__name__} does not have a `call()` method implemented.")

    @property
    def layers(self) -> list[Layer]:
        """The layers directly inside, from the inputs to the outputs where they form a graph."""
        return self._own_layers()

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError("`Model.layers` attribute is reserved and should not be used. Please use another name.")

    def _own_layers(self) -> list[Layer]:
        return self._flatten_layers(include_self=False, recursive=False)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of a name, or at an index of `layers`.

        Raises:
            ValueError: if both or none are given, or there is no such layer.
        """
        layers = self.layers
        if index is not None and name is not None:
            raise ValueError(f"Provide only a layer name or a layer index. Received: index={index}, name={name}.")
        if index is not None:
            if not isinstance(index, int):
                raise ValueError(f"A layer index must be an integer. Received: index={index!r}")
            if len(layers) <= index:
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has {len(layers)} layers."
                )
            return layers[index]
        if name is None:
            raise ValueError("Provide either a layer name or layer index at `get_layer`.")
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(f"No such layer: {name}. Existing layers are: {[layer.name for layer in layers]}.")

    def summary(
        self,
        line_length: int | None = None,
        positions: list[float] | None = None,
        print_fn: Callable[..., Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print a table of the layers, their output shapes and numbers of weights.

        Args:
            line_length: width of the table in characters.
            positions: right edges of the columns, as fractions of the width.
            print_fn: given the text in place of printing it.
            expand_nested: whether models inside are shown layer by layer.
            show_trainable: whether a column tells which layers are trainable.
            layer_range: names, or regular expressions for names, of the first and the last layer to show.
        """
        print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
        )

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
        """Write the model into a file; `keras.models.load_model` reads it.

        Args:
            filepath: where to; ends in `.keras`, or in `.h5` for the format of Keras 2.
            overwrite: whether an older file may be replaced without asking.
            zipped: whether into one file (the default), or into a folder, whose name does not end in `.keras`.
            **kwargs: `include_optimizer`, for `.h5`.

        Raises:
            ValueError: if the path ends otherwise.

        Example:

        >>> import os, tempfile
        >>> import keraburn as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> path = os.path.join(tempfile.mkdtemp(), "model.keras")
        >>> model.save(path)
        >>> keras.models.load_model(path).count_params()
        3
        """
        saving.save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(self, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None) -> None:
        """Write the weights, and the optimizer's state if there is one, into a file.

        Args:
            filepath: where to; ends in `.weights.h5`, or with `max_shard_size` in `.weights.json`.
            overwrite: whether an older file may be replaced without asking.
            max_shard_size: largest size of a file, in GB; the weights are then spread over several.

        Raises:
            ValueError: if the path ends otherwise or the model is not built.

        Example:

        >>> import os, tempfile
        >>> import keraburn as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> folder = tempfile.mkdtemp()
        >>> model.save_weights(os.path.join(folder, "model.weights.json"), max_shard_size=1e-3)
        >>> sorted(os.listdir(folder))
        ['model.weights.json', 'model_00000.weights.h5', 'model_00001.weights.h5']
        """
        saving.save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
        """Set the weights to those in a file; all of them, or none if some do not fit.

        Args:
            filepath: a file that ends in `.weights.h5`, `.weights.json`, `.keras` or `.h5`.
            skip_mismatch: load what fits and warn of the rest.
            **kwargs: `objects_to_skip`, a list of layers to leave alone; `by_name`, for `.h5`: whether layers are found
                by their names rather than by their order.

        Raises:
            ValueError: if the file is damaged, or its weights are not those of the model.

        Example:

        >>> import os, tempfile
        >>> import keraburn as keras
        >>> one, two = (keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]) for _ in range(2))
        >>> path = os.path.join(tempfile.mkdtemp(), "model.weights.h5")
        >>> one.save_weights(path)
        >>> two.load_weights(path)
        >>> bool((one.layers[0].kernel.numpy() == two.layers[0].kernel.numpy()).all())
        True
        """
        saving.load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def to_json(self, **kwargs: Any) -> str:
        """The model's architecture as JSON; `model_from_json` makes a model of it.

        Args:
            **kwargs: arguments of `json.dumps`.
        """
        import json

        return json.dumps(registry.serialize_keras_object(self), **kwargs)

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """In Keras a program for other runtimes; here an error that says what to do instead.

        Raises:
            NotImplementedError: always.
        """
        refuse("Model.export")

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build with the shapes that `get_build_config` returned."""
        if config and not self.built:
            super().build_from_config(config)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """A model made from what `get_config` returned."""
        if {"layers", "input_layers", "output_layers"} <= config.keys():
            return _Kinds.functional.from_config_of(cls, config, custom_objects)
        with registry.CustomObjectScope(custom_objects):
            return super().from_config(config)


def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Model:
    """The model whose architecture `Model.to_json` wrote; its weights are new.

    Args:
        json_string: the text.
        custom_objects: a dict from names to the classes and functions that it names and that are not registered.

    Raises:
        ValueError: if it is no JSON or describes no model.

    Example:

    >>> import keraburn as keras
    >>> text = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).to_json()
    >>> keras.models.model_from_json(text).count_params()
    3
    """
    import json

    try:
        config = json.loads(json_string)
    except (TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"No JSON: {error}. Received: json_string={json_string!r:.100}") from None
    model = registry.deserialize_keras_object(config, custom_objects=custom_objects)
    if not isinstance(model, Model):
        raise ValueError(f"The JSON describes no model. Received: json_string={json_string!r:.100}")
    return model
