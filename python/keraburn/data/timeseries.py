"""Windows of a series in time as a data set."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn.data.arrays import to_numpy
from keraburn.data.dataset import SINGLE, UNEVEN, Dataset
from keraburn.data.stages import Turns
from keraburn.random import make_default_seed


def _check_below(name: str, value: int, length: int) -> None:
    if value <= 0:
        raise ValueError(f"`{name}` must be higher than 0. Received: {name}={value}")
    if value >= length:
        raise ValueError(
            f"`{name}` must be lower than the length of the data. Received: {name}={value}, for data of length {length}"
        )


def _check_ends(start: int | None, end: int | None, length: int) -> None:
    if start and start < 0:
        raise ValueError(f"`start_index` must be 0 or greater. Received: start_index={start}")
    if start and start >= length:
        raise ValueError(
            "`start_index` must be lower than the length of the data. "
            f"Received: start_index={start}, for data of length {length}"
        )
    if end and start and end <= start:
        raise ValueError(
            f"`end_index` must be higher than `start_index`. Received: start_index={start}, and end_index={end}"
        )
    if end and end >= length:
        raise ValueError(
            "`end_index` must be lower than the length of the data. "
            f"Received: end_index={end}, for data of length {length}"
        )
    if end and end <= 0:
        raise ValueError(f"`end_index` must be higher than 0. Received: end_index={end}")


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Dataset:
    """Windows of a series and what belongs to each: `data[i : i + length * rate : rate]` and `targets[i]`.

    The series is kept once; a batch of windows is gathered when it is asked for.

    Args:
        data: array whose first dimension is time.
        targets: array with the target of the window that begins at each point; None for windows alone.
        sequence_length: points of a window.
        sequence_stride: points from the beginning of a window to that of the next.
        sampling_rate: points from one of a window to the next.
        batch_size: windows of a batch; None for single windows.
        shuffle: whether the windows come in random order, a new one for each iteration.
        seed: of the order.
        start_index: points before it are not used.
        end_index: points from it on are not used.
        format: "tf"; "grain" gives the same, as both are data sets of ours.

    Raises:
        ValueError: if a number is out of range, or no window fits.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> series = np.arange(6)
    >>> windows = keras.utils.timeseries_dataset_from_array(series[:-2], series[2:], sequence_length=2, batch_size=2)
    >>> next(windows.as_numpy_iterator())
    (array([[0, 1],
           [1, 2]]), array([2, 3]))
    """
    series = to_numpy(data, "data")
    _check_ends(start_index, end_index, len(series))
    _check_below("sampling_rate", sampling_rate, len(series))
    _check_below("sequence_stride", sequence_stride, len(series))
    if format not in ("tf", "grain"):
        raise ValueError(f'`format` should be either "tf" or "grain". Received: format={format}')
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"`batch_size` must be at least 1, or None. Received: batch_size={batch_size}")
    first = start_index or 0
    series = series[first : end_index or len(series)]
    answers = None if targets is None else to_numpy(targets, "targets")[first:]
    count = len(series) - (sequence_length - 1) * sampling_rate
    if answers is not None:
        count = min(count, len(answers))
    starts = np.arange(0, max(count, 0), sequence_stride)
    if sequence_length < 1 or not len(starts):
        raise ValueError(
            f"No window of {sequence_length} points with a rate of {sampling_rate} fits into {len(series)} points. "
            f"Received: sequence_length={sequence_length}, sampling_rate={sampling_rate}"
        )
    offsets = np.arange(0, sequence_length * sampling_rate, sampling_rate)
    orders = Turns()
    if shuffle and seed is None:
        seed = make_default_seed()

    def windows() -> Any:
        order = starts
        if shuffle:
            order = np.random.default_rng((abs(seed or 0), orders.next())).permutation(starts)
        size = batch_size or 1
        for place in range(0, len(order), size):
            chosen = order[place : place + size]
            if batch_size is None:
                chosen = chosen[0]
            found = series[chosen[..., None] + offsets]
            yield found if answers is None else (found, answers[chosen])

    batching = SINGLE if batch_size is None else UNEVEN
    return Dataset(windows, -(-len(starts) // (batch_size or 1)), batching=batching, turns=(orders,))
