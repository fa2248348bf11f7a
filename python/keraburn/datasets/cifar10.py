"""Small color images of ten kinds: 60,000 of 32 by 32 pixels."""

from __future__ import annotations

import os

from keraburn.datasets.cifar import fetch_folder, laid_out, read_batch
from keraburn.datasets.tables import Split

_ORIGIN = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
_HASH = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"


def load_data() -> Split:
    """`(x_train, y_train), (x_test, y_test)`: images, uint8 of shape `(n, 32, 32, 3)`, and kinds of shape `(n, 1)`.

    Raises:
        OSError: if the file is not in the cache and cannot be fetched.
    """
    folder = fetch_folder("cifar-10-batches-py-target", _ORIGIN, _HASH, "cifar-10-batches-py")
    names = [f"data_batch_{number}" for number in range(1, 6)]
    train = [read_batch(os.path.join(folder, name), "labels") for name in names]
    return laid_out(train, read_batch(os.path.join(folder, "test_batch"), "labels"), "uint8")
