"""Checks of the arguments of layers: what came, and what was expected."""

from __future__ import annotations

import numbers
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
