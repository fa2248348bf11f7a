"""The base of losses: values of samples, their weights and masks, and the reduction to one number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from keraburn import config, dtypes, ops, registry, tree
from keraburn.tensor import Tensor

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


class Loss:
    """Base of losses; `call` gives a value for each sample, `__call__` weighs and reduces them.

    Args:
        name: the class's name in snake case if None.
        reduction: `"sum_over_batch_size"` or `"mean"` (the sum over the number of values), `"sum"`,
            `"mean_with_sample_weight"` (the sum over the sum of weights), or `"none"` for the values themselves.
        dtype: the float type to compute in; `config.floatx()` if None.

    Raises:
        ValueError: for an unknown reduction, or targets and predictions whose shapes do not fit.

    Example:

    >>> import keraburn as keras
    >>> class Gap(keras.losses.Loss):
    ...     def call(self, y_true, y_pred):
    ...         return keras.ops.max(keras.ops.abs(y_true - y_pred), axis=-1)
    >>> float(Gap()([[0.0, 1.0]], [[0.5, 3.0]]))
    2.0
    """

    # Class indices stay integers where a loss would only turn them back.
    _keeps_integer_targets = False

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        self.name = name or config.auto_name(config.to_snake_case(type(self).__name__))
        self.reduction = standardize_reduction(reduction)
        self._dtype = dtypes.standardize_dtype(getattr(dtype, "compute_dtype", dtype))

    @property
    def dtype(self) -> str:
        return self._dtype

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        mask = getattr(y_pred, "_keras_mask", None)
        y_pred = _converted(y_pred, self.dtype)
        y_true = _converted(y_true, self.dtype, self._keeps_integer_targets)
        values = self.call(y_true, y_pred)
        own_mask = getattr(values, "_keras_mask", None)
        if own_mask is not None:
            mask = own_mask if mask is None else ops.logical_and(mask, own_mask)
        return reduce_weighted_values(values, sample_weight, mask, self.reduction, self.dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The values of samples, to be defined by subclasses."""
        raise NotImplementedError(f"Loss '{type(self).__name__}' must define `call(self, y_true, y_pred)`.")

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class LossFunctionWrapper(Loss):
    """A loss made of a function of targets and predictions that gives a value for each sample.

    Args:
        fn: the function.
        reduction: as for `Loss`.
        name: as for `Loss`.
        dtype: as for `Loss`.
        kwargs: further arguments of the function; they are the loss's config too.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if isinstance(y_true, Tensor) and isinstance(y_pred, Tensor):
            y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        base = super().get_config()
        if type(self) is LossFunctionWrapper:
            base["fn"] = registry.serialize_keras_object(self.fn)
        return {**base, **registry.serialize_keras_object(self._fn_kwargs)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**(registry.deserialize_keras_object(config) if "fn" in config else config))


def _converted(structure: Any, dtype: str, keep_integers: bool = False) -> Any:
    def convert(leaf: Any) -> Tensor:
        tensor = ops.convert_to_tensor(leaf)
        return tensor if keep_integers and not dtypes.is_float(tensor.dtype) else ops.cast(tensor, dtype)

    if isinstance(structure, dict) or (isinstance(structure, (list, tuple)) and _holds_arrays(structure)):
        return tree.map_structure(convert, structure)
    return convert(structure)


def _holds_arrays(sequence: Any) -> bool:
    """Whether a list is one of several outputs rather than rows of numbers."""
    return any(hasattr(item, "shape") and len(item.shape) > 0 for item in sequence)


def standardize_reduction(reduction: str | None) -> str | None:
    """The reduction itself, if it is one.

    Raises:
        ValueError: if not.
    """
    if reduction not in REDUCTIONS:
        raise ValueError(
            "Invalid value for argument `reduction`. Expected one of 'sum_over_batch_size', 'sum', 'mean', "
            f"'mean_with_sample_weight', 'none' or None. Received: reduction={reduction}"
        )
    return reduction


def aligned(y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    """Targets and predictions as tensors of the predictions' dtype and of one rank.

    Raises:
        ValueError: if their shapes do not broadcast.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    if not dtypes.is_float(y_pred.dtype):
        y_pred = ops.cast(y_pred, config.floatx())
    y_true = ops.convert_to_tensor(y_true)
    if y_true.dtype != y_pred.dtype:
        y_true = ops.cast(y_true, y_pred.dtype)
    y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
    check_shapes(y_true, y_pred)
    return y_true, y_pred


def check_shapes(y_true: Tensor, y_pred: Tensor) -> None:
    """Raise a ValueError unless the shapes of targets and predictions broadcast."""
    if y_true.shape == y_pred.shape:
        return
    pairs = zip(reversed(y_true.shape), reversed(y_pred.shape), strict=False)
    if any(a != b and 1 not in (a, b) and None not in (a, b) for a, b in pairs):
        raise ValueError(
            "`y_true` and `y_pred` must have the same shape (or shapes that broadcast). "
            f"Received: y_true.shape={y_true.shape}, y_pred.shape={y_pred.shape}"
        )


def check_same_shape(name: str, y_true: Tensor, y_pred: Tensor, hint: str = "") -> None:
    """Raise a ValueError unless targets and predictions of the loss `name` have one shape."""
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"In loss {name}, `y_true` and `y_pred` must have the same shape.{hint} "
            f"Received: y_true.shape={y_true.shape}, y_pred.shape={y_pred.shape}"
        )


def squeeze_or_expand_to_same_rank(x1: Tensor, x2: Tensor, expand_rank_1: bool = True) -> tuple[Tensor, Tensor]:
    """Where ranks differ by one and the longer shape ends in 1, drop that 1 or, for a vector, give it to the other.

    Args:
        x1: any tensor.
        x2: any tensor.
        expand_rank_1: whether a vector becomes a column rather than the other one a vector.
    """
    rank1, rank2 = len(x1.shape), len(x2.shape)
    if rank1 == rank2 + 1 and x1.shape[-1] == 1:
        if rank2 == 1 and expand_rank_1:
            return x1, ops.expand_dims(x2, -1)
        return ops.squeeze(x1, -1), x2
    if rank2 == rank1 + 1 and x2.shape[-1] == 1:
        if rank1 == 1 and expand_rank_1:
            return ops.expand_dims(x1, -1), x2
        return x1, ops.squeeze(x2, -1)
    return x1, x2


def mean_last(values: Tensor, axis: Any = -1) -> Tensor:
    """The mean over the last axis; an axis of one value is only dropped."""
    if axis == -1 and values.shape and values.shape[-1] == 1:
        return ops.squeeze(values, -1)
    return ops.mean(values, axis=axis)


def reduce_weighted_values(
    values: Any,
    sample_weight: Any = None,
    mask: Any = None,
    reduction: str | None = "sum_over_batch_size",
    dtype: str | None = None,
) -> Tensor:
    """One number of the values of samples.

    Args:
        values: any shape.
        sample_weight: factors; a shape that broadcasts, or lacks or has a closing 1.
        mask: true where a value counts. With a mean, weights are scaled so that it is over the values that count.
        reduction: one of `REDUCTIONS`.
        dtype: of the result.

    Raises:
        ValueError: if weights do not fit the values.
    """
    values = ops.convert_to_tensor(values, dtype=dtype)
    weight = None if sample_weight is None else ops.convert_to_tensor(sample_weight, dtype=values.dtype)
    weight = apply_mask(weight, mask, values.dtype, reduction)
    if weight is not None:
        values, weight = squeeze_or_expand_to_same_rank(values, weight)
        _check_weight(weight, values)
        values = ops.multiply(values, weight)
    if reduction in (None, "none") or values.shape in ((), (0,)):
        return values
    if reduction == "sum":
        return ops.sum(values)
    if reduction == "mean_with_sample_weight" and weight is not None:
        return ops.divide_no_nan(ops.sum(values), ops.sum(weight))
    return ops.mean(values) if 0 not in values.shape else ops.sum(values)


def _check_weight(weight: Tensor, values: Tensor) -> None:
    pairs = zip(reversed(weight.shape), reversed(values.shape), strict=False)
    if any(a != b and 1 not in (a, b) and None not in (a, b) for a, b in pairs):
        raise ValueError(
            "`sample_weight` must have one weight for each value of the loss (or a shape that broadcasts). "
            f"Received: sample_weight.shape={weight.shape}, values of shape {values.shape}"
        )


def apply_mask(sample_weight: Tensor | None, mask: Any, dtype: str, reduction: str | None) -> Tensor | None:
    """Weights that are zero where the mask is false, and for means scaled by total over valid values."""
    if mask is None:
        return sample_weight
    weight = ops.cast(mask, dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        scale = ops.divide_no_nan(float(math.prod(weight.shape)), ops.sum(weight))
        weight = ops.multiply(weight, scale)
    if sample_weight is None:
        return weight
    weight, sample_weight = squeeze_or_expand_to_same_rank(weight, ops.cast(sample_weight, dtype))
    return ops.multiply(sample_weight, weight)
