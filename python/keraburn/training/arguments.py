"""Checks of the plain arguments of `fit` and its like, before anything runs."""

from __future__ import annotations

import operator
import warnings
from typing import Any


def whole(name: str, value: Any, least: int) -> int:
    """`value` as an int of at least `least`.

    Raises:
        TypeError: if it is no integer.
        ValueError: if it is too small.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise TypeError(f"`{name}` should be an integer. Received: {name}={value!r} (of type {type(value).__name__})")
    if number < least:
        raise ValueError(f"`{name}` should be at least {least}. Received: {name}={value}")
    return number


def whole_or_none(name: str, value: Any, least: int) -> int | None:
    """`whole`, with None let through."""
    return None if value is None else whole(name, value, least)


def limited(name: str, value: int | None, limit: int | None) -> Any:
    """`value`, or the limit that was set for test runs where that is lower, with a warning."""
    if limit is None or (value is not None and value <= limit):
        return value
    warnings.warn(f"Limiting {name} to {limit}", stacklevel=4)
    return limit


def fraction(name: str, value: Any) -> float:
    """`value` as a float from 0 up to, but not including, 1.

    Raises:
        TypeError: if it is no number.
        ValueError: if it is out of range.
    """
    if value is None:
        return 0.0
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise TypeError(f"`{name}` should be a float. Received: {name}={value!r} (of type {type(value).__name__})")
    if not 0 <= value < 1:
        raise ValueError(f"`{name}` should be at least 0 and below 1. Received: {name}={value}")
    return float(value)


def verbosity(value: Any) -> Any:
    """`value` if it is "auto", 0, 1 or 2.

    Raises:
        ValueError: if it is none of them.
    """
    if isinstance(value, (str, int)) and value in ("auto", 0, 1, 2):
        return value
    raise ValueError(f"`verbose` should be 'auto', 0, 1 or 2. Received: verbose={value!r}")


def shuffling(value: Any) -> bool:
    """Whether `shuffle` asks for a new order of the samples.

    Raises:
        ValueError: if it is neither a boolean nor "batch".
    """
    if value == "batch" or value in (True, False):
        return bool(value)
    raise ValueError(f"`shuffle` should be True, False or 'batch'. Received: shuffle={value!r}")


def is_due(epoch: int, frequency: Any) -> bool:
    """Whether validation follows the epoch of that index.

    Raises:
        ValueError: if `frequency` is neither a positive int nor a list of epochs, counted from 1.
    """
    if isinstance(frequency, (list, tuple, set)):
        return epoch + 1 in frequency
    if isinstance(frequency, bool) or not isinstance(frequency, int) or frequency < 1:
        raise ValueError(
            "Expected `validation_freq` to be a list or a positive int. "
            f"Received: validation_freq={frequency!r} of the type {type(frequency)}"
        )
    return (epoch + 1) % frequency == 0
