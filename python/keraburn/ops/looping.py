"""Loops as one operation: their body is traced once, whatever the number of steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from keraburn import _core, dtypes, trace, tree
from keraburn.dtypes import HALVES
from keraburn.ops.apply import emit
from keraburn.ops.convert import convert
from keraburn.ops.shaping import reshaped
from keraburn.tensor import Tensor

# Fewer steps are written out, so that neighbours are computed together.
LEAST = 8

Step = Callable[[Any, Any], tuple[Any, Any]]


class Body:
    """One step in a graph of its own.

    Args:
        tracing: the graph. Its inputs are the values that are carried, the slices, then what is captured.
        inputs: their identifiers.
        outputs: the identifiers of the next carried values and of the step's results.
        carries: how many values are carried.
        sequences: how many slices there are.
        count: the number of steps.
        reverse: whether to go from the last slice to the first.
    """

    def __init__(
        self,
        tracing: trace.Trace,
        inputs: list[int],
        outputs: list[int],
        carries: int,
        sequences: int,
        count: int,
        reverse: bool,
    ) -> None:
        self._parts = (tracing.graph, inputs, outputs, carries, sequences, count, reverse)

    def add_to(self, graph: _core.Graph, inputs: list[int]) -> int:
        """The loop's value in a graph, from the first carried values, whole sequences, and what is captured."""
        return graph.scan(*self._parts, inputs)


def looped(step: Step, init: Any, sequences: Any, count: int, reverse: bool) -> tuple[Any, Any] | None:
    """`carry, result = step(carry, slice)` for each slice of the first axes, as one operation of the current trace.

    Args:
        step: a function of the carried values and of slices.
        init: a structure of the first carried values.
        sequences: a structure of tensors whose first dimension is `count`.
        count: the number of steps.
        reverse: whether to go from the last slice to the first.

    Returns:
        The last carried values, and the results of all steps in the order of the slices; None where steps cannot run
        this way: outside of traces, or if what is carried is not of one float type and always of the same shapes, or if
        a step assigns variables.
    """
    outer = trace.current()
    if outer is None or count < LEAST or not tree.flatten(init):
        return None
    first = [convert(leaf) for leaf in tree.flatten(init)]
    whole = [convert(leaf) for leaf in tree.flatten(sequences)]
    dtype = first[0].dtype
    with trace.Trace(captures=True) as tracing:
        tracing.probe = outer.probe
        carried = [tracing.input(leaf.shape, leaf.dtype) for leaf in first]
        slices = [tracing.input(leaf.shape[1:], leaf.dtype) for leaf in whole]
        scope = trace._active.stateless
        before = dict(scope.state_mapping) if scope is not None else {}
        following, result = step(tree.pack_sequence_as(init, carried), tree.pack_sequence_as(sequences, slices))
        if scope is not None and any(before.get(key) is not value for key, value in scope.state_mapping.items()):
            scope.state_mapping = before
            return None
        if tracing.customs or tracing.has_assigned:
            return None
        last = [convert(leaf) for leaf in tree.flatten(following)]
        results = [convert(leaf) for leaf in tree.flatten(result)]
        same = [(leaf.shape, leaf.dtype) for leaf in last] == [(leaf.shape, leaf.dtype) for leaf in first]
        floats = all(leaf.dtype == dtype for leaf in [*first, *results]) and dtype in ("float32", "float64")
        if not same or not floats:
            return None
        outputs = [tracing.identifier(leaf) for leaf in [*last, *results]]
    captured = tracing.captured()
    given = [*first, *whole, *(outside for outside, _ in captured)]
    if any(leaf.dtype in HALVES or (dtypes.is_float(leaf.dtype) and leaf.dtype != dtype) for leaf in given):
        return None
    inputs = [leaf.id for leaf in [*carried, *slices, *(inside for _, inside in captured)]]
    flat = emit("scan", *given, body=Body(tracing, inputs, outputs, len(first), len(whole), count, reverse))
    shapes = [leaf.shape for leaf in first] + [(count, *leaf.shape) for leaf in results]
    parts: list[Tensor] = []
    start = 0
    for shape in shapes:
        size = math.prod(shape)
        parts.append(reshaped(emit("slice", flat, start=[start], size=[size], step=[1]), list(shape)))
        start += size
    return (
        tree.pack_sequence_as(following, parts[: len(first)]),
        tree.pack_sequence_as(result, parts[len(first) :]),
    )
