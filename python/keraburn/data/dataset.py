"""Dataset: a pipeline of elements, lazy and re-iterable, with the methods of `tf.data.Dataset`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from keraburn import trace
from keraburn.data import elements, stages
from keraburn.data.sources import Sources
from keraburn.data.stages import AUTOTUNE
from keraburn.random import make_default_seed
from keraburn.tensor import NeedsValueError

INFINITE = -1
UNKNOWN = -2
# What elements are: single samples, batches of one size, batches of which the last may be smaller.
SINGLE, EVEN, UNEVEN = range(3)


class Cardinality(int):
    """A number of elements: -1 for endless, -2 for unknown."""

    def numpy(self) -> np.int64:
        """The number as numpy's."""
        return np.int64(self)


def _whole(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or value.__index__() < least:
        raise ValueError(f"`{name}` should be an integer of at least {least}. Received: {name}={value!r}")
    return value.__index__()


class Dataset(Sources):
    """Elements that are made when they are asked for: single samples, batches, tuples and dicts of arrays.

    Made by `from_tensor_slices`, `from_tensors`, `from_generator`, `range`, `zip` and `list_files`. Every method gives
    a new data set; nothing is computed before it is iterated over, and every iteration starts anew. Users see tensors
    (strings as numpy arrays); models are fed without making any.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> data = keras.data.Dataset.from_tensor_slices((np.arange(5.0), np.arange(5)))
    >>> data = data.map(lambda x, y: (2 * x, y)).batch(2)
    >>> for x, y in data.as_numpy_iterator():
    ...     print(x, y)
    [0. 2.] [0 1]
    [4. 6.] [2 3]
    [8.] [4]
    """

    def __init__(
        self,
        make: Callable[[], Iterator[Any]],
        cardinality: int = UNKNOWN,
        arrays: Any = None,
        order: Callable[[], Iterator[int]] | None = None,
        batching: int = SINGLE,
        turns: tuple[stages.Turns, ...] = (),
    ) -> None:
        self._make = make
        # Those of its stages, and of the data sets it is made from, that differ from one iteration to the next.
        self._turns = turns
        self._cardinality = cardinality
        # Where elements are rows of arrays, those arrays, and the order of the rows.
        self._arrays = arrays
        self._order = order
        self._batching = batching

    @classmethod
    def _of_rows(
        cls, arrays: Any, order: Callable[[], Iterator[int]], cardinality: int, turns: tuple[stages.Turns, ...] = ()
    ) -> Dataset:
        def make() -> Iterator[Any]:
            return (elements.map_leaves(lambda array, row=row: array[row], arrays) for row in order())

        return cls(make, cardinality, arrays, order, turns=turns)

    # Looking at it.

    def __iter__(self) -> Iterator[Any]:
        if trace.current() is not None:
            # The elements of one tracing would be constants of all runs.
            raise NeedsValueError(
                "A loop over a data set cannot be part of a compiled function; compile what it does for an element. "
                f"Received: {self!r}"
            )
        return map(elements.show, self._make())

    def as_numpy_iterator(self) -> Iterator[Any]:
        """The elements with numpy arrays in place of tensors."""
        return iter(self._make())

    def cardinality(self) -> Cardinality:
        """The number of elements: -1 if endless, -2 if not known."""
        return Cardinality(self._cardinality)

    def __len__(self) -> int:
        if self._cardinality < 0:
            raise TypeError(f"The dataset {'is infinite' if self._cardinality == INFINITE else 'length is unknown'}.")
        return self._cardinality

    def __bool__(self) -> bool:
        return True

    @property
    def has_batches(self) -> bool:
        """Whether elements are batches rather than single samples."""
        return self._batching != SINGLE

    @property
    def element_spec(self) -> Any:
        """The shapes and dtypes of an element, as the first one has them."""
        first = next(self._make(), None)
        if first is None:
            raise ValueError("An empty data set has no `element_spec`. Received: a data set without elements")
        return elements.map_leaves(lambda leaf: elements.spec_of(leaf, self._batching == UNEVEN), first)

    def __repr__(self) -> str:
        return f"<keraburn.Dataset of {self._cardinality if self._cardinality >= 0 else '?'} elements>"

    # Choosing and ordering elements.

    def _chosen(
        self,
        stage: Callable[[Callable[[], Iterator[Any]]], Iterator[Any]],
        cardinality: int,
        turns: tuple[stages.Turns, ...] = (),
    ) -> Dataset:
        """The elements that `stage` chooses, given what makes an iterator; rows are chosen by their numbers alone."""
        if self._order is not None:
            order = self._order
            return self._of_rows(self._arrays, lambda: stage(order), cardinality, (*self._turns, *turns))
        turns = (*self._turns, *turns)
        return Dataset(lambda: stages.run(self._make, stage), cardinality, batching=self._batching, turns=turns)

    def shuffle(
        self,
        buffer_size: int,
        seed: int | None = None,
        reshuffle_each_iteration: bool | None = True,
        name: str | None = None,
    ) -> Dataset:
        """The elements in random order.

        Args:
            buffer_size: elements among which each is drawn; with all of them the order is uniformly random.
            seed: of the order.
            reshuffle_each_iteration: whether every iteration has an order of its own.
            name: not used.
        """
        buffer_size = _whole("buffer_size", buffer_size, 1)
        first = make_default_seed() if seed is None else int(seed)
        turns = stages.Turns()

        def stage(make: Callable[[], Iterator[Any]]) -> Iterator[Any]:
            turn = 0 if reshuffle_each_iteration is False else turns.next()
            return stages.shuffled(make(), buffer_size, np.random.default_rng((abs(first), turn)))

        return self._chosen(stage, self._cardinality, (turns,))

    def take(self, count: int, name: str | None = None) -> Dataset:
        """The first `count` elements; all for -1."""
        if count < 0:
            return self
        known = self._cardinality
        size = known if known == UNKNOWN else count if known == INFINITE else min(count, known)
        return self._chosen(lambda make: itertools.islice(make(), count), size)

    def skip(self, count: int, name: str | None = None) -> Dataset:
        """The elements after the first `count`; none for -1."""
        known = self._cardinality
        if count < 0:
            return self.take(0)
        size = known if known < 0 else max(known - count, 0)
        return self._chosen(lambda make: itertools.islice(make(), count, None), size)

    def repeat(self, count: int | None = None, name: str | None = None) -> Dataset:
        """The elements `count` times over; without end for None or -1."""
        endless = count is None or count < 0

        def stage(make: Callable[[], Iterator[Any]]) -> Iterator[Any]:
            for _ in itertools.count() if endless else range(count or 0):
                empty = True
                for element in make():
                    empty = False
                    yield element
                if empty:
                    return

        known = self._cardinality
        size = INFINITE if endless and known else known if known < 0 else known * (0 if endless else count or 0)
        return self._chosen(stage, size)

    def shard(self, num_shards: int, index: int, name: str | None = None) -> Dataset:
        """Every `num_shards`-th element, from the one at `index` on."""
        num_shards = _whole("num_shards", num_shards, 1)
        if not 0 <= index < num_shards:
            raise ValueError(f"`index` should be at least 0 and below {num_shards}. Received: index={index}")
        size = self._cardinality if self._cardinality < 0 else len(range(index, self._cardinality, num_shards))
        return self._chosen(lambda make: itertools.islice(make(), index, None, num_shards), size)

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements for which `predicate` is true."""
        return self._then(lambda items: (item for item in items if bool(elements.call(predicate, item))), UNKNOWN)

    # Making other elements.

    def _then(
        self,
        stage: Callable[[Iterator[Any]], Iterator[Any]],
        cardinality: int,
        batching: int | None = None,
        turns: tuple[stages.Turns, ...] = (),
    ) -> Dataset:
        kept = self._batching if batching is None else batching

        def make() -> Iterator[Any]:
            return stages.run(self._make, lambda source: stage(source()))

        return Dataset(make, cardinality, batching=kept, turns=(*self._turns, *turns))

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """`map_func` of every element, in order.

        Args:
            map_func: takes an element, the parts of a tuple as separate arguments; gives an array, or a tuple or dict
                of arrays. It is called in Python for each element, so map batches rather than single rows.
            num_parallel_calls: threads that call it; AUTOTUNE uses threads if calls take long.
            deterministic: not used; the order is always kept.
            name: not used.
        """
        return self._then(
            lambda items: stages.mapped(lambda item: elements.call(map_func, item), items, num_parallel_calls),
            self._cardinality,
        )

    def batch(
        self,
        batch_size: int,
        drop_remainder: bool = False,
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Batches of `batch_size` elements; a last, smaller one unless `drop_remainder`.

        Raises:
            ValueError: while iterating, if the shapes of elements differ.
        """
        size = _whole("batch_size", batch_size, 1)
        known = self._cardinality
        count = known if known < 0 else known // size if drop_remainder else math.ceil(known / size)
        if self._order is None:
            return self._then(
                lambda items: stages.batched(items, size, drop_remainder),
                count,
                batching=EVEN if drop_remainder else UNEVEN,
            )
        arrays, order = self._arrays, self._order

        def rows(numbers: list[int]) -> Any:
            return elements.map_leaves(lambda array: array[numbers], arrays)

        return Dataset(
            lambda: stages.batched(order(), size, drop_remainder, rows),
            count,
            batching=EVEN if drop_remainder else UNEVEN,
            turns=self._turns,
        )

    def padded_batch(
        self,
        batch_size: int,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """Batches of elements that are filled up to one shape.

        Args:
            batch_size: elements of a batch.
            padded_shapes: the shapes to fill up to, in the structure of an element; None, as a shape or within one,
                for the largest of the batch.
            padding_values: what to fill with, one value or one for each part; zeros, or empty strings, if None.
            drop_remainder: whether a last, smaller batch is left out.
            name: not used.
        """
        size = _whole("batch_size", batch_size, 1)
        known = self._cardinality
        count = known if known < 0 else known // size if drop_remainder else math.ceil(known / size)

        def join(items: list[Any]) -> Any:
            return stages.padded(items, padded_shapes, padding_values)

        return self._then(
            lambda items: stages.batched(items, size, drop_remainder, join),
            count,
            batching=EVEN if drop_remainder else UNEVEN,
        )

    def unbatch(self, name: str | None = None) -> Dataset:
        """The rows of every element."""
        return self._then(stages.unbatched, UNKNOWN, batching=SINGLE)

    def enumerate(self, start: int = 0, name: str | None = None) -> Dataset:
        """Every element with its number, counted from `start`."""
        return self._then(lambda items: ((np.int64(i), item) for i, item in enumerate(items, start)), self._cardinality)

    def window(
        self, size: int, shift: int | None = None, stride: int = 1, drop_remainder: bool = False, name: Any = None
    ) -> Dataset:
        """Data sets of `size` elements each; of tuples and dicts, a data set for each part.

        Args:
            size: elements of a window.
            shift: elements from the beginning of one window to that of the next; `size` if None.
            stride: elements from one of a window to the next.
            drop_remainder: whether smaller windows at the end are left out.
            name: not used.
        """
        size, stride = _whole("size", size, 1), _whole("stride", stride, 1)
        shift = _whole("shift", size if shift is None else shift, 1)

        def part(*items: Any) -> Dataset:
            return Dataset(lambda: iter(items), len(items))

        return self._then(
            lambda items: (
                elements.map_leaves(part, *window)
                for window in stages.windows(items, size, shift, stride, drop_remainder)
            ),
            UNKNOWN,
            batching=SINGLE,
        )

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements of the data sets that `map_func` makes of each element, one after the other."""
        return self._then(lambda items: itertools.chain.from_iterable(_streams(map_func, items)), UNKNOWN, SINGLE)

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: int | None = None,
        block_length: int = 1,
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """The elements of the data sets that `map_func` makes of each element, some of them in turn.

        Args:
            map_func: makes a data set of an element.
            cycle_length: how many data sets are read in turn; 4 if None.
            block_length: elements taken of each.
            num_parallel_calls: not used; reading is in order, by one thread.
            deterministic: not used.
            name: not used.
        """
        cycle = 4 if cycle_length in (None, AUTOTUNE) else _whole("cycle_length", cycle_length, 1)
        return self._then(
            lambda items: stages.interleaved(_streams(map_func, items), cycle, block_length), UNKNOWN, SINGLE
        )

    # Around it.

    def prefetch(self, buffer_size: int, name: str | None = None) -> Dataset:
        """The same elements, up to `buffer_size` of them made ahead of time by a thread."""
        if buffer_size == 0:
            return self
        count = buffer_size if buffer_size == AUTOTUNE else _whole("buffer_size", buffer_size, 1)
        return self._then(lambda items: stages.prefetched(items, count), self._cardinality)

    def cache(self, filename: str = "", name: str | None = None) -> Dataset:
        """The same elements, kept in memory from the first complete iteration on.

        Raises:
            ValueError: if a file is named.
        """
        if filename:
            raise ValueError(f"`cache` keeps elements in memory, not in files. Received: filename={filename!r}")
        kept: list[Any] = []

        def stage(items: Iterator[Any]) -> Iterator[Any]:
            if kept:
                yield from kept
                return
            met = []
            for item in items:
                met.append(item)
                yield item
            kept[:] = met

        return self if self._order is not None else self._then(stage, self._cardinality)

    def concatenate(self, dataset: Dataset, name: str | None = None) -> Dataset:
        """The elements of this data set, then those of another."""
        known = (self._cardinality, dataset._cardinality)
        size = INFINITE if INFINITE in known else UNKNOWN if UNKNOWN in known else sum(known)

        def stage(items: Iterator[Any]) -> Iterator[Any]:
            yield from items
            yield from stages.run(dataset._make, lambda source: source())

        return self._then(
            stage,
            size,
            max(self._batching, dataset._batching),
            dataset._turns,
        )

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any], name: str | None = None) -> Any:
        """What `reduce_func(state, element)` gives last, having taken all elements one after the other."""
        state = elements.show(elements.standardize(initial_state))
        for element in self:
            state = reduce_func(state, element)
        return elements.show(elements.standardize(state))

    def apply(self, transformation_func: Callable[[Dataset], Dataset]) -> Dataset:
        """`transformation_func` of this data set."""
        return transformation_func(self)

    def get_single_element(self, name: str | None = None) -> Any:
        """The only element.

        Raises:
            ValueError: if there are none or several.
        """
        found = list(itertools.islice(self, 2))
        if len(found) != 1:
            raise ValueError(f"The data set should have one element. Received: {'several' if found else 'none'}")
        return found[0]


def _streams(function: Callable[..., Any], items: Iterator[Any]) -> Iterator[Iterator[Any]]:
    """The iterators of the data sets that `function` makes of each item."""
    for item in items:
        made = elements.call(function, item)
        if not isinstance(made, Dataset):
            raise TypeError(f"`map_func` should return a data set. Received: {made!r} (of type {type(made).__name__})")
        yield made._make()
