"""Predicting: outputs written row by row into arrays made beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import tree
from keraburn.training.feed import ArrayFeed
from keraburn.training.loop import run_pass


class Collected:
    """The outputs of all batches of a feed.

    Args:
        feed: the feed to run.
    """

    def __init__(self, feed: Any) -> None:
        self.feed = feed
        self.arrays: list[np.ndarray] | None = None
        self.parts: list[list[np.ndarray]] = []
        self.rows = 0
        if isinstance(feed, ArrayFeed) and _follow_rows(feed):
            batches = min(feed.batches, feed.steps or feed.batches)
            self.rows = min(feed.arrays.rows, batches * feed.batch_size)
            specs = feed.step.specs
            self.arrays = [np.empty((feed.arrays.rows, *shape[1:]), dtype) for shape, dtype in specs]
            feed.runner.collect(self.arrays)

    def take(self, first: int, last: int) -> dict[str, Any]:
        """Keep the outputs of the batches from `first` up to `last`; returns them as logs."""
        if self.arrays is None:
            batch = [output.numpy() for output in self.feed.outputs()]
            self.parts.append(batch)
        else:
            size = self.feed.batch_size
            batch = [array[first * size : last * size] for array in self.arrays]
        return {"outputs": tree.pack_sequence_as(self.feed.step.structure, self.feed.step.arrays(batch))}

    def result(self, batches: int) -> Any:
        """The outputs of the first `batches` batches."""
        if self.arrays is not None:
            rows = min(self.rows, batches * self.feed.batch_size)
            whole = [array if rows == len(array) else array[:rows].copy() for array in self.arrays]
        else:
            whole = [np.concatenate(parts) for parts in zip(*self.parts, strict=True)]
        return tree.pack_sequence_as(self.feed.step.structure, self.feed.step.arrays(whole))


def _follow_rows(feed: ArrayFeed) -> bool:
    """Whether every output has a row for each row of its batch."""
    sizes = ((feed.full_step, feed.batch_size), (feed.tail_step, feed.arrays.rows % feed.batch_size))
    return all(shape[:1] == (rows,) for step, rows in sizes if step is not None for shape, _ in step.specs)


def predict_all(feed: Any, callbacks: Any, stopped: Any, at_once: int) -> Any:
    """Run a feed of predict steps; returns the outputs of all batches, in the structure of the model's outputs."""
    collected = Collected(feed)
    # Outputs that do not follow the rows must be fetched after every batch.
    every = collected.arrays is None
    done = run_pass(feed, callbacks, "predict", stopped, collected.take, 1 if every else at_once, every)
    feed.finish()
    return collected.result(done)
