"""Losses of whole distributions and of rates."""

from __future__ import annotations

from typing import Any

from keraburn import config, ops
from keraburn.losses.loss import LossFunctionWrapper, aligned, mean_last
from keraburn.tensor import Tensor


def kl_divergence(y_true: Any, y_pred: Any) -> Tensor:
    """`sum(y_true * log(y_true / y_pred), axis=-1)`, both clipped to [epsilon, 1].

    Args:
        y_true: probabilities, shape `(batch, ..., n)`.
        y_pred: probabilities of the same shape.

    Source: Kullback and Leibler, 1951, "On Information and Sufficiency".

    Example:

    >>> import keraburn as keras
    >>> keras.losses.kl_divergence([[0.5, 0.5]], [[0.5, 0.5]]).numpy()
    array([0.], dtype=float32)
    """
    y_true, y_pred = aligned(y_true, y_pred)
    y_true = ops.clip(y_true, config.epsilon(), 1.0)
    y_pred = ops.clip(y_pred, config.epsilon(), 1.0)
    return ops.sum(ops.multiply(y_true, ops.log(ops.divide(y_true, y_pred))), axis=-1)


def poisson(y_true: Any, y_pred: Any) -> Tensor:
    """`mean(y_pred - y_true * log(y_pred + epsilon), axis=-1)`.

    Args:
        y_true: counts, shape `(batch, ..., n)`.
        y_pred: positive rates of the same shape.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.poisson([[2.0]], [[1.0]]).numpy().round(3)
    array([1.], dtype=float32)
    """
    y_true, y_pred = aligned(y_true, y_pred)
    logarithm = ops.log(ops.add(y_pred, config.epsilon()))
    return mean_last(ops.subtract(y_pred, ops.multiply(y_true, logarithm)))


class KLDivergence(LossFunctionWrapper):
    """The mean Kullback-Leibler divergence of predicted from true probabilities.

    Args:
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Source: Kullback and Leibler, 1951, "On Information and Sufficiency".

    Example:

    >>> import keraburn as keras
    >>> float(keras.losses.KLDivergence()([[0.5, 0.5]], [[0.5, 0.5]]))
    0.0
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "kl_divergence", dtype: Any = None
    ) -> None:
        super().__init__(kl_divergence, reduction=reduction, name=name, dtype=dtype)


class Poisson(LossFunctionWrapper):
    """The mean of `y_pred - y_true * log(y_pred)`: counts with predicted rates.

    Args:
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.losses.Poisson()([[2.0]], [[1.0]])), 3)
    1.0
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "poisson", dtype: Any = None
    ) -> None:
        super().__init__(poisson, reduction=reduction, name=name, dtype=dtype)
