"""Metrics of how targets and predictions vary together."""

from __future__ import annotations

from typing import Any

from keraburn import config, ops
from keraburn.losses.loss import aligned
from keraburn.metrics.reduction import MeanMetricWrapper
from keraburn.tensor import Tensor


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """The covariance of targets and predictions over the product of their standard deviations.

    Args:
        y_true: targets.
        y_pred: predictions of the same shape.
        axis: along which they vary.

    Example:

    >>> import keraburn as keras
    >>> keras.metrics.pearson_correlation([[0.0, 1.0, 0.5]], [[0.1, 0.9, 1.0]]).numpy().round(4)
    array([0.8109], dtype=float32)
    """
    y_true, y_pred = aligned(y_true, y_pred)

    def standard(x: Tensor) -> Tensor:
        centred = ops.subtract(x, ops.mean(x, axis=axis, keepdims=True))
        return ops.divide(centred, ops.std(centred, axis=axis, keepdims=True))

    return ops.mean(ops.multiply(standard(y_true), standard(y_pred)), axis=axis)


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """How near targets and predictions lie to the line of equality.

    Args:
        y_true: targets.
        y_pred: predictions of the same shape.
        axis: along which they vary.

    Source: Lin, 1989, "A Concordance Correlation Coefficient to Evaluate Reproducibility".

    Example:

    >>> import keraburn as keras
    >>> keras.metrics.concordance_correlation([[0.0, 1.0, 0.5]], [[0.1, 0.9, 1.0]]).numpy().round(4)
    array([0.7477], dtype=float32)
    """
    y_true, y_pred = aligned(y_true, y_pred)
    true_mean = ops.mean(y_true, axis=axis, keepdims=True)
    pred_mean = ops.mean(y_pred, axis=axis, keepdims=True)
    spread = ops.add(ops.var(y_true, axis=axis, keepdims=True), ops.var(y_pred, axis=axis, keepdims=True))
    spread = ops.add(spread, ops.square(ops.subtract(true_mean, pred_mean)))
    # The mean of this product is the covariance, as the predictions' deviations sum to zero.
    covariance = ops.multiply(ops.subtract(y_true, pred_mean), ops.subtract(y_pred, pred_mean))
    return ops.mean(ops.divide(ops.multiply(2.0, covariance), ops.add(spread, config.epsilon())), axis=axis)


class PearsonCorrelation(MeanMetricWrapper):
    """The mean Pearson correlation of samples.

    Args:
        name: name of the metric.
        dtype: type of the mean.
        axis: along which targets and predictions vary.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.metrics.PearsonCorrelation()([[0.0, 1.0, 0.5]], [[0.1, 0.9, 1.0]])), 4)
    0.8109
    """

    _direction = "up"

    def __init__(self, name: str | None = "pearson_correlation", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(pearson_correlation, name=name, dtype=dtype, axis=axis)
        self.axis = axis


class ConcordanceCorrelation(MeanMetricWrapper):
    """The mean concordance correlation of samples.

    Args:
        name: name of the metric.
        dtype: type of the mean.
        axis: along which targets and predictions vary.

    Source: Lin, 1989, "A Concordance Correlation Coefficient to Evaluate Reproducibility".

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.metrics.ConcordanceCorrelation()([[0.0, 1.0, 0.5]], [[0.1, 0.9, 1.0]])), 4)
    0.7477
    """

    _direction = "up"

    def __init__(self, name: str | None = "concordance_correlation", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(concordance_correlation, name=name, dtype=dtype, axis=axis)
        self.axis = axis
