"""Names: what is published under which name, and what users register."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NoReturn, TypeVar

from keraburn import config as settings
from keraburn.dtype_policies import DTypePolicy
from keraburn.random import SeedGenerator

T = TypeVar("T")

# Dotted public name ("keras.losses.Huber") to object, and object to the module and name it is saved under.
_published: dict[str, Any] = {}
_public_names: dict[Any, tuple[str, str]] = {}

# Dotted public name to what loads the class, for classes that nobody has used yet.
_awaited: dict[str, Callable[[], Any]] = {}

# What `register_keras_serializable` was given: "package>name" to object and back.
_registered: dict[str, Any] = {}
_registered_names: dict[Any, str] = {}


class _Scope(threading.local):
    def __init__(self) -> None:
        self.custom_objects: dict[str, Any] = {}


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


def publish_deferred(module: str, names: Iterable[str], load: Callable[[str], Any]) -> Mapping[str, Any]:
    """Make classes known that are loaded when one of them is first looked up, saved or named in a config.

    Args:
        module: where Keras has them.
        names: the names that `load` takes; those of functions are not published, nor are second names of classes.
        load: gives what a name stands for.

    Returns:
        What is published in the module, by name.
    """
    for name in names:
        _awaited[f"{module}.{name}"] = partial(load, name)
    return _Published(module)


def _publish_awaited(path: str) -> None:
    load = _awaited.get(path)
    if load is None:
        return
    item = load()
    if isinstance(item, type):
        publish(path.rpartition(".")[0], [item])
    # Last, for whoever else looks meanwhile.
    _awaited.pop(path, None)


class _Published(Mapping[str, Any]):
    """The classes of a module, some of which are not loaded yet."""

    def __init__(self, module: str) -> None:
        self._prefix = f"{module}."

    def __getitem__(self, name: str) -> Any:
        found = find_published(f"{self._prefix}{name}")
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        for path in list(_awaited):
            if path.startswith(self._prefix):
                _publish_awaited(path)
        return (path.removeprefix(self._prefix) for path in list(_published) if path.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def classes_of(base: type, namespace: Mapping[str, Any]) -> list[Any]:
    """The classes among a module's names that are `base` or derived from it, each once.

    Example:

    >>> [item.__name__ for item in classes_of(Exception, {"Wrong": ValueError, "also": ValueError, "other": 1})]
    ['ValueError']
    """
    found = [item for item in namespace.values() if isinstance(item, type) and issubclass(item, base)]
    return list(dict.fromkeys(found))


def public_name(item: Any) -> tuple[str, str] | None:
    """The module and name under which a class or function is published; None if it is not."""
    if item not in _public_names:
        name = getattr(item, "__name__", None)
        for path in [path for path in _awaited if path.endswith(f".{name}")]:
            _publish_awaited(path)
    return _public_names.get(item)


def find_published(path: str) -> Any:
    """The object of a dotted name; without a dot, the first published one of that name; None if there is none."""
    if "." in path:
        _publish_awaited(path)
        return _published.get(path)
    return next((item for known, item in _published.items() if known.endswith(f".{path}")), None)


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
    """The dict of registered objects, by registered name; what is put into it is found too.

    Example:

    >>> import keraburn as keras
    >>> keras.saving.get_custom_objects()["halved"] = lambda x: x / 2
    >>> keras.activations.get("halved")(4.0)
    2.0
    >>> del keras.saving.get_custom_objects()["halved"]
    """
    return _registered


def get_registered_name(obj: Any) -> str:
    """The name under which `obj` was registered, else its own.

    Args:
        obj: a class or function.

    Example:

    >>> import keraburn as keras
    >>> keras.saving.get_registered_name(keras.layers.Dense)
    'Dense'
    """
    return _registered_names.get(obj, obj.__name__)


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any:
    """The object of that name in the custom object scope, the registry or the given dicts; None if there is none.

    Args:
        name: under which it was registered.
        custom_objects: more objects by name.
        module_objects: likewise, looked into last.

    Example:

    >>> import keraburn as keras
    >>> keras.saving.get_registered_object("nobody's") is None
    True
    """
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


def raise_unknown(kind: str, name: str, known: Iterable[str]) -> NoReturn:
    """Raise a ValueError that names the known name nearest to `name`."""
    from difflib import get_close_matches  # only paid for by mistakes

    folded: dict[str, str] = {}
    for each in known:
        folded.setdefault(each.lower(), each)
    near = get_close_matches(name.lower(), folded, n=1, cutoff=0.5)
    hint = f" Did you mean {folded[near[0]]!r}?" if near else ""
    raise ValueError(f"Could not interpret {kind} identifier: {name!r}.{hint} Received: identifier={name!r}")


publish("keras.random", [SeedGenerator])
publish("keras", [DTypePolicy])
publish("keras.dtype_policies", [DTypePolicy])
