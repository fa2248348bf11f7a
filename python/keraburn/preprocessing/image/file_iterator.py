"""FileIterator: what iterators over image files share."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn.preprocessing.image.iterator import Iterator, save_images, transformed
from keraburn.utils.images import img_to_array, load_img

_CHANNELS = {"rgba": 4, "rgb": 3, "grayscale": 1}


class FileIterator(Iterator):
    """Batches of images read from files, with targets made of classes or taken from a table.

    Subclasses set `class_mode` and `dtype` and give `filepaths`, `labels` and `sample_weight`; with classes, they set
    `classes` and `class_indices`.
    """

    allowed_class_modes: frozenset[str | None] = frozenset()
    class_mode: str | None
    classes: Any
    class_indices: dict[Any, int]
    dtype: Any

    def set_processing_attrs(
        self,
        image_data_generator: Any,
        target_size: Any,
        color_mode: str,
        data_format: str,
        save_to_dir: Any,
        save_prefix: str,
        save_format: str,
        subset: str | None,
        interpolation: str,
        keep_aspect_ratio: bool,
    ) -> None:
        """Keep what files are read with.

        Args:
            image_data_generator: what changes the images; None for none.
            target_size: height and width to resize to.
            color_mode: "grayscale", "rgb" or "rgba".
            interpolation: as `load_img` has it.
            keep_aspect_ratio: whether the middle of an image, in the wanted ratio, is taken instead of distorting it.

        The other arguments are those of `NumpyArrayIterator`.

        Raises:
            ValueError: if the colours or the subset are unknown.
        """
        if color_mode not in _CHANNELS:
            raise ValueError(f'Invalid color mode: {color_mode}; expected "rgb", "rgba", or "grayscale".')
        if subset not in ("training", "validation", None):
            raise ValueError(f'Invalid subset name: {subset};expected "training" or "validation"')
        self.image_data_generator = image_data_generator
        self.target_size = tuple(target_size)
        self.color_mode = color_mode
        self.data_format = data_format
        channels = (_CHANNELS[color_mode],)
        last = data_format == "channels_last"
        self.image_shape = (*self.target_size, *channels) if last else (*channels, *self.target_size)
        self.save_to_dir = save_to_dir
        self.save_prefix = save_prefix
        self.save_format = save_format
        self.subset = subset
        self.interpolation = interpolation
        self.keep_aspect_ratio = keep_aspect_ratio
        self.split: tuple[float, float] | None = None
        if subset is not None:
            held_out = image_data_generator._validation_split
            self.split = (0, held_out) if subset == "validation" else (held_out, 1)

    def check_class_mode(self) -> None:
        """Refuse unknown kinds of targets.

        Raises:
            ValueError: if `class_mode` is none of `allowed_class_modes`.
        """
        if self.class_mode not in self.allowed_class_modes:
            allowed = sorted(map(repr, self.allowed_class_modes))
            raise ValueError(f"Invalid class_mode: {self.class_mode}; expected one of: {', '.join(allowed)}")

    @property
    def filepaths(self) -> list[str]:
        """The path of each file."""
        raise NotImplementedError(f"`filepaths` has not been implemented in {type(self).__name__}.")

    @property
    def labels(self) -> Any:
        """The target of each file."""
        raise NotImplementedError(f"`labels` has not been implemented in {type(self).__name__}.")

    @property
    def sample_weight(self) -> Any:
        """The weight of each file, None without weights."""
        raise NotImplementedError(f"`sample_weight` has not been implemented in {type(self).__name__}.")

    def _image(self, path: str) -> np.ndarray:
        image = load_img(path, self.color_mode, self.target_size, self.interpolation, self.keep_aspect_ratio)
        x = img_to_array(image, data_format=self.data_format)
        return transformed(self.image_data_generator, x) if self.image_data_generator else x

    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        images = np.zeros((len(index_array), *self.image_shape), dtype=self.dtype)
        paths = self.filepaths
        for row, number in enumerate(index_array):
            images[row] = self._image(paths[number])
        if self.save_to_dir:
            save_images(self, images, index_array, 10**7)
        if self.class_mode is None:
            return images
        targets = self._targets_of(images, index_array)
        weights = self.sample_weight
        return (images, targets) if weights is None else (images, targets, weights[index_array])

    def _targets_of(self, images: np.ndarray, numbers: np.ndarray) -> Any:
        if self.class_mode == "input":
            return images.copy()
        if self.class_mode == "multi_output":
            return [output[numbers] for output in self.labels]
        if self.class_mode == "raw":
            return self.labels[numbers]
        classes = [self.classes[number] for number in numbers]
        if self.class_mode == "categorical":
            targets = np.zeros((len(numbers), len(self.class_indices)), dtype=self.dtype)
            for row, found in enumerate(classes):
                # One class, or a list of them.
                targets[row, found] = 1
            return targets
        return np.array(classes, dtype=self.dtype)
