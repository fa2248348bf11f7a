"""Products of vectors, matrices and their stacks."""

from __future__ import annotations

import math
from typing import Any

from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import normalize_axis
from keraburn.ops.convert import cast_to, promote
from keraburn.ops.joining import section, stack
from keraburn.ops.shaping import moveaxis, permuted, reshaped
from keraburn.tensor import Tensor


def contract(a: Tensor, b: Tensor) -> Tensor:
    """`matmul` of two tensors of one dtype and at least two dimensions."""
    if a.dtype in ("bool", "uint8"):
        return cast_to(contract(cast_to(a, "int32"), cast_to(b, "int32")), a.dtype)
    if len(b.shape) == 2 and len(a.shape) > 2:
        # One large product instead of a stack of small ones.
        *batch, inner = a.shape
        flat = emit("reshape", a, shape=[math.prod(batch), inner])
        return emit("reshape", emit("matmul", flat, b), shape=[*batch, b.shape[1]])
    return emit("matmul", a, b)


@operation
def matmul(x1: Any, x2: Any) -> Tensor:
    """The matrix product.

    Args:
        x1: matrices in the last two axes, shape `(..., n, k)`, or a vector `(k,)` that counts as a row.
        x2: matrices in the last two axes, shape `(..., k, m)`, or a vector `(k,)` that counts as a column.

    Returns:
        Shape `(..., n, m)`, the leading axes broadcast, without the axis that a vector does not have.

    Raises:
        ValueError: if the shapes do not fit.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.matmul([[1.0, 2.0]], [[3.0], [4.0]]).numpy()
    array([[11.]], dtype=float32)
    """
    a, b = promote(x1, x2)
    left, right = a.shape, b.shape
    if not left or not right:
        raise ValueError(
            f"`matmul` needs tensors of at least one dimension. Received: x1 of shape {left}, x2 of shape {right}"
        )
    if left[-1] != right[-2 if len(right) > 1 else 0]:
        raise ValueError(
            "Inner dimensions of the matrix product differ: the last one of `x1` must be the last but one of `x2`. "
            f"Received: x1 of shape {left}, x2 of shape {right}"
        )
    if len(left) > 1 and len(right) > 1:
        return contract(a, b)
    if len(left) == 1:
        a = emit("reshape", a, shape=[1, left[0]])
    if len(right) == 1:
        b = emit("reshape", b, shape=[right[0], 1])
    product = contract(a, b)
    shape = list(product.shape)
    if len(right) == 1:
        del shape[-1]
    if len(left) == 1:
        del shape[-1 if len(right) == 1 else -2]
    return emit("reshape", product, shape=shape)


@operation
def dot(x1: Any, x2: Any) -> Tensor:
    """The sum over the last axis of `x1` and the last but one of `x2`; the product if one is a number.

    Args:
        x1: a tensor.
        x2: a tensor; a vector is summed over its only axis.
    """
    a, b = promote(x1, x2)
    if not a.shape or not b.shape:
        return emit("and" if a.dtype == "bool" else "mul", a, b)
    axis = max(b.ndim - 2, 0)
    return _tensordot(a, b, [a.ndim - 1], [axis])


def _tensordot(a: Tensor, b: Tensor, left: list[int], right: list[int]) -> Tensor:
    shared = [a.shape[i] for i in left]
    if shared != [b.shape[i] for i in right]:
        raise ValueError(
            "The axes over which a product is summed must have the same sizes. "
            f"Received: axes {left} of shape {a.shape} and axes {right} of shape {b.shape}"
        )
    outer_a = [i for i in range(a.ndim) if i not in left]
    outer_b = [i for i in range(b.ndim) if i not in right]
    inner = math.prod(shared)
    rows, columns = [a.shape[i] for i in outer_a], [b.shape[i] for i in outer_b]
    a = reshaped(permuted(a, [*outer_a, *left]), [math.prod(rows), inner])
    b = reshaped(permuted(b, [*right, *outer_b]), [inner, math.prod(columns)])
    return reshaped(contract(a, b), [*rows, *columns])


@operation
def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Tensor:
    """The product of two tensors, summed over axes.

    Args:
        x1: a tensor.
        x2: a tensor.
        axes: how many last axes of `x1` and first ones of `x2`, or a pair: the axes of `x1` and those of `x2`.

    Raises:
        ValueError: if the axes do not fit.
    """
    a, b = promote(x1, x2)
    if isinstance(axes, int):
        if not 0 <= axes <= min(a.ndim, b.ndim):
            raise ValueError(
                f"Argument `axes` must be between 0 and the smaller number of dimensions. Received: axes={axes}, "
                f"x1 of shape {a.shape}, x2 of shape {b.shape}"
            )
        return _tensordot(a, b, list(range(a.ndim - axes, a.ndim)), list(range(axes)))
    first, second = axes
    left = [first] if isinstance(first, int) else list(first)
    right = [second] if isinstance(second, int) else list(second)
    if len(left) != len(right):
        raise ValueError(f"Argument `axes` must name as many axes of `x1` as of `x2`. Received: axes={axes}")
    left = [normalize_axis(axis, a.ndim, "axes") for axis in left]
    right = [normalize_axis(axis, b.ndim, "axes") for axis in right]
    return _tensordot(a, b, left, right)


@operation
def inner(x1: Any, x2: Any) -> Tensor:
    """The sum of products over the last axes; the product if one is a number."""
    a, b = promote(x1, x2)
    if not a.shape or not b.shape:
        return emit("and" if a.dtype == "bool" else "mul", a, b)
    return _tensordot(a, b, [a.ndim - 1], [b.ndim - 1])


@operation
def outer(x1: Any, x2: Any) -> Tensor:
    """The products of every element of `x1` with every element of `x2`, as a matrix."""
    a, b = promote(x1, x2)
    column, row = reshaped(a, [a.size, 1]), reshaped(b, [1, b.size])
    return emit("and" if a.dtype == "bool" else "mul", column, row)


@operation
def vdot(x1: Any, x2: Any) -> Tensor:
    """The sum of the products of all elements."""
    a, b = promote(x1, x2)
    if a.size != b.size:
        raise ValueError(f"`x1` and `x2` must have as many elements. Received: shapes {a.shape} and {b.shape}")
    return _tensordot(reshaped(a, [a.size]), reshaped(b, [b.size]), [0], [0])


@operation
def kron(x1: Any, x2: Any) -> Tensor:
    """The Kronecker product: `x2` once for each element of `x1`, multiplied by it."""
    a, b = promote(x1, x2)
    rank = max(a.ndim, b.ndim)
    left, right = [1] * (rank - a.ndim) + list(a.shape), [1] * (rank - b.ndim) + list(b.shape)
    wide_a = reshaped(a, [dim for size in left for dim in (size, 1)])
    wide_b = reshaped(b, [dim for size in right for dim in (1, size)])
    product = emit("and" if a.dtype == "bool" else "mul", wide_a, wide_b)
    return reshaped(product, [n * m for n, m in zip(left, right, strict=True)])


@operation
def cross(x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Tensor:
    """The cross product of vectors of 2 or 3 components.

    Args:
        x1: vectors.
        x2: vectors; the other axes broadcast.
        axisa: the axis of the components of `x1`.
        axisb: the axis of the components of `x2`.
        axisc: the axis of the components of the result.
        axis: all three of them.

    Raises:
        ValueError: if there are other numbers of components.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = promote(x1, x2)
    a, b = moveaxis(a, axisa, -1), moveaxis(b, axisb, -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ValueError(
            f"Vectors of a cross product must have 2 or 3 components. Received: shapes {a.shape} and {b.shape}"
        )

    def part(x: Tensor, i: int) -> Tensor:
        return reshaped(section(x, x.ndim - 1, i, i + 1), x.shape[:-1])

    def minor(i: int, j: int) -> Tensor:
        return emit("sub", emit("mul", part(a, i), part(b, j)), emit("mul", part(a, j), part(b, i)))

    if a.shape[-1] == b.shape[-1] == 2:
        return minor(0, 1)
    if a.shape[-1] == 2:
        # a lies in the plane: terms with its third component are gone.
        first = emit("mul", part(a, 1), part(b, 2))
        second = emit("neg", emit("mul", part(a, 0), part(b, 2)))
    elif b.shape[-1] == 2:
        first = emit("neg", emit("mul", part(a, 2), part(b, 1)))
        second = emit("mul", part(a, 2), part(b, 0))
    else:
        first, second = minor(1, 2), minor(2, 0)
    return moveaxis(stack([first, second, minor(0, 1)], axis=-1), -1, axisc)
