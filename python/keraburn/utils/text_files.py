"""Text files in folders as a data set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn.utils.file_datasets import Kind, Split, check_format, checked_labels, dataset_of_files

_TEXTS = Kind("text", "text samples", "text files", (".txt",))


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
        A `keraburn.data.Dataset` of texts, or of texts and labels, with the attributes `class_names` and `file_paths`.

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
    wanted = checked_labels(labels, label_mode, class_names, _TEXTS)
    check_format(format)
    split = Split(shuffle, seed, validation_split, subset)
    read = _reader(max_length, as_bytes=format == "tf")
    return dataset_of_files(read, _TEXTS, directory, wanted, split, batch_size, follow_links, verbose)


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
