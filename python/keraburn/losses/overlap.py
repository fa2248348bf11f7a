"""Losses of the overlap of predicted and true regions."""

from __future__ import annotations

from typing import Any

from keraburn import config, ops
from keraburn.losses.loss import LossFunctionWrapper, aligned
from keraburn.tensor import Tensor


def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Tensor:
    """`1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred) + epsilon)`.

    Args:
        y_true: 0 or 1 for each pixel.
        y_pred: probabilities of the same shape.
        axis: axes of the sums; all when None.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.losses.dice([[1.0, 0.0]], [[1.0, 1.0]])), 4)
    0.3333
    """
    y_true, y_pred = aligned(y_true, y_pred)
    both = ops.sum(ops.multiply(y_true, y_pred), axis=axis)
    total = ops.add(ops.sum(y_true, axis=axis), ops.sum(y_pred, axis=axis))
    return ops.subtract(1.0, ops.divide(ops.multiply(2.0, both), ops.add(total, config.epsilon())))


def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Tensor:
    """`1 - tp / (tp + alpha * fp + beta * fn + epsilon)`, with Keras's naming of the two kinds of mistakes.

    Args:
        y_true: 0 or 1 for each pixel.
        y_pred: probabilities of the same shape.
        alpha: weight of `sum((1 - y_pred) * y_true)`.
        beta: weight of `sum(y_pred * (1 - y_true))`.
        axis: axes of the sums; all when None.

    Source: Salehi et al., 2017, "Tversky loss function for image segmentation", arXiv:1706.05721.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.losses.tversky([[1.0, 0.0]], [[1.0, 1.0]])), 4)
    0.3333
    """
    y_true, y_pred = aligned(y_true, y_pred)
    both = ops.sum(ops.multiply(y_true, y_pred), axis=axis)
    missed = ops.sum(ops.multiply(ops.subtract(1.0, y_pred), y_true), axis=axis)
    added = ops.sum(ops.multiply(y_pred, ops.subtract(1.0, y_true)), axis=axis)
    mistakes = ops.add(ops.multiply(missed, alpha), ops.multiply(added, beta))
    return ops.subtract(1.0, ops.divide(both, ops.add(ops.add(both, mistakes), config.epsilon())))


class Dice(LossFunctionWrapper):
    """One minus the Dice coefficient of predicted and true regions.

    Args:
        reduction: as for `Loss`.
        name: name of the loss.
        axis: axes of the sums; all when None.
        dtype: float type to compute in.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.losses.Dice()([[1.0, 0.0]], [[1.0, 1.0]])), 4)
    0.3333
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dice, reduction=reduction, name=name, dtype=dtype, axis=axis)
        self.axis = axis


class Tversky(LossFunctionWrapper):
    """One minus the Tversky index, which weighs the two kinds of mistakes apart.

    Args:
        alpha: weight of missed pixels.
        beta: weight of added pixels.
        reduction: as for `Loss`.
        name: name of the loss.
        axis: axes of the sums; all when None.
        dtype: float type to compute in.

    Source: Salehi et al., 2017, "Tversky loss function for image segmentation", arXiv:1706.05721.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.losses.Tversky()([[1.0, 0.0]], [[1.0, 1.0]])), 4)
    0.3333
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(tversky, reduction=reduction, name=name, dtype=dtype, alpha=alpha, beta=beta, axis=axis)
        self.alpha = alpha
        self.beta = beta
        self.axis = axis
