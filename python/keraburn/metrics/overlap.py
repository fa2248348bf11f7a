"""Intersection over union of predicted and true regions."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from keraburn import config, dtypes, ops
from keraburn.losses.loss import check_shapes
from keraburn.metrics.metric import Metric
from keraburn.tensor import Tensor


class IoU(Metric):
    """The mean over chosen classes of `tp / (tp + fp + fn)`.

    Args:
        num_classes: number of classes.
        target_class_ids: the classes that count.
        name: name of the metric, numbered if None.
        dtype: type of the counts, int32 if None.
        ignore_class: a class whose pixels do not count.
        sparse_y_true: whether targets are indices of classes rather than one value for each class.
        sparse_y_pred: whether predictions are.
        axis: the axis of classes where they are not.

    Raises:
        ValueError: if a class is out of range.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.metrics.IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(name=name, dtype=dtype or "int32")
        if num_classes < 1:
            raise ValueError(f"`num_classes` must be at least 1. Received: num_classes={num_classes}")
        wrong = [each for each in target_class_ids if not 0 <= each < num_classes]
        if wrong:
            raise ValueError(
                f"Target class id {wrong[0]} is out of range, which is [0, {num_classes}). "
                f"Received: target_class_ids={target_class_ids}"
            )
        self.num_classes = num_classes
        self.target_class_ids = list(target_class_ids)
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable(
            (num_classes, num_classes), "zeros", dtype=self.dtype, name="total_confusion_matrix"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch; indices outside the classes do not count."""
        y_true = y_true if self.sparse_y_true else ops.argmax(y_true, axis=self.axis)
        y_pred = y_pred if self.sparse_y_pred else ops.argmax(y_pred, axis=self.axis)
        y_true, y_pred = (ops.reshape(ops.cast(each, "int32"), (-1,)) for each in (y_true, y_pred))
        check_shapes(y_true, y_pred)
        weight = ops.convert_to_tensor(1 if sample_weight is None else sample_weight)
        if dtypes.is_float(weight.dtype) and not dtypes.is_float(self.dtype):
            warnings.warn(
                f"Weights of type {weight.dtype} are cut to whole numbers, because the metric's dtype is {self.dtype}. "
                "Give integer weights, or the metric a float dtype.",
                stacklevel=3,
            )
        weight = ops.cast(weight, self.dtype)
        weight = ops.reshape(weight, (-1,)) if len(weight.shape) > 1 else weight
        weight = ops.broadcast_to(weight, y_true.shape)
        inside = ops.logical_and(self._inside(y_true), self._inside(y_pred))
        if self.ignore_class is not None:
            inside = ops.logical_and(inside, ops.not_equal(y_true, self.ignore_class))
        cells = ops.where(inside, ops.add(ops.multiply(y_true, self.num_classes), y_pred), 0)
        weight = ops.where(inside, weight, ops.zeros_like(weight))
        counts = ops.scatter(ops.expand_dims(cells, 1), weight, (self.num_classes**2,))
        self.total_cm.assign(ops.add(self.total_cm.value, ops.reshape(counts, self.total_cm.shape)))

    def _inside(self, indices: Tensor) -> Tensor:
        return ops.logical_and(ops.greater_equal(indices, 0), ops.less(indices, self.num_classes))

    def result(self) -> Tensor:
        matrix = ops.cast(self.total_cm.value, "float32")
        own = ops.sum(ops.multiply(matrix, ops.eye(self.num_classes)), axis=0)
        union = ops.subtract(ops.add(ops.sum(matrix, axis=0), ops.sum(matrix, axis=1)), own)
        chosen = ops.convert_to_tensor(self.target_class_ids, dtype="int32")
        own, union = ops.take(own, chosen, axis=0), ops.take(union, chosen, axis=0)
        # Classes that neither appear nor were predicted do not count in the mean.
        valid = ops.greater(union, 1e-9)
        shares = ops.where(valid, ops.divide(own, ops.add(union, config.epsilon())), 0.0)
        return ops.divide(ops.sum(shares), ops.add(ops.sum(ops.cast(valid, "float32")), config.epsilon()))

    def get_config(self) -> dict[str, Any]:
        own = {
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }
        return {**super().get_config(), **own}


def _without(config: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in keys}


class BinaryIoU(IoU):
    """IoU of predictions that a threshold turns into 0 and 1.

    Args:
        target_class_ids: which of 0 and 1 count.
        threshold: from which on a prediction is 1.
        name: name of the metric, numbered if None.
        dtype: type of the counts, int32 if None.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.metrics.BinaryIoU(threshold=0.3)([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])), 4)
    0.3333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_classes=2, target_class_ids=target_class_ids, name=name, dtype=dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        above = ops.greater_equal(ops.convert_to_tensor(y_pred, dtype="float32"), self.threshold)
        super().update_state(y_true, ops.cast(above, "int32"), sample_weight)

    def get_config(self) -> dict[str, Any]:
        base = _without(super().get_config(), "num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")
        return {**base, "threshold": self.threshold}


class MeanIoU(IoU):
    """The mean IoU of all classes.

    Args:
        num_classes: number of classes.
        name: name of the metric, numbered if None.
        dtype: type of the counts, int32 if None.
        ignore_class: a class whose pixels do not count.
        sparse_y_true: whether targets are indices of classes.
        sparse_y_pred: whether predictions are.
        axis: the axis of classes where they are not.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.metrics.MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, list(range(num_classes)), name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis
        )

    def get_config(self) -> dict[str, Any]:
        return _without(super().get_config(), "target_class_ids")


class OneHotIoU(IoU):
    """IoU of one-hot targets.

    Args:
        num_classes: number of classes.
        target_class_ids: the classes that count.
        name: name of the metric, numbered if None.
        dtype: type of the counts, int32 if None.
        ignore_class: a class whose pixels do not count.
        sparse_y_pred: whether predictions are indices of classes.
        axis: the axis of classes.

    Example:

    >>> import keraburn as keras
    >>> metric = keras.metrics.OneHotIoU(num_classes=2, target_class_ids=[0, 1])
    >>> round(float(metric([[1, 0], [0, 1]], [[0.9, 0.1], [0.2, 0.8]])), 4)
    1.0
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return _without(super().get_config(), "sparse_y_true")


class OneHotMeanIoU(MeanIoU):
    """The mean IoU of all classes, for one-hot targets.

    Args:
        num_classes: number of classes.
        name: name of the metric, numbered if None.
        dtype: type of the counts, int32 if None.
        ignore_class: a class whose pixels do not count.
        sparse_y_pred: whether predictions are indices of classes.
        axis: the axis of classes.

    Example:

    >>> import keraburn as keras
    >>> metric = keras.metrics.OneHotMeanIoU(num_classes=2)
    >>> round(float(metric([[1, 0], [0, 1]], [[0.9, 0.1], [0.2, 0.8]])), 4)
    1.0
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return _without(super().get_config(), "sparse_y_true")
