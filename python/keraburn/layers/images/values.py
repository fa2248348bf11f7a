"""The range of an image's values as an argument of layers."""

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
