"""F scores and the coefficient of determination."""

from __future__ import annotations

import warnings
from typing import Any

from keraburn import config, ops
from keraburn.losses.loss import check_shapes, squeeze_or_expand_to_same_rank
from keraburn.metrics.metric import Metric, as_float
from keraburn.tensor import Tensor
from keraburn.variable import Variable


def _check_matrices(metric: str, y_true: Tensor, y_pred: Tensor) -> None:
    if len(y_pred.shape) != 2 or len(y_true.shape) != 2:
        raise ValueError(
            f"{metric} expects 2D inputs with shape (batch_size, output_dim). "
            f"Received: y_pred.shape={y_pred.shape} and y_true.shape={y_true.shape}"
        )
    check_shapes(y_true, y_pred)


class FBetaScore(Metric):
    """`(1 + beta**2) * precision * recall / (beta**2 * precision + recall)`.

    Args:
        average: None for a value for each class, `"micro"` for one over all, `"macro"` for their mean,
            `"weighted"` for the mean weighted by the classes' frequencies.
        beta: how many times recall counts as much as precision.
        threshold: above which a prediction is positive; None for the largest one of each row.
        name: name of the metric.
        dtype: type of the counts.

    Raises:
        ValueError: if an argument is not one of these, or inputs are not matrices.

    Example:

    >>> import keraburn as keras
    >>> y_true = [[1, 1, 1], [1, 0, 0], [1, 1, 0]]
    >>> y_pred = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]]
    >>> keras.metrics.FBetaScore(beta=2.0, threshold=0.5)(y_true, y_pred).numpy().round(4)
    array([0.3846, 0.9091, 0.8333], dtype=float32)
    """

    _direction = "up"
    true_positives: Variable
    false_positives: Variable
    false_negatives: Variable
    intermediate_weights: Variable

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                "Invalid `average` argument value. Expected one of: (None, 'micro', 'macro', 'weighted'). "
                f"Received: average={average}"
            )
        if not isinstance(beta, float) or beta <= 0:
            raise ValueError(f"Invalid `beta` argument value. It should be a Python float > 0. Received: beta={beta}")
        if threshold is not None and (not isinstance(threshold, float) or not 0 < threshold <= 1):
            raise ValueError(
                "Invalid `threshold` argument value. It should be a Python float with 0 < threshold <= 1. "
                f"Received: threshold={threshold}"
            )
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self._built = False

    def _build(self, classes: int) -> None:
        shape = () if self.average == "micro" else (classes,)
        for name in ("true_positives", "false_positives", "false_negatives", "intermediate_weights"):
            setattr(self, name, self.add_variable(shape, "zeros", dtype=self.dtype, name=name))
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        y_true, y_pred = as_float(y_true, self.dtype), as_float(y_pred, self.dtype)
        _check_matrices(type(self).__name__, y_true, y_pred)
        if not self._built:
            self._build(y_pred.shape[-1])
        if self.threshold is None:
            largest = ops.greater_equal(y_pred, ops.max(y_pred, axis=-1, keepdims=True))
            # A row of zeros has no prediction.
            chosen = ops.logical_and(largest, ops.greater(ops.abs(y_pred), 1e-9))
        else:
            chosen = ops.greater(y_pred, self.threshold)
        y_pred = ops.cast(chosen, self.dtype)
        weight = None
        if sample_weight is not None:
            weight = ops.expand_dims(as_float(sample_weight, self.dtype), 1)

        def add(variable: Variable, values: Tensor) -> None:
            values = values if weight is None else ops.multiply(values, weight)
            total = ops.sum(values, axis=None if self.average == "micro" else 0)
            variable.assign(ops.add(variable.value, total))

        add(self.true_positives, ops.multiply(y_pred, y_true))
        add(self.false_positives, ops.multiply(y_pred, ops.subtract(1.0, y_true)))
        add(self.false_negatives, ops.multiply(ops.subtract(1.0, y_pred), y_true))
        add(self.intermediate_weights, y_true)

    def result(self) -> Tensor:
        right = self.true_positives.value
        epsilon = config.epsilon()
        precision = ops.divide(right, ops.add(ops.add(right, self.false_positives.value), epsilon))
        recall = ops.divide(right, ops.add(ops.add(right, self.false_negatives.value), epsilon))
        square = self.beta**2
        below = ops.add(ops.add(ops.multiply(square, precision), recall), epsilon)
        score = ops.multiply(ops.divide(ops.multiply(precision, recall), below), 1 + square)
        if self.average == "weighted":
            weights = self.intermediate_weights.value
            weights = ops.divide(weights, ops.add(ops.sum(weights), epsilon))
            return ops.sum(ops.multiply(score, weights))
        return score if self.average is None else ops.mean(score)

    def get_config(self) -> dict[str, Any]:
        own = {"average": self.average, "beta": self.beta, "threshold": self.threshold}
        return {**super().get_config(), **own}


class F1Score(FBetaScore):
    """`2 * precision * recall / (precision + recall)`.

    Args:
        average: None for a value for each class, `"micro"`, `"macro"` or `"weighted"`.
        threshold: above which a prediction is positive; None for the largest one of each row.
        name: name of the metric.
        dtype: type of the counts.

    Raises:
        ValueError: if an argument is not one of these, or inputs are not matrices.

    Example:

    >>> import keraburn as keras
    >>> y_true = [[1, 1, 1], [1, 0, 0], [1, 1, 0]]
    >>> y_pred = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]]
    >>> keras.metrics.F1Score(threshold=0.5)(y_true, y_pred).numpy().round(4)
    array([0.5   , 0.8   , 0.6667], dtype=float32)
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average=average, beta=1.0, threshold=threshold, name=name, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {key: value for key, value in super().get_config().items() if key != "beta"}


class R2Score(Metric):
    """`1 - sum(square(y_true - y_pred)) / sum(square(y_true - mean(y_true)))`.

    Args:
        class_aggregation: None for a value for each output, `"uniform_average"` for their mean,
            `"variance_weighted_average"` for the mean weighted by their variances.
        num_regressors: number of independent variables, for the adjusted score; 0 for the plain one.
        name: name of the metric.
        dtype: type of the sums.

    Raises:
        ValueError: if an argument is not one of these, or inputs are not matrices.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.metrics.R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])), 4)
    0.5714
    """

    _direction = "up"
    squared_sum: Variable
    sum: Variable
    total_mse: Variable
    count: Variable

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        allowed = (None, "uniform_average", "variance_weighted_average")
        if class_aggregation not in allowed:
            raise ValueError(
                f"Invalid value for argument `class_aggregation`. Expected one of {allowed}. "
                f"Received: class_aggregation={class_aggregation}"
            )
        if num_regressors < 0:
            raise ValueError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. "
                f"Received: num_regressors={num_regressors}"
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self._built = False

    def _build(self, outputs: int) -> None:
        for attribute, name in (
            ("squared_sum", "squared_sum"),
            ("sum", "sum"),
            ("total_mse", "residual"),
            ("count", "count"),
        ):
            setattr(self, attribute, self.add_variable((outputs,), "zeros", name=name))
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        y_true, y_pred = as_float(y_true, self.dtype), as_float(y_pred, self.dtype)
        y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        _check_matrices("R2Score", y_true, y_pred)
        if not self._built:
            self._build(y_pred.shape[-1])
        weight = as_float(1 if sample_weight is None else sample_weight, self.dtype)
        weight = ops.expand_dims(weight, 1) if len(weight.shape) == 1 else weight
        weight = ops.broadcast_to(weight, y_true.shape)
        weighted = ops.multiply(y_true, weight)
        errors = ops.multiply(ops.square(ops.subtract(y_true, y_pred)), weight)
        for variable, values in (
            (self.sum, weighted),
            (self.squared_sum, ops.multiply(y_true, weighted)),
            (self.total_mse, errors),
            (self.count, weight),
        ):
            variable.assign(ops.add(variable.value, ops.sum(values, axis=0)))
        self.num_samples.assign(ops.add(self.num_samples.value, float(y_true.size)))

    def result(self) -> Tensor:
        mean = ops.divide(self.sum.value, self.count.value)
        total = ops.subtract(self.squared_sum.value, ops.multiply(self.sum.value, mean))
        scores = ops.subtract(1.0, ops.divide(self.total_mse.value, total))
        scores = ops.where(ops.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            score = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            score = ops.divide(ops.sum(ops.multiply(total, scores)), ops.sum(total))
        else:
            score = scores
        return self._adjusted(score) if self.num_regressors else score

    def _adjusted(self, score: Tensor) -> Tensor:
        samples, regressors = float(self.num_samples.numpy()), self.num_regressors
        if regressors >= samples - 1:
            what = "More independent predictors than datapoints" if regressors > samples - 1 else "Division by zero"
            warnings.warn(f"{what} in adjusted R2 score. Falling back to standard R2 score.", stacklevel=3)
            return score
        return ops.subtract(1.0, ops.multiply(ops.subtract(1.0, score), (samples - 1) / (samples - regressors - 1)))

    def get_config(self) -> dict[str, Any]:
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **own}
