"""Norms of vectors and matrices."""

from __future__ import annotations

import math
from typing import Any

from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import normalize_axis
from keraburn.ops.convert import cast_to, floating, scalar
from keraburn.ops.reduction import reduce
from keraburn.ops.shaping import moveaxis, reshaped
from keraburn.ops.spectral import svd
from keraburn.tensor import Tensor


@operation
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The norm of vectors or matrices.

    Args:
        x: a tensor.
        ord: for vectors `p` in `sum(|x|**p) ** (1/p)`, infinity for the largest, 0 for the number that are not zero;
            for matrices `"fro"`, 1, -1, infinity, minus infinity, and of the singular values 2 for the largest, -2 for
            the smallest and `"nuc"` for their sum. When None the root of the sum of squares.
        axis: the axis of the vectors, or the two of the matrices. When None, with an `ord`, `x` must itself be a
            vector or a matrix.
        keepdims: whether the axes stay, with size 1.

    Raises:
        ValueError: if there is no such norm.
    """
    x = floating(x)
    if axis is None:
        if ord is None:
            return _root_of_squares(x, None, keepdims)
        axes = list(range(x.ndim))
    else:
        axes = [normalize_axis(each, x.ndim) for each in (axis if isinstance(axis, (tuple, list)) else [axis])]
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    raise ValueError(f"A norm is taken over one axis or two. Received: x of shape {x.shape}, ord={ord}, axis={axis}")


def _root_of_squares(x: Tensor, axis: Any, keepdims: bool) -> Tensor:
    return emit("sqrt", reduce("sum", emit("square", x), axis, keepdims))


def _vector_norm(x: Tensor, ord: Any, axis: int, keepdims: bool) -> Tensor:
    if ord is None or ord == 2:
        return _root_of_squares(x, axis, keepdims)
    if isinstance(ord, str):
        raise ValueError(f"Invalid `ord` argument for vector norm. Received: ord={ord}")
    size = emit("abs", x)
    if ord == math.inf:
        return reduce("max_reduce", size, axis, keepdims)
    if ord == -math.inf:
        return reduce("min_reduce", size, axis, keepdims)
    if ord == 0:
        present = cast_to(emit("ne", x, scalar(0, x.dtype)), x.dtype)
        return reduce("sum", present, axis, keepdims)
    if ord == 1:
        return reduce("sum", size, axis, keepdims)
    total = reduce("sum", emit("pow", size, scalar(ord, x.dtype)), axis, keepdims)
    return emit("pow", total, scalar(1.0 / ord, x.dtype))


def _matrix_norm(x: Tensor, ord: Any, axes: list[int], keepdims: bool) -> Tensor:
    if ord is None or ord == "fro":
        return _root_of_squares(x, axes, keepdims)
    left = [1 if i in axes else dim for i, dim in enumerate(x.shape)]
    if not keepdims:
        left = [dim for i, dim in enumerate(x.shape) if i not in axes]
    if ord in (2, -2, "nuc"):
        sizes = svd(moveaxis(x, axes, (-2, -1)), compute_uv=False)
        name = {2: "max_reduce", -2: "min_reduce", "nuc": "sum"}[ord]
        return reshaped(reduce(name, sizes, -1, False), left)
    if ord not in (1, -1, math.inf, -math.inf):
        raise ValueError(
            "Invalid `ord` argument for matrix norm. Expected one of (None, 'fro', 'nuc', 1, -1, 2, -2, inf, -inf). "
            f"Received: ord={ord}"
        )
    summed, compared = axes if ord in (1, -1) else axes[::-1]
    sums = reduce("sum", emit("abs", x), summed, True)
    best = reduce("max_reduce" if ord > 0 else "min_reduce", sums, compared, True)
    return reshaped(best, left)
