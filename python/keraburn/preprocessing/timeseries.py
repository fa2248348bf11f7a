"""Windows of a series in time, as batches."""

from __future__ import annotations

import json
from typing import Any

import numpy as np


class TimeseriesGenerator:
    """Batches of windows of a series and the target that follows each: `data[i - length:i]` and `targets[i]`.

    Args:
        data: the series, one row for each point in time.
        targets: as many rows as `data`.
        length: how many points a window spans.
        sampling_rate: how far apart the points of a window are.
        stride: how far apart windows are.
        start_index: the first point used.
        end_index: the last point used; the last of all if None.
        shuffle: whether windows are drawn at random.
        reverse: whether the last point of a window comes first.
        batch_size: how many windows a batch has; the last one may have fewer.
        **kwargs: `workers`, `use_multiprocessing` and `max_queue_size`, without effect.

    Raises:
        ValueError: if the lengths differ or no window fits.
        TypeError: for an unknown argument.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> series = np.arange(6.0)
    >>> windows = keras.preprocessing.sequence.TimeseriesGenerator(series, series, length=2, batch_size=2)
    >>> len(windows)
    2
    >>> windows[0]
    (array([[0., 1.],
           [1., 2.]]), array([2., 3.]))
    """

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
        **kwargs: Any,
    ) -> None:
        unknown = set(kwargs) - {"workers", "use_multiprocessing", "max_queue_size"}
        if unknown:
            raise TypeError(f"Unrecognized keyword arguments: {sorted(unknown)}")
        if len(data) != len(targets):
            raise ValueError(
                f"Data and targets have to be of same length. Data length is {len(data)} while target length is "
                f"{len(targets)}"
            )
        self.data = data
        self.targets = targets
        self.length = length
        self.sampling_rate = sampling_rate
        self.stride = stride
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle = shuffle
        self.reverse = reverse
        self.batch_size = batch_size
        if self.start_index > self.end_index:
            raise ValueError(
                f"`start_index+length={self.start_index} > end_index={self.end_index}` is disallowed, as no part of "
                "the sequence would be left to be used as current step."
            )

    def __len__(self) -> int:
        step = self.batch_size * self.stride
        return (self.end_index - self.start_index + step) // step

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        if not 0 <= index < len(self):
            raise IndexError(f"There are {len(self)} batches. Received: index={index}")
        if self.shuffle:
            # The generator that users seed.
            rows = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)  # noqa: NPY002
        else:
            step = self.batch_size * self.stride
            first = self.start_index + step * index
            rows = np.arange(first, min(first + step, self.end_index + 1), self.stride)
        samples = np.array([self.data[row - self.length : row : self.sampling_rate] for row in rows])
        targets = np.array([self.targets[row] for row in rows])
        return (samples[:, ::-1] if self.reverse else samples), targets

    def get_config(self) -> dict[str, Any]:
        """The arguments; the data as JSON.

        Raises:
            TypeError: if the data cannot be written as JSON.
        """
        names = ("length", "sampling_rate", "stride", "start_index", "end_index", "shuffle", "reverse", "batch_size")
        config = {"data": _as_json("Data", self.data), "targets": _as_json("Targets", self.targets)}
        return {**config, **{name: getattr(self, name) for name in names}}

    def to_json(self, **kwargs: Any) -> str:
        """The generator as JSON.

        Args:
            **kwargs: for `json.dumps`.
        """
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def _as_json(what: str, values: Any) -> str:
    values = values.tolist() if isinstance(values, np.ndarray) else values
    try:
        return json.dumps(values)
    except TypeError as error:
        raise TypeError(f"{what} not JSON Serializable: {values}") from error
