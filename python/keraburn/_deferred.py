"""Imports of a package's head that happen when their names are first used."""

from __future__ import annotations

import builtins
import importlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from keraburn._names import raise_unknown

# Held while names are noted, as the interpreter has one function that imports.
_lock = threading.RLock()


class _Home(NamedTuple):
    """Where a name comes from."""

    module: str
    name: str


class _Unread:
    """Stands for a module in `from module import name`, and gives the place of each name."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> _Home:
        return _Home(self._module, name)


class Imports:
    """A `with` block at the head of a package; what is imported in it is loaded when it is first used.

    The names stand in ordinary import statements, so whoever reads the file sees them, type checkers too. The package
    gets the functions `__getattr__` and `__dir__`, unless it has its own, which then ask `in` and `load`.

    Args:
        namespace: the package's `globals()`.

    Example:

    >>> namespace = {"__name__": "demo", "Imports": Imports}
    >>> exec("with Imports(globals()): from fractions import Fraction", namespace)
    >>> "Fraction" in namespace
    False
    >>> namespace["__getattr__"]("Fraction")(1, 2)
    Fraction(1, 2)
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._package: str = namespace["__name__"]
        self._homes: dict[str, _Home] = {}

    def __enter__(self) -> Imports:
        _lock.acquire()
        self._import = builtins.__import__
        builtins.__import__ = self._note
        return self

    def __exit__(self, *_: object) -> None:
        builtins.__import__ = self._import
        _lock.release()
        for name, value in list(self._namespace.items()):
            if isinstance(value, _Home):
                self._homes[name] = self._namespace.pop(name)
        self._namespace.update(__getattr__=self.load, __dir__=self._dir)

    def __contains__(self, name: object) -> bool:
        return name in self._homes

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def _note(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        # Other threads import meanwhile, too.
        if globals is not self._namespace:
            return self._import(name, globals, locals, fromlist, level)
        return _Unread(name)

    def load(self, name: str) -> Any:
        """The object of that name, from now on an ordinary member of the package.

        Raises:
            AttributeError: if the name was not imported in the block.
        """
        home = self._homes.get(name)
        if home is None:
            # The last of equal names in upper and lower case is the one that is told: a class, not its file.
            raise_unknown(self._package, name, [*self._namespace, *self._homes])
        if home.module == self._package:
            found: Any = importlib.import_module(f"{home.module}.{home.name}")
        else:
            found = getattr(importlib.import_module(home.module), home.name)
        self._namespace[name] = found
        return found

    def _dir(self) -> list[str]:
        return sorted({*self._namespace, *self._homes})
