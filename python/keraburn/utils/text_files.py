"""Text files in folders as a data set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn.data.dataset import Dataset
from keraburn.random import make_default_seed
from keraburn.utils.directories import check_split, index_directory, part_of
from keraburn.utils.numbers import to_categorical


def text_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """The texts of `.txt` files, with a label each: that of the folder in which a file lies.

    A file is read when its batch is asked for.

    Args:
        directory: a folder with a folder of files for each class.
        labels: "inferred" from the folders; None; or integers in the order of the files' paths.
        label_mode: "int" for int32 `(batch,)`; "binary" for float32 `(batch, 1)` of two classes; "categorical" for
            one-hot float32 `(batch, classes)`; None for texts alone.
        class_names: the folders in the order of their labels; all in alphabetical order if None.
        batch_size: texts of a batch; single ones if None.
        max_length: where longer texts are cut: after so many bytes, or with format "grain" characters.
        shuffle: whether texts come in random order, else in that of their paths.
        seed: of that order.
        validation_split: part of the files that is held out.
        subset: "training", "validation", or "both" for a list of two data sets.
        follow_links: whether links to folders are followed.
        format: "tf" for texts as the bytes of the files, as TensorFlow has them, or "grain" for strings.
        verbose: whether to print how many files there are.

    Returns:
        A `keraburn.data.Dataset` of texts, or of texts and labels, with the attribute `class_names`.

    Raises:
        ValueError: if arguments do not go together, or there is no file.

    Example:

    >>> import pathlib, tempfile
    >>> import keraburn as keras
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> for name in ("bad", "good"):
    ...     (folder / name).mkdir()
    ...     _ = (folder / name / "1.txt").write_text(f"a {name} film")
    >>> data = keras.utils.text_dataset_from_directory(folder, shuffle=False, verbose=False)
    >>> data.class_names
    ['bad', 'good']
    >>> for texts, labels in data:
    ...     print(texts.numpy(), labels.numpy())
    [b'a bad film' b'a good film'] [0 1]
    """
    if labels not in ("inferred", None):
        if not isinstance(labels, (list, tuple)):
            raise ValueError(
                "`labels` argument should be a list/tuple of integer labels, of the same size as the number of text "
                "files in the target directory. If you wish to infer the labels from the subdirectory names in the "
                'target directory, pass `labels="inferred"`. If you wish to get a dataset that only contains text '
                f"samples (no labels), pass `labels=None`. Received: labels={labels}"
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
    if format not in ("tf", "grain"):
        raise ValueError(f'`format` should be either "tf" or "grain". Received: format={format}')
    if labels is None or label_mode is None:
        labels = label_mode = None
    check_split(validation_split, subset, shuffle, seed)
    if seed is None:
        seed = make_default_seed()
    paths, labels, names = index_directory(
        directory, labels, (".txt",), class_names, shuffle, seed, follow_links, verbose
    )
    if label_mode == "binary" and len(names or ()) != 2:
        raise ValueError(
            f'When passing `label_mode="binary"`, there must be exactly 2 class_names. Received: class_names={names}'
        )
    if labels is not None:
        labels = encoded_labels(labels, label_mode, len(names or ()))
    parts = [subset] if subset != "both" else ["training", "validation"]
    made = []
    for part in parts:
        chosen = (paths, labels) if part is None else part_of(paths, labels, validation_split, part)
        if not chosen[0]:
            kind = f"{part} text" if subset == "both" else "text"
            raise ValueError(f"No {kind} files found in directory {directory}. Allowed format: .txt")
        files, file_labels = np.array(chosen[0], dtype=object), chosen[1]
        data = Dataset.from_tensor_slices(files if file_labels is None else (files, file_labels))
        if shuffle and not (subset == "both" and part == "validation"):
            data = data.shuffle(1024 if batch_size is None else batch_size * 8, seed=seed)
        data = data.map(_reader(max_length, as_bytes=format == "tf"))
        data = data if batch_size is None else data.batch(batch_size)
        setattr(data, "class_names", names)  # noqa: B010 an attribute that only such data sets have
        made.append(data)
    return made if subset == "both" else made[0]


def _reader(max_length: int | None, as_bytes: bool) -> Callable[..., Any]:
    """From a path and perhaps a label to the file's text and the label."""

    def read(path: Any, *label: Any) -> Any:
        with open(str(path), "rb") as file:
            data: str | bytes = file.read()
        if isinstance(data, bytes) and not as_bytes:
            try:
                data = data.decode()
            except UnicodeDecodeError as error:
                raise ValueError(f"File {path} is not UTF-8: {error}") from None
        # numpy's own strings would drop zeros at the end.
        text = np.empty((), dtype=object)
        text[()] = data[:max_length]
        return (text, *label) if label else text

    return read


def encoded_labels(labels: np.ndarray, label_mode: str | None, classes: int) -> np.ndarray:
    """Labels as `label_mode` wants them."""
    if label_mode == "binary":
        return labels.astype("float32")[:, None]
    return to_categorical(labels, classes).astype("float32") if label_mode == "categorical" else labels.astype("int32")
