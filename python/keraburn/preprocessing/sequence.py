"""Sequences made ready for models."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from keraburn.preprocessing.timeseries import TimeseriesGenerator as TimeseriesGenerator
from keraburn.utils.sequences import pad_sequences as pad_sequences


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> np.ndarray:
    """The chances of keeping words by their rank: `min(1, sqrt(frequency / factor) / (frequency / factor))`.

    The frequency of a word is taken to follow from its rank by Zipf's law:
    `1 / (rank * (log(rank) + 0.577) + 1/2 - 1/(12 * rank))`.

    Args:
        size: how many words there are.
        sampling_factor: the smaller, the fewer of the most frequent words are kept.

    Returns:
        An array `(size,)`; the first two entries are those of the most frequent word.

    Mikolov et al., 2013: https://arxiv.org/abs/1310.4546

    Example:

    >>> import keraburn as keras
    >>> keras.preprocessing.sequence.make_sampling_table(4).round(5)
    array([0.00315, 0.00315, 0.00548, 0.00742])
    """
    rank = np.maximum(np.arange(size), 1)
    inverse = rank * (np.log(rank) + 0.577) + 0.5 - 1.0 / (12.0 * rank)
    return np.minimum(1.0, np.sqrt(sampling_factor * inverse))


def skipgrams(
    sequence: Any,
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:
    """Pairs of words that stand near each other, labelled 1, and random pairs, labelled 0.

    Args:
        sequence: a text as integers; 0 is no word.
        vocabulary_size: how many integers there are.
        window_size: how far apart the words of a pair are at most.
        negative_samples: how many random pairs there are for each other pair.
        shuffle: whether to shuffle the pairs.
        categorical: whether labels are `[0, 1]` and `[1, 0]`.
        sampling_table: for each word, the chance of using it as the first one.
        seed: for the same order every time.

    Returns:
        The pairs and their labels.

    Mikolov et al., 2013: https://arxiv.org/abs/1301.3781

    Example:

    >>> import keraburn as keras
    >>> keras.preprocessing.sequence.skipgrams([1, 2, 3], 4, window_size=1, negative_samples=0, shuffle=False)
    ([[1, 2], [2, 1], [2, 3], [3, 2]], [1, 1, 1, 1])
    """
    couples: list[list[int]] = []
    for i, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        window = range(max(0, i - window_size), min(len(sequence), i + window_size + 1))
        couples.extend([word, sequence[j]] for j in window if j != i and sequence[j])
    near, far = ([0, 1], [1, 0]) if categorical else (1, 0)
    labels: list[Any] = [near] * len(couples)
    count = int(len(labels) * negative_samples)
    if count > 0:
        words = [couple[0] for couple in couples]
        random.shuffle(words)
        couples += [[words[i % len(words)], random.randint(1, vocabulary_size - 1)] for i in range(count)]
        labels += [far] * count
    if shuffle:
        if seed is None:
            seed = random.randint(0, 10_000_000)
        for values in (couples, labels):
            # The same seed twice: labels stay with their pairs.
            random.seed(seed)
            random.shuffle(values)
    return couples, labels
