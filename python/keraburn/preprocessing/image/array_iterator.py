"""NumpyArrayIterator: batches of the images of an array."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from keraburn import config
from keraburn.preprocessing.image.iterator import Iterator, save_images, transformed


class NumpyArrayIterator(Iterator):
    """Batches of the images of an array, changed by an `ImageDataGenerator`, whose `flow` makes such iterators.

    Args:
        x: images of four dimensions; or such images and other arrays, which come along as they are.
        y: targets.
        image_data_generator: what changes the images.
        batch_size: images of a batch.
        shuffle: whether each pass has an order of its own.
        sample_weight: weights.
        seed: of the orders and changes.
        data_format: `"channels_last"` or `"channels_first"`; the setting if None.
        save_to_dir: a folder to write the changed images to.
        save_prefix: what their names begin with.
        save_format: what their names end with.
        subset: "training" or "validation", which is the first part; all images if None.
        ignore_class_split: whether the two parts may hold different classes.
        dtype: of the images; `config.floatx()` if None.

    Raises:
        ValueError: if the arrays do not fit each other, or hold no images.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: Any,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        ignore_class_split: bool = False,
        dtype: Any = None,
    ) -> None:
        data_format = config.image_data_format() if data_format is None else data_format
        self.dtype = config.floatx() if dtype is None else dtype
        others: list[np.ndarray] = []
        if isinstance(x, (tuple, list)):
            others = [np.asarray(other) for other in (x[1] if isinstance(x[1], list) else [x[1]])]
            x = x[0]
        for other in others:
            if len(x) != len(other):
                raise ValueError(
                    "All of the arrays in `x` should have the same length. "
                    f"Found a pair with: len(x[0]) = {len(x)}, len(x[?]) = {len(other)}"
                )
        x = np.asarray(x, dtype=self.dtype)
        y = None if y is None else np.asarray(y)
        weights = None if sample_weight is None else np.asarray(sample_weight)
        for name, text, part in (("y", "`y` (labels)", y), ("sample_weight", "`sample_weight`", weights)):
            if part is not None and len(x) != len(part):
                raise ValueError(
                    f"`x` (images tensor) and {text} should have the same length. "
                    f"Found: x.shape = {x.shape}, {name}.shape = {part.shape}"
                )
        if subset is not None:
            rows = _rows_of(subset, len(x), image_data_generator, None if ignore_class_split else y)
            x, others = x[rows], [other[rows] for other in others]
            y, weights = (None if part is None else part[rows] for part in (y, weights))
        if x.ndim != 4:
            raise ValueError(
                f"Input data in `NumpyArrayIterator` should have rank 4. You passed an array with shape {x.shape}"
            )
        axis = 3 if data_format == "channels_last" else 1
        if x.shape[axis] not in (1, 3, 4):
            warnings.warn(
                f'NumpyArrayIterator is set to use the data format convention "{data_format}" (channels on axis '
                f"{axis}), i.e. expected either 1, 3, or 4 channels on axis {axis}. However, it was passed an array "
                f"with shape {x.shape} ({x.shape[axis]} channels).",
                stacklevel=3,
            )
        self.x, self.y, self.sample_weight = x, y, weights
        self.x_misc = others
        self.image_data_generator = image_data_generator
        self.data_format = data_format
        self.save_to_dir = save_to_dir
        self.save_prefix = save_prefix
        self.save_format = save_format
        super().__init__(len(x), batch_size, shuffle, seed)

    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        images = np.zeros((len(index_array), *self.x.shape[1:]), dtype=self.dtype)
        for row, number in enumerate(index_array):
            images[row] = transformed(self.image_data_generator, self.x[number].astype(self.dtype))
        if self.save_to_dir:
            save_images(self, images, index_array, 10**4)
        x = [images, *(other[index_array] for other in self.x_misc)] if self.x_misc else images
        if self.y is None:
            return x
        batch = (x, self.y[index_array])
        return batch if self.sample_weight is None else (*batch, self.sample_weight[index_array])


def _rows_of(subset: str, count: int, generator: Any, y: np.ndarray | None) -> slice:
    """The rows of a part; the classes of both parts have to be the same unless `y` is None."""
    if subset not in ("training", "validation"):
        raise ValueError(f'Invalid subset name: {subset}; expected "training" or "validation".')
    end = int(count * generator._validation_split)
    if y is not None and not np.array_equal(np.unique(y[:end]), np.unique(y[end:])):
        raise ValueError(
            "Training and validation subsets have different number of classes after the split. If your numpy arrays "
            "are sorted by the label, you might want to shuffle them. "
            f"Received: {len(np.unique(y[:end]))} and {len(np.unique(y[end:]))} different labels"
        )
    return slice(0, end) if subset == "validation" else slice(end, None)
