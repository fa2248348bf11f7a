"""House prices in suburbs of Boston, 1978: 506 rows of 13 numbers."""

from __future__ import annotations

from keraburn.datasets.fetching import fetch, load_npz
from keraburn.datasets.tables import Split, check_share, split_rows

_HASH = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113) -> Split:
    """`(x_train, y_train), (x_test, y_test)`.

    Args:
        path: name of the file in the cache.
        test_split: share of the rows to test with.
        seed: of the order of the rows.

    Raises:
        ValueError: if the share is not in [0, 1).
        OSError: if the file is not in the cache and cannot be fetched.
    """
    check_share(test_split)
    data = load_npz(fetch(path, "boston_housing.npz", file_hash=_HASH))
    return split_rows(data["x"], data["y"], test_split, seed)
