"""What the two sets of small color images share."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from keraburn import config
from keraburn.datasets.fetching import ArrayUnpickler, fetch
from keraburn.datasets.tables import Split


def fetch_folder(name: str, origin: str, file_hash: str, inner: str) -> str:
    """The unpacked archive's inner folder."""
    return os.path.join(fetch(name, origin, extract=True, file_hash=file_hash), inner)


def read_batch(path: str, label_key: str) -> tuple[np.ndarray, np.ndarray]:
    """Images of shape `(n, 3, 32, 32)` and labels of shape `(n, 1)`, uint8."""
    with open(path, "rb") as file:
        content: Any = ArrayUnpickler(file, encoding="bytes").load()
    data = {key.decode(): value for key, value in content.items()}
    images = data["data"].reshape(-1, 3, 32, 32)
    return images, np.asarray(data[label_key], np.uint8).reshape(-1, 1)


def laid_out(train: list[tuple[np.ndarray, np.ndarray]], test: tuple[np.ndarray, np.ndarray], labels: Any) -> Split:
    """Batches to train with joined, channels where the setting wants them."""
    x_train, y_train = (np.concatenate(parts) for parts in zip(*train, strict=True))
    x_test, y_test = test
    if config.image_data_format() == "channels_last":
        x_train, x_test = x_train.transpose(0, 2, 3, 1), x_test.transpose(0, 2, 3, 1)
    return (x_train, y_train.astype(labels)), (x_test, y_test.astype(labels))
