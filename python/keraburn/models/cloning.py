"""A second model of the same architecture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keraburn import registry, tree
from keraburn.layers.input_layer import Input, InputLayer
from keraburn.layers.layer import Layer
from keraburn.layers.node import run_nodes
from keraburn.models.functional import Functional, _is_plain
from keraburn.models.model import Model
from keraburn.models.sequential import Sequential
from keraburn.tensor import KerasTensor

Clone = Callable[[Any], Any]


def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: Clone | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Any:
    """A new model of the same layers, with weights of its own, newly initialized.

    Args:
        model: a Sequential or functional model, or one of a class with `get_config`.
        input_tensors: symbols to build the new model on, in the structure of `model.input`.
        clone_function: gives the new layer for a layer; one from its config if None. Input layers are always new.
        call_function: `(layer, *args, **kwargs)` calls a new layer in a functional model.
        recursive: whether models inside are cloned layer by layer.

    Raises:
        ValueError: if it is no model, or its class does not allow the argument given.

    Example:

    >>> import keraburn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> copy = keras.models.clone_model(model)
    >>> copy.count_params()
    3
    """
    cache = kwargs.pop("cache", None)
    if kwargs:
        raise ValueError(f"Unexpected keyword argument(s): {tuple(kwargs)}. Received: kwargs={kwargs}")
    if not isinstance(model, Model):
        raise ValueError(f"Expected `model` argument to be a `Model` instance. Received: model={model}")
    if clone_function is not None and not callable(clone_function):
        raise ValueError(
            f"Expected `clone_function` argument to be a callable. Received: clone_function={clone_function}"
        )
    if call_function is not None and isinstance(model, Sequential):
        raise ValueError(
            "`call_function` argument is not supported with Sequential models. In a Sequential model, layers aren't "
            "called at model-construction time (they're merely listed). Use `call_function` with Functional models "
            f"only. Received model of type '{type(model).__name__}', with call_function={call_function}"
        )
    if call_function is not None and not isinstance(model, Functional):
        raise ValueError(
            "Argument `call_function` is only supported for Functional models. Received model of type "
            f"'{type(model).__name__}', with call_function={call_function}"
        )
    clone = _Cloner(clone_function or _from_config, call_function, recursive, {} if cache is None else cache)
    if isinstance(model, Sequential):
        return _as_compiled(_sequential(model, clone, input_tensors), model)
    if isinstance(model, Functional):
        return _as_compiled(_functional(model, clone, input_tensors), model)
    if clone_function is not None or input_tensors is not None:
        raise ValueError(
            "Arguments `clone_function` and `input_tensors` are only supported for Sequential models or Functional "
            f"models. Received model of type '{type(model).__name__}', with clone_function={clone_function} and "
            f"input_tensors={input_tensors}"
        )
    config = registry.serialize_keras_object(model)
    return registry.deserialize_keras_object(config, custom_objects={type(model).__name__: type(model)})


def _from_config(layer: Any) -> Any:
    return type(layer).from_config(layer.get_config())


class _Cloner:
    """Gives one new layer for each layer, however often it is met."""

    def __init__(
        self, function: Clone, call_function: Callable[..., Any] | None, recursive: bool, cache: dict[int, Any]
    ) -> None:
        self.function = function
        self.call_function = call_function
        self.recursive = recursive
        self.cache = cache

    def __call__(self, layer: Any) -> Any:
        if id(layer) not in self.cache:
            self.cache[id(layer)] = self._new(layer)
        return self.cache[id(layer)]

    def _new(self, layer: Any) -> Any:
        if self.recursive and isinstance(layer, (Sequential, Functional)):
            call_function = None if isinstance(layer, Sequential) else self.call_function
            return clone_model(
                layer, clone_function=self.function, call_function=call_function, recursive=True, cache=self.cache
            )
        return self.function(layer)


def _as_compiled(clone: Model, model: Model) -> Model:
    if model.compiled:
        clone.compile_from_config(model.get_compile_config())
    return clone


def _sequential(model: Sequential, clone: _Cloner, input_tensors: Any) -> Sequential:
    layers = [clone(layer) for layer in model.layers]
    first = next(iter(model._layers), None)
    if input_tensors is not None:
        tensors = tree.flatten(input_tensors)
        if len(tensors) != 1:
            raise ValueError(
                f"Argument `input_tensors` must contain a single tensor. Received: input_tensors={input_tensors}"
            )
        if not isinstance(tensors[0], KerasTensor):
            raise ValueError(
                f"Argument `input_tensors` must be a KerasTensor. Received invalid value: input_tensors={input_tensors}"
            )
        layers.insert(0, Input(tensor=tensors[0], name=first.name if isinstance(first, InputLayer) else None))
    elif isinstance(first, InputLayer):
        layers.insert(0, Input(batch_shape=first.batch_shape, dtype=first.dtype, name=first.name))
    return Sequential(layers, name=model.name, trainable=model.trainable)


def _functional(model: Functional, clone: _Cloner, input_tensors: Any) -> Model:
    if input_tensors is None:
        input_tensors = tree.map_structure(
            lambda x: Input(batch_shape=x.shape, dtype=x.dtype, name=x.name), model.input
        )
    flat = tree.flatten(input_tensors)
    if not all(isinstance(leaf, KerasTensor) for leaf in flat):
        raise ValueError(
            "All entries in `input_tensors` must be KerasTensors. "
            f"Received invalid values: inputs_tensors={input_tensors}"
        )
    if len(flat) != len(model.inputs):
        raise ValueError(
            "`input_tensors` must have the same structure as model.input\n"
            f"Reference structure: {model.input}\nReceived structure: {input_tensors}"
        )
    values = {id(symbol): leaf for symbol, leaf in zip(model.inputs, flat, strict=True)}
    call = clone.call_function

    def run(operation: Any, args: Any, kwargs: Any) -> Any:
        fresh = clone(operation) if isinstance(operation, Layer) else operation
        return fresh(*args, **kwargs) if call is None else call(fresh, *args, **kwargs)

    run_nodes(model._nodes, values, run)
    outputs = tree.map_structure(lambda symbol: values[id(symbol)], model.output)
    kind = type(model) if _is_plain(type(model)) else Functional
    return kind(input_tensors, outputs, name=model.name)
