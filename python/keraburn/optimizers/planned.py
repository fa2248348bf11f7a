"""Steps of optimizers outside of traces: the second one like another is compiled."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

from keraburn import config, recorder, stateless, trace
from keraburn.optimizers.schedules import LearningRateSchedule
from keraburn.tensor import Tensor
from keraburn.variable import Variable

_PLAIN = (bool, int, float, str, type(None))

# For each optimizer what its steps depend on, and their plans; None for one that ran once.
_plans: weakref.WeakKeyDictionary[Any, dict[Any, trace.Compiled | None]] = weakref.WeakKeyDictionary()
_KEPT = 8


def run(
    optimizer: Any,
    step: Callable[[list[Tensor], list[Variable]], None],
    gradients: list[Tensor],
    variables: list[Variable],
) -> None:
    """`step(gradients, variables)`, in Rust where it is the same computation as before.

    Optimizers, schedules and constraints that users write are called anew each time, as are all where a tape records or
    variables have other values.
    """
    plain = trace.current() is None and stateless.current() is None
    concrete = plain and all(type(each) is Tensor for each in gradients)
    if not concrete or recorder.recording() or not _is_ours(optimizer, variables):
        step(gradients, variables)
        return
    known = _plans.setdefault(optimizer, {})
    key = (config.device(), _settings(optimizer), tuple(map(id, variables)))
    plan = known.get(key)
    if plan is None:
        if key not in known:
            if len(known) >= _KEPT:
                del known[next(iter(known))]
            known[key] = None
            step(gradients, variables)
            return
        plan = known[key] = trace.Compiled(lambda *given: step(list(given), variables), gradients)
    plan(*gradients)


def _is_ours(optimizer: Any, variables: Sequence[Variable]) -> bool:
    rate = optimizer._learning_rate
    parts = [optimizer, *(variable.constraint for variable in variables if variable.constraint is not None)]
    if not isinstance(rate, Variable):
        parts.append(rate)
    return all(type(part).__module__.startswith("keraburn.") for part in parts)


def _settings(optimizer: Any) -> tuple[Any, ...]:
    """The numbers and names among the attributes, also of a schedule."""
    found = tuple(item for item in vars(optimizer).items() if type(item[1]) in _PLAIN)
    rate = optimizer._learning_rate
    if isinstance(rate, LearningRateSchedule):
        found += tuple(item for item in vars(rate).items() if type(item[1]) in _PLAIN)
    return found
