"""The stages of data sets as iterators over elements."""

from __future__ import annotations

import itertools
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from keraburn.data.elements import leaves, map_leaves, stack
from keraburn.data.workers import in_order

AUTOTUNE = -1
# A function that takes longer is worth handing to threads.
_WORTH_A_THREAD = 1e-3
_TRIED = 4


def run(make: Callable[[], Iterator[Any]], stage: Callable[[Callable[[], Iterator[Any]]], Iterator[Any]]) -> Any:
    """The items of a stage. What it reads from ends with it, also where an error's traceback would keep that alive."""
    opened: list[Iterator[Any]] = []

    def source() -> Iterator[Any]:
        opened[:] = [make()]
        return opened[0]

    try:
        yield from stage(source)
    finally:
        close(opened)


def close(iterators: Iterable[Iterator[Any]]) -> None:
    """End iterators that can be ended, and the threads that run for them."""
    for iterator in iterators:
        if hasattr(iterator, "close"):
            iterator.close()


def mapped(function: Callable[[Any], Any], items: Iterator[Any], parallel: int | None) -> Iterator[Any]:
    """`function` of each item, in order, by `parallel` threads; AUTOTUNE looks at how long the first calls take."""
    if parallel is None or parallel == 1:
        yield from map(function, items)
        return
    if parallel == AUTOTUNE:
        taken = []
        for item in itertools.islice(items, _TRIED):
            begun = time.perf_counter()
            result = function(item)
            taken.append(time.perf_counter() - begun)
            yield result
        # The quickest: the first call may have set things up.
        if not taken or min(taken) < _WORTH_A_THREAD:
            yield from map(function, items)
            return
        parallel = os.cpu_count() or 1
    yield from in_order(function, items, parallel, 2 * parallel)


_END = object()


def prefetched(items: Iterator[Any], count: int) -> Iterator[Any]:
    """The items, up to `count` of them taken ahead of time by a thread."""
    results = in_order(lambda _: next(items, _END), itertools.repeat(None), 1, 2 if count == AUTOTUNE else count)
    try:
        for item in results:
            if item is _END:
                return
            yield item
    finally:
        # The thread ends before what it reads from.
        results.close()  # type: ignore[attr-defined]


class Turns:
    """How often a stage was begun: every time it may take another order."""

    def __init__(self) -> None:
        self.begun = 0

    def next(self) -> int:
        """The number of this time, from 0."""
        self.begun += 1
        return self.begun - 1


def shuffled(items: Iterator[Any], buffer: int, rng: np.random.Generator) -> Iterator[Any]:
    """The items in a random order: each is drawn from a buffer of the next `buffer` ones."""
    held = list(itertools.islice(items, buffer))
    for item in items:
        place = int(rng.integers(len(held)))
        drawn, held[place] = held[place], item
        yield drawn
    yield from (held[place] for place in rng.permutation(len(held)))


def batched(items: Iterator[Any], size: int, drop: bool, join: Callable[[list[Any]], Any] = stack) -> Iterator[Any]:
    """Groups of `size` items, joined; a last, smaller one unless it is dropped."""
    while group := list(itertools.islice(items, size)):
        if drop and len(group) < size:
            return
        yield join(group)


def unbatched(items: Iterator[Any]) -> Iterator[Any]:
    """The rows of each item.

    Raises:
        ValueError: if an item has no rows, or its parts differ in their number.
    """
    for item in items:
        parts = leaves(item)
        shapes = [np.shape(part) for part in parts]
        if any(not shape for shape in shapes) or len({shape[0] for shape in shapes}) != 1:
            raise ValueError(f"`unbatch` needs parts with equally many rows. Received: elements of shapes {shapes}")
        for row in range(shapes[0][0]):
            yield map_leaves(lambda part, row=row: part[row], item)


def windows(items: Iterator[Any], size: int, shift: int, stride: int, drop: bool) -> Iterator[list[Any]]:
    """Lists of `size` items that are `stride` apart, each list beginning `shift` items after the one before."""
    span = (size - 1) * stride + 1
    held: deque[Any] = deque()
    while True:
        held.extend(itertools.islice(items, span - len(held)))
        if not held or (drop and len(held) < span):
            return
        yield list(held)[::stride][:size]
        for _ in range(min(shift, len(held))):
            held.popleft()
        # A shift may be longer than the window.
        for _ in itertools.islice(items, max(shift - span, 0)):
            pass


def interleaved(streams: Iterator[Iterator[Any]], cycle: int, block: int) -> Iterator[Any]:
    """Up to `block` items of each of `cycle` streams in turn; where one has ended the next begins, a turn later."""
    slots: list[Iterator[Any] | None] = [None] * cycle
    ended = False
    while True:
        for place in range(cycle):
            if slots[place] is None and not ended:
                slots[place] = next(streams, None)
                ended = slots[place] is None
            stream = slots[place]
            if stream is None:
                continue
            for _ in range(block):
                item = next(stream, _END)
                if item is _END:
                    slots[place] = None
                    break
                yield item
        if ended and not any(slots):
            return


def padded(items: list[Any], shapes: Any, values: Any) -> Any:
    """A batch of items, each part filled up to a shape, or to the largest one among them where it is None.

    Raises:
        ValueError: if a part is larger than its shape.
    """

    def pad(shape: Any, value: Any, *parts: Any) -> np.ndarray:
        largest = tuple(np.max([np.shape(part) for part in parts], axis=0)) if np.shape(parts[0]) else ()
        wanted = (
            largest
            if shape is None
            else tuple(m if d in (None, -1) else d for d, m in zip(shape, largest, strict=True))
        )
        if any(have > want for have, want in zip(largest, wanted, strict=True)):
            raise ValueError(f"`padded_shapes` are too small. Received: padded_shapes={shape} for shape {largest}")
        dtype = np.asarray(parts[0]).dtype
        filler = ("" if dtype.kind in "OSU" else 0) if value is None else value
        batch = np.full((len(parts), *wanted), filler, object if dtype.kind in "OSU" else dtype)
        for row, part in enumerate(parts):
            place: tuple[Any, ...] = (row, *(slice(length) for length in np.shape(part)))
            batch[place] = part
        return batch

    first = items[0]
    return _with_settings(pad, first, shapes, values, items)


def _with_settings(pad: Callable[..., Any], first: Any, shapes: Any, values: Any, items: list[Any]) -> Any:
    """`pad` at each leaf, with the shape and value that stand at its place; one value may serve all."""
    if isinstance(first, (tuple, dict)):
        keys: Iterable[Any] = first if isinstance(first, dict) else range(len(first))
        parts = {
            key: _with_settings(
                pad,
                first[key],
                shapes[key] if isinstance(shapes, type(first)) else None,
                values[key] if isinstance(values, type(first)) else values,
                [item[key] for item in items],
            )
            for key in keys
        }
        return parts if isinstance(first, dict) else tuple(parts.values())
    return pad(shapes, values, *items)
