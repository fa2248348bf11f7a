"""Newswires on 46 topics: 11,228 texts as ranks of words."""

from __future__ import annotations

import numpy as np

from keraburn.datasets.fetching import fetch, load_npz, shuffled
from keraburn.datasets.tables import Split
from keraburn.datasets.words import as_objects, limited, ranked, shorter, word_index

_HASH = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
_TOPICS = """
cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass crude
nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi iron-steel rubber
heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead
"""


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> Split:
    """`(x_train, y_train), (x_test, y_test)`: arrays of lists of ranks, and topics.

    Args:
        path: name of the file in the cache.
        num_words: words of higher ranks count as unknown; none if None.
        skip_top: so many of the most frequent words count as unknown.
        maxlen: texts of so many words or more are left out.
        test_split: share of the texts to test with.
        seed: of the order of the texts.
        start_char: mark at the beginning of each text; ranks stay as they are if it and `index_from` are not given.
        oov_char: mark in the place of unknown words, which are left out if None.
        index_from: the rank of the most frequent word, less one.

    Raises:
        OSError: if the file is not in the cache and cannot be fetched.
    """
    data = load_npz(fetch(path, "reuters.npz", file_hash=_HASH))
    x, labels = shuffled(seed, data["x"], data["y"])
    texts, labels = shorter(maxlen, ranked(x, start_char, index_from or 0), labels)
    texts = limited(texts, num_words, skip_top, oov_char)
    cut = int(len(texts) * (1 - test_split))
    return (as_objects(texts[:cut]), np.array(labels[:cut])), (as_objects(texts[cut:]), np.array(labels[cut:]))


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """From words to their ranks.

    Raises:
        OSError: if the file is not in the cache and cannot be fetched.
    """
    return word_index(path, "4d44cc38712099c9e383dc6e5f11a921", "reuters_word_index.json")


def get_label_names() -> tuple[str, ...]:
    """The names of the topics, in the order of their numbers."""
    return tuple(_TOPICS.split())
