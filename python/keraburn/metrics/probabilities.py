"""Metrics of predicted probabilities and margins: the losses of the same names, averaged."""

from __future__ import annotations

from typing import Any

from keraburn.losses.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from keraburn.losses.distributions import kl_divergence, poisson
from keraburn.losses.margins import categorical_hinge, hinge, squared_hinge
from keraburn.metrics.reduction import MeanMetricWrapper


class BinaryCrossentropy(MeanMetricWrapper):
    """The mean crossentropy of yes-or-no targets.

    Args:
        name: name of the metric.
        dtype: type of the mean.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: in [0, 1]; moves targets that far towards 0.5.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.metrics.BinaryCrossentropy()([[1.0], [0.0]], [[0.5], [0.5]])), 4)
    0.6931
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(
            binary_crossentropy, name=name, dtype=dtype, from_logits=from_logits, label_smoothing=label_smoothing
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing


class CategoricalCrossentropy(MeanMetricWrapper):
    """The mean crossentropy of one-hot targets.

    Args:
        name: name of the metric.
        dtype: type of the mean.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: in [0, 1]; moves targets that far towards the uniform distribution.
        axis: the axis of classes.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.metrics.CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """The mean crossentropy of targets that are indices of classes.

    Args:
        name: name of the metric.
        dtype: type of the mean.
        from_logits: whether predictions are logits rather than probabilities.
        ignore_class: an index whose samples cost nothing.
        axis: the axis of classes.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.metrics.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]])), 4)
    0.6931
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(
            sparse_categorical_crossentropy,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis


class KLDivergence(MeanMetricWrapper):
    """The mean Kullback-Leibler divergence of predicted from true probabilities.

    Args:
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.KLDivergence()([[0.5, 0.5]], [[0.5, 0.5]]))
    0.0
    """

    def __init__(self, name: str | None = "kl_divergence", dtype: Any = None) -> None:
        super().__init__(kl_divergence, name=name, dtype=dtype)


class Poisson(MeanMetricWrapper):
    """The mean of `y_pred - y_true * log(y_pred)`.

    Args:
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.metrics.Poisson()([[2.0]], [[1.0]])), 3)
    1.0
    """

    def __init__(self, name: str | None = "poisson", dtype: Any = None) -> None:
        super().__init__(poisson, name=name, dtype=dtype)


class Hinge(MeanMetricWrapper):
    """The mean of `max(1 - y_true * y_pred, 0)`.

    Args:
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.Hinge()([[1.0], [-1.0]], [[0.5], [-2.0]]))
    0.25
    """

    _direction = "down"

    def __init__(self, name: str | None = "hinge", dtype: Any = None) -> None:
        super().__init__(hinge, name=name, dtype=dtype)


class SquaredHinge(MeanMetricWrapper):
    """The mean of `square(max(1 - y_true * y_pred, 0))`.

    Args:
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.SquaredHinge()([[1.0], [-1.0]], [[0.5], [-2.0]]))
    0.125
    """

    _direction = "down"

    def __init__(self, name: str | None = "squared_hinge", dtype: Any = None) -> None:
        super().__init__(squared_hinge, name=name, dtype=dtype)


class CategoricalHinge(MeanMetricWrapper):
    """The mean margin by which the true class fails to lead the best other one by 1.

    Args:
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.CategoricalHinge()([[0.0, 1.0]], [[0.5, 1.0]]))
    0.5
    """

    _direction = "down"

    def __init__(self, name: str | None = "categorical_hinge", dtype: Any = None) -> None:
        super().__init__(categorical_hinge, name=name, dtype=dtype)
