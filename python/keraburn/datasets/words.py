"""Texts as lists of the ranks of their words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from keraburn.datasets.fetching import fetch


def ranked(texts: Iterable[Any], start_char: int | None, index_from: int) -> list[list[int]]:
    """Ranks moved up, behind a mark for the beginning unless it is None."""
    if start_char is not None:
        return [[start_char, *(word + index_from for word in text)] for text in texts]
    return [[word + index_from for word in text] for text in texts]


def shorter(maxlen: int | None, texts: list[list[int]], labels: np.ndarray) -> tuple[list[list[int]], Any]:
    """The texts with fewer words than `maxlen`, and their labels; all of them if it is None."""
    if not maxlen:
        return texts, labels
    kept = [(text, label) for text, label in zip(texts, labels, strict=True) if len(text) < maxlen]
    return [text for text, _ in kept], np.array([label for _, label in kept])


def limited(texts: Sequence[list[int]], num_words: int | None, skip_top: int, oov_char: int | None) -> list[list[int]]:
    """Texts whose words of other ranks are replaced by a mark, or left out where it is None."""
    most = num_words or max(max(text) for text in texts)
    if oov_char is None:
        return [[word for word in text if skip_top <= word < most] for text in texts]
    return [[word if skip_top <= word < most else oov_char for word in text] for text in texts]


def as_objects(texts: Sequence[list[int]]) -> np.ndarray:
    """Lists of different lengths as an array of objects."""
    array = np.empty(len(texts), dtype=object)
    array[:] = list(texts)
    return array


def word_index(path: str, file_hash: str, source: str) -> dict[str, int]:
    """From words to their ranks."""
    import json

    with open(fetch(path, source, file_hash=file_hash), encoding="utf-8") as file:
        return json.load(file)
