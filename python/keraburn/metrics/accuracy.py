"""Shares of predictions that are right."""

from __future__ import annotations

from typing import Any

from keraburn import config, ops
from keraburn.losses.loss import check_shapes, squeeze_or_expand_to_same_rank
from keraburn.metrics.reduction import MeanMetricWrapper
from keraburn.tensor import Tensor


def accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where `y_true == y_pred`, 0 elsewhere.

    Args:
        y_true: targets.
        y_pred: predictions of the same shape.

    Example:

    >>> import keraburn as keras
    >>> keras.metrics.Accuracy()([1, 2], [1, 3]).numpy()
    array(0.5, dtype=float32)
    """
    y_true, y_pred = _same_rank(y_true, y_pred)
    return _as_share(ops.equal(ops.cast(y_true, y_pred.dtype), y_pred))


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Tensor:
    """1 where `y_true == (y_pred > threshold)`, 0 elsewhere.

    Args:
        y_true: 0 or 1, any shape.
        y_pred: probabilities of the same shape.
        threshold: above which a prediction is 1.

    Example:

    >>> import keraburn as keras
    >>> keras.metrics.binary_accuracy([[1.0], [0.0]], [[0.7], [0.6]]).numpy().tolist()
    [[1.0], [0.0]]
    """
    y_true, y_pred = _same_rank(y_true, y_pred)
    return _as_share(ops.equal(y_true, ops.cast(ops.greater(y_pred, threshold), y_true.dtype)))


def categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the largest prediction is that of the true class, 0 elsewhere.

    Args:
        y_true: one-hot classes, shape `(batch, ..., classes)`.
        y_pred: probabilities or logits of the same shape.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> import keraburn as keras
    >>> keras.metrics.categorical_accuracy([[0.0, 1.0]], [[0.4, 0.6]]).numpy()
    array([1.], dtype=float32)
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if len(y_true.shape) != len(y_pred.shape):
        raise ValueError(
            "`y_true` must be one-hot, of the shape of `y_pred`; for indices of classes, use "
            "`sparse_categorical_accuracy`. "
            f"Received: y_true.shape={y_true.shape}, y_pred.shape={y_pred.shape}"
        )
    check_shapes(y_true, y_pred)
    return _as_share(ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the largest prediction is that of the true class, 0 elsewhere.

    Args:
        y_true: indices of classes, shape `(batch, ...)`, or with a closing 1.
        y_pred: probabilities or logits, shape `(batch, ..., classes)`.

    Raises:
        ValueError: if the shapes do not fit.

    Example:

    >>> import keraburn as keras
    >>> keras.metrics.sparse_categorical_accuracy([1, 1], [[0.4, 0.6], [0.8, 0.2]]).numpy()
    array([1., 0.], dtype=float32)
    """
    y_true, y_pred = _indices(y_true), ops.convert_to_tensor(y_pred)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    best = ops.argmax(y_pred, axis=-1)
    check_shapes(y_true, best)
    return _as_share(ops.equal(y_true, ops.cast(best, y_true.dtype)))


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """1 where the true class is among the k largest predictions, 0 elsewhere.

    Args:
        y_true: one-hot classes, shape `(batch, ..., classes)`.
        y_pred: probabilities or logits of the same shape.
        k: how many predictions count.

    Example:

    >>> import keraburn as keras
    >>> keras.metrics.top_k_categorical_accuracy([[0.0, 0.0, 1.0]], [[0.1, 0.5, 0.4]], k=2).numpy()
    array([1.], dtype=float32)
    """
    return sparse_top_k_categorical_accuracy(ops.argmax(y_true, axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Tensor:
    """1 where the true class is among the k largest predictions, 0 elsewhere.

    Args:
        y_true: indices of classes, shape `(batch, ...)`.
        y_pred: probabilities or logits, shape `(batch, ..., classes)`; with `from_sorted_ids` the indices
            of classes themselves, best first.
        k: how many predictions count.
        from_sorted_ids: whether `y_pred` holds indices.

    Example:

    >>> import keraburn as keras
    >>> keras.metrics.sparse_top_k_categorical_accuracy([2], [[0.1, 0.5, 0.4]], k=2).numpy()
    array([1.], dtype=float32)
    """
    y_true, y_pred = _indices(y_true), ops.convert_to_tensor(y_pred)
    shape = y_true.shape
    if len(y_pred.shape) > 2:
        y_pred = ops.reshape(y_pred, (-1, y_pred.shape[-1]))
    if len(shape) > 1:
        y_true = ops.reshape(y_true, (-1,))
    if from_sorted_ids:
        found = ops.equal(ops.expand_dims(ops.cast(y_true, y_pred.dtype), 1), y_pred[:, :k])
        matches = ops.any(found, axis=1)
    else:
        matches = ops.in_top_k(ops.cast(y_true, "int32"), y_pred, k=k)
    matches = _as_share(matches)
    return ops.reshape(matches, shape) if len(shape) > 1 else matches


def _same_rank(y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    y_true, y_pred = squeeze_or_expand_to_same_rank(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
    check_shapes(y_true, y_pred)
    return y_true, y_pred


def _indices(y_true: Any) -> Tensor:
    """Class indices as they came: floats are compared as floats, which spares a conversion."""
    tensor = ops.convert_to_tensor(y_true)
    return ops.cast(tensor, "int32") if tensor.dtype == "bool" else tensor


def _as_share(matches: Tensor) -> Tensor:
    return ops.cast(matches, config.floatx())


class Accuracy(MeanMetricWrapper):
    """How often predictions equal targets.

    Args:
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]))
    0.75
    """

    _direction = "up"

    def __init__(self, name: str | None = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name=name, dtype=dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """How often predictions are on the right side of a threshold.

    Args:
        name: name of the metric.
        dtype: type of the mean.
        threshold: above which a prediction is 1.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.BinaryAccuracy()([[1], [1], [0], [0]], [[0.98], [1.0], [0.0], [0.6]]))
    0.75
    """

    _direction = "up"

    def __init__(self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(binary_accuracy, name=name, dtype=dtype, threshold=threshold)
        self.threshold = threshold


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction is that of the true class, for one-hot targets.

    Args:
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.CategoricalAccuracy()([[0, 1], [1, 0]], [[0.1, 0.9], [0.4, 0.6]]))
    0.5
    """

    _direction = "up"

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name=name, dtype=dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction is that of the true class, for targets that are indices.

    Args:
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.SparseCategoricalAccuracy()([1, 0], [[0.1, 0.9], [0.4, 0.6]]))
    0.5
    """

    _direction = "up"

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name=name, dtype=dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the true class is among the k largest predictions, for one-hot targets.

    Args:
        k: how many predictions count.
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.TopKCategoricalAccuracy(k=1)([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]))
    0.5
    """

    _direction = "up"

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(top_k_categorical_accuracy, name=name, dtype=dtype, k=k)
        self.k = k


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the true class is among the k largest predictions, for targets that are indices.

    Args:
        k: how many predictions count.
        name: name of the metric.
        dtype: type of the mean.
        from_sorted_ids: whether predictions are indices of classes, best first.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.SparseTopKCategoricalAccuracy(k=1)([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]))
    0.5
    """

    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(
            sparse_top_k_categorical_accuracy, name=name, dtype=dtype, k=k, from_sorted_ids=from_sorted_ids
        )
        self.k = k
        self.from_sorted_ids = from_sorted_ids
