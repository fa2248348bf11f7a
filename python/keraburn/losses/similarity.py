"""Losses of embeddings: near for one class, far for others."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.losses.loss import LossFunctionWrapper
from keraburn.tensor import Tensor


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Tensor:
    """The circle loss of each sample against all references.

    Args:
        y_true: indices of classes, shape `(batch,)`.
        y_pred: embeddings of length one, shape `(batch, n)`.
        ref_labels: classes of the references; `y_true` when None.
        ref_embeddings: the references; `y_pred` when None.
        remove_diagonal: whether a sample is not compared with itself.
        gamma: scale of the exponents.
        margin: how far apart the two kinds of pairs are pushed.

    Source: Sun et al., 2020, "Circle Loss", arXiv:2002.10857.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.circle([0, 0, 1], [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]).shape
    (3,)
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    if len(y_pred.shape) != 2 or y_true.shape not in ((y_pred.shape[0],), (y_pred.shape[0], 1)):
        raise ValueError(
            "The circle loss needs `y_pred` of shape (batch, n) and `y_true` of shape (batch,). "
            f"Received: y_true.shape={y_true.shape}, y_pred.shape={y_pred.shape}"
        )
    labels = ops.reshape(ops.cast(y_true, "int32"), (-1, 1))
    references = y_pred if ref_embeddings is None else ops.convert_to_tensor(ref_embeddings)
    others = labels if ref_labels is None else ops.reshape(ops.cast(ref_labels, "int32"), (-1, 1))
    distances = ops.maximum(ops.subtract(1.0, ops.matmul(y_pred, ops.transpose(references))), 0.0)
    same = ops.equal(labels, ops.transpose(others))
    different = ops.logical_not(same)
    if remove_diagonal:
        own = ops.eye(same.shape[0], same.shape[1], dtype="bool")
        same = ops.logical_and(same, ops.logical_not(own))

    def exponent(pairs: Tensor, weights: Tensor, logits: Tensor) -> Tensor:
        weights = ops.maximum(ops.where(pairs, weights, 0.0), 0.0)
        return ops.logsumexp(ops.where(pairs, ops.multiply(weights, logits), float("-inf")), axis=1)

    near = exponent(same, ops.add(margin, distances), ops.multiply(-gamma, ops.subtract(margin, distances)))
    far = exponent(
        different,
        ops.subtract(1 + margin, distances),
        ops.multiply(gamma, ops.subtract(1 - margin, distances)),
    )
    values = ops.softplus(ops.add(near, far))
    # Samples without a partner or an opponent give softplus(-inf) = 0 and do not count.
    values._keras_mask = ops.greater(values, 0.0)
    return values


class Circle(LossFunctionWrapper):
    """Circle loss of embeddings of length one.

    Args:
        gamma: scale of the exponents.
        margin: how far apart the two kinds of pairs are pushed.
        remove_diagonal: whether a sample is not compared with itself.
        reduction: as for `Loss`.
        name: name of the loss.
        dtype: float type to compute in.

    Source: Sun et al., 2020, "Circle Loss", arXiv:2002.10857.

    Example:

    >>> import keraburn as keras
    >>> keras.losses.Circle()([0, 0, 1], [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]).shape
    ()
    """

    _keeps_integer_targets = True

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            circle,
            reduction=reduction,
            name=name,
            dtype=dtype,
            gamma=gamma,
            margin=margin,
            remove_diagonal=remove_diagonal,
        )
        self.gamma = gamma
        self.margin = margin
        self.remove_diagonal = remove_diagonal
