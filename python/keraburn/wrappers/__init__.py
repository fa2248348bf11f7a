"""Models as estimators of scikit-learn, which is imported when one of them is first named."""

from __future__ import annotations

import importlib
from typing import Any

from keraburn import _deferred

with _deferred.Imports(globals()) as _later:
    from keraburn.wrappers.estimators import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer


def __getattr__(name: str) -> Any:
    """The classes.

    Raises:
        ImportError: if scikit-learn is not installed.
    """
    if name in _later:
        try:
            importlib.import_module("sklearn")
        except ImportError:
            raise ImportError(
                f"{name} requires `scikit-learn` to be installed. Run `pip install scikit-learn` to install it."
            ) from None
    return _later.load(name)
