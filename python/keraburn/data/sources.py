"""Where data sets come from: arrays, generators, numbers, files, and other data sets."""

from __future__ import annotations

import builtins
import glob
import itertools
import random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from keraburn.data import elements, stages
from keraburn.data.elements import TensorSpec

if TYPE_CHECKING:
    from keraburn.data.dataset import Dataset


class Sources:
    """The constructors of data sets."""

    _make: Callable[[], Iterator[Any]]
    _cardinality: int
    _batching: int

    @classmethod
    def from_tensor_slices(cls, tensors: Any, name: str | None = None) -> Dataset:
        """The rows of arrays; the arrays are not copied.

        Args:
            tensors: an array, list, or a tuple or dict of them, all with equally many rows.
            name: not used.

        Raises:
            ValueError: if an array has no rows or their numbers differ.
        """
        arrays = elements.standardize(tensors)
        shapes = [np.shape(leaf) for leaf in elements.leaves(arrays)]
        if not shapes or any(not shape for shape in shapes):
            raise ValueError(f"`from_tensor_slices` needs arrays with rows. Received: arrays of shapes {shapes}")
        if len({shape[0] for shape in shapes}) > 1:
            raise ValueError(f"All arrays should have equally many rows. Received: arrays of shapes {shapes}")
        rows = shapes[0][0]
        return cls._of_rows(arrays, lambda: iter(builtins.range(rows)), rows)  # type: ignore[attr-defined]

    @classmethod
    def from_tensors(cls, tensors: Any, name: str | None = None) -> Dataset:
        """One element, which is all of `tensors`."""
        element = elements.standardize(tensors)
        return cls(lambda: iter((element,)), 1)  # type: ignore[call-arg, return-value]

    @classmethod
    def from_generator(
        cls,
        generator: Callable[..., Any],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = None,
        output_signature: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """What a generator yields; it is called anew for each iteration.

        Args:
            generator: a callable that gives something to iterate over.
            output_types: dtypes of the parts of an element, in its structure.
            output_shapes: their shapes, with None for what may differ.
            args: arguments of `generator`.
            output_signature: both in one, as `tf.TensorSpec`s.
            name: not used.

        Raises:
            TypeError: if `generator` cannot be called, or, while iterating, an element does not fit.
        """
        if not callable(generator):
            raise TypeError(
                "`generator` must be a Python callable, such as a generator function. "
                f"Received: generator={generator!r} (of type {type(generator).__name__})"
            )
        signature = output_signature
        if signature is None and output_types is not None:
            signature = _signature(output_types, output_shapes)

        def make() -> Iterator[Any]:
            for element in generator(*(args or ())):
                found = elements.standardize(tuple(element) if isinstance(signature, tuple) else element)
                yield found if signature is None else _fitted(found, signature)

        return cls(make)  # type: ignore[call-arg, return-value]

    @classmethod
    def range(cls, *args: int, **kwargs: Any) -> Dataset:
        """The integers `range(*args)`, as int64 unless an `output_type` is given."""
        numbers = builtins.range(*(int(arg) for arg in args))
        dtype = kwargs.get("output_type", "int64")
        array = np.arange(numbers.start, numbers.stop, numbers.step, dtype=dtype)
        return cls.from_tensor_slices(array)

    @classmethod
    def zip(cls, *args: Any, datasets: Any = None, name: str | None = None) -> Dataset:
        """Elements of several data sets side by side, as long as all of them have one.

        Args:
            *args: data sets, or one tuple or dict of them.
            datasets: such a tuple or dict.
            name: not used.

        Raises:
            TypeError: if something is no data set.
        """
        structure = datasets if datasets is not None else args[0] if len(args) == 1 else args
        flat = elements.leaves(structure)
        wrong = [part for part in flat if not isinstance(part, Sources)]
        if wrong or not flat:
            raise TypeError(f"`zip` takes data sets. Received: {wrong[0] if wrong else structure!r}")
        known = [part._cardinality for part in flat]
        finite = [size for size in known if size >= 0]
        # -2 stands for unknown, -1 for endless.
        size = -2 if -2 in known else min(finite) if finite else -1

        def make() -> Iterator[Any]:
            streams = [part._make() for part in flat]
            try:
                for parts in builtins.zip(*streams, strict=False):
                    remaining = iter(parts)
                    yield elements.map_leaves(lambda _, remaining=remaining: next(remaining), structure)
            finally:
                stages.close(streams)

        batching = max(part._batching for part in flat)
        turns = tuple(turns for part in flat for turns in part._turns)
        return cls(make, size, batching=batching, turns=turns)  # type: ignore[call-arg, return-value]

    @classmethod
    def list_files(
        cls, file_pattern: Any, shuffle: bool | None = None, seed: int | None = None, name: str | None = None
    ) -> Dataset:
        """The names of the files that match patterns, in random order unless `shuffle=False`.

        Raises:
            ValueError: if there is none.
        """
        patterns = [file_pattern] if isinstance(file_pattern, str) else [str(pattern) for pattern in file_pattern]
        found = sorted(itertools.chain.from_iterable(glob.glob(pattern) for pattern in patterns))
        if not found:
            raise ValueError(f"No files matched. Received: file_pattern={file_pattern!r}")
        files = cls.from_tensor_slices(np.array(found))
        return files if shuffle is False else files.shuffle(len(found), seed)

    @classmethod
    def sample_from_datasets(
        cls, datasets: Any, weights: Any = None, seed: int | None = None, stop_on_empty_dataset: bool = False
    ) -> Dataset:
        """Elements drawn at random from several data sets, until all are used up.

        Args:
            datasets: a list of data sets.
            weights: how likely each is drawn from; equally if None.
            seed: of the drawing; every iteration with a seed draws alike.
            stop_on_empty_dataset: whether the first one that is used up ends it.
        """

        def make() -> Iterator[Any]:
            rng = random.Random(seed)
            streams = [dataset._make() for dataset in datasets]
            likely = [1.0] * len(streams) if weights is None else [float(weight) for weight in weights]
            try:
                while streams:
                    place = rng.choices(builtins.range(len(streams)), likely)[0]
                    try:
                        yield next(streams[place])
                    except StopIteration:
                        if stop_on_empty_dataset:
                            return
                        del streams[place], likely[place]
            finally:
                stages.close(streams)

        batching = max(dataset._batching for dataset in datasets)
        turns = tuple(turns for dataset in datasets for turns in dataset._turns)
        return cls(make, batching=batching, turns=turns)  # type: ignore[call-arg, return-value]


def _signature(types: Any, shapes: Any) -> Any:
    if isinstance(types, dict):
        return {key: _signature(types[key], None if shapes is None else shapes[key]) for key in types}
    if isinstance(types, (tuple, list)):
        return tuple(_signature(item, None if shapes is None else shapes[i]) for i, item in enumerate(types))
    return TensorSpec(shapes, types)


def _fitted(element: Any, signature: Any) -> Any:
    """An element in the dtypes of a signature.

    Raises:
        TypeError: if its structure or a shape does not fit.
    """

    def fit(spec: Any, leaf: Any) -> Any:
        shape = np.shape(leaf)
        known = spec.shape
        if known is not None and (
            len(known) != len(shape) or any(d not in (None, -1, s) for d, s in builtins.zip(known, shape, strict=True))
        ):
            raise TypeError(f"The generator yielded an element of shape {shape} where {spec} was expected.")
        return leaf if spec.dtype == "string" else np.asarray(leaf).astype(spec.dtype)

    if isinstance(signature, (tuple, dict)) and (
        not isinstance(element, type(signature)) or len(element) != len(signature)
    ):
        raise TypeError(f"The generator yielded an element that does not fit {signature}. Received: {element!r}")
    return elements.map_leaves(fit, signature, element)
