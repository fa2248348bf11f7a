"""The HDF5 format of Keras 2: configs in attributes, weights by the names of layers."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from keraburn import config as settings
from keraburn import losses, metrics, optimizers, registry
from keraburn.layers.layer import Layer
from keraburn.saving import legacy_configs
from keraburn.saving.atomic import replacing
from keraburn.saving.errors import naming
from keraburn.saving.hdf5 import MOST_ATTRIBUTE, File, Group, NewFile, NewGroup, get_array, get_group
from keraburn.saving.hdf5.limits import most_bytes
from keraburn.saving.native import KERAS_VERSION
from keraburn.variable import Variable

_BACKEND = "keraburn"
_TOP = "top_level_model_weights"
# A string's reference in an attribute.
_REFERENCE = 16


def save_legacy(model: Any, filepath: Any, include_optimizer: bool = True) -> None:
    """Write a model into an `.h5` file; what was there before is replaced at once or not at all.

    Args:
        model: a model whose `get_config` is known.
        filepath: where to.
        include_optimizer: whether `compile`'s arguments and the optimizer's state are written too.
    """
    file = NewFile()
    config = registry.serialize_keras_object(model.get_config())
    file.attributes["keras_version"] = KERAS_VERSION
    file.attributes["backend"] = _BACKEND
    file.attributes["model_config"] = json.dumps({"class_name": type(model).__name__, "config": config})
    optimizer = getattr(model, "optimizer", None)
    if include_optimizer and optimizer is not None and model.compiled:
        given = {key: value for key, value in model._compile_config.items() if key != "optimizer"}
        given["loss"] = legacy_configs.full_names(given["loss"])
        training = {**legacy_configs.plain(given), "optimizer_config": legacy_configs.plain(optimizer)}
        file.attributes["training_config"] = json.dumps(training)
        if optimizer.variables:
            _put_weights(file.group("optimizer_weights"), optimizer.variables)
    group = file.group("model_weights")
    group.attributes["backend"] = _BACKEND
    group.attributes["keras_version"] = KERAS_VERSION
    _put_names(group, "layer_names", [layer.name for layer in model.layers])
    for layer in model.layers:
        _put_weights(group.group(layer.name), _weights(layer))
    _put_weights(group.group(_TOP), _own_weights(model))
    with replacing(filepath) as path, open(path, "wb") as stream:
        file.write(stream)


def _weights(layer: Any) -> list[Variable]:
    """The weights in this format's order."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _own_weights(model: Any) -> list[Variable]:
    known = {id(weight) for weight in model.weights}
    own = [*model._trainable_variables, *model._non_trainable_variables]
    return [variable for variable in own if id(variable) in known]


def _put_weights(group: NewGroup, variables: Sequence[Variable]) -> None:
    names: list[str] = []
    for variable in variables:
        name, number = variable.path, 0
        while name in names:
            number += 1
            name = f"{variable.path}_{number}"
        names.append(name)
        group.put(name, variable)
    _put_names(group, "weight_names", names)


def _put_names(group: NewGroup, attribute: str, names: Sequence[str]) -> None:
    """An attribute of many strings, in several parts where it would be too large for one."""
    most = MOST_ATTRIBUTE // _REFERENCE
    if len(names) <= most:
        group.attributes[attribute] = list(names)
        return
    for part, start in enumerate(range(0, len(names), most)):
        group.attributes[f"{attribute}{part}"] = list(names[start : start + most])


def _names(group: Group, attribute: str) -> list[str]:
    found = group.attributes
    if attribute in found:
        parts = [found[attribute]]
    else:
        numbered = iter(range(len(found)))
        parts = [found[name] for part in numbered if (name := f"{attribute}{part}") in found]
    return [str(name) for part in parts for name in np.atleast_1d(part)]


def load_legacy(filepath: Any, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True) -> Any:
    """The model in an `.h5` file.

    Args:
        filepath: a file that `save_legacy` or Keras wrote.
        custom_objects: names to classes and functions.
        compile: whether the model is compiled as it was.
        safe_mode: whether Python code in the file is refused.

    Raises:
        ValueError: if the file is damaged, or holds Python code.
        TypeError: if it names classes that are not known.
    """
    with open(filepath, "rb") as stream, naming(filepath):
        file = File(stream)
        text = file.attributes.get("model_config")
        if text is None:
            raise ValueError(f"No model config found in the file at {filepath}.")
        with registry.CustomObjectScope(custom_objects), settings.limited(most_bytes(os.path.getsize(filepath))):
            model = _make(str(text), safe_mode)
            _load_in_order(model, _group(file, "model_weights"), skip_mismatch=False)
            if compile:
                _compile(model, file, safe_mode)
    return model


def _make(text: str, safe_mode: bool) -> Any:
    config = legacy_configs.modern(legacy_configs.decoded(text))
    with registry.SafeModeScope(safe_mode), registry.ObjectSharingScope():
        model = registry.deserialize_keras_object(config, safe_mode=safe_mode)
    if not isinstance(model, Layer):
        raise ValueError(f"The file holds no config of a model, but that of: {model!r:.100}")
    return model


def _group(parent: Group, name: str) -> Group:
    found = get_group(parent, name)
    if found is None:
        raise ValueError(f"The file has no group '{name}'")
    return found


def _compile(model: Any, file: File, safe_mode: bool) -> None:
    text = file.attributes.get("training_config")
    if text is None:
        warnings.warn(
            "No training configuration found in the save file, so the model was *not* compiled. Compile it manually.",
            stacklevel=5,
        )
        return
    config = legacy_configs.decoded(str(text))
    with registry.SafeModeScope(safe_mode):
        model.compile(
            optimizer=optimizers.deserialize(legacy_configs.optimizer_config(config["optimizer_config"])),
            loss=legacy_configs.made(config.get("loss"), losses.get),
            metrics=legacy_configs.made(config.get("metrics"), metrics.get),
            weighted_metrics=legacy_configs.made(config.get("weighted_metrics"), metrics.get),
            loss_weights=config.get("loss_weights"),
        )
    group = get_group(file, "optimizer_weights")
    if group is None:
        return
    model.optimizer.build(model.trainable_variables)
    values = [get_array(group, name) for name in _names(group, "weight_names")]
    before = [variable.value for variable in model.optimizer.variables]
    try:
        model.optimizer.set_weights(values)
    except ValueError as error:
        for variable, value in zip(model.optimizer.variables, before, strict=True):
            variable.assign(value)
        warnings.warn(
            "Error in loading the saved optimizer state. As a result, your model is starting with a freshly "
            f"initialized optimizer. The error was: {error}",
            stacklevel=5,
        )


def load_legacy_weights(model: Any, filepath: Any, skip_mismatch: bool = False, by_name: bool = False) -> None:
    """Set a model's weights to those in an `.h5` file; all of them, or none if some do not fit.

    Args:
        model: a built model.
        filepath: a file of a model or of weights alone.
        skip_mismatch: load what fits and warn of the rest.
        by_name: whether layers are found by their names rather than by their order.

    Raises:
        ValueError: if the file is damaged, or its weights are not those of the model.
    """
    with open(filepath, "rb") as stream, naming(filepath):
        group: Group = File(stream)
        if "layer_names" not in group.attributes and "model_weights" in group.links:
            group = _group(group, "model_weights")
        (_load_by_name if by_name else _load_in_order)(model, group, skip_mismatch)


def _stored_weights(group: Group) -> list[np.ndarray]:
    return [get_array(group, name) for name in _names(group, "weight_names")]


def _load_in_order(model: Any, group: Group, skip_mismatch: bool) -> None:
    layers = [layer for layer in model.layers if _weights(layer)]
    stored = [(name, _group(group, name)) for name in _names(group, "layer_names")]
    stored = [(name, inner) for name, inner in stored if _names(inner, "weight_names")]
    if len(stored) != len(layers):
        raise ValueError(
            f"Layer count mismatch when loading weights from file. Model expected {len(layers)} layers, found "
            f"{len(stored)} saved layers."
        )
    found: list[tuple[Variable, np.ndarray]] = []
    for number, (layer, (name, inner)) in enumerate(zip(layers, stored, strict=True)):
        variables, values = _weights(layer), _stored_weights(inner)
        if len(values) != len(variables):
            raise ValueError(
                f"Weight count mismatch for layer #{number} (named {layer.name} in the current model, {name} in the "
                f"save file). Layer expects {len(variables)} weight(s). Received {len(values)} saved weight(s)"
            )
        found += _matched(variables, values, f"layer #{number} (named {layer.name})", skip_mismatch)
    if _TOP in group.links:
        variables, values = _own_weights(model), _stored_weights(_group(group, _TOP))
        if len(values) != len(variables):
            raise ValueError(
                "Weight count mismatch for top-level weights when loading weights from file. Model expects "
                f"{len(variables)} top-level weight(s). Received {len(values)} saved top-level weight(s)"
            )
        found += _matched(variables, values, "top-level model", skip_mismatch)
    for variable, value in found:
        variable.assign(value)


def _load_by_name(model: Any, group: Group, skip_mismatch: bool) -> None:
    found: list[tuple[Variable, np.ndarray]] = []
    for number, name in enumerate(_names(group, "layer_names")):
        layers = [layer for layer in model.layers if layer.name == name]
        values = _stored_weights(_group(group, name)) if layers else []
        for layer in layers:
            what = f"layer #{number} (named {name})"
            found += _counted(_weights(layer), values, what, "weight(s)", "Layer", skip_mismatch)
    if _TOP in group.links:
        values = _stored_weights(_group(group, _TOP))
        own = _own_weights(model)
        found += _counted(own, values, "top-level weights of model", "top-level weight(s)", "Model", skip_mismatch)
    for variable, value in found:
        variable.assign(value)


def _counted(
    variables: list[Variable], values: list[np.ndarray], what: str, unit: str, owner: str, skip_mismatch: bool
) -> Iterator[tuple[Variable, np.ndarray]]:
    """What `_matched` gives, if there are as many values as variables."""
    if len(values) == len(variables):
        yield from _matched(variables, values, what, skip_mismatch)
        return
    detail = f"{owner} expects {len(variables)} {unit}. Received {len(values)} saved {unit}"
    if not skip_mismatch:
        raise ValueError(f"Weight count mismatch for {what}. {detail}")
    warnings.warn(
        f"Skipping loading of weights for {what} due to mismatch in number of weights. {detail}", stacklevel=7
    )


def _matched(
    variables: list[Variable], values: list[np.ndarray], what: str, skip_mismatch: bool
) -> Iterator[tuple[Variable, np.ndarray]]:
    """Variables and their new values, where the shapes agree."""
    for variable, value in zip(variables, values, strict=True):
        if variable.shape == value.shape:
            yield variable, value
            continue
        detail = (
            f"weight {variable.path}. Weight expects shape {variable.shape}. Received saved weight with shape "
            f"{value.shape}"
        )
        if not skip_mismatch:
            raise ValueError(f"Shape mismatch in {what} for {detail}")
        warnings.warn(f"Skipping loading weights for {what} due to mismatch in shape for {detail}", stacklevel=7)
