"""Projections that weights are put through after each optimizer step."""

from __future__ import annotations

from typing import Any

from keraburn import config, ops, registry
from keraburn.tensor import Tensor


class Constraint:
    """Base of constraints: called with a weight tensor, it gives the nearest allowed one.

    Example:

    >>> import keraburn as keras
    >>> class AtMostOne(keras.constraints.Constraint):
    ...     def __call__(self, w):
    ...         return keras.ops.minimum(w, 1.0)
    >>> AtMostOne()(keras.ops.array([0.5, 2.0])).numpy()
    array([0.5, 1. ], dtype=float32)
    """

    def __call__(self, w: Any) -> Any:
        return w

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**config)


class MaxNorm(Constraint):
    """Scale down what is longer than `max_value`: `w * clip(norm, 0, max_value) / (epsilon + norm)`.

    Args:
        max_value: the greatest allowed norm.
        axis: axes along which norms are taken; 0 for the incoming weights of each unit of a dense kernel.

    Example:

    >>> import keraburn as keras
    >>> keras.constraints.MaxNorm(1.0)(keras.ops.array([[3.0], [4.0]])).numpy().round(2).tolist()
    [[0.6000000238418579], [0.800000011920929]]
    """

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: Any) -> Tensor:
        w = ops.convert_to_tensor(w)
        norms = _norms(w, self.axis)
        desired = ops.minimum(norms, self.max_value)
        return ops.multiply(w, ops.divide(desired, ops.add(norms, config.epsilon())))

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """Negative weights become zero.

    Example:

    >>> import keraburn as keras
    >>> keras.constraints.NonNeg()(keras.ops.array([-1.0, 2.0])).numpy()
    array([0., 2.], dtype=float32)
    """

    def __call__(self, w: Any) -> Tensor:
        return ops.maximum(w, 0)


class UnitNorm(Constraint):
    """Every norm becomes one: `w / (epsilon + norm)`.

    Args:
        axis: axes along which norms are taken.

    Example:

    >>> import keraburn as keras
    >>> keras.constraints.UnitNorm()(keras.ops.array([[3.0], [4.0]])).numpy().round(2).tolist()
    [[0.6000000238418579], [0.800000011920929]]
    """

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def __call__(self, w: Any) -> Tensor:
        w = ops.convert_to_tensor(w)
        return ops.divide(w, ops.add(_norms(w, self.axis), config.epsilon()))

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Norms move into `[min_value, max_value]`, by the share `rate` of the way at each step.

    Args:
        min_value: the least allowed norm.
        max_value: the greatest allowed norm.
        rate: 1 projects at once, less moves slowly.
        axis: axes along which norms are taken.

    Example:

    >>> import keraburn as keras
    >>> keras.constraints.MinMaxNorm(1.0, 2.0)(keras.ops.array([[0.3], [0.4]])).numpy().round(2).tolist()
    [[0.6000000238418579], [0.800000011920929]]
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: Any) -> Tensor:
        w = ops.convert_to_tensor(w)
        norms = _norms(w, self.axis)
        clipped = ops.clip(norms, self.min_value, self.max_value)
        desired = ops.add(ops.multiply(self.rate, clipped), ops.multiply(1 - self.rate, norms))
        return ops.multiply(w, ops.divide(desired, ops.add(norms, config.epsilon())))

    def get_config(self) -> dict[str, Any]:
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


def _norms(w: Tensor, axis: Any) -> Tensor:
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


max_norm = MaxNorm
non_neg = NonNeg
unit_norm = UnitNorm
min_max_norm = MinMaxNorm

_TABLE = registry.publish("keras.constraints", [Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm], snake_case=True)


def get(identifier: Any) -> Any:
    """The constraint that a name, config, class or callable means.

    Raises:
        ValueError: if it is not known.

    Example:

    >>> import keraburn as keras
    >>> keras.constraints.get("max_norm").get_config()
    {'max_value': 2, 'axis': 0}
    """
    return registry.lookup("constraint", identifier, _TABLE)


def serialize(constraint: Any) -> Any:
    """The config of a constraint."""
    return registry.serialize_keras_object(constraint)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The constraint of a config."""
    return registry.deserialize_keras_object(config, custom_objects, module_objects=_TABLE)
