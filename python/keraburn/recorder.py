"""What tapes write down while operations run: which results depend on what is watched, and how each was made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from keraburn import dtypes, trace
from keraburn.tensor import Tensor, TracedTensor

if TYPE_CHECKING:
    from keraburn.variable import Variable

_active = trace._active

Run = Callable[[str, Sequence[Tensor], Any], Tensor]
Replay = Callable[[Sequence[Tensor]], Sequence[Tensor]]

# The operation whose results depend on nothing.
_END = "stop_gradient"


class Entry:
    """A computation that ran: what came in and what came out.

    Args:
        inputs: the tensors that came in.
        outputs: the tensors that came out.
    """

    __slots__ = ("inputs", "outputs")

    def __init__(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
        self.inputs = inputs
        self.outputs = outputs

    def form(self) -> tuple[Any, Replay]:
        """A key, and what makes the outputs in the graph of the current trace from the inputs there.

        Equal keys with inputs of equal shapes and dtypes mean equal computations.
        """
        raise NotImplementedError


class Operation(Entry):
    """An operation that ran.

    Args:
        run: runs operations.
        name: its name.
        inputs: the tensors that came in.
        attributes: its attributes.
        output: the tensor that came out.
    """

    __slots__ = ("attributes", "name", "run")

    def __init__(self, run: Run, name: str, inputs: Sequence[Tensor], attributes: Any, output: Tensor) -> None:
        self.inputs = inputs
        self.outputs = (output,)
        self.run = run
        self.name = name
        self.attributes = attributes

    def form(self) -> tuple[Any, Replay]:
        run, name, attributes = self.run, self.name, self.attributes
        if not attributes:
            return name, lambda given: (run(name, given, attributes),)
        frozen = tuple((key, tuple(value) if isinstance(value, list) else value) for key, value in attributes.items())
        return (name, *frozen), lambda given: (run(name, given, attributes),)


class Composite(Entry):
    """A computation of several operations that ran as one.

    Args:
        key: see `form`.
        inputs: the tensors that came in.
        outputs: the tensors that came out.
        replay: see `form`.
    """

    __slots__ = ("key", "replay")

    def __init__(self, key: Any, inputs: Sequence[Tensor], outputs: Sequence[Tensor], replay: Replay) -> None:
        super().__init__(inputs, outputs)
        self.key = key
        self.replay = replay

    def form(self) -> tuple[Any, Replay]:
        return self.key, self.replay


class Custom(Entry):
    """A computation that ran, whose gradient was given with it.

    Args:
        inputs: what it was computed from.
        outputs: its results.
        backward: from the gradients by the outputs to those by the inputs, as tensors.
    """

    __slots__ = ("backward",)

    def __init__(
        self,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        backward: Callable[[Sequence[Tensor]], Sequence[Tensor | None]],
    ) -> None:
        super().__init__(inputs, outputs)
        self.backward = backward


class Recorder:
    """The notes of one tape.

    Args:
        watches_variables: whether every trainable variable that is read counts as watched.
    """

    def __init__(self, watches_variables: bool) -> None:
        self.watches_variables = watches_variables
        # Tensors that depend on what is watched, by identity; kept alive, so that no identity is given twice.
        self.known: dict[int, Tensor] = {}
        self.entries: list[Entry] = []
        # Which entry made a tensor.
        self.made: dict[int, Entry] = {}
        # Watched variables in the order of their first reading, and every value that was read of each.
        self.reads: dict[int, tuple[Variable, list[Tensor]]] = {}
        self._chosen: dict[int, Variable] = {}
        # Inside a trace: the graph's values for watched concrete tensors, and what takes the place of values that
        # were computed before the tape began.
        self._captured: dict[int, TracedTensor] = {}
        self._outside: dict[int, tuple[Tensor, Tensor]] = {}
        # Values of the graph that are constants here although they depend on what an outer tape knows.
        self.constants: set[int] = set()

    def watch(self, tensor: Tensor, capture: Callable[[Tensor], TracedTensor]) -> None:
        """Follow what is computed from a tensor; `capture` makes a concrete one an input of the current trace."""
        self.known[id(tensor)] = tensor
        if isinstance(tensor, TracedTensor):
            self.constants.add(tensor.id)
        elif trace.current() is not None:
            self._captured[id(tensor)] = capture(tensor)

    def watch_variable(self, variable: Variable) -> None:
        """Follow what is computed from a variable."""
        self._chosen[id(variable)] = variable
        self.reads.setdefault(id(variable), (variable, []))

    def watches(self, variable: Variable) -> bool:
        """Whether a reading of this variable counts."""
        return (self.watches_variables and variable.trainable) or id(variable) in self._chosen

    def keep_reading(self, variable: Variable, value: Tensor) -> None:
        """Note that this value of a watched variable was read."""
        if id(value) not in self.known:
            self.known[id(value)] = value
            self.reads.setdefault(id(variable), (variable, []))[1].append(value)

    def follows(self, inputs: Sequence[Tensor]) -> bool:
        """Whether one of these depends on what is watched."""
        return not self.known.keys().isdisjoint(map(id, inputs))

    def in_graph(self, tensor: Tensor) -> Tensor:
        """What stands for a watched tensor in the current trace."""
        return self._captured.get(id(tensor), tensor)

    def enter(self, tensor: Tensor, others: Sequence[Recorder], run: Callable[..., Tensor]) -> Tensor:
        """What an operation of the current trace takes for `tensor`, so that nothing flows out of this tape."""
        if id(tensor) in self.known:
            return self.in_graph(tensor)
        if not isinstance(tensor, TracedTensor) or tensor.id in tensor.trace.given:
            return tensor
        if any(id(tensor) in other.known for other in others):
            self.constants.add(tensor.id)
            return tensor
        replacement = self._outside.get(id(tensor))
        if replacement is None:
            replacement = (tensor, run(_END, (tensor,), {}))
            self._outside[id(tensor)] = replacement
        return replacement[1]


def recording() -> list[Recorder]:
    """The notes of the tapes that are running in this thread, the outermost first."""
    return _active.recorders


def record(recorders: Sequence[Recorder], run: Run, name: str, inputs: Sequence[Tensor], attributes: Any) -> Tensor:
    """Run an operation and note it where it depends on what is watched."""
    watching = [recorder for recorder in recorders if recorder.follows(inputs)]
    if not watching:
        return run(name, inputs, attributes)
    if not _active.stack:
        output = run(name, inputs, attributes)
        if name != _END and dtypes.is_float(output.dtype):
            note(watching, Operation(run, name, inputs, attributes, output))
        return output
    given = inputs
    for recorder in watching:
        others = [other for other in recorders if other is not recorder]
        given = [recorder.enter(x, others, run) for x in given]
    output = run(name, given, attributes)
    if name != _END:
        for recorder in watching:
            recorder.known[id(output)] = output
    return output


def note(recorders: Sequence[Recorder], entry: Entry) -> None:
    """Write down a computation that depends on what these tapes watch."""
    for recorder in recorders:
        recorder.entries.append(entry)
        for output in entry.outputs:
            recorder.known[id(output)] = output
            recorder.made[id(output)] = entry


def read(variable: Variable, recorders: Sequence[Recorder]) -> Tensor:
    """The current value of a variable, the same tensor at every reading until it is assigned."""
    tracing = trace.current()
    if tracing is not None:
        value = tracing.read_apart(variable)
    else:
        found = _active.values.get(id(variable))
        if found is None:
            found = _active.values[id(variable)] = (variable, variable.current())
        value = found[1]
    for recorder in recorders:
        if recorder.watches(variable):
            recorder.keep_reading(variable, value)
    return value


def begin(recorder: Recorder) -> None:
    """Let a tape run in this thread."""
    if not _active.recorders:
        _active.values.clear()
    _active.recorders.append(recorder)


def end(recorder: Recorder) -> None:
    """Let a tape stop running."""
    _active.recorders = [each for each in _active.recorders if each is not recorder]
    if not _active.recorders:
        _active.values.clear()
