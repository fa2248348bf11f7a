"""PyDataset: batches by index, written in Python, which workers can make ahead of time."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any


class PyDataset:
    """The base class of data sets that make whole batches by index.

    Subclasses write `__getitem__`, which gives batch `index` as `(x,)`, `(x, y)` or `(x, y, sample_weight)`, and
    `__len__`, the number of batches, or the property `num_batches`, which is None for endless data. They may write
    `on_epoch_begin` and `on_epoch_end`, each called once for every epoch.

    Args:
        workers: threads or processes that make batches ahead of time. With one thread or none, batches are made when
            they are needed.
        use_multiprocessing: whether the workers are processes. They are started in the way that Python's
            `multiprocessing` is set to. Where that is not by forking, the data set must be picklable and the script's
            own work stand under `if __name__ == "__main__":`; a data set that is not is served by threads, with a
            warning. Each process has random numbers of its own, and runs operations on one thread.
        max_queue_size: batches that may be made before they are needed.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> class Squares(keras.utils.PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, index):
    ...         x = np.arange(4.0)[:, None] + index
    ...         return x, x**2
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("adam", "mse")
    >>> history = model.fit(Squares(workers=2), epochs=2, verbose=0)
    >>> history.params["steps"]
    3
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self._workers = workers
        self._use_multiprocessing = use_multiprocessing
        self._max_queue_size = max_queue_size

    def _setting(self, name: str, default: Any) -> Any:
        if name not in self.__dict__:
            warnings.warn(
                "Your `PyDataset` class should call `super().__init__(**kwargs)` in its constructor. `**kwargs` can "
                "include `workers`, `use_multiprocessing`, `max_queue_size`. Do not pass these arguments to `fit()`, "
                "as they will be ignored.",
                stacklevel=3,
            )
            PyDataset.__init__(self)
        return self.__dict__.get(name, default)

    @property
    def workers(self) -> int:
        return self._setting("_workers", 1)

    @workers.setter
    def workers(self, value: int) -> None:
        self._workers = value

    @property
    def use_multiprocessing(self) -> bool:
        return self._setting("_use_multiprocessing", False)

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = value

    @property
    def max_queue_size(self) -> int:
        return self._setting("_max_queue_size", 10)

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        self._max_queue_size = value

    def __getitem__(self, index: int) -> Any:
        """Batch `index`."""
        raise NotImplementedError(
            f"The data set class {type(self).__name__} should implement `__getitem__(self, index)`."
        )

    def __iter__(self) -> Iterator[Any]:
        count = self.num_batches
        return (self[index] for index in (itertools.count() if count is None else range(count)))

    @property
    def num_batches(self) -> int | None:
        """How many batches there are, None for endless data."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(
            "You need to implement the `num_batches` property:\n\n@property\ndef num_batches(self):\n  return ..."
        )

    def on_epoch_begin(self) -> None:
        """Called before the first batch of every epoch."""

    def on_epoch_end(self) -> None:
        """Called after the last batch of every epoch."""
