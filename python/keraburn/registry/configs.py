"""What an argument means, and objects to and from Keras's configs."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any

from keraburn.registry.data import deserialize_data, serialize_data
from keraburn.registry.names import (
    CustomObjectScope,
    find_published,
    get_registered_name,
    get_registered_object,
    public_name,
    raise_unknown,
)
from keraburn.registry.scopes import SafeModeScope, find_made, is_safe, note_made, note_written


def lookup(
    kind: str, identifier: Any, table: Mapping[str, Any], fold_case: bool = False, instance: type | None = None
) -> Any:
    """What an argument such as `loss="mse"` means.

    Args:
        kind: word for the error, such as `"loss"`.
        identifier: None, a name, a config dict, a class (an instance of it is made), an instance or a function.
        table: names to classes and functions, as `publish` gives it.
        fold_case: whether names match in any case; the table's names are then lower case.
        instance: the class that the result must be of; anything callable when None.

    Raises:
        ValueError: for a name that is not known (the nearest known one is named) or something of the wrong kind.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        found = deserialize_keras_object(identifier, module_objects=table)
    elif isinstance(identifier, str):
        found = get_registered_object(identifier)
        if found is None:
            found = table.get(identifier.lower() if fold_case else identifier)
        if found is None:
            raise_unknown(kind, identifier, table)
    else:
        found = identifier
    if isinstance(found, type):
        found = found()
    if not (callable(found) if instance is None else isinstance(found, instance)):
        raise ValueError(f"Could not interpret {kind} identifier: {identifier!r}. Received: identifier={identifier!r}")
    return found


def serialize_keras_object(obj: Any) -> Any:
    """The config of an object, as Keras writes it: plain data that `deserialize_keras_object` turns back.

    An object becomes `{"module", "class_name", "config", "registered_name"}`; lists, tuples and dicts are
    followed; numbers, strings and None stay.

    Raises:
        TypeError: if an object has no `get_config`.

    Example:

    >>> import keraburn as keras
    >>> keras.saving.serialize_keras_object(keras.regularizers.L2(0.5))["config"]
    {'l2': 0.5}
    """
    if obj is None or isinstance(obj, (str, int, float)):
        return obj
    if isinstance(obj, (list, tuple)):
        return type(obj)([serialize_keras_object(item) for item in obj])
    if isinstance(obj, dict):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    data = serialize_data(obj)
    if data is not None:
        return data
    if not hasattr(obj, "get_config"):
        return _serialize_function(obj)
    inner = obj.get_config()
    if not isinstance(inner, dict):
        raise TypeError(f"The `get_config()` method of {obj} should return a dict. Received: {inner}")
    cls = type(obj)
    registered: str | None = None
    module: str | None
    public = public_name(cls)
    if public is not None:
        module, name = public
    else:
        module = None if cls.__module__ == "__main__" else cls.__module__
        name, registered = cls.__name__, get_registered_name(cls)
    config = {
        "module": module,
        "class_name": name,
        "config": serialize_keras_object(inner),
        "registered_name": registered,
    }
    for key in ("build_config", "compile_config"):
        getter = getattr(obj, f"get_{key}", None)
        extra = getter() if getter else None
        if extra is not None:
            config[key] = serialize_keras_object(extra)
    note_written(obj, config)
    return config


def _serialize_function(obj: Any) -> dict[str, Any]:
    if not hasattr(obj, "__name__"):
        raise TypeError(
            "Cannot serialize an object without a `get_config()` method. "
            f"Received: obj={obj} of type {type(obj).__name__}"
        )
    return {
        "module": "builtins",
        "class_name": "function",
        "config": get_registered_name(obj),
        "registered_name": "function",
    }


def deserialize_keras_object(
    config: Any,
    custom_objects: Mapping[str, Any] | None = None,
    safe_mode: bool = True,
    **kwargs: Any,
) -> Any:
    """The object that a config describes; the inverse of `serialize_keras_object`.

    Args:
        config: what `serialize_keras_object` gave, or Keras itself.
        custom_objects: names for classes and functions that are not registered.
        safe_mode: refuse configs that hold Python code; what was asked of a call around this one goes before.
        **kwargs: `module_objects`: names of the family that is expected, for configs without a module.

    Raises:
        TypeError: if a class or function is not known.
        ValueError: for a lambda in safe mode.

    Example:

    >>> import keraburn as keras
    >>> config = keras.saving.serialize_keras_object(keras.layers.Dense(3, name="three"))
    >>> keras.saving.deserialize_keras_object(config)
    <Dense name=three, built=False>
    """
    module_objects: Mapping[str, Any] | None = kwargs.get("module_objects")
    safe_mode = is_safe(safe_mode)
    if custom_objects:
        with CustomObjectScope(custom_objects):
            return deserialize_keras_object(config, safe_mode=safe_mode, module_objects=module_objects)
    if isinstance(config, str):
        found = get_registered_object(config, module_objects=module_objects)
        return config if found is None else found
    if isinstance(config, (list, tuple)):
        return [deserialize_keras_object(item, safe_mode=safe_mode) for item in config]
    if config is None or isinstance(config, (int, float)):
        return config
    if not isinstance(config, dict):
        raise TypeError(f"Could not parse config. Received: config={config}")
    if "class_name" not in config or "config" not in config:
        return {key: deserialize_keras_object(value, safe_mode=safe_mode) for key, value in config.items()}
    name = config["class_name"]
    if not isinstance(name, str):
        raise TypeError(f"A config's class name is a string. Received: config={config}")
    if name.startswith("__") and name.endswith("__"):
        return deserialize_data(name, config["config"], safe_mode)
    if name == "function":
        return _find("function", config["config"], config, module_objects)
    shared = find_made(config)
    if shared is not None:
        return shared
    cls = _find("class", name, config, module_objects)
    if isinstance(cls, types.FunctionType):
        return cls
    with SafeModeScope(safe_mode):
        made = _make(cls, config)
    note_made(made, config)
    return made


def _find(kind: str, name: Any, config: dict[str, Any], table: Mapping[str, Any] | None) -> Any:
    """The class or function that a config names: users' own first, then the expected family, then all public names."""
    if not isinstance(name, str):
        raise TypeError(f"A config of a function holds its name. Received: config={config}")
    registered = config.get("registered_name")
    for candidate in (registered if kind == "class" else None, name):
        found = get_registered_object(candidate) if candidate else None
        if found is not None:
            return found
    module = config.get("module") or ""
    found = find_published(f"{module}.{name}")
    if found is None and table is not None:
        found = table.get(name, table.get(name.lower()))
    if found is None and kind == "function":
        found = find_published(name)
    if found is None:
        raise TypeError(
            f"Could not locate {kind} '{name}'. Make sure custom classes and functions are decorated with "
            "`@keras.saving.register_keras_serializable()`, or passed in `custom_objects`. If they are already "
            "decorated, make sure they are all imported so that the decorator is run before trying to load them. "
            f"Received: config={config}"
        )
    return found


def _make(cls: Any, config: dict[str, Any]) -> Any:
    if not hasattr(cls, "from_config"):
        raise TypeError(f"Class '{cls.__name__}' has no `from_config()` method. Received: config={config}")
    try:
        instance = cls.from_config(dict(config["config"] or {}))
    except TypeError as error:
        raise TypeError(
            f"{cls} could not be made from its config. Objects that `get_config()` returns as configs must be "
            f"deserialized in `from_config()`. The error was: {error}. Received: config={config}"
        ) from error
    build_config = config.get("build_config")
    if build_config and not instance.built:
        instance.build_from_config(build_config)
        instance.built = True
    compile_config = config.get("compile_config")
    if compile_config:
        instance.compile_from_config(compile_config)
    return instance
