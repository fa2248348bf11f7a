"""Tensors in and out of Python, their types and shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import dtypes
from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import cast_to, constant, convert
from keraburn.tensor import KerasTensor, Tensor
from keraburn.variable import Variable


def convert_to_tensor(x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None) -> Tensor:
    """A tensor with the values of `x`.

    Args:
        x: a number, nested lists of numbers and tensors, an array, a tensor or a variable.
        dtype: element type. When None: that of `x`, where numpy's float64 is read as `floatx()` and int64 as int32.
        sparse: must not be True; tensors are dense.
        ragged: must not be True; tensors are rectangular.

    Raises:
        TypeError: if `x` does not hold numbers.
        ValueError: if `x` is ragged or does not fit into its type.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.convert_to_tensor([1, 2, 3]).dtype
    'int32'
    """
    if sparse or ragged:
        raise ValueError(
            f"Sparse and ragged tensors are not supported; tensors are dense. Received: sparse={sparse}, "
            f"ragged={ragged}"
        )
    if type(x) is KerasTensor:
        return x if dtype is None else cast(x, dtype)
    return convert(x, None if dtype is None else dtypes.standardize_dtype(dtype))


def convert_to_numpy(x: Any) -> np.ndarray:
    """The values of a tensor as a numpy array of their own.

    Raises:
        TypeError: if `x` has no values yet.
    """
    if isinstance(x, Variable):
        x = x.value
    return x.numpy() if isinstance(x, Tensor) else np.array(x)


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor; variables, arrays and symbols of a model are none."""
    return isinstance(x, Tensor) and type(x) is not KerasTensor


def shape(x: Any) -> tuple[Any, ...]:
    """The dimensions of a tensor; None for those of a model's symbol that are unknown."""
    return x.shape if isinstance(x, (Tensor, Variable)) else convert(x).shape


def dtype(x: Any) -> str:
    """The name of a tensor's element type."""
    return x.dtype if isinstance(x, (Tensor, Variable)) else convert(x).dtype


def ndim(x: Any) -> int:
    """The number of dimensions of a tensor."""
    return len(shape(x))


def size(x: Any) -> Any:
    """The number of elements of a tensor."""
    return x.size if isinstance(x, Tensor) else convert(x).size


@operation
def cast(x: Any, dtype: Any) -> Tensor:
    """`x` with another element type; floats lose their fraction where the new type is an integer.

    Args:
        x: a tensor.
        dtype: name of an element type.
    """
    return cast_to(convert(x), dtypes.standardize_dtype(dtype))


@operation
def stop_gradient(variable: Any) -> Tensor:
    """The values of a tensor, a constant for differentiation."""
    return emit("stop_gradient", convert(variable))


@operation
def view(x: Any, dtype: Any = None) -> Tensor:
    """The same bits read as another dtype.

    Args:
        x: a tensor.
        dtype: the other dtype; that of `x` if None. Where its numbers are narrower or wider the last axis grows or
            shrinks.

    Raises:
        TypeError: if bits are to be read another way of a symbol of a computation that has not run yet.
        ValueError: if the last axis cannot be divided so.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.view(keras.ops.array([1.0, -2.0]), "int32").numpy()
    array([ 1065353216, -1073741824], dtype=int32)
    """
    x = convert(x)
    dtype = x.dtype if dtype is None else dtypes.standardize_dtype(dtype)
    if dtype == x.dtype:
        return x
    if type(x) is not Tensor:
        raise TypeError(
            "Bits can be read as another dtype only of tensors that hold values, not in a model or a traced function. "
            f"Received: x={x!r}, dtype={dtype}"
        )
    try:
        return constant(np.ascontiguousarray(x.numpy()).view(dtype))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Cannot read {x.dtype} of shape {x.shape} as {dtype}: {error}. Received: dtype={dtype}"
        ) from None
