"""Metrics that sum or average values over batches."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from keraburn import ops, registry
from keraburn.losses.loss import apply_mask, squeeze_or_expand_to_same_rank
from keraburn.metrics.metric import Metric, as_float
from keraburn.tensor import Tensor


def weighted_samples(
    values: Any, sample_weight: Any, dtype: str, reduce: Callable[..., Tensor]
) -> tuple[Tensor, Tensor | None]:
    """Values of samples times their weights, and the weights, both reduced to one number a sample.

    Args:
        values: shape `(batch, ...)`.
        sample_weight: None, or a shape that the values' begins with.
        dtype: of the results.
        reduce: `ops.mean` or `ops.sum`, for axes after the first.

    Raises:
        ValueError: if the weights do not fit the values.
    """
    values = as_float(values, dtype)
    if sample_weight is None:
        return values, None
    weight = as_float(sample_weight, dtype)
    values, weight = squeeze_or_expand_to_same_rank(values, weight)
    rank = len(weight.shape)
    if len(values.shape) > rank:
        values = reduce(values, axis=list(range(rank, len(values.shape))))
    try:
        weight = ops.broadcast_to(weight, values.shape)
    except ValueError:
        raise ValueError(
            "`sample_weight` must have one weight for each value of the metric (or a shape that broadcasts). "
            f"Received: sample_weight.shape={weight.shape}, values of shape {values.shape}"
        ) from None
    values = ops.multiply(values, weight)
    if rank > 1:
        weight = reduce(weight, axis=list(range(1, rank)))
    if len(values.shape) > 1:
        values = reduce(values, axis=list(range(1, len(values.shape))))
    return values, weight


class Sum(Metric):
    """The sum of all values.

    Args:
        name: name of the metric.
        dtype: type of the sum.

    Example:

    >>> import keraburn as keras
    >>> metric = keras.metrics.Sum()
    >>> metric.update_state([1.0, 3.0])
    >>> float(metric.result())
    4.0
    """

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", dtype=self.dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add `sum(values * sample_weight)`."""
        values, _ = weighted_samples(values, sample_weight, self.dtype, ops.sum)
        self.total.assign(ops.add(self.total.value, ops.sum(values)))

    def result(self) -> Tensor:
        return self.total.value


class Mean(Metric):
    """The mean of all values, weighted where weights are given.

    Args:
        name: name of the metric.
        dtype: type of the mean.

    Example:

    >>> import keraburn as keras
    >>> metric = keras.metrics.Mean()
    >>> metric.update_state([1.0, 3.0])
    >>> metric.update_state([5.0], sample_weight=[2.0])
    >>> float(metric.result())
    3.5
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", dtype=self.dtype, name="total")
        self.count = self.add_variable((), "zeros", dtype=self.dtype, name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add samples; each is the mean of its values."""
        values, weight = weighted_samples(values, sample_weight, self.dtype, ops.mean)
        total = ops.sum(values) if values.shape else values
        count: Any
        if weight is None:
            # One sum over everything and one factor cost less than a mean for each sample.
            size = math.prod(values.shape[1:])
            total = total if size in (0, 1) else ops.multiply(total, 1.0 / size)
            count = float(values.shape[0]) if values.shape else 1.0
        else:
            count = ops.sum(weight)
        self.total.assign(ops.add(self.total.value, total))
        self.count.assign(ops.add(self.count.value, count))

    def result(self) -> Tensor:
        return ops.divide_no_nan(self.total.value, self.count.value)


class MeanMetricWrapper(Mean):
    """The mean of a function of targets and predictions.

    Args:
        fn: `fn(y_true, y_pred, **kwargs)` gives a value for each sample.
        name: name of the metric.
        dtype: type of the mean.
        kwargs: further arguments of the function; they are the metric's config too.

    Example:

    >>> import keraburn as keras
    >>> metric = keras.metrics.MeanMetricWrapper(keras.losses.mean_absolute_error, name="gap")
    >>> float(metric([[0.0], [0.0]], [[1.0], [3.0]]))
    2.0
    """

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name=name, dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs
        public = registry.public_name(fn) or registry.public_name(type(fn))
        if public is not None and public[0] == "keras.losses":
            self._direction = "down"

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Add a batch; a mask of the predictions leaves out what it hides."""
        mask = getattr(y_pred, "_keras_mask", None)
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        own_mask = getattr(values, "_keras_mask", None)
        if own_mask is not None and (sample_weight is not None or mask is not None):
            mask = own_mask if mask is None else ops.logical_and(mask, own_mask)
        if mask is not None:
            weight = None if sample_weight is None else as_float(sample_weight, self.dtype)
            sample_weight = apply_mask(weight, mask, self.dtype, "sum")
        super().update_state(values, sample_weight=sample_weight)

    def get_config(self) -> dict[str, Any]:
        base = super().get_config()
        if type(self) is MeanMetricWrapper:
            base["fn"] = registry.serialize_keras_object(self._fn)
        return {**base, **registry.serialize_keras_object(self._fn_kwargs)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**(registry.deserialize_keras_object(config) if "fn" in config else config))
