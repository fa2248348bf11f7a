"""DataFrameIterator: batches of the images that a table names."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from keraburn.preprocessing.image.file_iterator import FileIterator
from keraburn.utils.console import print_message

_WITHOUT_CLASSES = ("input", "multi_output", "raw", None)


def _column(table: Any, name: Any) -> list[Any]:
    """The values of a column of a table of pandas or polars, or of a dict of lists.

    Raises:
        ValueError: if there is none of that name.
    """
    names = list(table.keys()) if hasattr(table, "keys") else list(table.columns)
    if name not in names:
        raise ValueError(f"The table has no column {name!r}. Received: a table with the columns {names}")
    column = table[name]
    return column.to_list() if hasattr(column, "to_list") else list(column)


class DataFrameIterator(FileIterator):
    """Batches of the images that a table names; `ImageDataGenerator.flow_from_dataframe` makes such iterators.

    Args:
        dataframe: a table of pandas or polars, or a dict of lists.
        directory: the folder of the files; None if the table has whole paths.
        x_col: the column of file names.
        y_col: the column of targets, or a list of columns.
        weight_col: the column of weights; None without weights.
        classes: the classes in the order of their numbers, others are left out; all in alphabetical order if None.
        class_mode: the targets: "categorical" (one-hot; a row may have a list of classes), "binary" or "sparse"
            (numbers), "raw" (what is in the table), "multi_output" (a list of arrays, one for each column), "input"
            (the images), or None.
        subset: "training" or "validation", which is the first part of the table; all rows if None.
        validate_filenames: whether rows whose files do not exist, or are no images by their names, are left out.

    The other arguments are those of `set_processing_attrs` and of `NumpyArrayIterator`.

    Raises:
        TypeError: if a column holds what `class_mode` cannot be made of.
        ValueError: if an argument is unknown, or a column is missing.
    """

    allowed_class_modes = frozenset({"binary", "categorical", "input", "multi_output", "raw", "sparse", None})

    def __init__(
        self,
        dataframe: Any,
        directory: Any = None,
        image_data_generator: Any = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str = "channels_last",
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = "float32",
        validate_filenames: bool = True,
    ) -> None:
        self.set_processing_attrs(
            image_data_generator,
            target_size,
            color_mode,
            data_format,
            save_to_dir,
            save_prefix,
            save_format,
            subset,
            interpolation,
            keep_aspect_ratio,
        )
        self.directory = directory or ""
        self.class_mode = class_mode
        self.dtype = dtype
        self.check_class_mode()
        names = _column(dataframe, x_col)
        if not all(isinstance(name, str) for name in names):
            raise TypeError(f"All values in column x_col={x_col} must be strings.")
        labelled = class_mode not in _WITHOUT_CLASSES
        labels = _column(dataframe, y_col) if labelled else [None] * len(names)
        if labelled:
            self._check_labels(labels, y_col, classes)
        elif classes:
            warnings.warn(f'`classes` will be ignored given the class_mode="{class_mode}"', stacklevel=3)
        targets, weights = self._other_columns(dataframe, y_col, weight_col)

        rows = np.arange(len(names))
        if validate_filenames:
            rows = np.array([row for row in rows if self._is_image(names[row])], dtype=int)
            if len(rows) < len(names):
                warnings.warn(
                    f'Found {len(names) - len(rows)} invalid image filename(s) in x_col="{x_col}". '
                    "These filename(s) will be ignored.",
                    stacklevel=3,
                )
        if labelled:
            labels, chosen = _chosen_classes([labels[row] for row in rows], classes)
            self.class_indices = {name: number for number, name in enumerate(chosen)}
            kept = [place for place, label in enumerate(labels) if label is not None]
            rows, labels = rows[kept], [labels[place] for place in kept]
        if self.split is not None:
            part = slice(int(self.split[0] * len(rows)), int(self.split[1] * len(rows)))
            rows, labels = rows[part], labels[part]
        if labelled:
            self.classes = [
                [self.class_indices[each] for each in label]
                if isinstance(label, (list, tuple))
                else self.class_indices[label]
                for label in labels
            ]
        self.filenames = [names[row] for row in rows]
        self.samples = len(self.filenames)
        self._targets = (
            [target[rows] for target in targets]
            if class_mode == "multi_output"
            else (targets[rows] if class_mode == "raw" else None)
        )
        self._sample_weight = None if weights is None else weights[rows]
        kinds = f" belonging to {len(self.class_indices)} classes" if labelled else ""
        validated = "validated" if validate_filenames else "non-validated"
        print_message(f"Found {self.samples} {validated} image filenames{kinds}.")
        self._filepaths = [os.path.join(self.directory, name) for name in self.filenames]
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _is_image(self, name: str) -> bool:
        return name.lower().endswith(self.white_list_formats) and os.path.isfile(os.path.join(self.directory, name))

    def _check_labels(self, labels: list[Any], y_col: Any, classes: Any) -> None:
        mode = self.class_mode
        if mode == "categorical":
            if not all(isinstance(label, (str, list, tuple)) for label in labels):
                raise TypeError(
                    f'If class_mode="{mode}", y_col="{y_col}" column values must be type string, list or tuple.'
                )
            return
        if not all(isinstance(label, str) for label in labels):
            raise TypeError(f'If class_mode="{mode}", y_col="{y_col}" column values must be strings.')
        if mode == "binary" and classes and len(set(classes)) != 2:
            raise ValueError(
                f'If class_mode="binary" there must be 2 classes. {len(set(classes))} class/es were given.'
            )
        if mode == "binary" and not classes and len(set(labels)) != 2:
            raise ValueError(f'If class_mode="binary" there must be 2 classes. Found {len(set(labels))} classes.')

    def _other_columns(self, table: Any, y_col: Any, weight_col: str | None) -> tuple[Any, np.ndarray | None]:
        """The targets that are taken as they are, and the weights."""
        targets: Any = None
        if self.class_mode == "multi_output":
            if not isinstance(y_col, list):
                raise TypeError(f'If class_mode="multi_output", y_col must be a list. Received {type(y_col).__name__}.')
            targets = [np.array(_column(table, name)) for name in y_col]
        elif self.class_mode == "raw":
            several = isinstance(y_col, list)
            columns = [np.array(_column(table, name)) for name in (y_col if several else [y_col])]
            targets = np.stack(columns, axis=1) if several else columns[0]
        weights = None if not weight_col else np.array(_column(table, weight_col))
        if weights is not None and weights.dtype.kind not in "iufc":
            raise TypeError(f"Column weight_col={weight_col} must be numeric.")
        return targets, weights

    @property
    def filepaths(self) -> list[str]:
        return self._filepaths

    @property
    def labels(self) -> Any:
        return self._targets if self.class_mode in ("multi_output", "raw") else self.classes

    @property
    def sample_weight(self) -> Any:
        return self._sample_weight


def _chosen_classes(labels: list[Any], classes: Any) -> tuple[list[Any], list[Any]]:
    """The labels with only the classes asked for, None where nothing remains, and the classes in order."""
    if not classes:
        every = {name for label in labels for name in (label if isinstance(label, (list, tuple)) else [label])}
        return labels, sorted(every)
    chosen = list(dict.fromkeys(classes))

    def kept(label: Any) -> Any:
        if isinstance(label, (list, tuple)):
            return [name for name in label if name in chosen] or None
        return label if label in chosen else None

    return [kept(label) for label in labels], chosen
