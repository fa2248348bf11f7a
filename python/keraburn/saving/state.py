"""The state of a model, walked object by object in the order and under the paths that Keras gives them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from keraburn import config
from keraburn.layers.layer import Layer
from keraburn.layers.operation import Operation, original_name
from keraburn.losses import Loss
from keraburn.metrics import Metric
from keraburn.optimizers import Optimizer
from keraburn.saving.assets import Assets
from keraburn.saving.hdf5 import Reader, Writer
from keraburn.variable import Variable

_SAVEABLE = (Operation, Metric, Loss, Optimizer)
_BASES = (Layer, Optimizer, Metric, Loss, Operation)


class _Skipped:
    """Names of attributes that every object of a kind has; they are not walked."""

    known: ClassVar[dict[type, frozenset[str]]] = {}


def _skipped(saveable: Any) -> frozenset[str]:
    base = next(base for base in _BASES if isinstance(saveable, base))
    if base not in _Skipped.known:
        samples: dict[type, Any] = {Layer: Layer, Optimizer: lambda: Optimizer(1.0), Operation: Operation}
        names = dir(samples[base]()) if base in samples else dir(base)
        _Skipped.known[base] = frozenset(names) - {"variables"}
    return _Skipped.known[base]


def _children(saveable: Any) -> Iterator[tuple[str, Any]]:
    """Names and values of the attributes that may hold objects with state, private ones last."""
    skipped = _skipped(saveable)
    ordered = hasattr(saveable, "_own_layers") and (hasattr(saveable, "_operations") or "_functional" in vars(saveable))
    if ordered:
        yield "layers", saveable.layers
    for name in sorted(dir(saveable), key=lambda name: f"~{name}" if name[0] == "_" else name):
        if name.startswith("__") or name in skipped:
            continue
        if ordered and name in ("operations", "_operations", "_functional"):
            continue
        try:
            value = getattr(saveable, name)
        except Exception:
            # A property that has no value yet.
            continue
        if isinstance(value, (*_SAVEABLE, list, dict, tuple)):
            yield name, value


def _items(container: Any) -> Iterator[tuple[str, Any]]:
    """The objects and containers in a container, by the names of their classes, numbered where they repeat."""
    used: dict[str, int] = {}
    for value in list(container.values()) if isinstance(container, dict) else list(container):
        if isinstance(value, _SAVEABLE):
            name = config.to_snake_case(original_name(type(value)))
        elif isinstance(value, (list, dict, tuple)):
            name = "container"
        else:
            continue
        count = used[name] = used.get(name, -1) + 1
        yield (f"{name}_{count}" if count else name), value


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def save_state(saveable: Any, writer: Writer, assets: Assets | None = None, skipped: Iterable[Any] = ()) -> None:
    """Write the variables and assets of an object and of all objects inside it.

    Args:
        saveable: a model, layer or optimizer.
        writer: where variables go.
        assets: where assets go; they are left out if None.
        skipped: objects to leave out.
    """
    _Saving(writer, assets, skipped).save(saveable, "")


class _Saving:
    """One pass of saving."""

    def __init__(self, writer: Writer, assets: Assets | None, skipped: Iterable[Any]) -> None:
        self.writer = writer
        self.assets = assets
        self.visited = {id(each) for each in skipped}

    def save(self, saveable: Any, path: str) -> None:
        if id(saveable) in self.visited:
            return
        self.visited.add(id(saveable))
        if hasattr(saveable, "save_own_variables"):
            name = getattr(saveable, "name", None)
            saveable.save_own_variables(self.writer.at(path, name if isinstance(name, str) else None))
        if self.assets is not None and hasattr(saveable, "save_assets"):
            saveable.save_assets(self.assets.at(path))
        for name, child in _children(saveable):
            self._child(child, _join(path, name), set())

    def _child(self, child: Any, path: str, containers: set[int]) -> None:
        if isinstance(child, _SAVEABLE):
            self.save(child, path)
        elif id(child) not in containers:
            containers.add(id(child))
            for name, item in _items(child):
                self._child(item, _join(path, name), containers)


class _Loading:
    """One pass of loading: what is done, what could not be done, and what was there before."""

    def __init__(self, reader: Reader, assets: Assets | None, skipped: Iterable[Any], undo: bool) -> None:
        self.reader = reader
        self.assets = assets
        self.keeps = undo
        self.visited = {id(each) for each in skipped}
        self.active: set[int] = set()
        self.failed: dict[int, tuple[Any, Exception]] = {}
        self.before: dict[int, tuple[Variable, Any]] = {}

    def load(self, saveable: Any, path: str) -> None:
        if id(saveable) in self.visited or id(saveable) in self.active:
            return
        self.active.add(id(saveable))
        number = len(self.failed)
        done = self._load_own(saveable, path)
        for name, child in _children(saveable):
            self._child(child, _join(path, name), set())
        self.active.discard(id(saveable))
        if done and id(saveable) in self.failed:
            # What failed under one path may succeed under another, but not where there is nothing to load.
            done = bool(_own_variables(saveable)) or self.reader.has(_join(path, "vars"))
        if done:
            self.failed.pop(id(saveable), None)
            if len(self.failed) <= number:
                self.visited.add(id(saveable))

    def _load_own(self, saveable: Any, path: str) -> bool:
        known = _own_variables(saveable)
        values = [variable.value for variable in known]
        for variable, value in zip(known, values, strict=True) if self.keeps else ():
            self.before.setdefault(id(variable), (variable, value))
        try:
            if hasattr(saveable, "load_own_variables"):
                saveable.load_own_variables(self.reader.at(path))
            if self.assets is not None and hasattr(saveable, "load_assets"):
                saveable.load_assets(self.assets.at(path))
        except Exception as error:
            self.failed[id(saveable)] = saveable, error
            for variable, value in zip(known, values, strict=True):
                variable.assign(value)
            return False
        return True

    def _child(self, child: Any, path: str, containers: set[int], nested: bool = False) -> None:
        if isinstance(child, _SAVEABLE):
            self.load(child, path)
            return
        if id(child) in containers:
            return
        containers.add(id(child))
        if nested and not self.reader.has(path):
            waiting = [item for _, item in _items(child) if id(item) not in self.visited and hasattr(item, "weights")]
            if any(item.weights for item in waiting):
                warnings.warn(
                    f"Skipping nested container at '{path}': no matching group found in the saved file. "
                    "The layers in it keep the weights they have.",
                    stacklevel=2,
                )
            return
        for name, item in _items(child):
            self._child(item, _join(path, name), containers, nested=True)

    def undo(self) -> None:
        for variable, value in self.before.values():
            variable.assign(value)


def _own_variables(saveable: Any) -> list[Variable]:
    if isinstance(saveable, Layer):
        return [*saveable._trainable_variables, *saveable._non_trainable_variables]
    return list(getattr(saveable, "variables", ()))


def load_state(
    saveable: Any,
    reader: Reader,
    filepath: Any,
    skip_mismatch: bool = False,
    assets: Assets | None = None,
    skipped: Iterable[Any] = (),
    undo: bool = True,
) -> None:
    """Read the state of an object and of all objects inside it; if some does not fit, no variables are changed.

    Args:
        saveable: a model, layer or optimizer.
        reader: where from.
        filepath: the name of the file, for errors.
        skip_mismatch: load what fits and warn of the rest.
        assets: where assets are; they are left alone if None.
        skipped: objects to leave alone.
        undo: whether the values from before are kept until all fit; not for a model that is new.

    Raises:
        ValueError: if there is an object whose variables do not fit.
    """
    loading = _Loading(reader, assets, skipped, undo)
    try:
        loading.load(saveable, "")
        if not loading.failed:
            return
        example, error = next(iter(loading.failed.values()))
        message = (
            f"A total of {len(loading.failed)} objects could not be loaded. Example error message for object "
            f"{example}:\n\n{error}\n\nList of objects that could not be loaded:\n"
            f"{[each for each, _ in loading.failed.values()]}\n\nReceived: filepath={filepath}"
        )
        if not skip_mismatch:
            raise ValueError(message) from error
        warnings.warn(message, stacklevel=3)
    except BaseException:
        loading.undo()
        raise
