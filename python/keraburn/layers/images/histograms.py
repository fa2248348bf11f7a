"""How often each value occurs, for many groups of values at once."""

from __future__ import annotations

from keraburn import ops
from keraburn.ops.apply import emit
from keraburn.ops.convert import filled_like
from keraburn.tensor import Tensor


def counts(values: Tensor, groups: Tensor, number: int, bins: int) -> Tensor:
    """How often each value occurs in each group, int32 of shape `(number, bins)`.

    Args:
        values: int32, in `[0, bins)`.
        groups: int32, in `[0, number)`, broadcast to the values.
        number: how many groups there are.
        bins: how many values there are.
    """
    places = ops.reshape(values + groups * bins, (-1,))
    empty = filled_like(values, 0, "int32", [number * bins])
    return ops.reshape(emit("scatter", empty, places, filled_like(places, 1), mode="add"), (number, bins))
