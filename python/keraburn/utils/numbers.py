"""Labels and rows of numpy arrays in other forms."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import ops
from keraburn.tensor import Tensor


def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """Class indices as one-hot rows.

    Args:
        x: integers from 0 to `num_classes - 1`, of any shape; a last axis of size 1 is dropped.
        num_classes: number of classes, the largest index plus one if None.

    Returns:
        Zeros and ones with one more axis: a float64 array, or a tensor for a tensor.

    Raises:
        ValueError: if an index lies outside of the classes, or there is none to count the classes by.

    Example:

    >>> import keraburn as keras
    >>> keras.utils.to_categorical([0, 2], num_classes=3)
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    if num_classes is not None and (not isinstance(num_classes, (int, np.integer)) or num_classes < 1):
        raise ValueError(f"`num_classes` must be a positive integer. Received: num_classes={num_classes!r}")
    if isinstance(x, Tensor):
        if num_classes is None:
            raise ValueError("`num_classes` must be given for a tensor. Received: num_classes=None")
        shape = tuple(x.shape)
        if len(shape) > 1 and shape[-1] == 1:
            x = ops.reshape(x, shape[:-1])
        return ops.one_hot(x, num_classes)
    indices = np.asarray(x)
    if indices.dtype.kind not in "biuf":
        raise ValueError(f"Class indices must be numbers. Received: x of dtype {indices.dtype}")
    indices = indices.astype("int64")
    if indices.ndim > 1 and indices.shape[-1] == 1:
        indices = indices[..., 0]
    if not num_classes:
        if not indices.size:
            raise ValueError("`num_classes` must be given where there are no labels. Received: an empty `x`")
        num_classes = int(indices.max()) + 1
    if indices.size and (indices.min() < 0 or indices.max() >= num_classes):
        raise ValueError(
            f"Class indices must be in [0, {num_classes}). Received: num_classes={num_classes} and indices from "
            f"{indices.min()} to {indices.max()}"
        )
    return np.eye(num_classes)[indices]


def normalize(x: Any, axis: int = -1, order: int = 2) -> Any:
    """Vectors along an axis divided by their norms; zero vectors stay.

    Args:
        x: an array or a tensor.
        axis: along which the vectors lie.
        order: of the norm, such as 1 or 2.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.utils.normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    if isinstance(x, Tensor):
        return ops.normalize(x, axis=axis, order=order)
    x = np.asarray(x)
    if x.dtype.kind not in "biuf":
        raise ValueError(f"Only numbers can be normalized. Received: x of dtype {x.dtype}")
    norm = np.atleast_1d(np.linalg.norm(x, order, axis))
    norm[norm == 0] = 1
    return x / np.expand_dims(norm, axis)
