"""Updates of the rows of a table that were looked up, for optimizers that leave the others as they are."""

from __future__ import annotations

from keraburn import ops
from keraburn.ops.apply import emit
from keraburn.tensor import Tensor, TracedTensor
from keraburn.variable import Variable

# The whole table is updated when this part of its rows is looked up, as that needs no search for rows.
_PART = 0.5


def touched(gradient: Tensor) -> tuple[Tensor, Tensor] | None:
    """The rows that a lookup's gradient is made of, where they are few.

    Returns:
        Their places in the table, of which some may be equal, and what is to be added up there; None for any other
        gradient.
    """
    if not isinstance(gradient, TracedTensor) or gradient.half is not None:
        return None
    found = gradient.trace.segments(gradient)
    if found is None or found[0].size > _PART * gradient.shape[0]:
        return None
    places, updates = found
    return ops.reshape(places, (places.size,)), ops.reshape(updates, (places.size, *gradient.shape[1:]))


def summed(places: Tensor, updates: Tensor) -> tuple[Tensor, Tensor]:
    """As many places and updates, but of each place one, which has the sum; the rest are zeros for the first row."""
    order = ops.argsort(places)
    places, updates = ops.take(places, order), ops.take(updates, order, axis=0)
    begins = ops.concatenate([ops.zeros((1,), "int32"), ops.cast(ops.not_equal(places[1:], places[:-1]), "int32")])
    group = ops.cumsum(begins)
    count = places.shape[0]
    sums = emit("segment_sum", group, updates, rows=count)
    first = emit("scatter", ops.zeros((count,), places.dtype), group, places, mode="set")
    return first, sums


def added(variable: Variable, places: Tensor, updates: Tensor) -> Tensor:
    """The variable's value with updates added to its rows."""
    return emit("scatter", variable.value, places, updates, mode="add")
