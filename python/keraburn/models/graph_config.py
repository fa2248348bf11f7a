"""Functional models to and from plain data, in the form that Keras writes."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter
from typing import Any

from keraburn import ops, registry, tree
from keraburn.layers.node import Node
from keraburn.layers.operation import FunctionCall, Operation, signature
from keraburn.ops import apply, core, linalg, math, nn, numpy
from keraburn.tensor import KerasTensor

# Where Keras keeps the classes behind its functions.
_MODULES = {"numpy": numpy, "nn": nn, "core": core, "math": math, "linalg": linalg}
_OPERATIONS = "keras.src.ops."
# What Keras's classes take when they are called; the rest they take when they are made.
_CALLED_WITH = {"x", "x1", "x2", "y", "a", "b", "xs", "key", "condition", "inputs", "indices", "values", "arrays"}


def _class_names() -> dict[str, Callable[..., Any]]:
    found = {name: getattr(ops, name) for name in dir(ops) if not name.startswith("_")}
    functions = {name: value for name, value in found.items() if callable(value) and not isinstance(value, type)}
    functions["get_item"] = _get_item
    return {FunctionCall.class_name_of(name): function for name, function in functions.items()}


def _get_item(x: Any, key: Any) -> Any:
    # Tuples become lists in plain data.
    return x[tuple(key) if isinstance(key, list) else key]


def graph_to_config(model: Any) -> dict[str, Any]:
    """The config of a functional model: its operations, each with the calls of it, and which tensors go in and out."""
    in_graph = {id(node) for nodes in model._nodes_by_depth.values() for node in nodes}
    indices: dict[int, int] = {}
    for operation in model._operations:
        kept = [node for node in operation._inbound_nodes if id(node) in in_graph]
        indices.update((id(node), index) for index, node in enumerate(kept))

    def place(tensor: KerasTensor, model_offset: int) -> list[Any]:
        operation, _, tensor_index = tensor.history
        # Keras counts the nodes of models inside from one here, and from zero in the calls.
        offset = model_offset if isinstance(operation, type(model)) else 0
        return [operation.name, indices[id(tensor.history.node)] + offset, tensor_index]

    def plain(value: Any) -> Any:
        if isinstance(value, KerasTensor):
            config = {"shape": list(value.shape), "dtype": value.dtype, "keras_history": place(value, 0)}
            return {"class_name": "__keras_tensor__", "config": config}
        if isinstance(value, (list, tuple)):
            return [plain(item) for item in value]
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return registry.serialize_keras_object(value)

    def calls_of(operation: Operation) -> list[dict[str, Any]]:
        nodes = [node for node in operation._inbound_nodes if id(node) in in_graph and not node.is_input]
        if isinstance(operation, FunctionCall):
            return [{"args": plain(_split(operation, node)[0]), "kwargs": {}} for node in nodes]
        return [{"args": plain(list(node.args)), "kwargs": plain(node.kwargs)} for node in nodes]

    layers = [
        {**_operation_to_config(operation), "name": operation.name, "inbound_nodes": calls_of(operation)}
        for operation in model._operations
    ]
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": tree.map_structure(lambda tensor: place(tensor, 1), model._inputs_struct),
        "output_layers": tree.map_structure(lambda tensor: place(tensor, 1), model._outputs_struct),
    }


def _operation_to_config(operation: Operation) -> dict[str, Any]:
    if not isinstance(operation, FunctionCall):
        return registry.serialize_keras_object(operation)
    name = operation.operation_name
    settings = _split(operation, operation._inbound_nodes[0])[1]
    module = next((module for module, names in _MODULES.items() if hasattr(names, name)), "numpy")
    return {
        "module": _OPERATIONS + module,
        "class_name": operation.class_name,
        "config": {"name": operation.name, **registry.serialize_keras_object(settings)},
        "registered_name": operation.class_name,
    }


def _split(operation: FunctionCall, node: Node) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call of a plain function: those that are data, and those that are settings, by name."""
    bound = signature(operation.function).bind(*node.args, **node.kwargs)
    data: list[Any] = []
    settings = dict(operation.settings)
    for name, value in bound.arguments.items():
        if bound.signature.parameters[name].kind is Parameter.VAR_POSITIONAL:
            data.extend(value)
        elif name in _CALLED_WITH or apply.has_symbols([value]):
            data.append(value)
        else:
            settings[name] = value
    return data, settings


def _operation_from_config(config: dict[str, Any]) -> Operation:
    if not str(config.get("module") or "").startswith(_OPERATIONS):
        return registry.deserialize_keras_object(config)
    known = _class_names()
    function = known.get(config["class_name"])
    if function is None:
        registry.raise_unknown("operation", config["class_name"], known)
    settings = {key: registry.deserialize_keras_object(value) for key, value in config["config"].items()}
    name = settings.pop("name", None)
    return FunctionCall(function, name=name, settings=settings)


def graph_from_config(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> tuple[Any, Any]:
    """The inputs and outputs of the functional model that a config describes.

    Raises:
        ValueError: if the calls cannot be made in any order, or name operations that are not there.
    """
    operations: dict[str, Operation] = {}
    waiting: dict[str, list[Any]] = {}
    with registry.CustomObjectScope(custom_objects):
        for layer in config["layers"]:
            name = layer.get("name", layer["config"].get("name"))
            operations[name] = _operation_from_config(layer)
            waiting[name] = list(layer["inbound_nodes"])

    def tensor(place: Any, offset: int = 0) -> KerasTensor:
        name, node, index = place
        if name not in operations:
            raise ValueError(f"Invalid model configuration: unknown layer '{name}'. Received: {place}")
        return operations[name]._inbound_nodes[node - offset].output_tensors[index]

    def revive(value: Any) -> Any:
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            return tensor(value["config"]["keras_history"])
        if isinstance(value, dict) and "class_name" not in value:
            return {key: revive(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [revive(item) for item in value]
        return registry.deserialize_keras_object(value)

    while any(waiting.values()):
        progress = False
        for name, calls in waiting.items():
            while calls:
                try:
                    args, kwargs = revive(calls[0]["args"]), revive(calls[0]["kwargs"])
                except IndexError:
                    # A call whose result it takes has not been made yet.
                    break
                operations[name](*args, **kwargs)
                calls.pop(0)
                progress = True
        if not progress:
            left = {name: calls for name, calls in waiting.items() if calls}
            raise ValueError(
                "Invalid Functional model configuration. The graph either has loops or disconnected nodes. "
                f"The following nodes failed to be resolved: {left}"
            )

    def ends(places: Any) -> Any:
        if isinstance(places, dict):
            return {key: ends(item) for key, item in places.items()}
        if len(places) == 3 and isinstance(places[0], str):
            operation = operations.get(places[0])
            return tensor(places, 1 if hasattr(operation, "_inputs_struct") else 0)
        return [ends(item) for item in places]

    return ends(config["input_layers"]), ends(config["output_layers"])
