"""Losses of probabilities of classes."""

from __future__ import annotations

import warnings
from typing import Any

from keraburn import config, dtypes, ops
from keraburn.losses.loss import LossFunctionWrapper, check_same_shape, mean_last
from keraburn.ops.axes import normalize_axis
from keraburn.tensor import Tensor


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """`mean(-y_true * log(p) - (1 - y_true) * log(1 - p), axis)`.

    Args:
        y_true: 0 or 1 (or probabilities), shape `(batch, ..., n)`.
        y_pred: probabilities p, or logits, of the same shape.
        from_logits: whether `y_pred` are logits: `p = sigmoid(y_pred)`.
        label_smoothing: in [0, 1]; moves targets that far towards 0.5.
        axis: along which the mean is taken.

    Raises:
        ValueError: if the shapes do not fit.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.binary_crossentropy([[1.0]], [[0.0]], from_logits=True).numpy().round(4)
    array([0.6931], dtype=float32)
    """
    y_true, y_pred = _targets(y_true, y_pred)
    check_same_shape("binary_crossentropy", y_true, y_pred)
    if label_smoothing:
        y_true = ops.add(ops.multiply(y_true, 1.0 - label_smoothing), 0.5 * label_smoothing)
    return mean_last(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """`-sum(y_true * log(p), axis)`.

    Args:
        y_true: one-hot classes or probabilities, shape `(batch, ..., classes)`.
        y_pred: probabilities p (scaled to sum to one), or logits, of the same shape.
        from_logits: whether `y_pred` are logits: `p = softmax(y_pred)`.
        label_smoothing: in [0, 1]; moves targets that far towards the uniform distribution.
        axis: the axis of classes.

    Raises:
        ValueError: if the shapes do not fit.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).numpy().round(4)
    array([0.6931], dtype=float32)
    """
    y_true, y_pred = class_targets("categorical_crossentropy", y_true, y_pred, label_smoothing, axis)
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Tensor:
    """`-log(p[y_true])`.

    Args:
        y_true: indices of classes, shape `(batch, ...)`, or with a closing 1.
        y_pred: probabilities p (scaled to sum to one), or logits, shape `(batch, ..., classes)`.
        from_logits: whether `y_pred` are logits: `p = softmax(y_pred)`.
        ignore_class: an index whose samples cost nothing and do not count in means.
        axis: the axis of classes.

    Raises:
        ValueError: if the shapes do not fit, or an index is not that of a class.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.sparse_categorical_crossentropy([1], [[0.5, 0.5]]).numpy().round(4)
    array([0.6931], dtype=float32)
    """
    y_true = ops.convert_to_tensor(y_true)
    y_pred = _float(y_pred)
    axis = normalize_axis(axis, len(y_pred.shape))
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis)
    _check_indices("sparse_categorical_crossentropy", y_true, y_pred, axis)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    valid = ops.not_equal(y_true, ignore_class)
    y_true = ops.where(valid, y_true, ops.zeros_like(y_true))
    # Ignored rows are replaced too: their gradient must not be NaN times zero.
    y_pred = ops.where(ops.expand_dims(valid, axis), y_pred, 0.0)
    values = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    values = ops.where(valid, values, 0.0)
    values._keras_mask = valid
    return values


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Tensor:
    """`(1 - p[y_true]**q) / q`, which forgives wrong labels more than crossentropy does.

    Args:
        y_true: indices of classes, shape `(batch,)`.
        y_pred: probabilities p, shape `(batch, classes)`.
        q: in (0, 1): towards 0 crossentropy, towards 1 the mean absolute error.

    Source: Zhang and Sabuncu, 2018, "Generalized Cross Entropy Loss", arXiv:1805.07836.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.categorical_generalized_cross_entropy([1], [[0.75, 0.25]], q=0.5).numpy()
    array([1.], dtype=float32)
    """
    y_pred = _float(y_pred)
    y_true = ops.cast(y_true, "int32")
    _check_indices("categorical_generalized_cross_entropy", y_true, y_pred, normalize_axis(-1, len(y_pred.shape)))
    hot = ops.one_hot(y_true, y_pred.shape[-1], dtype=y_pred.dtype)
    p = ops.sum(ops.multiply(y_pred, hot), axis=-1)
    return ops.divide(ops.subtract(1.0, ops.power(p, q)), q)


def _check_indices(name: str, y_true: Tensor, y_pred: Tensor, axis: int) -> None:
    expected = list(y_pred.shape)
    del expected[axis]
    if y_true.shape == tuple(expected):
        return
    same = y_true.shape == y_pred.shape
    hint = " For one-hot targets, use the loss `categorical_crossentropy`." if same else ""
    raise ValueError(
        f"In loss {name}, `y_true` must have the shape of `y_pred` without the axis of "
        f"classes: {tuple(expected)}.{hint} Received: y_true.shape={y_true.shape}, y_pred.shape={y_pred.shape}"
    )


def _float(x: Any) -> Tensor:
    tensor = ops.convert_to_tensor(x)
    return tensor if dtypes.is_float(tensor.dtype) else ops.cast(tensor, config.floatx())


def _targets(y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    y_pred = _float(y_pred)
    return ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype), y_pred


def class_targets(name: str, y_true: Any, y_pred: Any, label_smoothing: float, axis: int) -> tuple[Tensor, Tensor]:
    """One-hot targets, smoothed, and predictions, both checked."""
    if isinstance(axis, bool):
        raise ValueError(f"`axis` must be of type `int`. Received: axis={axis} of type {type(axis)}")
    y_true, y_pred = _targets(y_true, y_pred)
    fewer = len(y_true.shape) < len(y_pred.shape) or (y_true.shape[-1:] == (1,) and y_pred.shape[-1:] != (1,))
    hint = " For indices of classes, use the loss `sparse_categorical_crossentropy`." if fewer else ""
    check_same_shape(name, y_true, y_pred, hint)
    if y_pred.shape[-1:] == (1,):
        warnings.warn(
            f"In loss {name}, expected y_pred.shape to be (batch_size, num_classes) with num_classes > 1. "
            f"Received: y_pred.shape={y_pred.shape}. Consider using 'binary_crossentropy' if you only have 2 classes.",
            SyntaxWarning,
            stacklevel=3,
        )
    normalize_axis(axis, len(y_pred.shape))
    if label_smoothing:
        share = label_smoothing / y_true.shape[-1]
        y_true = ops.add(ops.multiply(y_true, 1.0 - label_smoothing), share)
    return y_true, y_pred


class BinaryCrossentropy(LossFunctionWrapper):
    """Crossentropy of yes-or-no targets.

    Args:
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: in [0, 1]; moves targets that far towards 0.5.
        axis: along which the mean is taken.
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.losses.BinaryCrossentropy()([[1.0], [0.0]], [[0.5], [0.5]])), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            binary_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


class CategoricalCrossentropy(LossFunctionWrapper):
    """Crossentropy of one-hot targets.

    Args:
        from_logits: whether predictions are logits rather than probabilities.
        label_smoothing: in [0, 1]; moves targets that far towards the uniform distribution.
        axis: the axis of classes.
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.losses.CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """Crossentropy of targets that are indices of classes.

    Args:
        from_logits: whether predictions are logits rather than probabilities.
        ignore_class: an index whose samples cost nothing and do not count.
        reduction: as for `Loss`.
        axis: the axis of classes.
        name: name of the loss.
        dtype: float type to compute in.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.losses.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]])), 4)
    0.6931
    """

    _keeps_integer_targets = True

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            sparse_categorical_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis


class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """Crossentropy that forgives wrong labels.

    Args:
        q: in (0, 1): towards 0 crossentropy, towards 1 the mean absolute error.
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Raises:
        ValueError: if q is outside (0, 1).

    Source: Zhang and Sabuncu, 2018, "Generalized Cross Entropy Loss", arXiv:1805.07836.

    Example:

    >>> import keraburn as keras
    >>> float(keras.losses.CategoricalGeneralizedCrossEntropy()([1], [[0.75, 0.25]]))
    1.0
    """

    _keeps_integer_targets = True

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ) -> None:
        if not 0 < q < 1:
            raise ValueError(f"q must be in the interval (0, 1). Received: q={q}")
        super().__init__(categorical_generalized_cross_entropy, reduction=reduction, name=name, dtype=dtype, q=q)
        self.q = q
