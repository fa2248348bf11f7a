"""Where the random numbers of images come from: numpy's own generator, or one that an iterator made for a batch."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

# A thread that makes a batch draws for it alone, so that batches do not depend on which of them is made first.
_thread = threading.local()


def current() -> Any:
    """What this thread draws from: it has the methods of `numpy.random`."""
    return getattr(_thread, "source", np.random)


def seeded(seed: int | None) -> Any:
    """A new source with the numbers that `numpy.random.seed(seed)` leads to; numpy's own if `seed` is None."""
    return np.random if seed is None else np.random.RandomState(seed)


@contextmanager
def drawing_from(source: Any) -> Iterator[None]:
    """Let this thread draw from `source`."""
    before = current()
    _thread.source = source
    try:
        yield
    finally:
        _thread.source = before
