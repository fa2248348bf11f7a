"""Clothes of ten kinds: 70,000 images of 28 by 28 pixels."""

from __future__ import annotations

import os

import numpy as np

from keraburn.datasets.fetching import fetch
from keraburn.datasets.tables import Split


def _bytes(name: str, offset: int) -> np.ndarray:
    import gzip

    path = fetch(name, name, cache_subdir=os.path.join("datasets", "fashion-mnist"))
    with gzip.open(path, "rb") as file:
        return np.frombuffer(file.read(), np.uint8, offset=offset)


def load_data() -> Split:
    """`(x_train, y_train), (x_test, y_test)`: images, uint8 of shape `(n, 28, 28)`, and the kinds.

    Raises:
        OSError: if the files are not in the cache and cannot be fetched.
    """
    parts = []
    for name in ("train", "t10k"):
        labels = _bytes(f"{name}-labels-idx1-ubyte.gz", 8)
        images = _bytes(f"{name}-images-idx3-ubyte.gz", 16).reshape(len(labels), 28, 28)
        parts.append((images, labels))
    return parts[0], parts[1]
