"""Hinge losses: zero once the true class leads by a margin."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.losses.loss import LossFunctionWrapper, aligned, mean_last
from keraburn.tensor import Tensor


def hinge(y_true: Any, y_pred: Any) -> Tensor:
    """`mean(max(1 - y_true * y_pred, 0), axis=-1)`.

    Args:
        y_true: -1 or 1, shape `(batch, ..., n)`; 0 and 1 are read as -1 and 1.
        y_pred: any numbers of the same shape.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.hinge([[1.0, -1.0]], [[0.5, -2.0]]).numpy()
    array([0.25], dtype=float32)
    """
    return mean_last(_margins(y_true, y_pred))


def squared_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """`mean(square(max(1 - y_true * y_pred, 0)), axis=-1)`.

    Args:
        y_true: -1 or 1, shape `(batch, ..., n)`; 0 and 1 are read as -1 and 1.
        y_pred: any numbers of the same shape.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.squared_hinge([[1.0, -1.0]], [[0.5, -2.0]]).numpy()
    array([0.125], dtype=float32)
    """
    return mean_last(ops.square(_margins(y_true, y_pred)))


def _margins(y_true: Any, y_pred: Any) -> Tensor:
    y_true, y_pred = aligned(y_true, y_pred)
    # Labels 0 and 1 are told from -1 and 1 by the whole batch, at run time: y * (1 - y) is zero for them only.
    binary = ops.all(ops.equal(ops.multiply(y_true, ops.subtract(1.0, y_true)), 0.0))
    y_true = ops.where(binary, ops.subtract(ops.multiply(2.0, y_true), 1.0), y_true)
    return ops.maximum(ops.subtract(1.0, ops.multiply(y_true, y_pred)), 0.0)


def categorical_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """`max(neg - pos + 1, 0)` with `pos = sum(y_true * y_pred)` and `neg = max((1 - y_true) * y_pred)`.

    Args:
        y_true: one-hot classes, shape `(batch, ..., classes)`.
        y_pred: any numbers of the same shape.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.categorical_hinge([[0.0, 1.0]], [[0.5, 1.0]]).numpy()
    array([0.5], dtype=float32)
    """
    y_true, y_pred = aligned(y_true, y_pred)
    true = ops.sum(ops.multiply(y_true, y_pred), axis=-1)
    other = ops.max(ops.multiply(ops.subtract(1.0, y_true), y_pred), axis=-1)
    return ops.maximum(ops.add(ops.subtract(other, true), 1.0), 0.0)


class Hinge(LossFunctionWrapper):
    """The mean of `max(1 - y_true * y_pred, 0)`.

    Args:
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Example:

    >>> import keraburn as keras
    >>> float(keras.losses.Hinge()([[1.0], [-1.0]], [[0.5], [-2.0]]))
    0.25
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "hinge", dtype: Any = None
    ) -> None:
        super().__init__(hinge, reduction=reduction, name=name, dtype=dtype)


class SquaredHinge(LossFunctionWrapper):
    """The mean of `square(max(1 - y_true * y_pred, 0))`.

    Args:
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Example:

    >>> import keraburn as keras
    >>> float(keras.losses.SquaredHinge()([[1.0], [-1.0]], [[0.5], [-2.0]]))
    0.125
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "squared_hinge", dtype: Any = None
    ) -> None:
        super().__init__(squared_hinge, reduction=reduction, name=name, dtype=dtype)


class CategoricalHinge(LossFunctionWrapper):
    """The margin by which the true class fails to lead the best other one by 1.

    Args:
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Example:

    >>> import keraburn as keras
    >>> float(keras.losses.CategoricalHinge()([[0.0, 1.0]], [[0.5, 1.0]]))
    0.5
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "categorical_hinge", dtype: Any = None
    ) -> None:
        super().__init__(categorical_hinge, reduction=reduction, name=name, dtype=dtype)
