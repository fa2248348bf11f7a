"""The face for scripts that say `from keraburn.keras.layers import Dense`.

The modules here are those of `keraburn` under a second name, not copies.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import keraburn
from keraburn._names import CLASSES, MODULES, raise_unknown

__version__ = keraburn.__version__
__all__ = sorted([*MODULES, *CLASSES])  # noqa: PLE0605 one list serves both faces


class _Aliases:
    """Finds and loads `keraburn.keras.<path>`: it is `keraburn.<path>`, imported now if it was not before."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        inside = name.startswith(f"{__name__}.") and name.split(".")[2] in MODULES
        # One for each module, as it keeps something between the two calls that load it.
        return ModuleSpec(name, _Aliases()) if inside else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(f"keraburn.{spec.name.removeprefix(f'{__name__}.')}")
        self._own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has just written the second name's over it.
        module.__spec__ = self._own


sys.meta_path.insert(0, _Aliases())
for _name in MODULES:
    globals()[_name] = importlib.import_module(f"{__name__}.{_name}")
for _name in CLASSES:
    globals()[_name] = getattr(keraburn, _name)
del _name


def __getattr__(name: str) -> Any:
    raise_unknown(__name__, name, __all__)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
