"""Texts and sequences as Keras's own functions make them."""

from __future__ import annotations

import random

import numpy as np
import pytest

from keraburn.preprocessing import sequence, text
from tests.parity import harness

WORDS = ["the", "Cat", "sät", "on", "mat", "Hund", "中文", "x-y", "it's", "…", "A\tb", "İ"]


@pytest.fixture(scope="module")
def original():
    assert harness.keras
    from keras.src.legacy.preprocessing import sequence as keras_sequence
    from keras.src.legacy.preprocessing import text as keras_text

    return keras_text, keras_sequence


def sentences(count, seed):
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=rng.randint(0, 9))) for _ in range(count)]


@pytest.mark.parametrize(
    "arguments",
    [{}, {"num_words": 6}, {"num_words": 6, "oov_token": "?"}, {"char_level": True}, {"lower": False, "filters": "-"}],
    ids=str,
)
def test_tokenizer(original, arguments):
    harness.same_signature(text.Tokenizer, original[0].Tokenizer)
    ours, theirs = text.Tokenizer(**arguments), original[0].Tokenizer(**arguments)
    for tokenizer in (ours, theirs):
        tokenizer.fit_on_texts(sentences(50, 0))
        tokenizer.fit_on_texts([["one", "Two"], ["two"]])
        tokenizer.fit_on_sequences([[1, 2], [2, 2]])
    for name in ("word_index", "index_word", "word_counts", "document_count", "word_docs", "index_docs"):
        assert getattr(ours, name) == getattr(theirs, name), name
    other = sentences(20, 1)
    assert ours.texts_to_sequences(other) == theirs.texts_to_sequences(other)
    sequences = [[1, 5, 7, 3, 99], [], [2]]
    assert ours.sequences_to_texts(sequences) == theirs.sequences_to_texts(sequences)
    for mode in ("binary", "count", "freq", "tfidf"):
        np.testing.assert_allclose(ours.texts_to_matrix(other, mode), theirs.texts_to_matrix(other, mode))
    assert text.tokenizer_from_json(theirs.to_json()).word_index == theirs.word_index
    assert original[0].tokenizer_from_json(ours.to_json()).index_docs == dict(ours.index_docs)


def test_functions_of_texts(original):
    for name in ("text_to_word_sequence", "one_hot", "hashing_trick", "tokenizer_from_json"):
        harness.same_signature(getattr(text, name), getattr(original[0], name))
    for each in sentences(10, 2):
        assert text.text_to_word_sequence(each) == original[0].text_to_word_sequence(each)
        assert text.one_hot(each, 50) == original[0].one_hot(each, 50)
        assert text.hashing_trick(each, 99, "md5") == original[0].hashing_trick(each, 99, "md5")


def test_sequences(original):
    for name in ("make_sampling_table", "skipgrams", "TimeseriesGenerator"):
        harness.same_signature(getattr(sequence, name), getattr(original[1], name))
    np.testing.assert_allclose(sequence.make_sampling_table(500), original[1].make_sampling_table(500))
    table = sequence.make_sampling_table(20, 0.1)
    words = [random.Random(3).randrange(20) for _ in range(40)]
    for arguments in ({}, {"sampling_table": table, "window_size": 2}, {"categorical": True, "negative_samples": 0.5}):
        seeded = []
        for module in (sequence, original[1]):
            random.seed(5)
            seeded.append(module.skipgrams(words, 20, seed=8, **arguments))
        assert seeded[0] == seeded[1]
    series = np.arange(30.0).reshape(15, 2)
    for arguments in ({}, {"stride": 2, "sampling_rate": 3, "reverse": True}, {"start_index": 3, "end_index": 12}):
        made = [
            m.TimeseriesGenerator(series, series, length=4, batch_size=3, **arguments) for m in (sequence, original[1])
        ]
        assert len(made[0]) == len(made[1])
        for index in range(len(made[0])):
            for ours, theirs in zip(made[0][index], made[1][index], strict=True):
                np.testing.assert_array_equal(ours, theirs)
