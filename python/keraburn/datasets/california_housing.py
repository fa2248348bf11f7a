"""House prices in districts of California, 1990: 20,640 rows of 8 numbers."""

from __future__ import annotations

from keraburn.datasets.fetching import fetch, load_npz
from keraburn.datasets.tables import Split, check_share, split_rows

_HASH = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"


def load_data(
    version: str = "large", path: str = "california_housing.npz", test_split: float = 0.2, seed: int = 113
) -> Split:
    """`(x_train, y_train), (x_test, y_test)`.

    Args:
        version: `"large"`, or `"small"` for the first 600 rows.
        path: name of the file in the cache.
        test_split: share of the rows to test with.
        seed: of the order of the rows.

    Raises:
        ValueError: if the share is not in [0, 1) or there is no such version.
        OSError: if the file is not in the cache and cannot be fetched.
    """
    check_share(test_split)
    if version not in ("small", "large"):
        raise ValueError(f"Argument `version` must be one of 'small', 'large'. Received: version={version}")
    data = load_npz(fetch(path, "california_housing.npz", file_hash=_HASH))
    rows = 600 if version == "small" else None
    return split_rows(data["x"][:rows], data["y"][:rows], test_split, seed)
