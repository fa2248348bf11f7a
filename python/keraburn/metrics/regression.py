"""Metrics of differences between targets and predictions."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.losses.loss import aligned
from keraburn.losses.regression import (
    cosine,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from keraburn.metrics.metric import as_float
from keraburn.metrics.reduction import Mean, MeanMetricWrapper
from keraburn.tensor import Tensor


class MeanSquaredError(MeanMetricWrapper):
    """The mean of `square(y_true - y_pred)`.

    Args:
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]]))
    5.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(mean_squared_error, name=name, dtype=dtype)


class RootMeanSquaredError(Mean):
    """`sqrt(mean(square(y_true - y_pred)))`.

    Args:
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.RootMeanSquaredError()([[0.0], [0.0]], [[2.0], [2.0]]))
    2.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Add a batch."""
        y_true, y_pred = aligned(as_float(y_true, self.dtype), as_float(y_pred, self.dtype))
        super().update_state(ops.square(ops.subtract(y_pred, y_true)), sample_weight=sample_weight)

    def result(self) -> Tensor:
        return ops.sqrt(super().result())


class MeanAbsoluteError(MeanMetricWrapper):
    """The mean of `abs(y_true - y_pred)`.

    Args:
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.MeanAbsoluteError()([[0.0], [0.0]], [[1.0], [3.0]]))
    2.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(mean_absolute_error, name=name, dtype=dtype)


class MeanAbsolutePercentageError(MeanMetricWrapper):
    """The mean of `100 * abs((y_true - y_pred) / y_true)`.

    Args:
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.MeanAbsolutePercentageError()([[2.0], [4.0]], [[1.0], [4.0]]))
    25.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_absolute_percentage_error", dtype: Any = None) -> None:
        super().__init__(mean_absolute_percentage_error, name=name, dtype=dtype)


class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """The mean of `square(log(y_true + 1) - log(y_pred + 1))`.

    Args:
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.MeanSquaredLogarithmicError()([[1.0]], [[1.0]]))
    0.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_squared_logarithmic_error", dtype: Any = None) -> None:
        super().__init__(mean_squared_logarithmic_error, name=name, dtype=dtype)


class CosineSimilarity(MeanMetricWrapper):
    """The mean cosine between targets and predictions; 1 where they point the same way.

    Args:
        name: name of the metric.
        dtype: type of the mean.
        axis: along which they are vectors.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.CosineSimilarity()([[0.0, 1.0]], [[0.0, 2.0]]))
    1.0
    """

    _direction = "up"

    def __init__(self, name: str | None = "cosine_similarity", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(cosine, name=name, dtype=dtype, axis=axis)


class LogCoshError(MeanMetricWrapper):
    """The mean of `log(cosh(y_pred - y_true))`.

    Args:
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.LogCoshError()([[0.0]], [[0.0]]))
    0.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "logcosh", dtype: Any = None) -> None:
        super().__init__(log_cosh, name=name, dtype=dtype)
