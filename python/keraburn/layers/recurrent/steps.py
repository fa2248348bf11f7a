"""A recurrence as a loop over the steps of a sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keraburn import ops, trace, tree
from keraburn.ops import looping

Step = Callable[[Any, Any], tuple[Any, Any]]


def run_steps(
    step: Step,
    sequences: Any,
    states: list[Any],
    mask: Any,
    go_backwards: bool,
    zero_output_for_mask: bool,
    unroll: bool,
    reset: Callable[[], None],
) -> tuple[Any, list[Any]]:
    """`output, states = step(inputs, states)` for each step of a sequence.

    A masked step passes on the states and the previous output, zeros before the first step that counts.

    Args:
        step: the function of the inputs and states of one step.
        sequences: a tensor `(batch, steps, ...)`.
        states: the first states, which may be nested.
        mask: booleans `(batch, steps)`, or None.
        go_backwards: whether to go from the last step to the first.
        zero_output_for_mask: whether masked steps give zeros.
        unroll: whether all steps are written out; otherwise the step is traced once if that is possible.
        reset: called before all steps are written out after all.

    Returns:
        The outputs `(batch, steps, ...)` in the order in which they were computed, and the last states.
    """
    count = sequences.shape[1]
    active = trace.current()
    # A model that is being described wants the shapes only: one step in the place of very many.
    described = active is not None and count == active.probe
    if not described and not unroll:
        whole = _looped(step, sequences, states, mask, go_backwards, zero_output_for_mask)
        if whole is not None:
            return whole
        reset()
    inputs = ops.unstack(sequences[:, :1] if described else sequences, axis=1)
    masks = None if mask is None else ops.unstack(mask[:, :1] if described else mask, axis=1)
    order = range(len(inputs))
    previous, outputs = None, []
    for i in reversed(order) if go_backwards else order:
        output, following = step(inputs[i], states)
        if masks is None:
            states = following
        else:
            kept = masks[i]
            rest = ops.zeros_like(output) if zero_output_for_mask or previous is None else previous
            previous = output = _where(kept, output, rest)
            states = tree.map_structure(lambda new, old: _where(kept, new, old), following, states)  # noqa: B023
        outputs.append(output)
    stacked = ops.stack(outputs, axis=1)
    return ops.repeat(stacked, count, axis=1) if described else stacked, states


def _looped(
    step: Step, sequences: Any, states: list[Any], mask: Any, go_backwards: bool, zero_output_for_mask: bool
) -> tuple[Any, list[Any]] | None:
    """`run_steps` as one operation, None where that cannot be."""
    if trace.current() is None or sequences.shape[1] < looping.LEAST:
        return None
    steps_first = _swapped(sequences)
    count = steps_first.shape[0]
    if mask is None:
        looped = looping.looped(lambda state, x: step(x, state)[::-1], states, steps_first, count, go_backwards)
        if looped is None:
            return None
        last, outputs = looped
    else:
        with trace.Trace(captures=True):
            # What a step would give tells the shape of the zeros before the first step that counts.
            like = step(sequences[:, 0], states)[0]
            zeros = ops.zeros(like.shape, like.dtype)

        def kept_step(carried: Any, given: Any) -> tuple[Any, Any]:
            (state, previous), (x, kept) = carried, given
            output, following = step(x, state)
            rest = ops.zeros_like(output) if zero_output_for_mask else previous
            output = _where(kept, output, rest)
            state = tree.map_structure(lambda new, old: _where(kept, new, old), following, state)
            return (state, output), output

        looped = looping.looped(kept_step, (states, zeros), (steps_first, _swapped(mask)), count, go_backwards)
        if looped is None:
            return None
        (last, _), outputs = looped
    outputs = _swapped(outputs)
    return ops.flip(outputs, axis=1) if go_backwards else outputs, last


def _swapped(x: Any) -> Any:
    return ops.swapaxes(x, 0, 1)


def _where(kept: Any, value: Any, other: Any) -> Any:
    return ops.where(ops.reshape(kept, (kept.shape[0], *(1 for _ in value.shape[1:]))), value, other)


def steps_that_count(mask: Any, sequences: Any, name: str) -> Any:
    """A mask of sequences as booleans `(batch, steps)`, or None.

    Raises:
        ValueError: if its shape is not that of the sequences.
    """
    if mask is None or (isinstance(mask, (list, tuple)) and not tree.flatten(mask)):
        return None
    mask = ops.cast(tree.flatten(mask)[0], "bool")
    if mask.ndim == 3:
        mask = ops.any(mask, axis=-1)
    if mask.shape != tuple(sequences.shape[:2]):
        raise ValueError(
            f"The mask of layer '{name}' must have the shape (batch, steps) of its inputs. Expected: "
            f"{tuple(sequences.shape[:2])}. Received: mask of shape {mask.shape}"
        )
    return mask
