"""Texts as integers."""

from __future__ import annotations

import json

import numpy as np
import pytest

import keraburn as keras
from keraburn.preprocessing.text import Tokenizer, hashing_trick, one_hot, text_to_word_sequence, tokenizer_from_json

TEXTS = ["The cat sat on the mat.", "The dog sat; the cat ran!", "Ein größerer Hund", ""]


def test_words():
    assert text_to_word_sequence("Hello, World!\tA_b\n c") == ["hello", "world", "a", "b", "c"]
    assert text_to_word_sequence("Hello World", lower=False) == ["Hello", "World"]
    assert text_to_word_sequence("a,b.c", filters=".", split=",") == ["a", "b", "c"]
    assert text_to_word_sequence("ÄÖ “x” 中文 中") == ["äö", "“x”", "中文", "中"]
    assert text_to_word_sequence("") == []


def test_indices_follow_counts_and_then_appearance():
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(TEXTS)
    words = ["the", "cat", "sat", "on", "mat", "dog", "ran", "ein", "größerer", "hund"]
    assert tokenizer.word_index == {word: index for index, word in enumerate(words, 1)}
    assert tokenizer.document_count == 4
    assert tokenizer.word_counts["the"] == 4
    assert tokenizer.word_docs["the"] == 2
    assert tokenizer.index_docs[1] == 2
    assert tokenizer.texts_to_sequences(["the hund sleeps", ""]) == [[1, 10], []]
    assert tokenizer.sequences_to_texts([[1, 10, 99]]) == ["the hund"]
    tokenizer.fit_on_texts(["mat mat mat mat mat"])
    assert tokenizer.word_index["mat"] == 1


def test_limits_and_unknown_words():
    tokenizer = Tokenizer(num_words=4, oov_token="<unk>")
    tokenizer.fit_on_texts(TEXTS)
    assert tokenizer.word_index["<unk>"] == 1
    assert tokenizer.texts_to_sequences(["the cat ran away"]) == [[2, 3, 1, 1]]
    assert tokenizer.sequences_to_texts([[2, 3, 9, 99]]) == ["the cat <unk> <unk>"]
    without = Tokenizer(num_words=3)
    without.fit_on_texts(TEXTS)
    assert without.texts_to_sequences(["the cat ran away"]) == [[1, 2]]


def test_characters_lists_and_analyzers():
    characters = Tokenizer(char_level=True)
    characters.fit_on_texts(["aAb"])
    assert characters.texts_to_sequences(["ba?"]) == [[2, 1]]
    lists = Tokenizer()
    lists.fit_on_texts([["New York", "is"], ["is"]])
    assert lists.texts_to_sequences([["new york", "IS"]]) == [[2, 1]]
    own = Tokenizer(analyzer=lambda text: text.split("|"))
    own.fit_on_texts(["A b|c"])
    assert own.word_index == {"A b": 1, "c": 2}


@pytest.mark.parametrize("mode", ["binary", "count", "freq", "tfidf"])
def test_matrices(mode):
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(TEXTS)
    matrix = tokenizer.texts_to_matrix(["the the cat", ""], mode=mode)
    assert matrix.shape == (2, 11)
    tfidf = [(1 + np.log(2)) * np.log(1 + 4 / 3), np.log(1 + 4 / 3)]
    expected = {"binary": [1, 1], "count": [2, 1], "freq": [2 / 3, 1 / 3], "tfidf": tfidf}[mode]
    np.testing.assert_allclose(matrix[0, 1:3], expected)
    assert not matrix[1].any()


MIXED = ["the", "Cat", "sät", "Hund", "中文", "x-y", "it's", "…", "A\tb", "İ", "ΑΣ", "ß", "a\u0301"]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"num_words": 6, "oov_token": "?"},
        {"char_level": True},
        {"char_level": True, "lower": False, "oov_token": "x"},
        {"lower": False, "filters": "-"},
        {"split": "--"},
        {"split": "é"},
        {"filters": "中…"},
    ],
    ids=str,
)
def test_the_core_splits_as_python_does(arguments, monkeypatch):
    rng = np.random.default_rng(0)
    ends = [" ", "  ", "--", ",", "é", "\n"]
    texts = ["".join(rng.choice(MIXED) + rng.choice(ends) for _ in range(rng.integers(0, 9))) for _ in range(1500)]
    quick, slow = Tokenizer(**arguments), Tokenizer(**arguments)
    monkeypatch.setattr(slow, "_is_plain", lambda texts: False)
    for tokenizer in (quick, slow):
        tokenizer.fit_on_texts(texts[:900])
        tokenizer.fit_on_texts(iter(texts[600:]))
    for name in ("word_index", "index_word", "word_counts", "document_count", "word_docs", "index_docs"):
        assert getattr(quick, name) == getattr(slow, name), name
    assert list(quick.word_counts) == list(slow.word_counts)
    assert quick.texts_to_sequences(texts) == slow.texts_to_sequences(texts)


def test_strings_without_utf8():
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(["a \ud800 b"])
    assert tokenizer.texts_to_sequences(["b \ud800"]) == [[3, 2]]


def test_json():
    tokenizer = Tokenizer(num_words=5, oov_token="?")
    tokenizer.fit_on_texts(TEXTS)
    tokenizer.fit_on_sequences([[1, 2], [2]])
    again = tokenizer_from_json(tokenizer.to_json(indent=1))
    assert again.get_config() == tokenizer.get_config()
    assert json.loads(tokenizer.to_json())["class_name"] == "Tokenizer"
    np.testing.assert_array_equal(again.texts_to_matrix(TEXTS, "tfidf"), tokenizer.texts_to_matrix(TEXTS, "tfidf"))
    again.fit_on_texts(["more words"])


def test_hashes():
    assert hashing_trick("to be or not to be", 1000, hash_function="md5") == [797, 984, 842, 39, 797, 984]
    assert all(1 <= index < 7 for index in one_hot("the quick brown fox jumps", 7))
    assert hashing_trick("a b", 10, hash_function=len) == [2, 2]
    assert one_hot("a-b", 5, analyzer=lambda text: text.split("-")) == one_hot("a b", 5)


def test_mistakes():
    with pytest.raises(TypeError, match="Unrecognized keyword arguments"):
        Tokenizer(words=3)
    with pytest.raises(ValueError, match=r"Specify a dimension.*Received"):
        Tokenizer().sequences_to_matrix([[1]])
    with pytest.raises(ValueError, match=r"Unknown vectorization mode: words.*binary"):
        Tokenizer(num_words=3).sequences_to_matrix([[1]], mode="words")
    with pytest.raises(ValueError, match="before using tfidf mode"):
        Tokenizer(num_words=3).sequences_to_matrix([[1]], mode="tfidf")
    with pytest.raises(ValueError, match="Received: n=1"):
        one_hot("a", 1)
    with pytest.warns(UserWarning, match="renamed `num_words`"):
        assert Tokenizer(nb_words=3).num_words == 3


def test_every_face_has_it(run_python):
    run_python(
        "-c",
        "import keraburn as tf\n"
        "from keraburn.keras.preprocessing.text import Tokenizer\n"
        "from keraburn.keras.preprocessing.sequence import pad_sequences, skipgrams, TimeseriesGenerator\n"
        "assert tf.keras.preprocessing.text.Tokenizer is Tokenizer is tf.preprocessing.text.Tokenizer",
    )
    assert keras.preprocessing.text.Tokenizer is Tokenizer
