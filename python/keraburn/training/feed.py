"""Where batches come from and how a pass over them is run: arrays in Rust, other sources batch by batch."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from keraburn import _core
from keraburn.training.data import Arrays

# A run without a limit of its own: one call goes on until its steps are done.
FOREVER = 1e9


def warn_out_of_data() -> None:
    warnings.warn(
        "Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate "
        "at least `steps_per_epoch * epochs` batches. You may need to use the `.repeat()` function when building "
        "your dataset.",
        stacklevel=4,
    )


class ArrayFeed:
    """Passes over arrays whose batches are gathered and run in Rust.

    Args:
        arrays: the data.
        batch_size: rows of a whole batch.
        make: the compiled step for batches like some specs.
        seeds: a new seed for each pass that is shuffled; None keeps the order.
        steps: steps of an epoch; None for all batches.
    """

    def __init__(
        self,
        arrays: Arrays,
        batch_size: int,
        make: Callable[[Any], Any],
        seeds: Callable[[], int] | None = None,
        steps: int | None = None,
    ) -> None:
        rest = arrays.rows % batch_size
        full = make(arrays.specs(batch_size)) if arrays.rows >= batch_size else None
        tail = make(arrays.specs(rest)) if rest else None
        self.step: Any = full or tail
        self.full_step, self.tail_step = full, tail
        self.arrays = arrays
        self.batch_size = batch_size
        self.seeds = seeds
        self.steps = steps
        self.data = _core.Data(arrays.flat, arrays.dtypes, batch_size)
        self.batches: int = self.data.batches
        self.runner = _core.Runner(self.data, full and full.step, tail and tail.step)
        self._passed = self.batches
        self._begun_at = 0
        self._resumed: dict[str, Any] | None = None

    @property
    def target(self) -> int | None:
        """The steps of an epoch as the progress bar shows them."""
        return self.steps or self.batches

    def restart(self) -> None:
        """Let the next epoch begin with the first batch."""
        self._passed = self.batches

    def more(self) -> bool:
        """Whether there is another batch."""
        return self._passed < self.batches

    @property
    def done(self) -> int:
        """The steps done in this epoch."""
        return self._passed - self._begun_at

    @property
    def state(self) -> dict[str, Any]:
        """Where the pass and the epoch stand."""
        return {"batches": self.batches, "passed": self._passed, "begun_at": self._begun_at}

    def resume(self, state: dict[str, Any], seed: int, logs: dict[str, Any] | None) -> None:
        """Go on from a state that a feed of the same data had.

        Args:
            state: what `state` was.
            seed: of the order of the pass.
            logs: the values after the last batch, if the epoch was not over; None between epochs.

        Raises:
            ValueError: if the state lies inside a pass over another number of batches.
        """
        if logs is None and self.steps is None:
            self.restart()
            return
        if state["batches"] != self.batches:
            raise ValueError(
                f"Training was interrupted in a pass over {state['batches']} batches; it can only be resumed with the "
                f"same data in batches of the same size. Received: data of {self.batches} batches"
            )
        self._passed, self._begun_at, self._resumed = state["passed"], state["begun_at"], logs
        if self._passed < self.batches:
            if self.seeds is not None:
                self.data.shuffle(seed)
            # Run again what is past; whoever resumes puts the variables back afterwards.
            self.runner.start()
            self.runner.run(FOREVER, self._passed)

    def begin(self) -> int | None:
        """Begin an epoch; returns how many steps it will have. With `steps` it goes on where the last one ended."""
        if self._resumed is None:
            if self.steps is None or self._passed >= self.batches:
                if self.seeds is not None:
                    self.data.shuffle(self.seeds())
                self.runner.start()
                self._passed = 0
            self._begun_at = self._passed
        left = self.batches - self._begun_at
        if self.steps is not None and self.steps > left:
            warn_out_of_data()
            return left
        return self.steps or left

    def run(self, seconds: float, steps: int) -> int:
        """Run until time or `steps` are used up; returns the steps done in this epoch."""
        self._passed = self.runner.run(seconds, steps)
        self._resumed = None
        return self.done

    def outputs(self) -> list[_core.Tensor]:
        """The outputs of the last batch."""
        return self.runner.results()

    def logs(self) -> dict[str, Any]:
        """The logs of the last batch."""
        if self._resumed is not None:
            # All batches of the epoch were run before it was interrupted.
            logs, self._resumed = self._resumed, None
            return logs
        return self.step.logs(self.runner.results())

    @property
    def variables(self) -> list[Any]:
        """What the steps read and change."""
        return [variable for step in (self.full_step, self.tail_step) if step for variable in step.variables]


class BatchFeed:
    """Passes over an iterable of batches, each run from Python.

    Args:
        batches: a generator, or an object that can be iterated anew for each epoch; gives `x`, `(x, y)` or
            `(x, y, sample_weight)`.
        prepare: turns a batch into `Arrays`.
        make: the compiled step for batches like some specs.
        steps: steps of an epoch; None for as many as there are.
    """

    def __init__(
        self, batches: Any, prepare: Callable[[Any], Arrays], make: Callable[[Any], Any], steps: int | None = None
    ) -> None:
        self.source = batches
        self.prepare = prepare
        self.make = make
        self.steps = steps
        self.step: Any = None
        self._length: int | None = len(batches) if hasattr(batches, "__len__") else None
        self._iterator: Iterator[Any] | None = None
        self._peeked: list[Arrays] = []
        self._outputs: list[_core.Tensor] = []
        self.done = 0
        # Batches that were taken from the iterator, without the one that was looked at.
        self._taken = 0
        self._resumed: dict[str, Any] | None = None
        self._peek()

    @property
    def target(self) -> int | None:
        return self.steps or self._length

    def _peek(self) -> None:
        """Read the first batch, so that mistakes in it are found before anything runs."""
        first = self._next()
        if first is None:
            raise ValueError(f"The data holds no batches. Received: {self.source!r}")
        self._peeked = [first]
        self.step = self.make(first.specs(first.rows))

    def _next(self) -> Arrays | None:
        if self._peeked:
            return self._peeked.pop()
        if self._iterator is None:
            self._iterator = _iterate(self.source)
        batch = next(self._iterator, None)
        return None if batch is None else self.prepare(batch)

    def restart(self) -> None:
        """Let the next epoch begin with the first batch; a generator can only go on."""
        if not hasattr(self.source, "__next__"):
            self._iterator = None
            self._peeked = []
            self._taken = 0

    @property
    def state(self) -> dict[str, Any]:
        """Where the iterator and the epoch stand."""
        return {"taken": self._taken, "done": self.done}

    def resume(self, state: dict[str, Any], seed: int, logs: dict[str, Any] | None) -> None:
        """Go on from a state that a feed of the same batches had; those before it are passed over.

        Args:
            state: what `state` was.
            seed: not needed; the batches have the order that they come in.
            logs: the values after the last batch, if the epoch was not over; None between epochs.
        """
        self.restart()
        self.done, self._resumed = state["done"], logs
        if logs is None and self.steps is None and not hasattr(self.source, "__next__"):
            return
        if self._iterator is None:
            self._iterator = _iterate(self.source, state["taken"])
        else:
            # The first batch has been looked at, and there may be more that are past already.
            while self._taken < state["taken"] and self._pass_over():
                self._taken += 1
        self._taken = state["taken"]

    def _pass_over(self) -> bool:
        if self._peeked:
            self._peeked = []
            return True
        return self._iterator is not None and next(self._iterator, self) is not self

    def begin(self) -> int | None:
        if self._resumed is not None:
            return self.steps
        if self.steps is None and self.done:
            self.restart()
        self.done = 0
        return self.steps

    def more(self) -> bool:
        """Whether there is another batch."""
        following = self._next()
        if following is not None:
            self._peeked = [following]
            return True
        if self.steps is not None or self.done == 0:
            warn_out_of_data()
        elif self._length is None:
            self._length = self.done
        self.restart()
        return False

    def run(self, seconds: float, steps: int) -> int:
        arrays = self._next()
        if arrays is None:
            return self.done
        self.step = self.make(arrays.specs(arrays.rows))
        self._outputs = self.step.step.run(arrays.tensors_ready())
        self._resumed = None
        self._taken += 1
        self.done += 1
        return self.done

    def outputs(self) -> list[_core.Tensor]:
        return self._outputs

    def logs(self) -> dict[str, Any]:
        if self._resumed is not None:
            logs, self._resumed = self._resumed, None
            return logs
        return self.step.logs(self._outputs)

    @property
    def variables(self) -> list[Any]:
        """What the step reads and changes."""
        return list(self.step.variables)


def _iterate(source: Any, first: int = 0) -> Iterator[Any]:
    """The batches of `source` from the one of index `first`."""
    if hasattr(source, "__iter__"):
        return itertools.islice(source, first, None)
    return (source[index] for index in range(first, len(source)))


def is_batches(x: Any) -> bool:
    """Whether `x` gives batches one by one, rather than being arrays."""
    if isinstance(x, (np.ndarray, list, tuple, dict, str, bytes)) or hasattr(x, "__array__") or hasattr(x, "toarray"):
        return False
    return hasattr(x, "__next__") or hasattr(x, "__iter__") or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))
