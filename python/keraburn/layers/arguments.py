"""Checks of the arguments of layers: what came, and what was expected."""

from __future__ import annotations

import numbers
import types
from collections.abc import Callable
from typing import Any


def number(layer: object, name: str, value: Any) -> float:
    """`value`, which must be a number.

    Raises:
        ValueError: if it is none.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ValueError(
            f"Received an invalid value for `{name}` of {type(layer).__name__}, expected a number. "
            f"Received: {name}={value!r}"
        )
    return value  # type: ignore[return-value]


def integer(layer: object, name: str, value: Any) -> int:
    """`value` as an int, which it must be.

    Raises:
        ValueError: if it is none.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise ValueError(
            f"Received an invalid value for `{name}` of {type(layer).__name__}, expected an integer. "
            f"Received: {name}={value!r}"
        )
    return int(value)


def whole_numbers(layer: object, **values: Any) -> None:
    """Check that every value is None or an integer of 64 bits.

    Raises:
        ValueError: if one is not.
    """
    for name, value in values.items():
        if value is not None and not -(2**63) <= integer(layer, name, value) < 2**63:
            raise ValueError(f"`{name}` of {type(layer).__name__} should fit into 64 bits. Received: {name}={value}")


def integers(layer: object, name: str, value: Any) -> tuple[int, ...]:
    """An integer or a sequence of them as a tuple.

    Raises:
        ValueError: if it is neither.
    """
    values = value if isinstance(value, (list, tuple)) else (value,)
    if any(isinstance(each, bool) or not isinstance(each, numbers.Integral) for each in values):
        raise ValueError(
            f"Received an invalid value for `{name}` of {type(layer).__name__}, expected an integer or a list of them. "
            f"Received: {name}={value!r}"
        )
    return tuple(int(each) for each in values)


def mask_of(layer: Any, name: str, mask: Any, *shapes: tuple[Any, ...]) -> None:
    """Check that a mask has one of some shapes, or sizes of 1 in it.

    Args:
        layer: whose argument it is.
        name: the argument.
        mask: booleans, or None, which fits.
        shapes: those that fit.

    Raises:
        ValueError: if it has none of them.
    """
    if mask is None:
        return
    shape = tuple(mask.shape)
    if not any(
        len(shape) == len(fit) and all(size in (1, wanted) for size, wanted in zip(shape, fit, strict=True))
        for fit in shapes
    ):
        raise ValueError(
            f"Argument `{name}` of layer '{layer.name}' does not fit its inputs. "
            f"Expected a shape of {' or '.join(map(str, shapes))}, in which sizes may be 1. "
            f"Received: {name}.shape={shape}"
        )


def one_of(layer: object, name: str, value: Any, known: tuple[str, ...]) -> None:
    """Check that `value` is one of some strings.

    Raises:
        ValueError: if it is not.
    """
    if not isinstance(value, str) or value not in known:
        raise ValueError(
            f"Unknown value for `{name}` argument of {type(layer).__name__}. Allowed values are: {known}. "
            f"Received: {name}={value}"
        )


def salt(value: Any, owner: str, pair: str) -> list[int] | None:
    """The key of a hash as two integers: None, one integer for both, or two.

    Args:
        value: what was given.
        owner: the class that takes it, for errors.
        pair: what two integers are called there.

    Raises:
        ValueError: if it is none of these.
    """
    if value is None:
        return None
    keys = list(value) if isinstance(value, (list, tuple)) else [value, value]
    if len(keys) != 2 or any(isinstance(key, bool) or not isinstance(key, numbers.Integral) for key in keys):
        raise ValueError(
            f"The `salt` argument for `{owner}` can only be a tuple of {pair}, or a single integer. "
            f"Received: salt={value}."
        )
    return [int(key) for key in keys]


def with_defaults(function: Callable[..., Any], **defaults: Any) -> Callable[..., Any]:
    """The same function with other values for arguments that are not given."""
    assert isinstance(function, types.FunctionType)
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    known = function.__defaults__ or ()
    values = dict(zip(names[len(names) - len(known) :], known, strict=True)) | defaults
    closure = function.__closure__
    copy = types.FunctionType(code, function.__globals__, function.__name__, tuple(values.values()), closure)
    for name in ("__doc__", "__annotations__", "__kwdefaults__", "__module__", "__qualname__"):
        setattr(copy, name, getattr(function, name))
    return copy
