"""What gives batches one by one: generators, PyDatasets, data sets, PyTorch's loaders, and rows that Python gathers."""

from __future__ import annotations

import itertools
import random
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from keraburn.data.arrays import is_array_like
from keraburn.data.dataset import Dataset
from keraburn.data.py_dataset import PyDataset
from keraburn.data.workers import in_order
from keraburn.training.data import Arrays

_ONE_OF = "either (input,) or (inputs, targets) or (inputs, targets, sample_weights)"


class Batches:
    """Passes over batches.

    Args:
        source: where they come from.
    """

    # What messages call it.
    kind = "data set"
    # Whether a pass can begin with the first batch again.
    restarts = True
    # Whether a pass can begin with any batch at no cost.
    by_index = False
    # Why an order of ours is not possible, in the words of a warning; None if it is.
    shuffled_by: str | None = None
    weighs_classes = True

    def __init__(self, source: Any) -> None:
        self.source = source
        if not hasattr(source, "__iter__") and not hasattr(source, "__next__"):
            self.by_index = True

    @property
    def length(self) -> int | None:
        """Batches of a pass, None if not known."""
        try:
            return len(self.source)
        except TypeError:
            return None

    def start(self, seed: int | None, first: int) -> Iterator[Any]:
        """Begin a pass with the batch of index `first`, in the order that `seed` gives."""
        source = self.source
        if not hasattr(source, "__iter__"):
            return (source[index] for index in range(first, len(source)))
        return itertools.islice(iter(source), first, None)

    @property
    def turns(self) -> list[int] | None:
        """What the order of the next pass depends on, None if not known."""
        return None

    @turns.setter
    def turns(self, turns: list[int]) -> None:
        raise NotImplementedError

    def epoch_begins(self) -> None:
        """Called before the first batch of an epoch."""

    def epoch_ends(self) -> None:
        """Called after the last batch of an epoch."""

    def standard(self, batch: Any) -> Any:
        """A batch in a form that can be unpacked.

        Raises:
            ValueError: if it has another form.
        """
        return batch


class Generated(Batches):
    """The batches of a generator, of which there is one pass only."""

    kind = "generator"
    restarts = False
    shuffled_by = "a generator. The generator is expected to yield already-shuffled data."
    weighs_classes = False
    length = None

    def start(self, seed: int | None, first: int) -> Iterator[Any]:
        return itertools.islice(self.source, first, None) if first else self.source

    def standard(self, batch: Any) -> Any:
        if not isinstance(batch, tuple):
            raise ValueError(
                f"When passing a Python generator to a Keras model, the generator must return a tuple, {_ONE_OF}. "
                f"Received: {batch!r:.200} (of type {type(batch).__name__})"
            )
        return batch


class Indexed(Batches):
    """The batches of a PyDataset."""

    kind = "PyDataset"
    by_index = True

    def __init__(self, source: PyDataset) -> None:
        super().__init__(source)
        if source.num_batches is None:
            self.shuffled_by = "an infinite PyDataset. The PyDataset is expected to already be shuffled."

    @property
    def length(self) -> int | None:
        return self.source.num_batches

    def start(self, seed: int | None, first: int) -> Iterator[Any]:
        count = self.source.num_batches
        order: Any = itertools.count() if count is None else range(count)
        if seed is not None and count is not None:
            order = random.Random(seed).sample(order, count)
        source, indices = self.source, itertools.islice(order, first, None)
        if source.workers > 1 or (source.workers > 0 and source.use_multiprocessing):
            return in_order(
                source.__getitem__, indices, source.workers, source.max_queue_size, source.use_multiprocessing
            )
        return (source[index] for index in indices)

    def epoch_begins(self) -> None:
        self.source.on_epoch_begin()

    def epoch_ends(self) -> None:
        self.source.on_epoch_end()

    def standard(self, batch: Any) -> Any:
        if isinstance(batch, dict):
            return batch
        if is_array_like(batch):
            return (batch,)
        if not isinstance(batch, (tuple, list)) or len(batch) not in (1, 2, 3):
            raise ValueError(
                "PyDataset.__getitem__() must return a tuple or a dict. If a tuple, it must be ordered "
                f"{_ONE_OF}. Received: {str(batch)[:100]}... of type {type(batch)}"
            )
        return tuple(batch)


class Piped(Batches):
    """The elements of a data set."""

    kind = "tf.data.Dataset"
    shuffled_by = "a tf.data.Dataset. The Dataset is expected to already be shuffled (via `.shuffle(buffer_size)`)."

    def start(self, seed: int | None, first: int) -> Iterator[Any]:
        return (self.source.skip(first) if first else self.source).as_numpy_iterator()

    @property
    def turns(self) -> list[int] | None:
        return [turns.begun for turns in self.source._turns] if isinstance(self.source, Dataset) else None

    @turns.setter
    def turns(self, turns: list[int]) -> None:
        for each, begun in zip(self.source._turns, turns, strict=True):
            each.begun = begun


class Loaded(Batches):
    """The batches of a PyTorch DataLoader."""

    kind = "torch DataLoader"
    shuffled_by = "a torch DataLoader. The DataLoader is expected to already be shuffled."
    weighs_classes = False


class Gathered(Batches):
    """Rows of arrays, gathered in Python: sparse ones, and those of models that run eagerly.

    Args:
        arrays: the data.
        batch_size: rows of a whole batch.
        within: whether a new order keeps every row in its batch.
    """

    kind = "arrays"
    by_index = True

    def __init__(self, arrays: Arrays, batch_size: int, within: bool = False) -> None:
        super().__init__(arrays)
        self.batch_size = batch_size
        self.within = within

    @property
    def length(self) -> int:
        return -(-self.source.rows // self.batch_size)

    def start(self, seed: int | None, first: int) -> Iterator[Any]:
        rows, size = self.source.rows, self.batch_size
        chosen: Iterator[Any] = (slice(start, min(start + size, rows)) for start in range(0, rows, size))
        if seed is not None:
            rng = np.random.default_rng(seed)
            order = None if self.within else rng.permutation(rows)
            chosen = (
                span.start + rng.permutation(span.stop - span.start) if order is None else order[span]
                for span in chosen
            )
        return map(self.source.batch, itertools.islice(chosen, first, None))


def is_batches(x: Any) -> bool:
    """Whether `x` gives batches one by one, rather than being arrays."""
    if isinstance(x, (np.ndarray, list, tuple, dict, str, bytes, range)) or is_array_like(x):
        return False
    if hasattr(x, "to_numpy"):
        return False
    return hasattr(x, "__iter__") or hasattr(x, "__next__") or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


def _is_of(x: Any, package: str, *names: str) -> bool:
    """Whether `x` is of a class of another library, which need not be loaded."""
    return any(base.__name__ in names and package in str(base.__module__) for base in type(x).__mro__)


def as_batches(x: Any) -> Batches:
    """What gives the batches of `x`."""
    if isinstance(x, PyDataset):
        return Indexed(x)
    if isinstance(x, Dataset) or _is_of(x, "tensorflow.python.", "DatasetV2"):
        return Piped(x)
    if _is_of(x, "torch.utils.data", "DataLoader"):
        return Loaded(x)
    return Generated(x) if hasattr(x, "__next__") else Batches(x)


def check_with_batches(
    batches: Batches, y: Any, sample_weight: Any, class_weight: Any = None, shuffle: Any = False
) -> None:
    """Refuse what batches must hold themselves, and warn of an order that cannot be given to them.

    Raises:
        ValueError: if `y` or weights came beside batches that should hold them.
    """
    kind = batches.kind
    for name, what, value in (("y", "the targets", y), ("sample_weights", "the sample weights", sample_weight)):
        if value is not None:
            raise ValueError(
                f"When providing `x` as a {kind}, `{name}` should not be passed. Instead, {what} should be included as "
                f"part of the {kind}. Received: {name} of type {type(value).__name__}"
            )
    if class_weight is not None and not batches.weighs_classes:
        raise ValueError(
            f"Argument `class_weight` is not supported for {kind} inputs. Received: class_weight={class_weight}"
        )
    if shuffle and batches.shuffled_by is not None:
        warnings.warn(
            f"`shuffle=True` was passed, but will be ignored since the data `x` was provided as {batches.shuffled_by}",
            stacklevel=4,
        )
