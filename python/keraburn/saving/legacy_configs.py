"""Configs of the HDF5 format, whose objects name no module and may be those of Keras 2, as configs of today."""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from typing import Any

from keraburn import losses, registry, tree

# Where layers of a config may stand: one, or several.
_LAYERS = ("layers", "cells")
_LAYER = ("layer", "backward_layer", "forward_layer", "cell")
# What Keras 2 wrote into configs and no layer takes now.
_GONE = ("implementation", "time_major", "unit_norm_axis")
_GONE_FROM_LAMBDA = ("module", "function_type", "output_shape_type", "output_shape_module", "mask_type")
_GONE_FROM_OPTIMIZERS = ("decay", "jit_compile", "is_legacy_optimizer")
_MODULES = ("keras.layers", "keras", "keras.src.models.functional")
# Names in this format that are not those under which the classes are published.
_RENAMED = {"GroupedQueryAttention": "GroupQueryAttention"}


def decoded(text: str) -> Any:
    """The data in a JSON text, with the tuples that are marked in it."""
    return json.loads(text, object_hook=_unmarked)


def _unmarked(value: dict[str, Any]) -> Any:
    if value.get("class_name") == "__tuple__":
        return tuple(value["items"])
    if value.get("class_name") == "__bytes__" and "value" in value:
        return value["value"].encode("utf-8")
    return value


def modern(config: Any) -> Any:
    """The config of a layer or model as `registry.deserialize_keras_object` takes it.

    Args:
        config: a dict with `class_name` and `config`.

    Raises:
        ValueError: if it is something else.
    """
    if not isinstance(config, dict) or "class_name" not in config or "config" not in config:
        raise ValueError(
            "The provided configuration is not a valid Keras configuration. Expected a dictionary containing a "
            f"'config' key. Received: config={config}"
        )
    name, inner = config["class_name"], config["config"]
    if isinstance(inner, list):
        # A Sequential of the earliest kind is its list of layers.
        inner = {"name": "sequential", "layers": inner}
    if not isinstance(name, str) or not isinstance(inner, dict):
        raise ValueError(f"The provided configuration is not a valid Keras configuration. Received: config={config}")
    inner = _inner(name, dict(inner))
    result = {**config, "class_name": name, "config": inner}
    if "module" not in config:
        result.update(_named(name, inner))
    if isinstance(config.get("inbound_nodes"), (list, tuple)):
        result["inbound_nodes"] = [_call(node) for node in config["inbound_nodes"]]
    return result


def _named(name: str, inner: dict[str, Any]) -> dict[str, Any]:
    """The module and the name that a class has now; users' own go by the name they are registered under."""
    if name == "Model" and "input_layers" in inner:
        name = "Functional"
    name = _RENAMED.get(name, name)
    is_layer = "trainable" in inner or "dtype" in inner or "layers" in inner
    for module in _MODULES:
        if is_layer and registry.find_published(f"{module}.{name}") is not None:
            return {"module": module, "class_name": name, "registered_name": None}
    if inner.keys() <= {"name"} and name.isidentifier() and registry.get_registered_object(name) is None:
        return {"module": "keras.src.ops.numpy", "class_name": name, "registered_name": name}
    return {"module": None, "class_name": name, "registered_name": name}


def _inner(name: str, inner: dict[str, Any]) -> dict[str, Any]:
    shape = inner.pop("batch_input_shape", None)
    if name == "InputLayer" and shape is not None:
        inner["batch_shape"] = shape
    if name == "Lambda":
        for key in _GONE_FROM_LAMBDA:
            inner.pop(key, None)
        if isinstance(inner.get("function"), (list, tuple)):
            inner["function"] = {"class_name": "__lambda__", "config": {"value": inner["function"]}}
    for key in _GONE:
        inner.pop(key, None)
    axis = inner.get("axis")
    if isinstance(axis, (list, tuple)) and len(axis) == 1:
        inner["axis"] = int(axis[0])
    dtype = inner.get("dtype")
    if isinstance(dtype, dict) and dtype.get("class_name") in ("Policy", "PolicyV1"):
        inner["dtype"] = dtype["config"]["name"]
    for key in _LAYER:
        if _is_layer(inner.get(key)):
            inner[key] = modern(inner[key])
    for key in _LAYERS:
        if isinstance(inner.get(key), (list, tuple)):
            first = _first_input(inner[key]) if name == "Sequential" and key == "layers" else []
            inner[key] = first + [modern(each) if _is_layer(each) else each for each in inner[key]]
    return inner


def _is_layer(config: Any) -> bool:
    return isinstance(config, dict) and "class_name" in config and "config" in config


def _first_input(layers: Any) -> list[dict[str, Any]]:
    """The input layer of a Sequential whose first layer holds the shape."""
    if not layers or not _is_layer(layers[0]) or not isinstance(layers[0]["config"], dict):
        return []
    first = layers[0]
    inner = first["config"]
    if first["class_name"] == "InputLayer" or not inner.get("batch_input_shape"):
        return []
    dtype = "float32" if first["class_name"] == "Embedding" else inner.get("dtype", "float32")
    return [modern({"class_name": "InputLayer", "config": {"batch_shape": inner["batch_input_shape"], "dtype": dtype}})]


def _call(node: Any) -> Any:
    """A call of a layer: Keras 2 lists name, call and output for each input, with the other arguments behind."""
    if not isinstance(node, (list, tuple)):
        return node
    tensors: list[Any] = []
    kwargs: dict[str, Any] = {}
    for each in node:
        if not 3 <= len(each) <= 4:
            raise ValueError(f"Cannot deserialize the model (invalid config data?). Received: inbound node {node}")
        kwargs = each[3] if len(each) == 4 else {}
        tensors.append({"class_name": "__keras_tensor__", "config": {"keras_history": list(each[:3])}})
    return {"args": [tensors[0] if len(tensors) == 1 else tensors], "kwargs": kwargs}


def plain(value: Any) -> Any:
    """The config of what `compile` was given: objects by class and config alone, functions by name.

    Args:
        value: a structure of strings, numbers, functions and objects.
    """
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "get_config"):
        config = registry.serialize_keras_object(value)
        return {"class_name": config["registered_name"] or config["class_name"], "config": config["config"]}
    return registry.get_registered_name(value) if hasattr(value, "__name__") else value


def full_names(loss: Any) -> Any:
    """Losses with their short names spelled out: Keras does not find `"mse"` when it reads this format."""
    if not isinstance(loss, str):
        return tree.map_structure(full_names, loss) if isinstance(loss, (list, tuple, dict)) else loss
    found = None if loss.lower() in ("crossentropy", "ce") else losses.get(loss)
    return found if isinstance(found, types.FunctionType) else loss


def optimizer_config(config: dict[str, Any]) -> dict[str, Any]:
    """The config of an optimizer without what Keras 2 had in it."""
    inner = {key: value for key, value in dict(config["config"]).items() if key not in _GONE_FROM_OPTIMIZERS}
    rate = inner.get("learning_rate")
    if isinstance(rate, dict) and "module" not in rate:
        inner["learning_rate"] = {**rate, "module": "keras.optimizers.schedules", "registered_name": None}
    return {**config, "config": inner}


def made(config: Any, get: Callable[[Any], Any]) -> Any:
    """What `compile` takes: the losses or metrics of their configs; names stay.

    Args:
        config: one, or a structure of them.
        get: makes one of its config.
    """
    if isinstance(config, dict) and "class_name" in config and isinstance(config.get("config"), dict):
        inner = dict(config["config"])
        if inner.get("reduction") == "auto":
            inner["reduction"] = "sum_over_batch_size"
        return get({**config, "config": inner})
    if isinstance(config, dict):
        return {key: made(value, get) for key, value in config.items()}
    return [made(each, get) for each in config] if isinstance(config, (list, tuple)) else config
