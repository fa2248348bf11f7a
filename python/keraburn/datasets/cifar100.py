"""Small color images of a hundred kinds: 60,000 of 32 by 32 pixels."""

from __future__ import annotations

import os

from keraburn.datasets.cifar import fetch_folder, laid_out, read_batch
from keraburn.datasets.tables import Split

_ORIGIN = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
_HASH = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode: str = "fine") -> Split:
    """`(x_train, y_train), (x_test, y_test)`: images, uint8 of shape `(n, 32, 32, 3)`, and kinds of shape `(n, 1)`.

    Args:
        label_mode: `"fine"` for a hundred kinds, `"coarse"` for twenty groups of them.

    Raises:
        ValueError: if `label_mode` is another word.
        OSError: if the file is not in the cache and cannot be fetched.
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(f'`label_mode` must be one of `"fine"`, `"coarse"`. Received: label_mode={label_mode}.')
    folder = fetch_folder("cifar-100-python-target", _ORIGIN, _HASH, "cifar-100-python")
    key = f"{label_mode}_labels"
    train, test = (read_batch(os.path.join(folder, name), key) for name in ("train", "test"))
    return laid_out([train], test, "int64")
