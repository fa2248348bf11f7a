"""Counts of true and false positives and negatives at thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keraburn import config, ops
from keraburn.losses.loss import check_shapes, squeeze_or_expand_to_same_rank
from keraburn.metrics.metric import Metric, as_float
from keraburn.tensor import Tensor
from keraburn.variable import Variable

# Stands for minus infinity: what is not among the top k falls below every threshold.
LOWEST = -1e10


def read_thresholds(thresholds: Any, default: float = 0.5) -> list[float]:
    """A list of thresholds.

    Raises:
        ValueError: if one is outside [0, 1].
    """
    if thresholds is None:
        return [default]
    listed = list(thresholds) if isinstance(thresholds, (list, tuple, np.ndarray)) else [thresholds]
    wrong = [each for each in listed if each is None or not 0 <= each <= 1]
    if wrong:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {wrong}")
    return listed


def are_even(thresholds: Sequence[float]) -> bool:
    """Whether thresholds divide [0, 1] evenly, so that a prediction's bucket is one multiplication away."""
    if len(thresholds) < 3:
        return False
    even = np.arange(len(thresholds), dtype=np.float32) / (len(thresholds) - 1)
    return bool(np.allclose(thresholds, even, atol=config.epsilon()))


def update_counts(
    counts: dict[str, Variable],
    y_true: Any,
    y_pred: Any,
    thresholds: Sequence[float],
    sample_weight: Any = None,
    top_k: int | None = None,
    class_id: int | None = None,
    multi_label: bool = False,
    label_weights: Any = None,
    even: bool = False,
) -> None:
    """Add a batch to counts at each threshold.

    Args:
        counts: variables by `"tp"`, `"fp"`, `"tn"`, `"fn"`, of shape `(thresholds,)` or with `multi_label`
            `(thresholds, labels)`.
        y_true: 0 or 1.
        y_pred: probabilities of the same shape.
        thresholds: above which a prediction is positive.
        sample_weight: weights of samples.
        top_k: only the k largest predictions of a row can be positive.
        class_id: only this column counts.
        multi_label: whether columns are counted apart.
        label_weights: weights of columns, for counts that are not apart.
        even: whether thresholds divide [0, 1] evenly.

    Raises:
        ValueError: if the shapes do not fit.
    """
    dtype = next(iter(counts.values())).dtype
    y_true, y_pred = as_float(y_true, dtype), as_float(y_pred, dtype)
    y_pred, y_true = squeeze_or_expand_to_same_rank(y_pred, y_true)
    check_shapes(y_true, y_pred)
    weight = None
    if sample_weight is not None:
        weight = ops.expand_dims(as_float(sample_weight, dtype), -1)
        weight = squeeze_or_expand_to_same_rank(y_true, weight, expand_rank_1=False)[1]
    if top_k is not None:
        y_pred = _only_top_k(y_pred, top_k)
    if class_id is not None:
        if len(y_pred.shape) == 1:
            raise ValueError(
                "When class_id is provided, y_pred must be a 2D array with shape (num_samples, num_classes). "
                f"Received: y_pred.shape={y_pred.shape}"
            )
        if not 0 <= class_id < y_pred.shape[-1]:
            raise ValueError(
                f"`class_id` must be in [0, {y_pred.shape[-1]}), the columns of `y_pred`. Received: class_id={class_id}"
            )
        y_true, y_pred = y_true[..., class_id : class_id + 1], y_pred[..., class_id : class_id + 1]
    if label_weights is not None and not multi_label:
        weight = label_weights if weight is None else ops.multiply(weight, label_weights)
    if weight is not None:
        weight = ops.broadcast_to(weight, y_pred.shape)
    positive = ops.cast(ops.not_equal(y_true, 0.0), dtype)
    negative = ops.subtract(1.0, positive)
    if weight is not None:
        positive, negative = ops.multiply(positive, weight), ops.multiply(negative, weight)
    columns = y_pred.shape[-1] if multi_label else 1
    positive, negative, y_pred = (ops.reshape(each, (-1, columns)) for each in (positive, negative, y_pred))
    count = _count_even if even else _count
    found: dict[str, Tensor] = {}
    for key, labels in (("tp", positive), ("fp", negative)):
        rest = {"tp": "fn", "fp": "tn"}[key]
        if key in counts or rest in counts:
            found[key] = count(labels, y_pred, thresholds)
            if rest in counts:
                found[rest] = ops.subtract(ops.sum(labels, axis=0), found[key])
    for key, variable in counts.items():
        variable.assign(ops.add(variable.value, ops.reshape(found[key], variable.shape)))


def _count(labels: Tensor, y_pred: Tensor, thresholds: Sequence[float]) -> Tensor:
    """The labels of predictions above each threshold, summed: shape `(thresholds, columns)`."""
    if len(thresholds) == 1:
        return ops.sum(ops.where(ops.greater(y_pred, thresholds[0]), labels, 0.0), axis=0, keepdims=True)
    bounds = ops.reshape(ops.convert_to_tensor(list(thresholds), dtype=y_pred.dtype), (-1, 1, 1))
    return ops.sum(ops.where(ops.greater(y_pred, bounds), labels, 0.0), axis=1)


def _count_even(labels: Tensor, y_pred: Tensor, thresholds: Sequence[float]) -> Tensor:
    """The same for evenly spaced thresholds: one scatter into buckets, then a running sum from the top."""
    number, columns = len(thresholds), labels.shape[1]
    buckets = ops.subtract(ops.ceil(ops.multiply(ops.clip(y_pred, 0.0, 1.0), number - 1)), 1)
    buckets = ops.cast(buckets, "int32")
    if thresholds[0] >= 0:
        # A prediction of 0 is not above the threshold 0.
        labels = ops.where(ops.less(buckets, 0), 0.0, labels)
    buckets = ops.maximum(buckets, 0)
    if columns > 1:
        buckets = ops.add(ops.multiply(buckets, columns), ops.arange(columns, dtype="int32"))
    sums = ops.scatter(ops.reshape(buckets, (-1, 1)), ops.reshape(labels, (-1,)), (number * columns,))
    sums = ops.reshape(sums, (number, columns))
    return ops.flip(ops.cumsum(ops.flip(sums, axis=0), axis=0), axis=0)


def _only_top_k(y_pred: Tensor, k: int) -> Tensor:
    _, indices = ops.top_k(y_pred, k)
    chosen = ops.sum(ops.one_hot(indices, y_pred.shape[-1], dtype=y_pred.dtype), axis=-2)
    return ops.add(ops.multiply(y_pred, chosen), ops.multiply(LOWEST, ops.subtract(1.0, chosen)))


class Count(Metric):
    """Base of metrics that count one of the four cases.

    Args:
        thresholds: a number or a list of numbers in [0, 1] above which a prediction is positive; 0.5 if None.
        name: name of the metric, numbered if None.
        dtype: type of the count.

    Raises:
        ValueError: if a threshold is outside [0, 1].
    """

    _case: str

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.thresholds = read_thresholds(thresholds)
        self._even = are_even(self.thresholds)
        self.accumulator = self.add_variable((len(self.thresholds),), "zeros", name="accumulator")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        update_counts({self._case: self.accumulator}, y_true, y_pred, self.thresholds, sample_weight, even=self._even)

    def result(self) -> Tensor:
        return first_if_single(self.accumulator.value)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


def first_if_single(values: Tensor) -> Tensor:
    """A scalar for one threshold, a vector for more."""
    return ops.reshape(values, ()) if values.shape == (1,) else values


class TruePositives(Count):
    """The number of positives that were predicted positive.

    Args:
        thresholds: above which a prediction is positive; 0.5 if None.
        name: name of the metric.
        dtype: type of the count.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.TruePositives()([0, 1, 1, 1], [1, 0, 1, 1]))
    2.0
    """

    _case = "tp"


class FalsePositives(Count):
    """The number of negatives that were predicted positive.

    Args:
        thresholds: above which a prediction is positive; 0.5 if None.
        name: name of the metric.
        dtype: type of the count.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.FalsePositives()([0, 1, 0, 0], [0, 0, 1, 1]))
    2.0
    """

    _case = "fp"


class TrueNegatives(Count):
    """The number of negatives that were predicted negative.

    Args:
        thresholds: above which a prediction is positive; 0.5 if None.
        name: name of the metric.
        dtype: type of the count.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.TrueNegatives()([0, 1, 0, 0], [1, 1, 0, 0]))
    2.0
    """

    _case = "tn"


class FalseNegatives(Count):
    """The number of positives that were predicted negative.

    Args:
        thresholds: above which a prediction is positive; 0.5 if None.
        name: name of the metric.
        dtype: type of the count.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.FalseNegatives()([0, 1, 1, 1], [0, 1, 0, 0]))
    2.0
    """

    _case = "fn"


class _Share(Metric):
    """Base of precision and recall: true positives over them and one kind of mistake."""

    _mistake: str
    _direction = "up"

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        self.thresholds = read_thresholds(thresholds, 0.5 if top_k is None else LOWEST)
        self._even = are_even(self.thresholds)
        shape = (len(self.thresholds),)
        self.true_positives = self.add_variable(shape, "zeros", name="true_positives")
        name = {"fp": "false_positives", "fn": "false_negatives"}[self._mistake]
        setattr(self, name, self.add_variable(shape, "zeros", name=name))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        update_counts(
            dict(zip(("tp", self._mistake), self.variables, strict=True)),
            y_true,
            y_pred,
            self.thresholds,
            sample_weight,
            top_k=self.top_k,
            class_id=self.class_id,
            even=self._even,
        )

    def result(self) -> Tensor:
        right, wrong = (variable.value for variable in self.variables)
        return first_if_single(ops.divide_no_nan(right, ops.add(right, wrong)))

    def get_config(self) -> dict[str, Any]:
        own = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), **own}


class Precision(_Share):
    """`true positives / (true positives + false positives)`, 0 where nothing was predicted positive.

    Args:
        thresholds: a number or list of numbers in [0, 1]; 0.5 if None, none with `top_k`.
        top_k: only the k largest predictions of a row can be positive.
        class_id: only this class counts.
        name: name of the metric, numbered if None.
        dtype: type of the counts.

    Raises:
        ValueError: if a threshold is outside [0, 1].

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.Precision()([0, 1, 1, 1], [1, 0, 1, 1])) == float(keras.ops.divide(2.0, 3.0))
    True
    """

    _mistake = "fp"


class Recall(_Share):
    """`true positives / (true positives + false negatives)`, 0 where nothing is positive.

    Args:
        thresholds: a number or list of numbers in [0, 1]; 0.5 if None, none with `top_k`.
        top_k: only the k largest predictions of a row can be positive.
        class_id: only this class counts.
        name: name of the metric, numbered if None.
        dtype: type of the counts.

    Raises:
        ValueError: if a threshold is outside [0, 1].

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.Recall()([0, 1, 1, 1], [1, 0, 1, 1])) == float(keras.ops.divide(2.0, 3.0))
    True
    """

    _mistake = "fn"
