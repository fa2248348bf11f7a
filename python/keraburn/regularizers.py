"""Penalties on weights and activations that are added to the loss."""

from __future__ import annotations

import math
from typing import Any

from keraburn import ops, registry
from keraburn.tensor import Tensor


class Regularizer:
    """Base of regularizers: called with a weight tensor, it gives a scalar penalty.

    Example:

    >>> import keraburn as keras
    >>> class Largest(keras.regularizers.Regularizer):
    ...     def __call__(self, x):
    ...         return keras.ops.max(keras.ops.abs(x))
    >>> float(Largest()(keras.ops.array([1.0, -3.0])))
    3.0
    """

    def __call__(self, x: Any) -> Any:
        return 0.0

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError(f"{self} does not implement get_config()")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**config)


class L1L2(Regularizer):
    """`l1 * sum(abs(x)) + l2 * sum(square(x))`.

    Args:
        l1: weight of the absolute values, 0 for none.
        l2: weight of the squares, 0 for none.

    Raises:
        ValueError: if a weight is negative or not finite.

    Example:

    >>> import keraburn as keras
    >>> float(keras.regularizers.L1L2(l1=1.0, l2=0.5)(keras.ops.array([1.0, -2.0])))
    5.5
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = _weight("l1", 0.0 if l1 is None else l1)
        self.l2 = _weight("l2", 0.0 if l2 is None else l2)

    def __call__(self, x: Any) -> Tensor:
        x = ops.convert_to_tensor(x)
        terms = []
        if self.l1:
            terms.append(ops.multiply(self.l1, ops.sum(ops.abs(x))))
        if self.l2:
            terms.append(ops.multiply(self.l2, ops.sum(ops.square(x))))
        if not terms:
            return ops.zeros((), dtype=x.dtype)
        return terms[0] if len(terms) == 1 else ops.add(*terms)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


class L1(Regularizer):
    """`l1 * sum(abs(x))`.

    Args:
        l1: weight of the penalty.

    Raises:
        ValueError: if the weight is negative or not finite.

    Example:

    >>> import keraburn as keras
    >>> float(keras.regularizers.L1(0.5)(keras.ops.array([1.0, -2.0])))
    1.5
    """

    def __init__(self, l1: float | None = 0.01) -> None:
        self.l1 = _weight("l1", 0.01 if l1 is None else l1)

    def __call__(self, x: Any) -> Tensor:
        return ops.multiply(self.l1, ops.sum(ops.abs(x)))

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(Regularizer):
    """`l2 * sum(square(x))`.

    Args:
        l2: weight of the penalty.

    Raises:
        ValueError: if the weight is negative or not finite.

    Example:

    >>> import keraburn as keras
    >>> float(keras.regularizers.L2(0.5)(keras.ops.array([1.0, -2.0])))
    2.5
    """

    def __init__(self, l2: float | None = 0.01) -> None:
        self.l2 = _weight("l2", 0.01 if l2 is None else l2)

    def __call__(self, x: Any) -> Tensor:
        return ops.multiply(self.l2, ops.sum(ops.square(x)))

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """The mean absolute cosine between different rows (or columns) of a matrix, times `factor`.

    Args:
        factor: weight of the penalty.
        mode: `"rows"` or `"columns"`.

    Raises:
        ValueError: if an argument is out of range, or the input is not a matrix.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.regularizers.OrthogonalRegularizer(factor=2.0)(keras.ops.ones((2, 3)))), 4)
    2.0
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        if mode not in ("rows", "columns"):
            raise ValueError(
                f'Invalid value for argument `mode`. Expected one of {{"rows", "columns"}}. Received: mode={mode}'
            )
        self.factor = _weight("factor", factor)
        self.mode = mode

    def __call__(self, inputs: Any) -> Tensor:
        inputs = ops.convert_to_tensor(inputs)
        if len(inputs.shape) != 2:
            raise ValueError(f"Inputs to OrthogonalRegularizer must have rank 2. Received: inputs.shape={inputs.shape}")
        rows = inputs if self.mode == "rows" else ops.transpose(inputs)
        size = rows.shape[0]
        lengths = ops.sqrt(ops.sum(ops.square(rows), axis=1, keepdims=True))
        rows = ops.divide(rows, ops.maximum(lengths, 1e-7))
        cosines = ops.multiply(
            ops.matmul(rows, ops.transpose(rows)), ops.subtract(1.0, ops.eye(size, dtype=rows.dtype))
        )
        pairs = size * (size - 1) / 2
        return ops.multiply(ops.sum(ops.abs(cosines)), 0.5 * self.factor / pairs)

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


def _weight(name: str, value: float) -> float:
    if not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise ValueError(f"Invalid value for argument {name}: expected a non-negative float. Received: {name}={value}")
    return float(value)


l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer

_TABLE = registry.publish(
    "keras.regularizers",
    [Regularizer, L1, L2, L1L2, OrthogonalRegularizer],
    aliases={"l1_l2": L1L2},
    snake_case=True,
)


def get(identifier: Any) -> Any:
    """The regularizer that a name, config, class or callable means.

    Raises:
        ValueError: if it is not known.

    Example:

    >>> import keraburn as keras
    >>> keras.regularizers.get("l2").get_config()
    {'l2': 0.01}
    """
    return registry.lookup("regularizer", identifier, _TABLE)


def serialize(regularizer: Any) -> Any:
    """The config of a regularizer."""
    return registry.serialize_keras_object(regularizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The regularizer of a config."""
    return registry.deserialize_keras_object(config, custom_objects, module_objects=_TABLE)
