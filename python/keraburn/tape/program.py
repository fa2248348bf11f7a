"""Gradients of recorded computations: built as a graph, compiled once for computations of one form."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from keraburn import _core, config, trace
from keraburn.half import as_half
from keraburn.ops.apply import emit
from keraburn.ops.creation import zeros_like
from keraburn.recorder import Composite, Custom, Entry, Recorder, note, recording
from keraburn.tensor import Tensor, TracedTensor


def total_gradients(
    targets: Sequence[Tensor],
    seeds: Sequence[Tensor | None],
    sources: Sequence[Tensor],
    constants: Sequence[int] = (),
) -> list[Tensor | None]:
    """The gradients of the sum of all targets, each times its seed, as values of the current trace's graph.

    Args:
        targets: values of the graph.
        seeds: like the targets, or None for ones.
        sources: values of the graph.
        constants: values through which nothing flows.
    """
    found: list[Tensor | None] = [None] * len(sources)
    for target, seed in zip(targets, seeds, strict=True):
        parts = trace.gradients(target, sources, seed, constants)
        for index, part in enumerate(parts):
            before = found[index]
            if part is not None:
                found[index] = part if before is None else emit("add", before, part)
    return found


class Program:
    """A recorded computation and what is asked of it, without the tensors.

    Args:
        entries: the computations, in order.
        targets: what is differentiated.
        seeds: what each target's elements are multiplied by; None for ones.
        sources: with respect to what.
    """

    def __init__(
        self, entries: Sequence[Entry], targets: Sequence[Tensor], seeds: Sequence[Any], sources: Sequence[Tensor]
    ) -> None:
        slots: dict[int, int] = {}
        self.tensors: list[Tensor] = []
        self.leaves: list[int] = []

        def leaf(tensor: Tensor) -> int:
            slot = slots.get(id(tensor))
            if slot is None:
                slot = slots[id(tensor)] = len(self.tensors)
                self.tensors.append(tensor)
                self.leaves.append(slot)
            return slot

        self.steps: list[tuple[Any, tuple[int, ...], tuple[int, ...]]] = []
        form: list[Any] = []
        for entry in entries:
            given = tuple(map(leaf, entry.inputs))
            first = len(self.tensors)
            for output in entry.outputs:
                slots[id(output)] = len(self.tensors)
                self.tensors.append(output)
            key, replay = entry.form()
            self.steps.append((replay, given, tuple(range(first, len(self.tensors)))))
            form.append((key, given))
        self.targets = tuple(map(leaf, targets))
        self.sources = tuple(map(leaf, sources))
        self.seeds = tuple(None if seed is None else leaf(seed) for seed in seeds)
        self.halves = [tensor.half for tensor in self.tensors]
        specs = tuple((tensor.shape, tensor.dtype) for tensor in map(self.tensors.__getitem__, self.leaves))
        self.key = (config.device(), tuple(form), specs, self.targets, self.seeds, self.sources)

    def build(self, leaves: Sequence[Tensor]) -> tuple[list[Tensor | None], list[Tensor]]:
        """Write everything into the graph of the current trace; gives the gradients, and the values of all slots."""
        values: list[Any] = [None] * len(self.tensors)
        for slot, leaf in zip(self.leaves, leaves, strict=True):
            values[slot] = leaf
        for replay, given, made in self.steps:
            for slot, value in zip(made, replay([values[each] for each in given]), strict=True):
                wanted = self.halves[slot]
                values[slot] = value if wanted == value.half or wanted is None else as_half(value, wanted)
        # To this computation its leaves were numbers, wherever they came from in an outer one.
        constants = [value.id for value in leaves if isinstance(value, TracedTensor)]
        found = total_gradients(
            [values[slot] for slot in self.targets],
            [None if slot is None else values[slot] for slot in self.seeds],
            [values[slot] for slot in self.sources],
            constants,
        )
        return found, values

    def replay(self, leaves: Sequence[Tensor]) -> list[Tensor]:
        """The gradients that there are, in the graph of the current trace."""
        return [gradient for gradient in self.build(leaves)[0] if gradient is not None]

    def without_tensors(self) -> Program:
        """Itself, keeping no tensor alive."""
        self.tensors = [_NOTHING] * len(self.tensors)
        return self


_NOTHING: Any = None


class Compiled:
    """The plan of a program's gradients, given all values of the forward computation.

    Args:
        program: what is differentiated, with its tensors.
    """

    def __init__(self, program: Program) -> None:
        with trace.Trace() as tracing:
            tensors = [program.tensors[slot] for slot in program.leaves]
            leaves = [tracing.input(tensor.shape, tensor.dtype) for tensor in tensors]
            found, values = program.build(leaves)
            inputs = [tracing.identifier(value) for value in values]
            results = [tracing.identifier(gradient) for gradient in found if gradient is not None]
        self._halves = [gradient.half for gradient in found if gradient is not None]
        self.present = [gradient is not None for gradient in found]
        self.step = _core.Step(tracing.graph, [], [], [], inputs, results) if results else None
        self.program = program.without_tensors()

    def run(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The gradients that there are."""
        if self.step is None:
            return []
        handles = self.step.run([tensor.handle for tensor in tensors])
        return [Tensor(handle, half) for handle, half in zip(handles, self._halves, strict=True)]


_KEPT = 256
_plans: dict[Any, Compiled] = {}
_lock = threading.Lock()


def _plan(program: Program) -> Compiled:
    with _lock:
        plan = _plans.pop(program.key, None)
        if plan is not None:
            _plans[program.key] = plan
            return plan
    plan = Compiled(program)
    with _lock:
        _plans[program.key] = plan
        while len(_plans) > _KEPT:
            del _plans[next(iter(_plans))]
    return plan


def _needed(recorder: Recorder, targets: Sequence[Tensor]) -> tuple[list[Entry], list[Custom]]:
    """The recorded computations that lead to the targets, in order, and those with gradients of their own before."""
    wanted: set[int] = set()
    customs: dict[int, Custom] = {}
    waiting = list(targets)
    while waiting:
        entry = recorder.made.get(id(waiting.pop()))
        if isinstance(entry, Custom):
            customs[id(entry)] = entry
        elif entry is not None and id(entry) not in wanted:
            wanted.add(id(entry))
            waiting.extend(entry.inputs)
    return [entry for entry in recorder.entries if id(entry) in wanted], list(customs.values())


def gradients(
    recorder: Recorder, targets: Sequence[Tensor], seeds: Sequence[Tensor | None], sources: Sequence[Tensor]
) -> list[Tensor | None]:
    """The gradients of recorded concrete tensors; None where a target does not depend on a source."""
    entries, customs = _needed(recorder, targets)
    if not customs:
        return _plain_gradients(entries, targets, seeds, sources)
    order = {id(entry): index for index, entry in enumerate(recorder.entries)}
    found: list[Tensor | None] = [None] * len(sources)
    # What flows to the outputs of computations that have yet to be asked for their inputs' gradients.
    upstream: dict[int, Tensor] = {}
    pending: dict[int, Custom] = {}

    def stage(targets: Sequence[Tensor], seeds: Sequence[Tensor | None]) -> None:
        entries, customs = _needed(recorder, targets)
        pending.update((order[id(custom)], custom) for custom in customs)
        outputs = [output for custom in customs for output in custom.outputs]
        parts = _plain_gradients(entries, targets, seeds, [*sources, *outputs])
        for index, part in enumerate(parts[: len(sources)]):
            found[index] = _added(found[index], part)
        for output, part in zip(outputs, parts[len(sources) :], strict=True):
            total = _added(upstream.get(id(output)), part)
            if total is not None:
                upstream[id(output)] = total

    stage(targets, seeds)
    while pending:
        custom = pending.pop(max(pending))
        given = [upstream.get(id(output)) for output in custom.outputs]
        if all(each is None for each in given):
            continue
        parts = custom.backward(
            [zeros_like(out) if each is None else each for each, out in zip(given, custom.outputs, strict=True)]
        )
        pairs = [(x, part) for x, part in zip(custom.inputs, parts, strict=True) if part is not None]
        pairs = [(x, part) for x, part in pairs if id(x) in recorder.known]
        if pairs:
            stage([x for x, _ in pairs], [part for _, part in pairs])
    return found


def _added(before: Tensor | None, part: Tensor | None) -> Tensor | None:
    return part if before is None else before if part is None else emit("add", before, part)


def _plain_gradients(
    entries: Sequence[Entry],
    targets: Sequence[Tensor],
    seeds: Sequence[Tensor | None],
    sources: Sequence[Tensor],
) -> list[Tensor | None]:
    with config.device_scope(targets[0].device):
        program = Program(entries, targets, seeds, sources)
        tensors = program.tensors
        plan = _plan(program)
        found = plan.run(tensors)
    outer = recording()
    if outer and found:
        leaves = [tensors[slot] for slot in plan.program.leaves]
        watching = [each for each in outer if any(id(leaf) in each.known for leaf in leaves)]
        note(watching, Composite(("gradients", plan.program.key), leaves, found, plan.program.replay))
    results = iter(found)
    return [next(results) if present else None for present in plan.present]
