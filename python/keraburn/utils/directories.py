"""Files in folders, a folder for each class, as data sets are made of them."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from keraburn.random import make_default_seed
from keraburn.utils.console import print_message


def check_split(validation_split: float | None, subset: str | None, shuffle: bool, seed: int | None) -> None:
    """Refuse arguments of a division into training and validation that do not go together.

    Raises:
        ValueError: if they do not.
    """
    if validation_split and not 0 < validation_split < 1:
        raise ValueError(f"`validation_split` must be between 0 and 1, received: {validation_split}")
    if (validation_split or subset) and not (validation_split and subset):
        raise ValueError("If `subset` is set, `validation_split` must be set, and inversely.")
    if subset not in ("training", "validation", "both", None):
        raise ValueError(f'`subset` must be either "training", "validation" or "both", received: {subset}')
    if validation_split and shuffle and seed is None:
        raise ValueError(
            "If using `validation_split` and shuffling the data, you must provide a `seed` argument, to make sure that "
            "there is no overlap between the training and validation subset."
        )


def index_directory(
    directory: Any,
    labels: Any,
    formats: tuple[str, ...],
    class_names: Any = None,
    shuffle: bool = True,
    seed: int | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> tuple[list[str], Any, list[str] | None]:
    """The files below a directory, their labels and the names of the classes.

    Args:
        directory: the folder that holds a folder for each class, or files.
        labels: "inferred" from the folders, None, or a label for each file in the order of their paths.
        formats: endings of the files that count.
        class_names: folders in the order of their labels; all in alphabetical order if None.
        shuffle: whether the files come in random order.
        seed: of that order.
        follow_links: whether links to folders are followed.
        verbose: whether to print how many files there are.

    Raises:
        ValueError: if classes or labels do not fit what is there.
    """
    directory = os.fspath(directory)
    if labels == "inferred":
        folders = sorted(
            name
            for name in os.listdir(directory)
            if os.path.isdir(os.path.join(directory, name)) and not name.startswith(".")
        )
        if class_names is not None:
            if not set(class_names) <= set(folders):
                raise ValueError(
                    "The `class_names` passed did not match the names of the subdirectories of the target directory. "
                    f"Expected: {folders} (or a subset of it), but received: class_names={class_names}"
                )
            folders = list(class_names)
    else:
        folders = [""]
        if class_names is not None and labels is None:
            raise ValueError("When `labels=None` (no labels), argument `class_names` cannot be specified.")
        if class_names is not None:
            raise ValueError(
                "When argument `labels` is specified, argument `class_names` cannot be specified (the `class_names` "
                "will be the sorted list of labels)."
            )
    found = [files_below(os.path.join(directory, folder), formats, follow_links) for folder in folders]
    paths = [path for part in found for path in part]
    names: list[str] | None = folders
    if labels == "inferred":
        labels = np.repeat(np.arange(len(folders), dtype="int32"), [len(part) for part in found])
    elif labels is None:
        names = None
    else:
        if len(labels) != len(paths):
            raise ValueError(
                "Expected the lengths of `labels` to match the number of files in the target directory. "
                f"len(labels) is {len(labels)} while we found {len(paths)} files in directory {directory}."
            )
        names = [str(label) for label in sorted(set(labels))]
        labels = np.array(labels)
    if verbose:
        kinds = "" if names is None else f" belonging to {len(names)} classes"
        print_message(f"Found {len(paths)} files{kinds}.")
    if shuffle:
        # As Keras does, so that a seed divides files as it does there.
        seed = make_default_seed() if seed is None else seed
        np.random.RandomState(seed).shuffle(paths)
        if labels is not None:
            np.random.RandomState(seed).shuffle(labels)
    return paths, labels, names


def files_below(folder: str, formats: tuple[str, ...], follow_links: bool) -> list[str]:
    """The paths of the files below a folder whose names end in one of `formats`, in order."""
    walk = sorted(os.walk(folder, followlinks=follow_links), key=lambda entry: entry[0])
    return [os.path.join(root, name) for root, _, files in walk for name in sorted(files) if _ends(name, formats)]


def _ends(name: str, formats: tuple[str, ...]) -> bool:
    return name.lower().endswith(formats)


def part_of(paths: list[str], labels: Any, validation_split: float | None, subset: str) -> tuple[list[str], Any]:
    """The files for training or for validation, which are the last ones, and their labels."""
    held_out = int((validation_split or 0) * len(paths))
    at = len(paths) - held_out
    count, part = (at, slice(0, at)) if subset == "training" else (held_out, slice(at, None))
    print_message(f"Using {count} files for {subset}.")
    return paths[part], None if labels is None else labels[part]
