"""How gradients flow from the targets of a tape to its sources: through its record, or through the graph of a trace."""

from __future__ import annotations

from typing import Any

from keraburn import recorder, trace
from keraburn.tape import program
from keraburn.tensor import Tensor, TracedTensor
from keraburn.variable import Variable


def gradients(notes: recorder.Recorder, targets: list[Any], seeds: list[Any], flat: list[Any]) -> list[Any]:
    """A gradient for each source, or None; a variable's is the sum over all values that were read."""
    spread = [_values(notes, source) for source in flat]
    sources = [each for values in spread for each in values]
    targets_known = [target for target in targets if id(target) in notes.known]
    if not sources or not targets_known:
        return [None] * len(flat)
    if any(isinstance(target, TracedTensor) for target in targets) or trace.current() is not None:
        found = iter(_traced_gradients(notes, targets, seeds, sources))
    else:
        found = iter(program.gradients(notes, targets, seeds, sources))
    results = []
    for values in spread:
        parts = [part for part in (next(found) for _ in values) if part is not None]
        total = None
        for part in parts:
            total = part if total is None else total + part
        results.append(total)
    return results


def _values(notes: recorder.Recorder, source: Any) -> list[Tensor]:
    if isinstance(source, Variable):
        return notes.reads[id(source)][1] if id(source) in notes.reads else []
    return [source] if id(source) in notes.known else []


def _traced_gradients(
    notes: recorder.Recorder, targets: list[Tensor], seeds: list[Tensor | None], sources: list[Tensor]
) -> list[Tensor | None]:
    places = [notes.in_graph(source) for source in sources]
    found = program.total_gradients(list(map(notes.in_graph, targets)), seeds, places, sorted(notes.constants))
    for outer in recorder.recording():
        if any(id(each) in outer.known for each in (*targets, *seeds)):
            outer.known.update((id(gradient), gradient) for gradient in found if gradient is not None)
    return found


def captured(tensor: Tensor) -> TracedTensor:
    """A concrete tensor as an input of the current trace, since a graph folds its constants."""
    tracing = trace.current()
    assert tracing is not None
    made = trace._active.made
    variable = Variable(tensor, trainable=False, name="captured")
    # It is none that the user has made.
    trace._active.made = made
    return tracing.source(variable)
