"""Crossentropies that give less weight to samples already classified well."""

from __future__ import annotations

from typing import Any

from keraburn import config, dtypes, ops
from keraburn.losses.crossentropy import class_targets
from keraburn.losses.loss import LossFunctionWrapper, check_same_shape, mean_last
from keraburn.tensor import Tensor


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Binary crossentropy times `(1 - p_t)**gamma`, where p_t is the probability of the true class.

    Args:
        y_true: 0 or 1, shape `(batch, ..., n)`.
        y_pred: probabilities, or logits, of the same shape.
        apply_class_balancing: whether class 1 weighs `alpha` and class 0 `1 - alpha`.
        alpha: weight of class 1.
        gamma: how strongly easy samples are discounted; 0 for not at all.
        from_logits: whether `y_pred` are logits.
        label_smoothing: in [0, 1]; moves targets that far towards 0.5.
        axis: along which the mean is taken.

    Source: Lin et al., 2017, "Focal Loss for Dense Object Detection", arXiv:1708.02002.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.binary_focal_crossentropy([[1.0]], [[0.5]]).numpy().round(4)
    array([0.1733], dtype=float32)
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_pred = y_pred if dtypes.is_float(y_pred.dtype) else ops.cast(y_pred, config.floatx())
    y_true = ops.cast(y_true, y_pred.dtype)
    check_same_shape("binary_focal_crossentropy", y_true, y_pred)
    if label_smoothing:
        y_true = ops.add(ops.multiply(y_true, 1.0 - label_smoothing), 0.5 * label_smoothing)
    if from_logits:
        y_pred = ops.sigmoid(y_pred)
    values = ops.binary_crossentropy(y_true, y_pred, from_logits=False)
    rest = ops.subtract(1.0, y_true)
    p_t = ops.add(ops.multiply(y_true, y_pred), ops.multiply(rest, ops.subtract(1.0, y_pred)))
    values = ops.multiply(ops.power(ops.subtract(1.0, p_t), gamma), values)
    if apply_class_balancing:
        weight = ops.add(ops.multiply(y_true, alpha), ops.multiply(rest, 1 - alpha))
        values = ops.multiply(weight, values)
    return mean_last(values, axis)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """`sum(-alpha * (1 - p)**gamma * y_true * log(p), axis)`.

    Args:
        y_true: one-hot classes, shape `(batch, ..., classes)`.
        y_pred: probabilities p (scaled to sum to one), or logits, of the same shape.
        alpha: one weight, or a list of one for each class.
        gamma: how strongly easy samples are discounted; 0 for not at all.
        from_logits: whether `y_pred` are logits.
        label_smoothing: in [0, 1]; moves targets that far towards the uniform distribution.
        axis: the axis of classes.

    Source: Lin et al., 2017, "Focal Loss for Dense Object Detection", arXiv:1708.02002.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).numpy().round(4)
    array([0.0433], dtype=float32)
    """
    y_true, y_pred = class_targets("categorical_focal_crossentropy", y_true, y_pred, label_smoothing, axis)
    p = ops.softmax(y_pred, axis=axis) if from_logits else y_pred
    p = ops.divide(p, ops.sum(p, axis=axis, keepdims=True))
    p = ops.clip(p, config.epsilon(), 1.0 - config.epsilon())
    values = ops.multiply(ops.negative(y_true), ops.log(p))
    weight = ops.multiply(ops.power(ops.subtract(1.0, p), gamma), alpha)
    return ops.sum(ops.multiply(weight, values), axis=axis)


class BinaryFocalCrossentropy(LossFunctionWrapper):
    """Focal crossentropy of yes-or-no targets.

    Args:
        apply_class_balancing: whether class 1 weighs `alpha` and class 0 `1 - alpha`.
        alpha: weight of class 1.
        gamma: how strongly easy samples are discounted.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: in [0, 1]; moves targets that far towards 0.5.
        axis: along which the mean is taken.
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Source: Lin et al., 2017, "Focal Loss for Dense Object Detection", arXiv:1708.02002.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.losses.BinaryFocalCrossentropy()([[1.0]], [[0.5]])), 4)
    0.1733
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            binary_focal_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis
        self.apply_class_balancing = apply_class_balancing
        self.alpha = alpha
        self.gamma = gamma


class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """Focal crossentropy of one-hot targets.

    Args:
        alpha: one weight, or a list of one for each class.
        gamma: how strongly easy samples are discounted.
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: in [0, 1]; moves targets that far towards the uniform distribution.
        axis: the axis of classes.
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Source: Lin et al., 2017, "Focal Loss for Dense Object Detection", arXiv:1708.02002.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.losses.CategoricalFocalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.0433
    """

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            categorical_focal_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis
        self.alpha = alpha
        self.gamma = gamma
