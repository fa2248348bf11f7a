"""Models as estimators of scikit-learn, which is imported when one of them is first named."""

from __future__ import annotations

import importlib
from typing import Any

_CLASSES = ("SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer")


def __getattr__(name: str) -> Any:
    """The classes.

    Raises:
        ImportError: if scikit-learn is not installed.
    """
    if name not in _CLASSES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'. There are: {', '.join(_CLASSES)}")
    try:
        importlib.import_module("sklearn")
    except ImportError:
        raise ImportError(
            f"{name} requires `scikit-learn` to be installed. Run `pip install scikit-learn` to install it."
        ) from None
    return getattr(importlib.import_module(f"{__name__}.estimators"), name)


def __dir__() -> list[str]:
    return list(_CLASSES)
