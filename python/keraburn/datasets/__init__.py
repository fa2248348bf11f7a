"""Small data sets for trying things out, fetched when they are first loaded."""

from __future__ import annotations

import importlib
from typing import Any

_MODULES = (
    "boston_housing",
    "california_housing",
    "cifar10",
    "cifar100",
    "fashion_mnist",
    "imdb",
    "mnist",
    "reuters",
)


def __getattr__(name: str) -> Any:
    """The data sets' modules, loaded when they are first used."""
    if name not in _MODULES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'. There are: {', '.join(_MODULES)}")
    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return list(_MODULES)
