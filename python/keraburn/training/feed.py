"""Passes over arrays, run in Rust."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

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


def add_place(error: ValueError, place: str) -> None:
    """Let the error's text say where in the data the values are that it complains of."""
    if type(error) is ValueError and len(error.args) == 1:
        error.args = (f"{error.args[0]}; in {place}",)


class ArrayFeed:
    """Passes over arrays whose batches are gathered and run in Rust.

    Args:
        arrays: the data.
        batch_size: rows of a whole batch.
        make: the compiled step for batches like some specs.
        seeds: a new seed for each pass that is shuffled; None keeps the order.
        steps: steps of an epoch; None for all batches.
        within: whether a shuffled pass keeps every row in its batch.
    """

    # What errors in a batch say of the pass.
    stage = ""

    def __init__(
        self,
        arrays: Arrays,
        batch_size: int,
        make: Callable[[Any], Any],
        seeds: Callable[[], int] | None = None,
        steps: int | None = None,
        within: bool = False,
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
        self.within = within
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

    def finish(self) -> None:
        """An epoch is over."""

    def close(self) -> None:
        """Nothing runs beside the training."""

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
                self.data.shuffle(seed, self.within)
            self.runner.start(self._passed)

    def begin(self) -> int | None:
        """Begin an epoch; returns how many steps it will have. With `steps` it goes on where the last one ended."""
        if self._resumed is None:
            if self.steps is None or self._passed >= self.batches:
                if self.seeds is not None:
                    self.data.shuffle(self.seeds(), self.within)
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
        try:
            self._passed = self.runner.run(seconds, steps)
        except ValueError as error:
            self._passed = self.runner.position
            add_place(error, self._place(self._passed))
            raise
        self._resumed = None
        return self.done

    def _place(self, batch: int) -> str:
        """Where a batch is, in words; its rows too where they are neighbours."""
        first = batch * self.batch_size
        last = min(first + self.batch_size, self.arrays.rows) - 1
        rows = "shuffled" if self.seeds and not self.within else f"rows {first} to {last}"
        return f"batch {batch + 1} of {self.batches}{self.stage} ({rows})"

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
