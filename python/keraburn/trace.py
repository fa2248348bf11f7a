"""Tracing: a Python function of tensors and variables becomes one plan that Rust runs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from keraburn import _core, config, dtypes, half, tree
from keraburn.tensor import Tensor, TracedTensor

if TYPE_CHECKING:
    from keraburn.variable import Variable


class _Active(threading.local):
    """The traces of this thread, innermost last."""

    def __init__(self) -> None:
        self.stack: list[Trace] = []
        # The notes of the tapes of this thread that run in the innermost trace, or outside of all.
        self.recorders: list[Any] = []
        # Variables that were read while tapes ran outside of traces, and their values.
        self.values: dict[int, tuple[Variable, Tensor]] = {}
        # The float type in which variables are read inside of layers of mixed precision; None for their own.
        self.autocast: str | None = None
        # How many variables this thread has made.
        self.made = 0
        # The innermost scope in which variables have other values.
        self.stateless: Any = None


_active = _Active()

_STOP = "stop_gradient"


def current() -> Trace | None:
    """The trace that is going on in this thread, or None."""
    return _active.stack[-1] if _active.stack else None


@contextlib.contextmanager
def suspended() -> Iterator[None]:
    """Outside of every trace and tape for a while: variables give and take values, operations run at once."""
    stack, _active.stack = _active.stack, []
    recorders, _active.recorders = _active.recorders, []
    autocast, _active.autocast = _active.autocast, None
    stateless, _active.stateless = _active.stateless, None
    try:
        yield
    finally:
        _active.stateless = stateless
        _active.autocast = autocast
        _active.stack = stack
        _active.recorders = recorders
        _active.values.clear()


class Script:
    """How a graph was made, to be repeated in the graph of another trace."""

    def __init__(self) -> None:
        self.constants: list[tuple[int, Tensor]] = []
        # Values that came about, the values that they came from, and what makes the ones of the others.
        self.steps: list[tuple[list[int], list[int], Callable[[Trace, list[Tensor]], list[Tensor]]]] = []

    def repeat(self, trace: Trace, given: dict[int, Tensor], results: Sequence[int]) -> list[Tensor]:
        """The values `results` of the graph that was made, where those of `given` stand for its inputs."""
        values = {**dict(self.constants), **given}
        for made, used, step in self.steps:
            values.update(zip(made, step(trace, [values[each] for each in used]), strict=True))
        return [values[each] for each in results]


class Custom:
    """A computation in a graph whose gradient was given with it.

    Args:
        inputs: what it was computed from.
        outputs: its results, which the graph takes for constants.
        backward: from the gradients by the outputs to those by the inputs.
    """

    __slots__ = ("backward", "inputs", "outputs")

    def __init__(
        self,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        backward: Callable[[Sequence[Tensor]], Sequence[Tensor | None]],
    ) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.backward = backward


class Trace:
    """A graph in the making, and the variables that were read and assigned while it was made.

    Used as a context manager; inside it, `variable.value` is a value of the graph and `variable.assign` is recorded.

    Args:
        scripted: whether the making is kept in `script`, so that it can be repeated in another graph.
        captures: whether tensors of the traces around it become inputs.
    """

    def __init__(self, scripted: bool = False, captures: bool = False) -> None:
        self._captures = captures
        # Tensors of other traces, and the inputs that stand for them.
        self._foreign: dict[int, tuple[Tensor, TracedTensor]] = {}
        self.graph = _core.Graph(config.device())
        self.script: Script | None = Script() if scripted else None
        # The size that stands for unknown dimensions while a model is being described, else None.
        self.probe: int | None = None
        self._reads: dict[int, tuple[Variable, TracedTensor]] = {}
        self._writes: dict[int, TracedTensor | Tensor] = {}
        self._constants: dict[int, tuple[Tensor, int]] = {}
        # Values that were assigned to variables and then read as if they were given.
        self._apart: dict[int, tuple[Tensor, TracedTensor]] = {}
        # Computations with gradients of their own, in order.
        self.customs: list[Custom] = []
        # The graph's inputs.
        self.given: set[int] = set()
        self._outer: list[list[Any]] = []

    def __enter__(self) -> Trace:
        _active.stack.append(self)
        self._outer.append(_active.recorders)
        _active.recorders = []
        return self

    def __exit__(self, *_: object) -> None:
        _active.stack.pop()
        _active.recorders = self._outer.pop()

    def input(self, shape: Sequence[int], dtype: str) -> TracedTensor:
        """A value that each run of the plan is given."""
        identifier = self.graph.input(tuple(shape), dtypes.stored(dtype))
        self.given.add(identifier)
        return TracedTensor(self, identifier, dtype if dtype in dtypes.HALVES else None)

    def rounded(self, tensor: TracedTensor) -> Tensor:
        """An input, rounded where it is one of a half type: arrays that are given for it may not be."""
        return tensor if tensor.half is None else self._like(tensor, TracedTensor(self, tensor.id))

    def identifier(self, tensor: Tensor) -> int:
        """The graph's value for `tensor`: its own, or a constant that holds a concrete tensor."""
        if self._captures and self._is_foreign(tensor):
            if id(tensor) not in self._foreign:
                self._foreign[id(tensor)] = (tensor, self.input(tensor.shape, tensor.dtype))
            return self._foreign[id(tensor)][1].id
        if isinstance(tensor, TracedTensor):
            if tensor.trace is not self:
                raise ValueError(
                    "A tensor of one traced function was used in another. Return it, or keep it in a Variable. "
                    f"Received: {tensor!r}"
                )
            return tensor.id
        known = self._constants.get(id(tensor.handle))
        if known is None:
            known = (tensor, self.graph.constant(tensor.handle))
            self._constants[id(tensor.handle)] = known
            if self.script is not None:
                self.script.constants.append((known[1], tensor))
        return known[1]

    def _is_foreign(self, tensor: Tensor) -> bool:
        if isinstance(tensor, TracedTensor):
            return tensor.trace is not self
        return any(id(tensor) in recorder.known for recorder in self._outer[-1])

    def captured(self) -> list[tuple[Tensor, TracedTensor]]:
        """Values of the trace around this one, and the inputs that stand for them here."""
        wanted, _active.autocast = _active.autocast, None
        try:
            read = [(variable.value, source) for variable, source in self._reads.values()]
        finally:
            _active.autocast = wanted
        return [*read, *self._foreign.values()]

    def op(self, name: str, inputs: Sequence[Tensor], attributes: dict[str, Any]) -> TracedTensor:
        """Add an operation."""
        ids = [self.identifier(each) for each in inputs]
        if name == "scan":
            identifier = attributes["body"].add_to(self.graph, ids)
        else:
            identifier = self.graph.op(name, ids, attributes)
        if self.script is not None:
            self.script.steps.append(([identifier], ids, lambda trace, given: [trace.op(name, given, attributes)]))
        return TracedTensor(self, identifier)

    def custom(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor], backward: Callable[..., Any]) -> list[Tensor]:
        """The outputs of a computation as values whose gradients `backward` gives."""
        # Twice, so that it is no value that a user has stopped.
        stopped = [self.op(_STOP, [self.op(_STOP, [each], {})], {}) for each in outputs]
        replaced: list[Tensor] = [
            TracedTensor(self, each.id, output.half) for each, output in zip(stopped, outputs, strict=True)
        ]
        self.customs.append(Custom(inputs, replaced, backward))
        return replaced

    def gradients(
        self, target: Tensor, sources: Sequence[Tensor], seed: Tensor | None, constants: Sequence[int]
    ) -> list[Tensor | None]:
        """See the function of the same name."""
        if not self.customs:
            return self._gradients(target, sources, seed, constants)
        # From the target to the sources and to the customs' outputs, from their inputs on, and so forth.
        outputs = [output for custom in self.customs for output in custom.outputs]
        found: list[Tensor | None] = [None] * (len(sources) + len(outputs))

        def stage(target: Tensor, seed: Tensor | None) -> None:
            parts = self._gradients(target, [*sources, *outputs], seed, constants)
            for index, part in enumerate(parts):
                before = found[index]
                if part is not None:
                    found[index] = part if before is None else self.op("add", [before, part], {})

        stage(target, seed)
        end = len(found)
        for custom in reversed(self.customs):
            start = end - len(custom.outputs)
            upstream, end = found[start:end], start
            if all(each is None for each in upstream):
                continue
            gradients = custom.backward([self._or_zeros(*pair) for pair in zip(upstream, custom.outputs, strict=True)])
            for x, gradient in zip(custom.inputs, gradients, strict=True):
                if gradient is not None and isinstance(x, TracedTensor) and dtypes.is_float(x.dtype):
                    stage(x, gradient)
        return found[: len(sources)]

    def _or_zeros(self, gradient: Tensor | None, like: Tensor) -> Tensor:
        if gradient is not None:
            return gradient
        zero = Tensor(_core.Tensor.scalar(0.0, dtypes.stored(like.dtype), self.graph.device))
        zeros = self.op("broadcast_to", [zero], {"shape": list(like.shape)})
        return TracedTensor(self, zeros.id, like.half)

    def _gradients(
        self, target: Tensor, sources: Sequence[Tensor], seed: Tensor | None, constants: Sequence[int]
    ) -> list[Tensor | None]:
        given = [target, *sources] if seed is None else [target, *sources, seed]
        ids = [self.identifier(each) for each in given]
        end = len(sources) + 1
        found = self.graph.gradients(ids[0], ids[1:end], ids[end] if seed is not None else None, constants)
        results: list[Tensor | None] = [
            None if i is None else self._like(source, TracedTensor(self, i))
            for i, source in zip(found, sources, strict=True)
        ]
        if self.script is not None:
            present = [result.id for result in results if isinstance(result, TracedTensor)]

            def again(trace: Trace, values: Sequence[Tensor]) -> list[Tensor]:
                more = [value.id for value in values[len(given) :] if isinstance(value, TracedTensor)]
                last = None if seed is None else values[end]
                gradients = trace.gradients(values[0], values[1:end], last, more)
                return [gradient for gradient in gradients if gradient is not None]

            self.script.steps.append((present, [*ids, *constants], again))
        return results

    def _like(self, source: Tensor, gradient: TracedTensor) -> Tensor:
        """The gradient in its source's type."""
        if source.half is None:
            return gradient
        return half.rounded(self.op, gradient, source.half)

    def segments(self, tensor: TracedTensor) -> tuple[Tensor, Tensor] | None:
        """Where a value is a sum of rows by index, as a lookup's gradient is: the indices and the rows."""
        found = self.graph.segments(tensor.id)
        return None if found is None else (TracedTensor(self, found[0]), TracedTensor(self, found[1]))

    @property
    def has_assigned(self) -> bool:
        """Whether a variable was assigned."""
        return bool(self._writes)

    def read(self, variable: Variable) -> Tensor:
        key = id(variable)
        if key in self._writes:
            return self._writes[key]
        if key not in self._reads:
            self._reads[key] = (variable, self.input(variable.shape, variable.dtype))
        return self._reads[key][1]

    def read_apart(self, variable: Variable) -> Tensor:
        """The variable's value, through which no gradient flows to what was assigned to it."""
        value = self.read(variable)
        if id(variable) not in self._writes:
            return value
        known = self._apart.get(id(value))
        if known is None:
            known = self._apart[id(value)] = (value, self.op(_STOP, [value], {}))
        return known[1]

    def write(self, variable: Variable, value: Tensor) -> None:
        self.source(variable)
        self._writes[id(variable)] = value

    def source(self, variable: Variable) -> TracedTensor:
        """The graph input that holds the variable's value at the start of the run."""
        if id(variable) not in self._reads:
            self._reads[id(variable)] = (variable, self.input(variable.shape, variable.dtype))
        return self._reads[id(variable)][1]

    def state(self) -> list[tuple[Variable, TracedTensor, Tensor | None]]:
        """Every variable met: its input, and its new value if it was assigned."""
        return [(v, t, self._writes.get(key)) for key, (v, t) in self._reads.items()]


def gradients(
    target: Tensor, sources: Sequence[Tensor], seed: Tensor | None = None, constants: Sequence[int] = ()
) -> list[Tensor | None]:
    """The gradients of `sum(target * seed)` with respect to each source, as more values of the same graph.

    Args:
        target: a traced tensor.
        sources: traced tensors of the same trace.
        seed: of the shape of the target; ones if None.
        constants: values of the graph through which nothing flows.

    Returns:
        A traced tensor for each source, None where the target does not depend on it.
    """
    if not isinstance(target, TracedTensor):
        return [None] * len(sources)
    return target.trace.gradients(target, sources, seed, constants)


class Compiled:
    """A function of tensors, traced once for one signature and run in Rust from then on.

    Variables that the function reads are the plan's state; those that it assigns are updated in place.

    Args:
        function: takes tensors in the structure of `arguments`, returns a structure of tensors.
        arguments: a structure whose leaves have `.shape` and `.dtype`.
        scripted: whether it can be repeated in another trace.
    """

    def __init__(self, function: Callable[..., Any], arguments: Iterable[Any], scripted: bool = False) -> None:
        arguments = tuple(arguments)
        with Trace(scripted) as trace:
            inputs = tree.map_structure(lambda leaf: trace.input(leaf.shape, str(leaf.dtype)), arguments)
            self.structure = function(*tree.map_structure(trace.rounded, inputs))
            outputs = tree.flatten(self.structure)
            flat = [trace.identifier(leaf) for leaf in outputs]
            # The half types of the outputs, None for all other types.
            self.halves = [leaf.half for leaf in outputs]
            state = trace.state()
            updates = [(i, trace.identifier(new)) for i, (_, _, new) in enumerate(state) if new is not None]
        # Freed graph values must not be kept alive by the output structure.
        self.structure = tree.map_structure(lambda _: 0, self.structure)
        self.variables = [variable for variable, _, _ in state]
        self._script = trace.script
        # Whether Python gives gradients of parts of it.
        self.has_customs = bool(trace.customs)
        self._given = [*(source.id for _, source, _ in state), *(leaf.id for leaf in tree.flatten(inputs))]
        self._results = flat
        self.step = _core.Step(
            trace.graph,
            [variable.handle for variable in self.variables],
            [source.id for _, source, _ in state],
            updates,
            self._given[len(state) :],
            flat,
        )

    def repeat(self, values: Sequence[Tensor]) -> list[Tensor]:
        """The outputs in the graph of the current trace, from values of `variables` and then of the inputs' leaves."""
        active = current()
        if active is None or self._script is None:
            raise RuntimeError("Only a scripted computation can be repeated, and only in a trace.")
        return self._script.repeat(active, dict(zip(self._given, values, strict=True)), self._results)

    def __call__(self, *arguments: Any) -> Any:
        """Run once; leaves are concrete tensors or numpy arrays of the traced shapes and dtypes."""
        leaves = [leaf.handle if isinstance(leaf, Tensor) else leaf for leaf in tree.flatten(arguments)]
        _active.values.clear()
        return tree.pack_sequence_as(self.structure, self.tensors(self.step.run(leaves)))

    def tensors(self, outputs: Sequence[_core.Tensor]) -> list[Tensor]:
        """The outputs of a run of the step as tensors of their types."""
        return [Tensor(output, each) for output, each in zip(outputs, self.halves, strict=True)]
