"""From whatever users pass to tensors of the dtypes that the core's operations take."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from keraburn import _core, config, dtypes, half
from keraburn.ops.apply import emit
from keraburn.tensor import KerasTensor, NeedsValueError, Tensor, TracedTensor
from keraburn.variable import Variable

F = TypeVar("F", bound=Callable[..., Any])

_NUMBERS = (int, float, bool)

# How bare numbers take part in promotion: Python's, and numpy's fractional ones, take the dtype of the tensor they meet
# where it can hold them.
_WEAK: dict[type, Any] = {int: int, float: float, bool: "bool", np.float64: float, np.float32: float}

# Constants of expressions like `x + 1` are made once; each use is a tensor of its own, as tapes tell them apart.
_scalars: dict[tuple[Any, ...], _core.Tensor] = {}
_SCALARS_KEPT = 1024


def scalar(value: Any, dtype: str) -> Tensor:
    """A tensor without dimensions that holds a Python number."""
    device = config.device()
    key = (value, dtype, device)
    # -0.0 equals 0.0 as a key but is another number.
    kept = value != 0 or math.copysign(1.0, value) > 0
    found = _scalars.get(key)
    if found is not None and kept:
        return Tensor(found, dtype if dtype in dtypes.HALVES else None)
    half_type = dtype if dtype in dtypes.HALVES else None
    try:
        array = np.array(value, dtype=dtype) if half_type is None else half.stored_array(np.array(value), half_type)
    except OverflowError:
        raise ValueError(f"The number does not fit into dtype {dtype}. Received: {value}") from None
    made = _core.Tensor(array, device)
    if kept:
        if len(_scalars) >= _SCALARS_KEPT:
            _scalars.clear()
        _scalars[key] = made
    return Tensor(made, half_type)


def constant(array: np.ndarray) -> Tensor:
    """A tensor that holds an array whose dtype is already one of ours."""
    name = array.dtype.name
    if name in dtypes.HALVES:
        return Tensor(_core.Tensor(half.stored_array(array, name), config.device()), name)
    return Tensor(_core.Tensor(np.asarray(array, order="C"), config.device()))


def within(value: Tensor, like: Tensor) -> Tensor:
    """`value` as a constant of the graph in which `like` is, so that what is made of it is not computed at once."""
    if type(like) is TracedTensor and type(value) is Tensor:
        return TracedTensor(like.trace, like.trace.identifier(value))
    return value


def filled_like(x: Tensor, value: Any, dtype: str | None = None, shape: Sequence[int] | None = None) -> Tensor:
    """A tensor of equal elements, in the shape of `x` unless another is given; it takes no memory in a graph."""
    one = within(convert(value, dtype or x.dtype), x)
    return emit("broadcast_to", one, shape=list(x.shape if shape is None else shape))


def convert(x: Any, dtype: str | None = None) -> Tensor:
    """`x` as a tensor, cast to `dtype` if one is given.

    Raises:
        TypeError: if `x` does not hold numbers.
        ValueError: if `x` is a ragged list, a symbol of a model, or holds numbers too large for its dtype.
    """
    kind = type(x)
    if kind is Tensor or kind is TracedTensor:
        tensor = x
    elif isinstance(x, Variable):
        tensor = x.value
    elif isinstance(x, KerasTensor):
        raise ValueError(
            "A KerasTensor is a symbol of a model and has no value here. Use it with `keras.ops` functions and layers "
            f"only. Received: {x!r}"
        )
    elif isinstance(x, Tensor):
        tensor = x
    else:
        return _from_value(x, dtype)
    return tensor if dtype is None or tensor.dtype == dtype else emit("cast", tensor, dtype=dtype)


def _from_value(x: Any, dtype: str | None) -> Tensor:
    kind = type(x)
    if kind in _NUMBERS:
        if dtype is None:
            dtype = "bool" if kind is bool else "int32" if kind is int else config.floatx()
        return scalar(x, dtype)
    if isinstance(x, (list, tuple)) and _holds_tensors(x):
        return _stacked(x, dtype)
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError(f"Cannot convert a ragged sequence to a tensor. Received: {x!r}") from None
    if dtype is None:
        dtype = dtypes.read_as(array.dtype.name)
    if dtype is None or (array.dtype.kind not in "biuf" and array.dtype.name != "bfloat16"):
        raise TypeError(
            f"Cannot convert values of type {array.dtype} to a tensor; expected numbers or booleans. Received: {x!r}"
        )
    if dtype == "int32" and array.dtype == np.int64 and array.size:
        low, high = array.min(), array.max()
        if low < -(2**31) or high >= 2**31:
            raise ValueError(
                "The values do not fit into int32, the default integer type; pass `dtype='int64'`. "
                f"Received: values from {low} to {high}"
            )
    if dtype in dtypes.HALVES:
        return Tensor(_core.Tensor(half.stored_array(array, dtype), config.device()), dtype)
    return constant(np.asarray(array, dtype=dtype))


def _holds_tensors(sequence: Any) -> bool:
    return any(
        isinstance(item, (Tensor, Variable)) or (isinstance(item, (list, tuple)) and _holds_tensors(item))
        for item in sequence
    )


def _stacked(sequence: Any, dtype: str | None) -> Tensor:
    parts = [convert(item) for item in sequence]
    if dtype is None:
        dtype = dtypes.result_type(*(part.dtype for part in parts))
    shapes = {part.shape for part in parts}
    if len(shapes) > 1:
        raise ValueError(f"Cannot convert tensors of different shapes to one tensor. Received: shapes={sorted(shapes)}")
    rows = [emit("reshape", cast_to(part, dtype), shape=[1, *part.shape]) for part in parts]
    return emit("concatenate", *rows, axis=0)


def cast_to(tensor: Tensor, dtype: str) -> Tensor:
    """`tensor` itself where it has the dtype already."""
    return tensor if tensor.dtype == dtype else emit("cast", tensor, dtype=dtype)


def promote(x1: Any, x2: Any) -> tuple[Tensor, Tensor]:
    """Two operands as tensors of one dtype; a bare number takes the other operand's where it can."""
    weak1, weak2 = _WEAK.get(type(x1)), _WEAK.get(type(x2))
    if weak1 is not None:
        if weak2 is not None:
            dtype = dtypes.promote(weak1, weak2)
            return scalar(x1, dtype), scalar(x2, dtype)
        b = convert(x2)
        dtype = dtypes.promote(weak1, b.dtype)
        return scalar(x1, dtype), cast_to(b, dtype)
    a = convert(x1)
    if weak2 is not None:
        dtype = dtypes.promote(weak2, a.dtype)
        return cast_to(a, dtype), scalar(x2, dtype)
    b = convert(x2)
    first, second = a.dtype, b.dtype
    if first == second:
        return a, b
    dtype = dtypes.promote(first, second)
    return cast_to(a, dtype), cast_to(b, dtype)


def promote_all(xs: Any) -> list[Tensor]:
    """Any number of operands as tensors of one dtype."""
    kinds = [_WEAK.get(type(x)) for x in xs]
    tensors = [None if kind is not None else convert(x) for x, kind in zip(xs, kinds, strict=True)]
    dtype = dtypes.result_type(*(kind if t is None else t.dtype for t, kind in zip(tensors, kinds, strict=True)))
    return [scalar(x, dtype) if t is None else cast_to(t, dtype) for x, t in zip(xs, tensors, strict=True)]


def floating(x: Any) -> Tensor:
    """`x` as a float tensor: integers and booleans become `floatx()`."""
    tensor = convert(x)
    return tensor if tensor.dtype in dtypes.FLOATS else emit("cast", tensor, dtype=config.floatx())


def in_float32(function: F) -> F:
    """Let a function of a float tensor compute in float32 where it gets a half one, and give half ones."""

    @functools.wraps(function)
    def wrapper(x: Any, *args: Any, **kwargs: Any) -> Any:
        narrow = getattr(x, "half", None)
        if narrow is None:
            return function(x, *args, **kwargs)
        result = function(emit("cast", x, dtype="float32"), *args, **kwargs)
        if isinstance(result, tuple):
            return tuple(emit("cast", each, dtype=narrow) for each in result)
        return emit("cast", result, dtype=narrow)

    return wrapper  # type: ignore[return-value]


def promote_floating(x1: Any, x2: Any) -> tuple[Tensor, Tensor]:
    """Two operands as float tensors of one dtype."""
    a, b = promote(x1, x2)
    if a.dtype in dtypes.FLOATS:
        return a, b
    dtype = config.floatx()
    return emit("cast", a, dtype=dtype), emit("cast", b, dtype=dtype)


def numeric(x: Any) -> Tensor:
    """`x` as a tensor of numbers: booleans become int32."""
    tensor = convert(x)
    return emit("cast", tensor, dtype="int32") if tensor.dtype == "bool" else tensor


def promote_numeric(x1: Any, x2: Any) -> tuple[Tensor, Tensor]:
    """Two operands as tensors of numbers of one dtype."""
    a, b = promote(x1, x2)
    return (cast_to(a, "int32"), cast_to(b, "int32")) if a.dtype == "bool" else (a, b)


def boolean(x: Any) -> Tensor:
    """`x` as a bool tensor: true where not zero."""
    return convert(x, "bool")


def integer(x: Any, name: str) -> Tensor:
    """`x` as an integer tensor; `name` is the argument that it came in."""
    tensor = convert(x)
    if not dtypes.is_integer(tensor.dtype):
        raise TypeError(f"Argument `{name}` must hold integers. Received: {name} of dtype {tensor.dtype}")
    return tensor


def concrete(x: Any, function: str, name: str) -> np.ndarray:
    """The values of an argument on which the shape of the result depends.

    Raises:
        TypeError: if it is a symbol of a computation that has not run yet.
    """
    if isinstance(x, Variable):
        x = x.value
    if isinstance(x, Tensor):
        if type(x) is not Tensor:
            raise NeedsValueError(
                f"`{function}` needs the values of `{name}`, because the shape of its result depends on them; it "
                f"cannot be part of a model or a traced function. Received: {name}={x!r}"
            )
        return x.numpy()
    return convert(x).numpy()


def concrete_integers(x: Any, function: str, name: str) -> np.ndarray:
    """The values of an argument of whole numbers on which the shape of the result depends.

    Raises:
        TypeError: if it holds other numbers, or is a symbol of a computation that has not run yet.
    """
    values = concrete(x, function, name)
    if values.dtype.kind not in "iu" and values.size:
        raise TypeError(f"Argument `{name}` must hold integers. Received: {name} of dtype {values.dtype}")
    return values.astype(np.int64)
