"""Losses of differences between targets and predictions."""

from __future__ import annotations

import math
from typing import Any

from keraburn import config, ops
from keraburn.losses.loss import LossFunctionWrapper, aligned, mean_last
from keraburn.tensor import Tensor


def mean_squared_error(y_true: Any, y_pred: Any) -> Tensor:
    """`mean(square(y_true - y_pred), axis=-1)`.

    Args:
        y_true: targets, shape `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.mean_squared_error([[0.0, 2.0]], [[1.0, 0.0]]).numpy()
    array([2.5], dtype=float32)
    """
    y_true, y_pred = aligned(y_true, y_pred)
    return mean_last(ops.square(ops.subtract(y_true, y_pred)))


def mean_absolute_error(y_true: Any, y_pred: Any) -> Tensor:
    """`mean(abs(y_true - y_pred), axis=-1)`.

    Args:
        y_true: targets, shape `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.mean_absolute_error([[0.0, 2.0]], [[1.0, 0.0]]).numpy()
    array([1.5], dtype=float32)
    """
    y_true, y_pred = aligned(y_true, y_pred)
    return mean_last(ops.abs(ops.subtract(y_true, y_pred)))


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Tensor:
    """`100 * mean(abs((y_true - y_pred) / max(abs(y_true), epsilon)), axis=-1)`.

    Args:
        y_true: targets, shape `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 4.0]]).numpy()
    array([25.], dtype=float32)
    """
    y_true, y_pred = aligned(y_true, y_pred)
    scale = ops.maximum(ops.abs(y_true), config.epsilon())
    return ops.multiply(100.0, mean_last(ops.abs(ops.divide(ops.subtract(y_true, y_pred), scale))))


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Tensor:
    """`mean(square(log(y_true + 1) - log(y_pred + 1)), axis=-1)`, both floored at epsilon.

    Args:
        y_true: targets, shape `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.mean_squared_logarithmic_error([[0.0, 0.0]], [[0.0, 0.0]]).numpy()
    array([0.], dtype=float32)
    """
    y_true, y_pred = aligned(y_true, y_pred)

    def logarithm(x: Tensor) -> Tensor:
        return ops.log(ops.add(ops.maximum(x, config.epsilon()), 1.0))

    return mean_last(ops.square(ops.subtract(logarithm(y_pred), logarithm(y_true))))


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Tensor:
    """The mean over the last axis of `e**2 / 2` where `abs(e) <= delta`, `delta * abs(e) - delta**2 / 2` elsewhere.

    Args:
        y_true: targets, shape `(batch, ..., n)`.
        y_pred: predictions of the same shape.
        delta: where the square becomes a line.

    Source: Huber, 1964, "Robust Estimation of a Location Parameter".

    Example:

    >>> import keraburn as keras
    >>> keras.losses.huber([[0.0, 0.0]], [[1.0, 3.0]]).numpy()
    array([1.5], dtype=float32)
    """
    y_true, y_pred = aligned(y_true, y_pred)
    error = ops.subtract(y_pred, y_true)
    size = ops.abs(error)
    square = ops.multiply(0.5, ops.square(error))
    line = ops.subtract(ops.multiply(delta, size), 0.5 * delta**2)
    return mean_last(ops.where(ops.less_equal(size, delta), square, line))


def log_cosh(y_true: Any, y_pred: Any) -> Tensor:
    """`mean(log(cosh(y_pred - y_true)), axis=-1)`, computed without overflow.

    Args:
        y_true: targets, shape `(batch, ..., n)`.
        y_pred: predictions of the same shape.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.log_cosh([[0.0]], [[0.0]]).numpy()
    array([0.], dtype=float32)
    """
    y_true, y_pred = aligned(y_true, y_pred)
    error = ops.subtract(y_pred, y_true)
    tail = ops.softplus(ops.multiply(error, -2.0))
    return mean_last(ops.subtract(ops.add(error, tail), math.log(2.0)))


def cosine(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """The cosine of the angle between targets and predictions, 0 where one of them is zero."""
    y_true, y_pred = aligned(y_true, y_pred)
    return ops.sum(ops.multiply(unit(y_true, axis), unit(y_pred, axis)), axis=axis)


def unit(x: Tensor, axis: int) -> Tensor:
    """`x` scaled to length one along an axis; lengths below epsilon count as epsilon."""
    inverse = ops.rsqrt(ops.sum(ops.square(x), axis=axis, keepdims=True))
    return ops.multiply(x, ops.minimum(inverse, 1.0 / config.epsilon()))


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """Minus the cosine of the angle between targets and predictions: -1 where they point the same way.

    Args:
        y_true: targets.
        y_pred: predictions of the same shape.
        axis: along which they are vectors.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.cosine_similarity([[0.0, 1.0]], [[0.0, 3.0]]).numpy()
    array([-1.], dtype=float32)
    """
    return ops.negative(cosine(y_true, y_pred, axis))


class MeanSquaredError(LossFunctionWrapper):
    """The mean of `square(y_true - y_pred)`.

    Args:
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Example:

    >>> import keraburn as keras
    >>> float(keras.losses.MeanSquaredError()([[0.0], [2.0]], [[1.0], [0.0]]))
    2.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_squared_error, reduction=reduction, name=name, dtype=dtype)


class MeanAbsoluteError(LossFunctionWrapper):
    """The mean of `abs(y_true - y_pred)`.

    Args:
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Example:

    >>> import keraburn as keras
    >>> float(keras.losses.MeanAbsoluteError()([[0.0], [2.0]], [[1.0], [0.0]]))
    1.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_absolute_error, reduction=reduction, name=name, dtype=dtype)


class MeanAbsolutePercentageError(LossFunctionWrapper):
    """The mean of `100 * abs((y_true - y_pred) / y_true)`.

    Args:
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Example:

    >>> import keraburn as keras
    >>> float(keras.losses.MeanAbsolutePercentageError()([[2.0], [4.0]], [[1.0], [4.0]]))
    25.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_absolute_percentage_error, reduction=reduction, name=name, dtype=dtype)


class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """The mean of `square(log(y_true + 1) - log(y_pred + 1))`.

    Args:
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Example:

    >>> import keraburn as keras
    >>> float(keras.losses.MeanSquaredLogarithmicError()([[1.0], [4.0]], [[1.0], [4.0]]))
    0.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_squared_logarithmic_error, reduction=reduction, name=name, dtype=dtype)


class Huber(LossFunctionWrapper):
    """A square for small errors, a line for large ones.

    Args:
        delta: where the square becomes a line.
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Source: Huber, 1964, "Robust Estimation of a Location Parameter".

    Example:

    >>> import keraburn as keras
    >>> float(keras.losses.Huber()([[0.0], [0.0]], [[1.0], [3.0]]))
    1.5
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(huber, reduction=reduction, name=name, dtype=dtype, delta=delta)


class LogCosh(LossFunctionWrapper):
    """The mean of `log(cosh(y_pred - y_true))`.

    Args:
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Example:

    >>> import keraburn as keras
    >>> float(keras.losses.LogCosh()([[0.0]], [[0.0]]))
    0.0
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "log_cosh", dtype: Any = None
    ) -> None:
        super().__init__(log_cosh, reduction=reduction, name=name, dtype=dtype)


class CosineSimilarity(LossFunctionWrapper):
    """Minus the mean cosine between targets and predictions.

    Args:
        axis: along which they are vectors.
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Example:

    >>> import keraburn as keras
    >>> float(keras.losses.CosineSimilarity()([[0.0, 1.0]], [[0.0, 3.0]]))
    -1.0
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        super().__init__(cosine_similarity, reduction=reduction, name=name, dtype=dtype, axis=axis)
