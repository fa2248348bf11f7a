"""Where batches come from and how a pass over them is run: arrays in Rust, other sources batch by batch."""

from __future__ import annotations

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

    def begin(self) -> int | None:
        """Begin an epoch; returns how many steps it will have. With `steps` it goes on where the last one ended."""
        if self.steps is None or self._passed >= self.batches:
            if self.seeds is not None:
                self.data.shuffle(self.seeds())
            self.runner.start()
            self._passed = 0
        self._begun_at = self._passed
        left = self.batches - self._passed
        if self.steps is not None and self.steps > left:
            warn_out_of_data()
            return left
        return self.steps or left

    def run(self, seconds: float, steps: int) -> int:
        """Run until time or `steps` are used up; returns the steps done in this epoch."""
        self._passed = self.runner.run(seconds, steps)
        return self._passed - self._begun_at

    def outputs(self) -> list[_core.Tensor]:
        """The outputs of the last batch."""
        return self.runner.results()

    def logs(self) -> dict[str, Any]:
        """The logs of the last batch."""
        return self.step.logs(self.runner.results())


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
        self._done = 0
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

    def begin(self) -> int | None:
        if self.steps is None and self._done:
            self.restart()
        self._done = 0
        return self.steps

    def more(self) -> bool:
        """Whether there is another batch."""
        following = self._next()
        if following is not None:
            self._peeked = [following]
            return True
        if self.steps is not None or self._done == 0:
            warn_out_of_data()
        elif self._length is None:
            self._length = self._done
        self.restart()
        return False

    def run(self, seconds: float, steps: int) -> int:
        arrays = self._next()
        if arrays is None:
            return self._done
        self.step = self.make(arrays.specs(arrays.rows))
        self._outputs = self.step.step.run(arrays.tensors_ready())
        self._done += 1
        return self._done

    def outputs(self) -> list[_core.Tensor]:
        return self._outputs

    def logs(self) -> dict[str, Any]:
        return self.step.logs(self._outputs)


def _iterate(source: Any) -> Iterator[Any]:
    if hasattr(source, "__iter__"):
        return iter(source)
    return (source[index] for index in range(len(source)))


def is_batches(x: Any) -> bool:
    """Whether `x` gives batches one by one, rather than being arrays."""
    if isinstance(x, (np.ndarray, list, tuple, dict, str, bytes)) or hasattr(x, "__array__") or hasattr(x, "toarray"):
        return False
    return hasattr(x, "__next__") or hasattr(x, "__iter__") or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))
