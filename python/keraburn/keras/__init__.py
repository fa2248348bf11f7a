"""The face for scripts that say `from keraburn.keras.layers import Dense`.

The modules here are those of `keraburn` under a second name, not copies.
"""

from __future__ import annotations

import sys
from typing import Any

import keraburn
from keraburn._names import CLASSES, MODULES, raise_unknown

__version__ = keraburn.__version__
__all__ = sorted([*MODULES, *CLASSES])  # noqa: PLE0605 one list serves both faces

for _name in MODULES:
    _module = getattr(keraburn, _name)
    globals()[_name] = _module
    sys.modules[f"{__name__}.{_name}"] = _module
    for _path, _inner in list(sys.modules.items()):
        if _path.startswith(f"keraburn.{_name}."):
            sys.modules[f"{__name__}.{_path.removeprefix('keraburn.')}"] = _inner
for _name in CLASSES:
    globals()[_name] = getattr(keraburn, _name)
del _name, _module


def __getattr__(name: str) -> Any:
    raise_unknown(__name__, name, __all__)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
