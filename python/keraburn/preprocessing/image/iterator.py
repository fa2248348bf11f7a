"""Iterator: batches of images, by index or one after the other without end."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator as Iteration
from typing import Any

import numpy as np

from keraburn.data.py_dataset import PyDataset
from keraburn.preprocessing.image import draws
from keraburn.utils.images import array_to_img


class Iterator(PyDataset):
    """The base class of iterators over images: a `PyDataset` that `fit` takes, and that `next` goes through endlessly.

    Subclasses write `_get_batches_of_transformed_samples`. With a seed, batches have the same random numbers whatever
    the number of threads that make them; with processes, passes after the first have other orders.

    Args:
        n: images that there are.
        batch_size: images of a batch.
        shuffle: whether each pass has an order of its own.
        seed: of the orders and of the changes to images; numpy's own generator is used if None.
        **kwargs: `workers`, `use_multiprocessing` and `max_queue_size` of a `PyDataset`; they can be set later too.
    """

    white_list_formats = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = n
        self.batch_size = batch_size
        self.seed = seed
        self.shuffle = shuffle
        self.batch_index = 0
        self.total_batches_seen = 0
        self.lock = threading.Lock()
        self.index_array: np.ndarray | None = None
        self.index_generator = self._flow_index()
        # What the batch of `index_generator` draws from.
        self._next_source: Any = np.random
        # Passes by index that have ended, how often a batch was asked for in this one, and what its last one drew from.
        self._passes = 0
        self._asked: dict[int, int] = {}
        self._last: tuple[int, Any] = (-1, None)

    def __getstate__(self) -> dict[str, Any]:
        """What worker processes are given."""
        return {key: value for key, value in vars(self).items() if key not in ("lock", "index_generator", *_SOURCES)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, lock=threading.Lock(), _next_source=np.random, _last=(-1, None))
        self.index_generator = self._flow_index()

    def _source(self, number: int) -> Any:
        return draws.seeded(None if self.seed is None else self.seed + number)

    def _set_index_array(self) -> None:
        self.index_array = draws.current().permutation(self.n) if self.shuffle else np.arange(self.n)

    def __len__(self) -> int:
        return (self.n + self.batch_size - 1) // self.batch_size

    def __getitem__(self, idx: int) -> Any:
        """Batch `idx` of this pass.

        Raises:
            ValueError: if there are not so many.
        """
        if not 0 <= idx < len(self):
            raise ValueError(f"Asked to retrieve element {idx}, but the Sequence has length {len(self)}")
        with self.lock:
            if self.index_array is None:
                with draws.drawing_from(self._source(0)):
                    self._set_index_array()
            number = (self._passes + self._asked.get(idx, 0)) * len(self) + idx
            self._asked[idx] = self._asked.get(idx, 0) + 1
            self.total_batches_seen += 1
            source = self._source(number)
            if number == 0 and self.seed is not None and self.shuffle:
                # The first batch's numbers follow those of the order.
                source.permutation(self.n)
            if number > self._last[0]:
                self._last = (number, source)
            assert self.index_array is not None
            numbers = self.index_array[self.batch_size * idx : self.batch_size * (idx + 1)]
        with draws.drawing_from(source):
            return self._get_batches_of_transformed_samples(numbers)

    def on_epoch_end(self) -> None:
        """Choose the order of the next pass."""
        self._passes += 1
        self._asked.clear()
        source = self._last[1] or self._source(self._passes * len(self) - 1)
        with draws.drawing_from(source):
            self._set_index_array()

    def reset(self) -> None:
        """Let `next` begin with the first batch."""
        self.batch_index = 0

    def _flow_index(self) -> Iteration[np.ndarray]:
        """The numbers of the images of each batch, without end."""
        self.reset()
        while True:
            self._next_source = self._source(self.total_batches_seen)
            if self.batch_index == 0:
                with draws.drawing_from(self._next_source):
                    self._set_index_array()
            first = (self.batch_index * self.batch_size) % self.n if self.n else 0
            self.batch_index = self.batch_index + 1 if self.n > first + self.batch_size else 0
            self.total_batches_seen += 1
            assert self.index_array is not None
            yield self.index_array[first : first + self.batch_size]

    def __iter__(self) -> Iteration[Any]:
        return self

    def __next__(self) -> Any:
        with self.lock:
            numbers, source = next(self.index_generator), self._next_source
        with draws.drawing_from(source):
            return self._get_batches_of_transformed_samples(numbers)

    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        """The batch of the images with some numbers."""
        raise NotImplementedError(
            f"The class {type(self).__name__} should implement `_get_batches_of_transformed_samples`."
        )


_SOURCES = ("_next_source", "_last")


def transformed(generator: Any, x: np.ndarray) -> np.ndarray:
    """An image as an `ImageDataGenerator` changes it."""
    return generator.standardize(generator.apply_transform(x, generator.get_random_transform(x.shape)))


def save_images(iterator: Any, images: np.ndarray, numbers: np.ndarray, highest: int) -> None:
    """Write the images of a batch where the iterator is asked to, each with its number and a random one."""
    for image, number in zip(images, numbers, strict=True):
        name = f"{iterator.save_prefix}_{number}_{draws.current().randint(highest)}.{iterator.save_format}"
        picture = array_to_img(image, iterator.data_format, scale=True)
        picture.save(os.path.join(iterator.save_to_dir, name))
