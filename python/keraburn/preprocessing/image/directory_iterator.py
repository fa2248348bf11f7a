"""DirectoryIterator: batches of the images in folders, a folder for each class."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from keraburn import config
from keraburn.preprocessing.image.file_iterator import FileIterator
from keraburn.utils.console import print_message
from keraburn.utils.directories import files_below


class DirectoryIterator(FileIterator):
    """Batches of the images in folders; `ImageDataGenerator.flow_from_directory` makes such iterators.

    Args:
        directory: a folder with a folder of images for each class.
        classes: the folders in the order of their numbers; all in alphabetical order if None.
        class_mode: the targets: "categorical" (one-hot), "binary" or "sparse" (numbers), "input" (the images), or None.
        follow_links: whether links to folders are followed.
        subset: "training" or "validation", the first part of each class; all images if None.

    The other arguments are those of `set_processing_attrs` and of `NumpyArrayIterator`.

    Raises:
        ValueError: if an argument is unknown.
    """

    allowed_class_modes = frozenset({"categorical", "binary", "sparse", "input", None})

    def __init__(
        self,
        directory: Any,
        image_data_generator: Any,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = None,
    ) -> None:
        self.set_processing_attrs(
            image_data_generator,
            target_size,
            color_mode,
            config.image_data_format() if data_format is None else data_format,
            save_to_dir,
            save_prefix,
            save_format,
            subset,
            interpolation,
            keep_aspect_ratio,
        )
        self.directory = directory
        self.class_mode = class_mode
        self.check_class_mode()
        self.dtype = config.floatx() if dtype is None else dtype
        names = list(classes or ())
        if not names:
            names = sorted(name for name in os.listdir(directory) if os.path.isdir(os.path.join(directory, name)))
        self.num_classes = len(names)
        self.class_indices = {name: number for number, name in enumerate(names)}
        found = [self._files_of(name, follow_links) for name in names]
        self.filenames = [name for part in found for name in part]
        self.samples = len(self.filenames)
        self.classes = np.repeat(np.arange(len(names), dtype="int32"), [len(part) for part in found])
        print_message(f"Found {self.samples} images belonging to {self.num_classes} classes.")
        self._filepaths = [os.path.join(directory, name) for name in self.filenames]
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _files_of(self, name: str, follow_links: bool) -> list[str]:
        """The images of a class, as paths in the directory."""
        paths = files_below(os.path.join(self.directory, name), self.white_list_formats, follow_links)
        if any(path.lower().endswith(".tiff") for path in paths):
            warnings.warn(
                'Using ".tiff" files with multiple bands will cause distortion. Please verify your output.',
                stacklevel=3,
            )
        if self.split is not None:
            paths = paths[int(self.split[0] * len(paths)) : int(self.split[1] * len(paths))]
        return [os.path.relpath(path, self.directory) for path in paths]

    @property
    def filepaths(self) -> list[str]:
        return self._filepaths

    @property
    def labels(self) -> Any:
        return self.classes

    @property
    def sample_weight(self) -> Any:
        return None
