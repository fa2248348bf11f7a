"""Files in folders, a folder for each class, as data sets of what is read from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from keraburn.data.dataset import Dataset
from keraburn.data.stages import AUTOTUNE
from keraburn.random import make_default_seed
from keraburn.utils.directories import check_split, index_directory, part_of
from keraburn.utils.numbers import to_categorical


class Kind(NamedTuple):
    """What the files of a data set hold, as errors call it."""

    file: str
    samples: str
    found: str
    formats: tuple[str, ...]


class Labels(NamedTuple):
    """Which labels files have, as users say it."""

    labels: Any
    mode: str | None
    class_names: Any


class Split(NamedTuple):
    """In which order files come, and which of them."""

    shuffle: bool
    seed: int | None
    validation_split: float | None
    subset: str | None


def checked_labels(labels: Any, label_mode: str | None, class_names: Any, kind: Kind) -> Labels:
    """The labels that are wanted.

    Raises:
        ValueError: if the arguments do not go together.
    """
    if labels not in ("inferred", None):
        if not isinstance(labels, (list, tuple)):
            raise ValueError(
                f"`labels` argument should be a list/tuple of integer labels, of the same size as the number of "
                f"{kind.file} files in the target directory. If you wish to infer the labels from the subdirectory "
                'names in the target directory, pass `labels="inferred"`. If you wish to get a dataset that only '
                f"contains {kind.samples} (no labels), pass `labels=None`. Received: labels={labels}"
            )
        if class_names:
            raise ValueError(
                'You can only pass `class_names` if `labels="inferred"`. '
                f"Received: labels={labels}, and class_names={class_names}"
            )
    if label_mode not in ("int", "categorical", "binary", None):
        raise ValueError(
            '`label_mode` argument must be one of "int", "categorical", "binary", or None. '
            f"Received: label_mode={label_mode}"
        )
    if labels is None or label_mode is None:
        labels = label_mode = None
    return Labels(labels, label_mode, class_names)


def check_format(format: str) -> None:
    """Refuse what Keras has no data sets of.

    Raises:
        ValueError: if it is neither of the two.
    """
    if format not in ("tf", "grain"):
        raise ValueError(f'`format` should be either "tf" or "grain". Received: format={format}')


def dataset_of_files(
    read: Callable[..., Any],
    kind: Kind,
    directory: Any,
    wanted: Labels,
    split: Split,
    batch_size: int | None,
    follow_links: bool,
    verbose: bool,
    parallel: bool = False,
    keep: Callable[..., Any] | None = None,
) -> Any:
    """A data set of what `read` makes of each file, and its label; a list of two with the subset "both".

    Args:
        read: from a path, and perhaps a label, to an element.
        kind: what the files hold.
        directory: where they are.
        wanted: their labels.
        split: their order and division.
        batch_size: elements of a batch; single ones if None.
        follow_links: whether links to folders are followed.
        verbose: whether to print how many files there are.
        parallel: whether files are read by several threads, and batches made ahead of time.
        keep: which elements are kept; all if None.

    Raises:
        ValueError: if arguments do not go together, or there is no file.
    """
    check_split(split.validation_split, split.subset, split.shuffle, split.seed)
    seed = make_default_seed() if split.seed is None else split.seed
    paths, labels, names = index_directory(
        directory, wanted.labels, kind.formats, wanted.class_names, split.shuffle, seed, follow_links, verbose
    )
    if wanted.mode == "binary" and len(names or ()) != 2:
        raise ValueError(
            f'When passing `label_mode="binary"`, there must be exactly 2 class_names. Received: class_names={names}'
        )
    if labels is not None:
        labels = _encoded(labels, wanted.mode, len(names or ()))
    both = split.subset == "both"
    made = []
    for part in ["training", "validation"] if both else [split.subset]:
        chosen, of_them = (paths, labels) if part is None else part_of(paths, labels, split.validation_split, part)
        if not chosen:
            found = f"{part} {kind.found}" if both else kind.found
            raise ValueError(f"No {found} found in directory {directory}. Allowed formats: {', '.join(kind.formats)}")
        files = np.array(chosen, dtype=object)
        data = Dataset.from_tensor_slices(files if of_them is None else (files, of_them))
        if split.shuffle and not (both and part == "validation"):
            data = data.shuffle(1024 if batch_size is None else batch_size * 8, seed=seed)
        data = data.map(read, num_parallel_calls=AUTOTUNE if parallel else None)
        data = data if keep is None else data.filter(keep)
        data = data if batch_size is None else data.batch(batch_size)
        data = data.prefetch(AUTOTUNE) if parallel else data
        # Attributes that only such data sets have.
        vars(data).update(class_names=names, file_paths=chosen)
        made.append(data)
    return made if both else made[0]


def _encoded(labels: np.ndarray, label_mode: str | None, classes: int) -> np.ndarray:
    """Labels as `label_mode` wants them."""
    if label_mode == "binary":
        return labels.astype("float32")[:, None]
    return to_categorical(labels, classes).astype("float32") if label_mode == "categorical" else labels.astype("int32")
