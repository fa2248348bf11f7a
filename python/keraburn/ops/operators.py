"""Operators, indexing and array methods of tensors and variables; importing this module installs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn.ops import (
    arithmetic,
    diagonals,
    elementwise,
    indexing,
    joining,
    products,
    reduction,
    repetition,
    selection,
    shaping,
    sorting,
)
from keraburn.ops.convert import cast_to, convert
from keraburn.ops.core import cast
from keraburn.ops.getitem import get_item
from keraburn.tensor import Tensor
from keraburn.variable import Variable

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": arithmetic.add,
    "sub": arithmetic.subtract,
    "mul": arithmetic.multiply,
    "truediv": arithmetic.divide,
    "floordiv": arithmetic.floor_divide,
    "mod": arithmetic.mod,
    "pow": arithmetic.power,
    "matmul": products.matmul,
    "and": arithmetic.bitwise_and,
    "or": arithmetic.bitwise_or,
    "xor": arithmetic.bitwise_xor,
    "lshift": arithmetic.bitwise_left_shift,
    "rshift": arithmetic.bitwise_right_shift,
}

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": selection.equal,
    "ne": selection.not_equal,
    "lt": selection.less,
    "le": selection.less_equal,
    "gt": selection.greater,
    "ge": selection.greater_equal,
}

_OPERANDS = (Tensor, Variable, bool, int, float, np.ndarray, np.generic, list, tuple)


def _binary(function: Callable[[Any, Any], Any]) -> tuple[Any, Any]:
    def forward(self: Any, other: Any) -> Any:
        return function(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def reflected(self: Any, other: Any) -> Any:
        return function(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    return forward, reflected


def _reshape(self: Tensor, *newshape: Any) -> Tensor:
    return shaping.reshape(self, newshape[0] if len(newshape) == 1 else newshape)


def _transpose(self: Tensor, *axes: Any) -> Tensor:
    if not axes or axes == (None,):
        return shaping.transpose(self)
    return shaping.transpose(self, axes if len(axes) > 1 or isinstance(axes[0], int) else axes[0])


def _numpy_style(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction with the arguments that `np.sum(tensor)` and the like pass on to `tensor.sum`."""

    def method(self: Tensor, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Tensor:
        _refuse(out)
        result = function(self, axis=axis, keepdims=keepdims)
        return result if dtype is None else cast(result, dtype)

    return method


def _spread(function: Callable[..., Any]) -> Callable[..., Any]:
    """`var` and `std` with numpy's arguments, of which `ddof` reduces the number that is divided by."""

    def method(
        self: Tensor, axis: Any = None, dtype: Any = None, out: Any = None, ddof: int = 0, keepdims: bool = False
    ) -> Tensor:
        _refuse(out)
        result = reduction.var(self, axis=axis, keepdims=keepdims)
        if ddof:
            number = reduction.count(self, axis)
            result = arithmetic.multiply(result, number / (number - ddof) if number > ddof else float("nan"))
        result = elementwise.sqrt(result) if function is reduction.std else result
        return result if dtype is None else cast(result, dtype)

    return method


def _refuse(out: Any) -> None:
    if out is not None:
        raise TypeError(f"Tensors are immutable: argument `out` must be None. Received: out={type(out).__name__}")


def _swap_last(self: Tensor) -> Tensor:
    return shaping.swapaxes(self, -1, -2)


def _astype(self: Any, dtype: Any) -> Tensor:
    return cast(self, dtype)


def _clip(self: Tensor, min: Any = None, max: Any = None) -> Tensor:
    return arithmetic.clip(self, min, max)


_METHODS: dict[str, Callable[..., Any]] = {
    "astype": _astype,
    "reshape": _reshape,
    "transpose": _transpose,
    "flatten": shaping.ravel,
    "ravel": shaping.ravel,
    "squeeze": shaping.squeeze,
    "swapaxes": shaping.swapaxes,
    "sum": _numpy_style(reduction.sum),
    "prod": _numpy_style(reduction.prod),
    "mean": _numpy_style(reduction.mean),
    "var": _spread(reduction.var),
    "std": _spread(reduction.std),
    "max": _numpy_style(reduction.max),
    "min": _numpy_style(reduction.min),
    "ptp": _numpy_style(reduction.ptp),
    "any": _numpy_style(reduction.any),
    "all": _numpy_style(reduction.all),
    "argmax": reduction.argmax,
    "argmin": reduction.argmin,
    "cumsum": reduction.cumsum,
    "cumprod": reduction.cumprod,
    "sort": sorting.sort,
    "argsort": sorting.argsort,
    "nonzero": selection.nonzero,
    "round": elementwise.round,
    "clip": _clip,
    "conj": elementwise.conj,
    "copy": elementwise.copy,
    "take": indexing.take,
    "repeat": repetition.repeat,
    "split": joining.split,
    "dot": products.dot,
    "diagonal": diagonals.diagonal,
}


def _round(self: Any, ndigits: int | None = None) -> Tensor:
    return elementwise.round(self, ndigits or 0)


def _convert(self: Variable, value: Any) -> Tensor:
    """What may be assigned to a variable: anything that converts to its dtype."""
    return convert(value, self.dtype)


def _assign_add(self: Variable, value: Any) -> Tensor:
    """Add to the value."""
    return self.assign(arithmetic.add(self.value, convert(value, self.dtype)))


def _assign_sub(self: Variable, value: Any) -> Tensor:
    """Subtract from the value."""
    return self.assign(arithmetic.subtract(self.value, convert(value, self.dtype)))


def _install() -> None:
    owners: tuple[Any, ...] = (Tensor, Variable)
    for owner in owners:
        for name, function in _BINARY.items():
            forward, reflected = _binary(function)
            setattr(owner, f"__{name}__", forward)
            setattr(owner, f"__r{name}__", reflected)
        for name, function in _COMPARISONS.items():
            setattr(owner, f"__{name}__", _binary(function)[0])
        owner.__neg__ = elementwise.negative
        owner.__pos__ = elementwise.copy
        owner.__abs__ = elementwise.absolute
        owner.__invert__ = elementwise.bitwise_not
        owner.__round__ = _round
        owner.__getitem__ = get_item
    for name, function in _METHODS.items():
        setattr(Tensor, name, function)
    tensor: Any = Tensor
    tensor.T = property(shaping.transpose, doc="The dimensions in reverse order.")
    tensor.mT = property(_swap_last, doc="The last two dimensions exchanged.")
    variable: Any = Variable
    variable._convert = _convert
    variable._cast = staticmethod(cast_to)
    variable.assign_add = _assign_add
    variable.assign_sub = _assign_sub


_install()
