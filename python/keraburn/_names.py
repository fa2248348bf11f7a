"""The public names of the package, listed once for its faces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

# Modules that `keraburn` and `keraburn.keras` have.
MODULES = (
    "activations",
    "applications",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "dtype_policies",
    "export",
    "initializers",
    "layers",
    "legacy",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "ops",
    "optimizers",
    "preprocessing",
    "random",
    "regularizers",
    "saving",
    "tree",
    "utils",
    "wrappers",
)

# Classes and functions that both have.
CLASSES = (
    "DTypePolicy",
    "FloatDTypePolicy",
    "Function",
    "Initializer",
    "Input",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Operation",
    "Optimizer",
    "Regularizer",
    "RematScope",
    "Sequential",
    "StatelessScope",
    "Variable",
    "device",
    "name_scope",
    "remat",
    "version",
)


def raise_unknown(module: str, name: str, known: Iterable[str]) -> NoReturn:
    """Raise the AttributeError of a module without `name`, naming the nearest known name."""
    message = f"module '{module}' has no attribute '{name}'"
    # Python itself asks modules for names such as `__path__`.
    if not name.startswith("_"):
        from difflib import get_close_matches  # only paid for by mistakes

        names = {each.lower(): each for each in known}
        near = get_close_matches(name.lower(), names, n=1)
        if near:
            message += f". Did you mean '{names[near[0]]}'?"
    raise AttributeError(message)
