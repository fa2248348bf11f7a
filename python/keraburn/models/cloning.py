"""A second model of the same architecture."""

from __future__ import annotations

from typing import Any

from keraburn.models.model import Model


def clone_model(model: Model) -> Any:
    """A new model of the same layers, with weights of its own, newly initialized.

    Args:
        model: a Sequential or functional model, or one of a class with `get_config`.

    Raises:
        ValueError: if it is no model.

    Example:

    >>> import keraburn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> copy = keras.models.clone_model(model)
    >>> copy.count_params()
    3
    """
    if not isinstance(model, Model):
        raise ValueError(f"Expected `model` argument to be a `Model` instance. Received: model={model}")
    return type(model).from_config(model.get_config())
