"""Metrics of how the four counts change with the threshold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keraburn import config, ops, registry
from keraburn.metrics.confusion import are_even, update_counts
from keraburn.metrics.metric import Metric
from keraburn.tensor import Tensor
from keraburn.variable import Variable

_COUNTS = {"tp": "true_positives", "fp": "false_positives", "tn": "true_negatives", "fn": "false_negatives"}


class _FourCounts(Metric):
    """Base of metrics that keep all four counts at many thresholds."""

    _direction = "up"
    true_positives: Variable
    false_positives: Variable
    true_negatives: Variable
    false_negatives: Variable

    def _add_counts(self, shape: tuple[int, ...]) -> None:
        for name in _COUNTS.values():
            setattr(self, name, self.add_variable(shape, "zeros", name=name))

    def _counts(self) -> dict[str, Variable]:
        return {key: getattr(self, name) for key, name in _COUNTS.items()}

    def _values(self) -> tuple[Tensor, ...]:
        return tuple(variable.value for variable in self._counts().values())


def _inner_thresholds(number: int) -> list[float]:
    return [(index + 1) / (number - 1) for index in range(number - 2)]


class AUC(_FourCounts):
    """The area under the ROC or precision-recall curve, by a sum over thresholds.

    Args:
        num_thresholds: how many thresholds, evenly spaced in [0, 1].
        curve: `"ROC"`, `"PR"` or `"PRGAIN"`.
        summation_method: `"interpolation"` (trapezoids; for PR as Davis and Goadrich), `"minoring"` or
            `"majoring"`.
        name: name of the metric, numbered if None.
        dtype: type of the counts.
        thresholds: a list of thresholds in [0, 1] instead of evenly spaced ones.
        multi_label: whether each column has a curve of its own, the result being their mean.
        num_labels: number of columns, if it is to be known before the first batch.
        label_weights: weights of columns.
        from_logits: whether predictions are logits rather than probabilities.

    Raises:
        ValueError: if an argument is not one of these.

    Source: Davis and Goadrich, 2006, "The Relationship Between Precision-Recall and ROC Curves".

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
    0.75
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        self._init_from_thresholds = thresholds is not None
        if thresholds is not None:
            inner = sorted(thresholds)
            self.num_thresholds = len(inner) + 2
            self._even = are_even([0.0, *inner, 1.0])
        else:
            if not isinstance(num_thresholds, int) or num_thresholds <= 1:
                raise ValueError(
                    f"Argument `num_thresholds` must be an integer > 1. Received: num_thresholds={num_thresholds}"
                )
            inner = _inner_thresholds(num_thresholds)
            self.num_thresholds = num_thresholds
            self._even = True
        # The outer thresholds lie just outside, so that predictions of 0 and 1 are inside.
        self.thresholds = [-config.epsilon(), *inner, 1.0 + config.epsilon()]
        self.curve = _one_of("curve", str(curve).upper(), ("ROC", "PR", "PRGAIN"), curve)
        methods = ("interpolation", "majoring", "minoring")
        self.summation_method = _one_of("summation_method", str(summation_method).lower(), methods, summation_method)
        super().__init__(name=name, dtype=dtype)
        if num_labels and not multi_label:
            raise ValueError(
                f"`num_labels` is needed only when `multi_label` is True. Received: num_labels={num_labels}"
            )
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else ops.convert_to_tensor(label_weights, dtype=self.dtype)
        self._from_logits = from_logits
        self._built = False
        if not multi_label:
            self._build(())
        elif num_labels:
            self._build((num_labels,))

    def _build(self, columns: tuple[int, ...]) -> None:
        self._add_counts((self.num_thresholds, *columns))
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        y_pred = ops.convert_to_tensor(y_pred)
        if not self._built:
            if len(y_pred.shape) != 2:
                raise ValueError(
                    f"`y_pred` must have rank 2 when `multi_label=True`. Received: y_pred.shape={y_pred.shape}"
                )
            self._build((y_pred.shape[1],))
        update_counts(
            self._counts(),
            y_true,
            ops.sigmoid(y_pred) if self._from_logits else y_pred,
            self.thresholds,
            sample_weight,
            multi_label=self.multi_label,
            label_weights=self.label_weights,
            even=self._even,
        )

    def result(self) -> Tensor:
        tp, fp, tn, fn = self._values()
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._over_columns(_interpolated_pr(tp, fp, fn))
        recall = ops.divide_no_nan(tp, ops.add(tp, fn))
        if self.curve == "ROC":
            x, y = ops.divide_no_nan(fp, ops.add(fp, tn)), recall
        elif self.curve == "PR":
            x, y = recall, ops.divide_no_nan(tp, ops.add(tp, fp))
        else:
            x, y = _gains(tp, fp, tn, fn)
        left, right = y[:-1], y[1:]
        if self.summation_method == "interpolation":
            heights = ops.divide(ops.add(left, right), 2.0)
        else:
            heights = (ops.minimum if self.summation_method == "minoring" else ops.maximum)(left, right)
        return self._over_columns(ops.multiply(ops.subtract(x[:-1], x[1:]), heights))

    def interpolate_pr_auc(self) -> Tensor:
        """The area below the curve of precision over recall, each stretch interpolated by true positives.

        Source: Davis and Goadrich, 2006, "The relationship between Precision-Recall and ROC curves",
        https://doi.org/10.1145/1143844.1143874.
        """
        counts = (self.true_positives.value, self.false_positives.value, self.false_negatives.value)
        return self._over_columns(_interpolated_pr(*counts))

    def _over_columns(self, terms: Tensor) -> Tensor:
        if not self.multi_label:
            return ops.sum(terms)
        areas = ops.sum(terms, axis=0)
        if self.label_weights is None:
            return ops.mean(areas)
        return ops.divide_no_nan(ops.sum(ops.multiply(areas, self.label_weights)), ops.sum(self.label_weights))

    def reset_state(self) -> None:
        if self._built:
            super().reset_state()

    def get_config(self) -> dict[str, Any]:
        own = {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": registry.serialize_keras_object(self.label_weights),
            "from_logits": self._from_logits,
        }
        if self._init_from_thresholds:
            own["thresholds"] = self.thresholds[1:-1]
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**registry.deserialize_keras_object(config))


def _one_of(argument: str, value: str, allowed: tuple[str, ...], received: Any) -> str:
    if value not in allowed:
        what = argument.replace("_", " ")
        raise ValueError(
            f"Invalid AUC {what} value: '{received}'. Expected values are {list(allowed)}. "
            f"Received: {argument}={received}"
        )
    return value


def _interpolated_pr(tp: Tensor, fp: Tensor, fn: Tensor) -> Tensor:
    """Areas between thresholds where true positives grow linearly with all positives."""
    predicted = ops.add(tp, fp)
    step = ops.subtract(tp[:-1], tp[1:])
    slope = ops.divide_no_nan(step, ops.maximum(ops.subtract(predicted[:-1], predicted[1:]), 0.0))
    intercept = ops.subtract(tp[1:], ops.multiply(slope, predicted[1:]))
    both = ops.logical_and(ops.greater(predicted[:-1], 0.0), ops.greater(predicted[1:], 0.0))
    ratio = ops.where(both, ops.divide_no_nan(predicted[:-1], ops.maximum(predicted[1:], 0.0)), 1.0)
    area = ops.multiply(slope, ops.add(step, ops.multiply(intercept, ops.log(ratio))))
    return ops.divide_no_nan(area, ops.maximum(ops.add(tp[1:], fn[1:]), 0.0))


def _gains(tp: Tensor, fp: Tensor, tn: Tensor, fn: Tensor) -> tuple[Tensor, Tensor]:
    """Recall gain and precision gain (Flach and Kull, 2015)."""
    scale = ops.divide_no_nan(ops.add(tp, fn), ops.add(tn, fp))
    none = ops.equal(tp, 0.0)
    recall = ops.subtract(1.0, ops.multiply(scale, ops.divide_no_nan(fn, tp)))
    precision = ops.subtract(1.0, ops.multiply(scale, ops.divide_no_nan(fp, tp)))
    return ops.maximum(ops.where(none, 0.0, recall), 0.0), ops.where(none, 1.0, precision)


class _BestUnderConstraint(_FourCounts):
    """Base of metrics that give the best of one rate where another is at least a value."""

    def __init__(
        self,
        value: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if not isinstance(num_thresholds, int) or num_thresholds <= 0:
            raise ValueError(
                f"Argument `num_thresholds` must be an integer > 0. Received: num_thresholds={num_thresholds}"
            )
        self.value = value
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        self.thresholds = [0.5] if num_thresholds == 1 else [0.0, *_inner_thresholds(num_thresholds), 1.0]
        self._even = num_thresholds > 1
        self._add_counts((len(self.thresholds),))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        update_counts(
            self._counts(),
            y_true,
            y_pred,
            self.thresholds,
            sample_weight,
            class_id=self.class_id,
            even=self._even,
        )

    def _best(self, constrained: Callable[..., Tensor], wanted: Callable[..., Tensor]) -> Tensor:
        counts = self._values()
        allowed = ops.greater_equal(constrained(*counts), self.value)
        return ops.max(ops.where(allowed, wanted(*counts), 0.0))

    def get_config(self) -> dict[str, Any]:
        own = {"num_thresholds": self.num_thresholds, "class_id": self.class_id}
        return {**super().get_config(), **own}


def _sensitivity(tp: Tensor, fp: Tensor, tn: Tensor, fn: Tensor) -> Tensor:
    return ops.divide_no_nan(tp, ops.add(tp, fn))


def _specificity(tp: Tensor, fp: Tensor, tn: Tensor, fn: Tensor) -> Tensor:
    return ops.divide_no_nan(tn, ops.add(tn, fp))


def _precision(tp: Tensor, fp: Tensor, tn: Tensor, fn: Tensor) -> Tensor:
    return ops.divide_no_nan(tp, ops.add(tp, fp))


def _share(argument: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(f"Argument `{argument}` must be in the range [0, 1]. Received: {argument}={value}")
    return value


class SensitivityAtSpecificity(_BestUnderConstraint):
    """The best sensitivity (recall) at thresholds where specificity is at least a value.

    Args:
        specificity: the least allowed, in [0, 1].
        num_thresholds: how many thresholds are tried.
        class_id: only this class counts.
        name: name of the metric, numbered if None.
        dtype: type of the counts.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]))
    0.5
    """

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self.specificity = _share("specificity", specificity)
        super().__init__(specificity, num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        return self._best(_specificity, _sensitivity)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "specificity": self.specificity}


class SpecificityAtSensitivity(_BestUnderConstraint):
    """The best specificity at thresholds where sensitivity (recall) is at least a value.

    Args:
        sensitivity: the least allowed, in [0, 1].
        num_thresholds: how many thresholds are tried.
        class_id: only this class counts.
        name: name of the metric, numbered if None.
        dtype: type of the counts.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.metrics.SpecificityAtSensitivity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])), 4)
    0.6667
    """

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self.sensitivity = _share("sensitivity", sensitivity)
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        return self._best(_sensitivity, _specificity)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sensitivity": self.sensitivity}


class PrecisionAtRecall(_BestUnderConstraint):
    """The best precision at thresholds where recall is at least a value.

    Args:
        recall: the least allowed, in [0, 1].
        num_thresholds: how many thresholds are tried.
        class_id: only this class counts.
        name: name of the metric, numbered if None.
        dtype: type of the counts.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]))
    0.5
    """

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self.recall = _share("recall", recall)
        super().__init__(recall, num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        return self._best(_sensitivity, _precision)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "recall": self.recall}


class RecallAtPrecision(_BestUnderConstraint):
    """The best recall at thresholds where precision is at least a value.

    Args:
        precision: the least allowed, in [0, 1].
        num_thresholds: how many thresholds are tried.
        class_id: only this class counts.
        name: name of the metric, numbered if None.
        dtype: type of the counts.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import keraburn as keras
    >>> float(keras.metrics.RecallAtPrecision(0.8)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
    0.5
    """

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self.precision = _share("precision", precision)
        super().__init__(precision, num_thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        return self._best(_precision, _sensitivity)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "precision": self.precision}
