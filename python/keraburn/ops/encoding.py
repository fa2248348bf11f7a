"""Labels as vectors of zeros and ones."""

from __future__ import annotations

import operator
from typing import Any

from keraburn import config, dtypes
from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import normalize_axis
from keraburn.ops.convert import cast_to, integer
from keraburn.ops.shaping import reshaped
from keraburn.tensor import Tensor


def _marks(x: Any, num_classes: int, axis: int, sparse: bool) -> Tensor:
    if sparse:
        raise ValueError("Sparse tensors are not supported. Received: sparse=True")
    x = integer(x, "x")
    x = cast_to(x, "int32") if x.dtype == "uint8" else x
    axis = normalize_axis(axis, x.ndim + 1)
    classes = emit("iota", shape=[operator.index(num_classes)], axis=0, dtype=x.dtype)
    along = [num_classes if i == axis else 1 for i in range(x.ndim + 1)]
    wide = reshaped(x, [*x.shape[:axis], 1, *x.shape[axis:]])
    return emit("eq", wide, reshaped(classes, along))


@operation
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Tensor:
    """Vectors that are one at the place of each label and zero elsewhere.

    Args:
        x: integer labels; one outside `[0, num_classes)` gives zeros.
        num_classes: size of the vectors.
        axis: place of their axis in the result.
        dtype: element type, `floatx()` when None.
        sparse: must be False.

    Raises:
        TypeError: if `x` does not hold integers.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.one_hot([2, 0], 3).numpy()
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    return cast_to(_marks(x, num_classes, axis, sparse), dtypes.standardize_dtype(dtype))


@operation
def multi_hot(
    inputs: Any,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: Any = None,
    sparse: bool = False,
    **kwargs: Any,
) -> Tensor:
    """Vectors that are one at the places of several labels and zero elsewhere.

    Args:
        inputs: integer labels, shape `(labels,)` or `(batch, labels)`.
        num_classes: size of the vectors.
        axis: place of their axis.
        dtype: element type, `floatx()` when None.
        sparse: must be False.
        **kwargs: `num_tokens`, an old name of `num_classes`.

    Raises:
        ValueError: if the number of classes is missing.
        TypeError: if `inputs` does not hold integers.
    """
    if num_classes is None:
        num_classes = kwargs.pop("num_tokens", None)
    if num_classes is None:
        raise ValueError("Argument `num_classes` must be specified. Received: num_classes=None")
    marks = _marks(inputs, num_classes, axis, sparse)
    labels = 1 if marks.ndim > 2 else 0
    present = emit("max_reduce", marks, axes=[labels], keepdims=False)
    return cast_to(present, config.floatx() if dtype is None else dtypes.standardize_dtype(dtype))
