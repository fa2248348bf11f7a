"""Tables of numbers, split into rows to train and to test with."""

from __future__ import annotations

import numpy as np

from keraburn.datasets.fetching import shuffled

Split = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def check_share(test_split: float) -> None:
    """Raise a ValueError unless the share of rows to test with is at least 0 and less than 1."""
    if not 0 <= test_split < 1:
        raise ValueError(
            f"Invalid `test_split` argument: {test_split}. It must be between 0 and 1 (exclusive of 1). "
            f"Received: test_split={test_split}"
        )


def split_rows(x: np.ndarray, y: np.ndarray, test_split: float, seed: int) -> Split:
    """Shuffled rows, those to test with at the end."""
    x, y = shuffled(seed, x, y)
    cut = int(len(x) * (1 - test_split))
    return (x[:cut], y[:cut]), (x[cut:], y[cut:])
