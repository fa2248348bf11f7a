"""Passes over batches that come one by one, each run from Python."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from keraburn import _core
from keraburn.training.batches import Batches
from keraburn.training.data import Arrays
from keraburn.training.feed import add_place, warn_out_of_data

_END = object()


class BatchFeed:
    """Passes over batches, each run from Python.

    Args:
        batches: what gives them.
        prepare: turns a batch into `Arrays`.
        make: the compiled step for batches like some specs.
        seeds: a new seed for each pass that is shuffled; None keeps the order.
        steps: steps of an epoch; None for as many as there are.
        ready: whether the first batch is read at once, so that mistakes in it are found before anything runs.
    """

    # What errors in a batch say of the pass.
    stage = ""

    def __init__(
        self,
        batches: Batches,
        prepare: Callable[[Any], Arrays],
        make: Callable[[Any], Any],
        seeds: Callable[[], int] | None = None,
        steps: int | None = None,
        ready: bool = True,
    ) -> None:
        self.batches = batches
        self.prepare = prepare
        self.make = make
        self.seeds = seeds
        self.steps = steps
        self.step: Any = None
        self.done = 0
        self._learned: int | None = None
        self._iterator: Iterator[Any] | None = None
        self._peeked: list[Arrays] = []
        self._outputs: list[_core.Tensor] = []
        # Batches of this pass that were run.
        self._taken = 0
        # Passes begun, and epochs ended; what the order of this pass depends on.
        self._passes = 0
        self._epochs = 0
        self._turns: list[int] | None = None
        self._in_epoch = False
        self._resumed: dict[str, Any] | None = None
        self._resumed_from: dict[str, Any] | None = None
        if ready:
            self._peek()

    @property
    def _length(self) -> int | None:
        return self._learned if self.batches.length is None else self.batches.length

    @property
    def target(self) -> int | None:
        """The steps of an epoch as the progress bar shows them."""
        return self.steps or self._length

    def _peek(self) -> None:
        try:
            first = self._next()
            if first is None:
                if not self.batches.restarts:
                    raise ValueError(
                        "When passing a Python generator to a Keras model, the generator must yield at least one "
                        f"batch. Received an empty generator: {self.batches.source!r}"
                    )
                raise ValueError(f"The data holds no batches. Received: {self.batches.source!r}")
            self._peeked = [first]
            self.step = self.make(first.specs(first.rows))
        except BaseException:
            self.close()
            raise

    def _begin_epoch(self) -> None:
        if not self._in_epoch:
            self._in_epoch = True
            self.batches.epoch_begins()

    def _start(self, seed: int | None, first: int = 0) -> None:
        self._begin_epoch()
        self._turns = self.batches.turns
        self._iterator = self.batches.start(seed, first)
        self._taken = first
        self._passes += 1

    def _next(self) -> Arrays | None:
        if self._peeked:
            return self._peeked.pop()
        if self._iterator is None:
            self._start(self.seeds() if self.seeds is not None else None)
        batch = next(self._iterator, _END)  # type: ignore[arg-type]
        return None if batch is _END else self.prepare(self.batches.standard(batch))

    def restart(self) -> None:
        """Let the next epoch begin with the first batch; a generator can only go on."""
        is_fresh = self._taken == 0 and self._peeked
        if self.batches.restarts and not is_fresh:
            self._drop()

    def _drop(self) -> None:
        """End the pass, and the workers that make its batches."""
        iterator, self._iterator, self._peeked, self._taken = self._iterator, None, [], 0
        if iterator is not None and self.batches.restarts and hasattr(iterator, "close"):
            iterator.close()

    def close(self) -> None:
        """End what runs beside the training; a user's own generator can be read on."""
        self._drop()

    def finish(self) -> None:
        """An epoch is over."""
        if self._in_epoch:
            self._in_epoch = False
            self._epochs += 1
            self.batches.epoch_ends()

    @property
    def state(self) -> dict[str, Any]:
        """Where the pass and the epoch stand."""
        return {
            "done": self.done,
            "open": self._iterator is not None,
            "turns": self._turns,
            "next_turns": self.batches.turns,
            "taken": self._taken,
            "passes": self._passes,
            "epochs": self._epochs,
        }

    def resume(self, state: dict[str, Any], seed: int, logs: dict[str, Any] | None) -> None:
        """Go on from a state that a feed of the same batches had; those before it are passed over.

        Passes and epochs are begun as often as they had been, as orders may depend on it.

        Args:
            state: what `state` was.
            seed: of the order of the pass, where it is ours.
            logs: the values after the last batch, if the epoch was not over; None between epochs.
        """
        if self._resumed_from is state:
            return
        self._resumed_from = state
        self.done, self._resumed = state["done"], logs
        while self._epochs < state["epochs"]:
            self._begin_epoch()
            self.finish()
        if logs is not None:
            self._begin_epoch()
        goes_on = state["open"] and (logs is not None or self.steps is not None)
        if self.batches.by_index:
            self._drop()
            if goes_on:
                self._start(seed if self.seeds is not None else None, state["taken"])
        elif not self.batches.restarts:
            self._skip(state["taken"])
        elif goes_on:
            self._begin_passes(state)
            self._skip(state["taken"])
        else:
            if state["next_turns"] is None:
                self._begin_passes(state)
            else:
                self.batches.turns = state["next_turns"]
            self._drop()

    def _begin_passes(self, state: dict[str, Any]) -> None:
        """Begin the pass that was going on, in its order."""
        if state["turns"] is not None:
            self._drop()
            self.batches.turns = state["turns"]
            self._start(None)
            return
        # Its order may depend on how many there have been.
        while self._passes < state["passes"]:
            if self._passes:
                self._pass_over()
                self._drop()
            self._start(None)

    def _skip(self, taken: int) -> None:
        """Pass over the first batches of the pass, of which one may have been looked at."""
        while self._taken < taken and self._pass_over():
            self._taken += 1
        self._taken = taken

    def _pass_over(self) -> bool:
        if self._peeked:
            self._peeked = []
            return True
        return self._iterator is not None and next(self._iterator, _END) is not _END

    def begin(self) -> int | None:
        """Begin an epoch; returns how many steps it will have at most, None if not known."""
        if self._resumed is not None:
            return self.target
        length = self._length
        if (self.steps is None and self.done) or (length is not None and self._taken >= length):
            self.restart()
        self._begin_epoch()
        self.done = 0
        return self.target if self.batches.restarts else self.steps

    def more(self) -> bool:
        """Whether there is another batch."""
        following = self._next()
        if following is not None:
            self._peeked = [following]
            return True
        # Whoever does not know the length cannot know that this was meant to be the end.
        if self.steps is not None or self._length is None or self.done == 0:
            warn_out_of_data()
        if self._length is None and self.batches.restarts:
            self._learned = self._taken
        self.restart()
        return False

    def run(self, seconds: float, steps: int) -> int:
        """Run until time or `steps` are used up; returns the steps done in this epoch."""
        begun, first = time.monotonic(), self.done
        while self.done - first != steps:
            arrays = self._next()
            if arrays is None:
                break
            self.step = self.make(arrays.specs(arrays.rows))
            try:
                self._outputs = self.step.step.run(arrays.tensors_ready())
            except ValueError as error:
                total = "" if self._length is None else f" of {self._length}"
                add_place(error, f"batch {self._taken + 1}{total}{self.stage}")
                raise
            self._resumed = None
            self._taken += 1
            self.done += 1
            if time.monotonic() - begun >= seconds:
                break
        return self.done

    def outputs(self) -> list[_core.Tensor]:
        """The outputs of the last batch."""
        return self._outputs

    def logs(self) -> dict[str, Any]:
        """The logs of the last batch."""
        if self._resumed is not None:
            logs, self._resumed = self._resumed, None
            return logs
        return self.step.logs(self._outputs)

    @property
    def variables(self) -> list[Any]:
        """What the step reads and changes."""
        return [] if self.step is None else list(self.step.variables)
