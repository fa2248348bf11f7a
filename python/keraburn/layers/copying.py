"""Layers and models through `copy.deepcopy` and `pickle`: config, values of variables, and what `adapt` found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keraburn import registry
from keraburn.variable import Variable

if TYPE_CHECKING:
    from keraburn.layers.layer import Layer


def reduced(layer: Layer) -> tuple[Callable[..., Layer], tuple[Any, ...]]:
    """What `__reduce__` returns for a layer: how to make it again, and from what."""
    own = {type(each).__name__: type(each) for each in layer._flatten_layers() if not each._is_ours}
    optimizer = getattr(layer, "optimizer", None)
    optimized = _values(optimizer.variables) if optimizer is not None and optimizer.built else None
    learned = [each._learned() for each in layer._flatten_layers()]
    return revived, (registry.serialize_keras_object(layer), own, _values(layer.variables), optimized, learned)


def revived(
    config: Any,
    own: dict[str, type],
    values: list[np.ndarray],
    optimized: list[np.ndarray] | None,
    learned: list[Any],
) -> Layer:
    """The layer that `reduced` took apart.

    Args:
        config: of the layer, with its class.
        own: the users' classes in it, by name.
        values: of its variables.
        optimized: values of its optimizer's variables, None if it has none.
        learned: what it and each of the layers inside learned from data beside variables, None for most.
    """
    layer = registry.deserialize_keras_object(config, custom_objects=own, safe_mode=False)
    _assign(layer.variables, values)
    for each, found in zip(layer._flatten_layers(), learned, strict=True):
        if found is not None:
            each._set_learned(found)
    if optimized is not None:
        layer.optimizer.build(layer.trainable_variables)
        _assign(layer.optimizer.variables, optimized)
    return layer


def _values(variables: Sequence[Variable]) -> list[np.ndarray]:
    return [variable.numpy() for variable in variables]


def _assign(variables: Sequence[Variable], values: Sequence[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
