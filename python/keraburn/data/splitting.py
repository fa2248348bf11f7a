"""Two data sets of one: the left part and the right part."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np

from keraburn.data import elements
from keraburn.data.dataset import Dataset


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Dataset, Dataset]:
    """Split the samples of a data set that fits into memory, for instance to train and to test with.

    Args:
        dataset: an array, a list or tuple of arrays with equally many rows, a `Dataset`, or a map-style PyTorch data
            set. Of a batched `Dataset` the samples are split, and both parts are batched in its way.
        left_size: samples of the left part as a number, or as a fraction from 0 to 1; what the right part leaves if
            None.
        right_size: likewise for the right part, which is taken from the end.
        shuffle: whether the samples are put in random order first.
        seed: of that order.
        preferred_backend: kept for Keras's signature; both parts are `Dataset`s.

    Raises:
        TypeError: if `dataset` is none of these.
        ValueError: if both sizes are None, one is out of range, or they do not fit the data.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> left, right = keras.utils.split_dataset(np.arange(10), left_size=0.8)
    >>> len(left), len(right)
    (8, 2)
    """
    if left_size is None and right_size is None:
        raise ValueError(
            "At least one of the `left_size` or `right_size` must be specified. "
            f"Received: left_size={left_size} and right_size={right_size}"
        )
    samples, batch_size = _samples(dataset)
    total = len(np.asarray(elements.leaves(samples)[0]))
    left, right = _sizes(left_size, right_size, total)
    order = np.arange(total)
    if shuffle:
        numbers = order.tolist()
        random.Random(random.randrange(10**6) if seed is None else seed).shuffle(numbers)
        order = np.array(numbers)

    def part(rows: np.ndarray) -> Dataset:
        chosen = Dataset.from_tensor_slices(elements.map_leaves(lambda array: array[rows], samples))
        return chosen if batch_size is None else chosen.batch(batch_size)

    return part(order[:left]), part(order[total - right :])


def _samples(dataset: Any) -> tuple[Any, int | None]:
    """The samples as arrays of rows, and the rows of a batch where the data set has batches."""
    if isinstance(dataset, np.ndarray):
        return dataset, None
    if isinstance(dataset, (list, tuple)):
        if not dataset:
            raise ValueError("Received an empty list dataset. Please provide a non-empty list of arrays.")
        for index, array in enumerate(dataset):
            if not isinstance(array, np.ndarray):
                raise ValueError(
                    f"Expected a {type(dataset).__name__} of `numpy.ndarray` objects. "
                    f"Received: {type(array)} at index {index}."
                )
            if len(array) != len(dataset[0]):
                raise ValueError(
                    f"Received a {type(dataset).__name__} of NumPy arrays with different lengths. Mismatch found at "
                    f"index {index}, Expected shape={dataset[0].shape} Received shape={array.shape}. Please provide "
                    "arrays of the same length."
                )
        return tuple(dataset), None
    if isinstance(dataset, Dataset):
        batch_size = None
        source = dataset
        if dataset.has_batches:
            first = next(dataset.as_numpy_iterator(), None)
            batch_size = None if first is None else len(elements.leaves(first)[0])
            source = dataset.unbatch()
        return _stacked(source.as_numpy_iterator(), dataset), batch_size
    if hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__") and not isinstance(dataset, (str, dict)):
        items = (elements.standardize(dataset[index]) for index in range(len(dataset)))
        return _stacked(items, dataset), None
    raise TypeError(
        "The `dataset` argument must be an array, a list or tuple of arrays, or a data set. "
        f"Received: dataset={dataset!r} of type {type(dataset)}"
    )


def _stacked(items: Any, dataset: Any) -> Any:
    first = next(items, None)
    if first is None:
        raise ValueError(f"Received an empty dataset. Received: dataset={dataset!r}")
    return elements.stack(list(itertools.chain((first,), items)))


def _sizes(left: float | None, right: float | None, total: int) -> tuple[int, int]:
    """Both sizes as numbers of samples.

    Raises:
        ValueError: if they do not fit the data.
        TypeError: if one is no number.
    """
    for name, size in (("left_size", left), ("right_size", right)):
        if size is None:
            continue
        if isinstance(size, bool) or not isinstance(size, (int, float)):
            raise TypeError(
                f"Invalid `{name}` Type. Expected: int or float or None, Received: {name}={size!r} of type {type(size)}"
            )
        if (isinstance(size, int) and not 0 < size < total) or (isinstance(size, float) and not 0 < size < 1):
            raise ValueError(
                f"`{name}` should be a positive integer below the number of samples, {total}, or a fraction between 0 "
                f"and 1. Received: {name}={size}"
            )
    one, other = (round(size * total) if isinstance(size, float) else size for size in (left, right))
    one = total - (other or 0) if one is None else one
    other = total - one if other is None else other
    if one + other > total:
        raise ValueError(
            "The sum of `left_size` and `right_size` should be at most the number of samples. "
            f"Received: left_size={left} and right_size={right}, total length {total}"
        )
    if one < 1 or other < 1:
        raise ValueError(
            f"With `dataset` of length={total}, `left_size`={left} and `right_size`={right}, one part would be empty. "
            "Adjust any of the aforementioned parameters."
        )
    return one, other
