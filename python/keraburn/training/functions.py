"""The functions that run batches of an iterator, for loops of one's own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from keraburn import tree
from keraburn.data.packing import unpack_x_y_sample_weight
from keraburn.training.compiling import Compiling
from keraburn.training.source import make_arrays

# Takes an iterator over batches, runs as many of them as `steps_per_execution` says.
BatchFunction = Callable[[Iterator[Any]], Any]


class Functions(Compiling):
    """The part of a model that hands out what runs its batches."""

    train_function: BatchFunction | None = None
    test_function: BatchFunction | None = None
    predict_function: BatchFunction | None = None

    def make_train_function(self, force: bool = False) -> BatchFunction:
        """A function that takes an iterator over batches, trains with `steps_per_execution` of them, and gives logs.

        It is kept as `train_function`, and made anew only with `force`.

        Example:

        >>> import numpy as np, keraburn as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])
        >>> model.compile("sgd", "mse")
        >>> model.make_train_function()(iter([(np.ones((4, 2)), np.zeros((4, 1)))]))
        {'loss': 4.0}
        """
        if self.train_function is None or force:
            self.__dict__["train_function"] = self._logging(self._make_train_step)
        assert self.train_function is not None
        return self.train_function

    def make_test_function(self, force: bool = False) -> BatchFunction:
        """As `make_train_function`, for evaluation; kept as `test_function`."""
        if self.test_function is None or force:
            self.__dict__["test_function"] = self._logging(self._make_test_step)
        assert self.test_function is not None
        return self.test_function

    def make_predict_function(self, force: bool = False) -> BatchFunction:
        """A function that takes an iterator over batches and gives the outputs of `steps_per_execution` of them."""
        if self.predict_function is None or force:

            def function(iterator: Iterator[Any]) -> Any:
                found = [step.run(leaves) for step, leaves in self._taken(iterator, self._make_predict_step)]
                return found[0] if len(found) == 1 else tree.map_structure(lambda *parts: np.concatenate(parts), *found)

            self.__dict__["predict_function"] = function
        assert self.predict_function is not None
        return self.predict_function

    def _logging(self, make: Callable[[Any], Any]) -> BatchFunction:
        def function(iterator: Iterator[Any]) -> dict[str, Any]:
            logs: dict[str, Any] = {}
            for step, leaves in self._taken(iterator, make):
                logs = step.logs(step.step.run(leaves))
            return logs

        return function

    def _taken(self, iterator: Iterator[Any], make: Callable[[Any], Any]) -> Iterator[tuple[Any, list[np.ndarray]]]:
        """The steps and the inputs of the next batches.

        Raises:
            StopIteration: if there is none.
        """
        return (self._ready(batch, make) for batch in _next_ones(iterator, self.steps_per_execution))

    def _ready(self, batch: Any, make: Callable[[Any], Any]) -> tuple[Any, list[np.ndarray]]:
        arrays = make_arrays(self, *unpack_x_y_sample_weight(batch))
        return make(arrays.specs(arrays.rows)), arrays.tensors_ready()


def _next_ones(iterator: Iterator[Any], count: int) -> list[Any]:
    """The next `count` items, fewer at the end.

    Raises:
        StopIteration: if there is none.
    """
    return [next(iterator), *itertools.islice(iterator, count - 1)]
