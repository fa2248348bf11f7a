"""Handwritten digits: 70,000 images of 28 by 28 pixels."""

from __future__ import annotations

from keraburn.datasets.fetching import fetch, load_npz
from keraburn.datasets.tables import Split

_HASH = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path: str = "mnist.npz") -> Split:
    """`(x_train, y_train), (x_test, y_test)`: images, uint8 of shape `(n, 28, 28)`, and the digits.

    Args:
        path: name of the file in the cache.

    Raises:
        OSError: if the file is not in the cache and cannot be fetched.
    """
    data = load_npz(fetch(path, "mnist.npz", file_hash=_HASH))
    return (data["x_train"], data["y_train"]), (data["x_test"], data["y_test"])
