"""Names: what is published under which name, what users register, and objects to and from Keras configs."""

from __future__ import annotations

import threading
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, TypeVar

import numpy as np

from keraburn import config as settings
from keraburn import ops
from keraburn.random import SeedGenerator
from keraburn.tensor import KerasTensor, Tensor

T = TypeVar("T")

# Dotted public name ("keras.losses.Huber") to object, and object to the module and name it is saved under.
_published: dict[str, Any] = {}
_public_names: dict[Any, tuple[str, str]] = {}

# What `register_keras_serializable` was given: "package>name" to object and back.
_registered: dict[str, Any] = {}
_registered_names: dict[Any, str] = {}


class _Scope(threading.local):
    def __init__(self) -> None:
        self.custom_objects: dict[str, Any] = {}
        self.unsafe: bool = False


_scope = _Scope()


def publish(
    module: str, objects: Iterable[Any], aliases: Mapping[str, Any] | None = None, snake_case: bool = False
) -> dict[str, Any]:
    """Make classes and functions known by their public names and give the table that their family looks names up in.

    Args:
        module: where Keras has them, such as `"keras.losses"`.
        objects: classes and functions; each knows its own name.
        aliases: more names for the table.
        snake_case: whether the table also has `mean_squared_error` for a class `MeanSquaredError`.

    Returns:
        A dict from names to objects, to be given to `lookup`.
    """
    table: dict[str, Any] = {}
    for item in objects:
        name = item.__name__
        table[name] = item
        _published[f"{module}.{name}"] = item
        _public_names.setdefault(item, (module, name))
        if snake_case and isinstance(item, type):
            table.setdefault(settings.to_snake_case(name), item)
    table.update(aliases or {})
    return table


def public_module(item: Any) -> str | None:
    """The module under which a class or function is published, such as `"keras.losses"`; None if it is not."""
    return _public_names.get(item, (None,))[0]


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[T], T]:
    """Decorate a class or function so that saved configs can name it.

    Args:
        package: put before the name: `"package>name"`.
        name: the class's own name when None.

    Raises:
        ValueError: if a class has no `get_config`.

    Example:

    >>> import keraburn as keras
    >>> @keras.saving.register_keras_serializable("demo")
    ... def doubled(x):
    ...     return 2 * x
    >>> keras.activations.serialize(doubled)
    'demo>doubled'
    """

    def decorate(item: T) -> T:
        if isinstance(item, type) and not hasattr(item, "get_config"):
            raise ValueError(
                f"Cannot register a class that does not have a get_config() method. Received: {item.__name__}"
            )
        registered = f"{package}>{name or item.__name__}"  # type: ignore[attr-defined]
        _registered[registered] = item
        _registered_names[item] = registered
        return item

    return decorate


def get_custom_objects() -> dict[str, Any]:
    """The dict of registered objects, by registered name; what is put into it is found too."""
    return _registered


def get_registered_name(obj: Any) -> str:
    """The name under which `obj` was registered, else its own."""
    return _registered_names.get(obj, obj.__name__)


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any:
    """The object of that name in the custom object scope, the registry or the given dicts; None if there is none."""
    for table in (_scope.custom_objects, _registered, custom_objects, module_objects):
        if table and name in table:
            return table[name]
    return None


class CustomObjectScope:
    """Names for classes and functions, valid inside a `with` block.

    Args:
        custom_objects: a dict from names to classes and functions.

    Example:

    >>> import keraburn as keras
    >>> def halved(x):
    ...     return x / 2
    >>> with keras.saving.custom_object_scope({"halved": halved}):
    ...     keras.activations.get("halved").__name__
    'halved'
    """

    def __init__(self, custom_objects: Mapping[str, Any] | None) -> None:
        self.custom_objects = dict(custom_objects or {})
        self._outer: dict[str, Any] = {}

    def __enter__(self) -> CustomObjectScope:
        self._outer = _scope.custom_objects
        _scope.custom_objects = {**self._outer, **self.custom_objects}
        return self

    def __exit__(self, *_: object) -> None:
        _scope.custom_objects = self._outer


custom_object_scope = CustomObjectScope


def enable_unsafe_deserialization() -> None:
    """Allow configs to hold Python lambdas in this thread; only for files whose source is trusted."""
    _scope.unsafe = True


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


def raise_unknown(kind: str, name: str, known: Iterable[str]) -> NoReturn:
    """Raise a ValueError that names the known name nearest to `name`."""
    from difflib import get_close_matches  # only paid for by mistakes

    folded: dict[str, str] = {}
    for each in known:
        folded.setdefault(each.lower(), each)
    near = get_close_matches(name.lower(), folded, n=1, cutoff=0.5)
    hint = f" Did you mean {folded[near[0]]!r}?" if near else ""
    raise ValueError(f"Could not interpret {kind} identifier: {name!r}.{hint} Received: identifier={name!r}")


def serialize_keras_object(obj: Any) -> Any:
    """The config of an object, as Keras writes it: plain data that `deserialize_keras_object` turns back.

    An object becomes `{"module", "class_name", "config", "registered_name"}`; lists, tuples and dicts are
    followed; numbers, strings and None stay.

    Raises:
        TypeError: if an object has no `get_config`.
    """
    if obj is None or isinstance(obj, (str, int, float)):
        return obj
    if isinstance(obj, (list, tuple)):
        return type(obj)([serialize_keras_object(item) for item in obj])
    if isinstance(obj, dict):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    special = _serialize_data(obj)
    if special is not None:
        return special
    if isinstance(obj, types.FunctionType) and obj.__name__ == "<lambda>":
        return {"class_name": "__lambda__", "config": {"value": _dump_lambda(obj)}}
    if not hasattr(obj, "get_config"):
        return _serialize_function(obj)
    inner = obj.get_config()
    if not isinstance(inner, dict):
        raise TypeError(f"The `get_config()` method of {obj} should return a dict. Received: {inner}")
    cls = type(obj)
    registered: str | None = None
    module: str | None
    if cls in _public_names:
        module, name = _public_names[cls]
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


def _serialize_data(obj: Any) -> Any:
    if isinstance(obj, bytes):
        return {"class_name": "__bytes__", "config": {"value": obj.decode("utf-8")}}
    if isinstance(obj, slice):
        parts = {key: serialize_keras_object(getattr(obj, key)) for key in ("start", "stop", "step")}
        return {"class_name": "__slice__", "config": parts}
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(obj, KerasTensor):
        history = [obj.history[0].name, *obj.history[1:]] if obj.history else None
        config = {"shape": list(obj.shape), "dtype": obj.dtype, "keras_history": history}
        return {"class_name": "__keras_tensor__", "config": config}
    if isinstance(obj, Tensor):
        return {"class_name": "__tensor__", "config": {"value": obj.tolist(), "dtype": obj.dtype}}
    if isinstance(obj, np.ndarray) and obj.ndim:
        return {"class_name": "__numpy__", "config": {"value": obj.tolist(), "dtype": str(obj.dtype)}}
    return obj.item() if isinstance(obj, (np.generic, np.ndarray)) else None


def deserialize_keras_object(
    config: Any,
    custom_objects: Mapping[str, Any] | None = None,
    safe_mode: bool = True,
    *,
    module_objects: Mapping[str, Any] | None = None,
) -> Any:
    """The object that a config describes; the inverse of `serialize_keras_object`.

    Args:
        config: what `serialize_keras_object` gave, or Keras itself.
        custom_objects: names for classes and functions that are not registered.
        safe_mode: refuse configs that hold Python code.
        module_objects: names of the family that is expected, for configs without a module.

    Raises:
        TypeError: if a class or function is not known.
        ValueError: for a lambda in safe mode.
    """
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
    if name.startswith("__") and name.endswith("__"):
        return _deserialize_data(name, config["config"], safe_mode)
    if name == "function":
        return _find("function", config["config"], config, module_objects)
    cls = _find("class", name, config, module_objects)
    return cls if isinstance(cls, types.FunctionType) else _make(cls, config)


def _deserialize_data(kind: str, value: dict[str, Any], safe_mode: bool) -> Any:
    if kind == "__bytes__":
        return value["value"].encode("utf-8")
    if kind == "__slice__":
        return slice(*(deserialize_keras_object(value[key]) for key in ("start", "stop", "step")))
    if kind == "__ellipsis__":
        return Ellipsis
    if kind == "__keras_tensor__":
        return KerasTensor(value["shape"], dtype=value["dtype"])
    if kind == "__tensor__":
        return ops.convert_to_tensor(value["value"], dtype=value["dtype"])
    if kind == "__numpy__":
        return np.array(value["value"], dtype=value["dtype"])
    if kind == "__lambda__":
        if safe_mode and not _scope.unsafe:
            raise ValueError(
                "The config holds a Python lambda, which may run any code, so it is refused. If you trust its source, "
                "pass `safe_mode=False` or call `keras.config.enable_unsafe_deserialization()`. "
                f"Received: safe_mode={safe_mode}"
            )
        return _load_lambda(value["value"])
    raise TypeError(f"Unknown kind of data in a config. Received: class_name={kind}")


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
    found = _published.get(f"{module}.{name}")
    if found is None and table is not None:
        found = table.get(name, table.get(name.lower()))
    if found is None and kind == "function":
        found = next((item for path, item in _published.items() if path.endswith(f".{name}")), None)
    if found is None:
        raise TypeError(
            f"Could not locate {kind} '{name}'. Make sure custom classes and functions are decorated with "
            "`@keras.saving.register_keras_serializable()` and imported before they are loaded, or pass them in "
            f"`custom_objects`. Received: config={config}"
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


def _dump_lambda(function: types.FunctionType) -> dict[str, Any]:
    """The code, default values and closure of a lambda, in Keras's format."""
    import base64
    import marshal
    import warnings

    warnings.warn(
        "A `lambda` is being serialized; loading it needs `safe_mode=False`. A named function is safer.", stacklevel=3
    )
    closure = tuple(cell.cell_contents for cell in function.__closure__) if function.__closure__ else None
    code = base64.b64encode(marshal.dumps(function.__code__)).decode("ascii")
    return {"code": code, "defaults": function.__defaults__, "closure": closure}


def _load_lambda(value: dict[str, Any]) -> types.FunctionType:
    import base64
    import marshal

    code = marshal.loads(base64.b64decode(value["code"]))
    defaults = value.get("defaults")
    cells = tuple(types.CellType(item) for item in value.get("closure") or ())
    return types.FunctionType(code, globals(), "<lambda>", tuple(defaults) if defaults else None, cells or None)


publish("keras.random", [SeedGenerator])
