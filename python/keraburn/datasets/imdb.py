"""Reviews of films, good and bad: 50,000 texts as ranks of words."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn.datasets.fetching import fetch, load_npz
from keraburn.datasets.tables import Split
from keraburn.datasets.words import as_objects, limited, ranked, shorter, word_index

_HASH = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
    **kwargs: Any,
) -> Split:
    """`(x_train, y_train), (x_test, y_test)`: arrays of lists of ranks, and 0 or 1.

    Args:
        path: name of the file in the cache.
        num_words: words of higher ranks count as unknown; none if None.
        skip_top: so many of the most frequent words count as unknown.
        maxlen: texts of so many words or more are left out.
        seed: of the order of the texts.
        start_char: mark at the beginning of each text, None for none.
        oov_char: mark in the place of unknown words, which are left out if None.
        index_from: the rank of the most frequent word, less one.
        **kwargs: `nb_words`, the older name of `num_words`.

    Raises:
        TypeError: if an argument is unknown.
        ValueError: if no text is short enough.
        OSError: if the file is not in the cache and cannot be fetched.
    """
    num_words = kwargs.pop("nb_words", num_words)
    if kwargs:
        raise TypeError(f"Unrecognized keyword arguments: {kwargs}. Received: {sorted(kwargs)}")
    data = load_npz(fetch(path, "imdb.npz", file_hash=_HASH))
    texts, labels, counts = [], [], []
    rng = np.random.RandomState(seed)
    for part in ("train", "test"):
        order = np.arange(len(data[f"x_{part}"]))
        rng.shuffle(order)
        found, kinds = shorter(
            maxlen, ranked(data[f"x_{part}"][order], start_char, index_from), data[f"y_{part}"][order]
        )
        if not found:
            raise ValueError(
                f"After filtering for sequences shorter than maxlen={maxlen}, no sequence was kept. Increase maxlen. "
                f"Received: maxlen={maxlen}"
            )
        texts += found
        labels.append(kinds)
        counts.append(len(found))
    texts = limited(texts, num_words, skip_top, oov_char)
    return (as_objects(texts[: counts[0]]), labels[0]), (as_objects(texts[counts[0] :]), labels[1])


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """From words to their ranks.

    Raises:
        OSError: if the file is not in the cache and cannot be fetched.
    """
    return word_index(path, "bfafd718b763782e994055a2d397834f", "imdb_word_index.json")
