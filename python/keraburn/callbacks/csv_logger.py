"""The values of every epoch, in a file."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from typing import Any, TextIO

import numpy as np

from keraburn.callbacks.callback import Callback


class CSVLogger(Callback):
    """Writes a row of comma-separated values after every epoch.

    Args:
        filename: path of the file.
        separator: what stands between values.
        append: whether rows are added to a file that exists.

    Example:

    >>> import keraburn as keras
    >>> log = keras.callbacks.CSVLogger("training.csv")
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.sep = separator
        self.filename = os.fspath(filename)
        self.append = append
        self.append_header = True
        self.keys: list[str] | None = None
        self.csv_file: TextIO | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if self.append and os.path.exists(self.filename):
            with open(self.filename, encoding="utf-8") as file:
                self.append_header = not file.readline()
        self._close()
        # Open until training ends.
        self.csv_file = open(self.filename, "a" if self.append else "w", newline="", encoding="utf-8")  # noqa: SIM115
        self.keys = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert self.csv_file is not None
        logs = logs or {}
        writer = csv.writer(self.csv_file, delimiter=self.sep)
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                # Validation may come only every few epochs.
                self.keys += [f"val_{key}" for key in self.keys]
            if self.append_header:
                writer.writerow(["epoch", *self.keys])
        writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])
        self.csv_file.flush()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._close()

    def _close(self) -> None:
        if self.csv_file is not None:
            self.csv_file.close()
            self.csv_file = None


def _cell(value: Any) -> Any:
    if isinstance(value, str) or not isinstance(value, Iterable) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value
    return f'"[{", ".join(map(str, value))}]"'
