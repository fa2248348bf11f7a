"""Losses of label sequences."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.losses.loss import Loss, LossFunctionWrapper
from keraburn.ops.convert import convert
from keraburn.tensor import Tensor


def ctc(y_true: Any, y_pred: Any) -> Tensor:
    """Minus the logarithm of the probability of the labels, wherever they are in the sequence.

    Args:
        y_true: classes, shape `(batch, labels)`; 0 means no label and fills up rows with fewer.
        y_pred: logits, shape `(batch, steps, classes)`.

    Returns:
        Shape `(batch,)`.

    Raises:
        ValueError: if the ranks are others.

    Source: Graves et al., 2006, "Connectionist temporal classification", https://doi.org/10.1145/1143844.1143891.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.ctc([[1]], keras.ops.zeros((1, 3, 2))).numpy().round(4)
    array([0.2877], dtype=float32)
    """
    labels, logits = convert(y_true), convert(y_pred)
    if labels.ndim != 2:
        raise ValueError(
            "Targets `y_true` are expected to be a tensor of shape `(batch_size, max_length)` in integer format. "
            f"Received: y_true.shape={labels.shape}"
        )
    if logits.ndim != 3:
        raise ValueError(
            "Logits `y_pred` are expected to be a tensor of shape `(batch_size, max_length, num_classes)`. "
            f"Received: y_pred.shape={logits.shape}"
        )
    labels = ops.cast(labels, "int32")
    counts = ops.sum(ops.cast(ops.not_equal(labels, 0), "int32"), axis=-1)
    steps = ops.full((logits.shape[0],), logits.shape[1], dtype="int32")
    return ops.ctc_loss(labels, logits, counts, steps, mask_index=0)


class CTC(LossFunctionWrapper):
    """`ctc` of a batch.

    Args:
        reduction: how values of rows become one.
        name: name of the loss.
        dtype: dtype of the computation.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.losses.CTC()([[1]], keras.ops.zeros((1, 3, 2)))), 4)
    0.2877
    """

    def __init__(self, reduction: str = "sum_over_batch_size", name: str = "ctc", dtype: Any = None) -> None:
        super().__init__(ctc, name=name, reduction=reduction, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return Loss.get_config(self)
