"""Ranges as arguments of layers: of an image's values, and of what is drawn."""

from __future__ import annotations

from numbers import Real
from typing import Any


def check_range(value_range: Any) -> None:
    """A range must be two numbers.

    Raises:
        ValueError: if it is something else.
    """
    if (
        not isinstance(value_range, (tuple, list))
        or len(value_range) != 2
        or not all(isinstance(end, Real) for end in value_range)
    ):
        raise ValueError(
            f"The `value_range` argument should be a list of two numbers. Received: value_range={value_range}"
        )
    if value_range[0] == value_range[1]:
        raise ValueError(
            f"The two numbers of the `value_range` argument should differ. Received: value_range={value_range}"
        )


def sorted_range(value_range: Any) -> list[float]:
    """The two numbers, the lower one first.

    Raises:
        ValueError: if they are not two numbers.
    """
    check_range(value_range)
    return sorted(value_range)


def factor_range(factor: Any, bounds: tuple[float, float], name: str = "factor") -> tuple[float, float]:
    """The two numbers that a `factor` stands for: `[-factor, factor]` for a single one, as far as that is allowed.

    Args:
        factor: a number or two.
        bounds: the lowest and the highest that are allowed.
        name: the argument's, for the error.

    Raises:
        ValueError: if it is something else, or out of bounds.
    """
    low, high = bounds
    pair = isinstance(factor, (tuple, list))
    numbers = list(factor) if pair else [factor]
    fits = len(numbers) == (2 if pair else 1) and all(
        isinstance(number, Real) and not isinstance(number, bool) for number in numbers
    )
    if fits:
        fits = numbers[0] <= high and numbers[1] >= low if pair else low <= factor <= high
    if not fits:
        raise ValueError(
            f"The `{name}` argument should be a number (or a list of two numbers) in the range [{low}, {high}]. "
            f"Received: {name}={factor}"
        )
    if pair:
        lower, upper = sorted(numbers)
        return lower, upper
    return max(-abs(factor), low), abs(factor)
