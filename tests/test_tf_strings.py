"""TensorFlow's functions of strings; the values are TensorFlow's own."""

from __future__ import annotations

import re
import string

import numpy as np
import pytest

import keraburn as tf

TEXTS = ["Ä Bc", " a\tb ", "", "x-y"]


def test_values():
    strings = tf.strings
    assert strings.lower(TEXTS).tolist() == ["Ä bc", " a\tb ", "", "x-y"]
    assert strings.lower(TEXTS, encoding="utf-8").tolist()[0] == "ä bc"
    assert strings.upper(["äb"]).tolist() == ["äB"]
    assert strings.strip(TEXTS).tolist() == ["Ä Bc", "a\tb", "", "x-y"]
    assert strings.regex_replace(["a1b22"], "[0-9]", "#").tolist() == ["a#b##"]
    assert strings.regex_replace(["a1b22"], "([0-9])", r"<\1\0>", replace_global=False).tolist() == ["a<11>b22"]
    assert strings.regex_full_match(["ab", "abc"], "ab").numpy().tolist() == [True, False]
    assert strings.length(TEXTS).numpy().tolist() == [5, 5, 0, 3]
    assert strings.length(TEXTS, unit="UTF8_CHAR").numpy().tolist() == [4, 5, 0, 3]
    assert strings.substr(["hello"], 1, 3).numpy().tolist() == [b"ell"]
    assert strings.substr(["äb"], 0, 1, unit="UTF8_CHAR").tolist() == ["ä"]
    assert strings.split(TEXTS) == [["Ä", "Bc"], ["a", "b"], [], ["x-y"]]
    assert strings.split("a,b,,c", sep=",") == ["a", "b", "", "c"]
    assert strings.unicode_split(["äb", ""], "UTF-8") == [["ä", "b"], []]
    assert strings.join([["a", "b"], ["c", "d"]], separator="-").tolist() == ["a-c", "b-d"]
    assert strings.reduce_join([["a", "b"], ["c", "d"]], axis=-1, separator=" ").tolist() == ["a b", "c d"]
    assert strings.reduce_join(["a", "b"]).numpy() == b"ab"
    assert strings.to_hash_bucket_fast(["A", "B", "C"], 3).numpy().tolist() == [1, 0, 1]
    assert strings.to_hash_bucket_strong(["A", "B", "C"], 3, [133, 137]).numpy().tolist() == [1, 2, 1]
    assert strings.to_number(["1.5", "2"]).numpy().tolist() == [1.5, 2.0]


def test_constants():
    text = tf.constant("ä")
    assert (text.shape, text.numpy().decode()) == ((), "ä")
    assert tf.constant(["a", "b"]).numpy().tolist() == [b"a", b"b"]
    assert tf.convert_to_tensor(np.array(["a"]), dtype=tf.string).shape == (1,)
    assert tf.constant([1.0, 2.0]).dtype == "float32"
    with pytest.raises(TypeError, match=r"Expected strings. Received: 1 \(of type int\)"):
        tf.constant(["a", 1])


def test_standardizing_as_tutorials_do():
    def standardize(texts):
        lowered = tf.strings.lower(texts)
        plain = tf.strings.regex_replace(lowered, "<br />", " ")
        return tf.strings.regex_replace(plain, f"[{re.escape(string.punctuation)}]", "")

    layer = tf.keras.layers.TextVectorization(standardize=standardize, split=tf.strings.split)
    layer.adapt(["A film!<br />Good", "good"])
    assert layer.get_vocabulary() == ["", "[UNK]", "good", "film", "a"]
    np.testing.assert_array_equal(layer(["Good<br />book"]).numpy(), [[2, 1]])


def test_shapes_as_tutorials_change_them():
    text = tf.constant(["a b", "c"])
    assert tf.expand_dims(text, -1).shape == (2, 1)
    assert tf.squeeze(tf.expand_dims("a", -1)).numpy() == b"a"
    assert tf.reshape(text, (2, 1)).numpy().tolist() == [[b"a b"], [b"c"]]
    layer = tf.keras.layers.TextVectorization(vocabulary=["a", "b"], output_sequence_length=3)
    data = tf.data.Dataset.from_tensor_slices((["a b", "z"], [0, 1])).batch(2)
    (found, _) = next(iter(data.map(lambda text, label: (layer(tf.expand_dims(text, -1)), label))))
    np.testing.assert_array_equal(found.numpy(), [[2, 3, 0], [1, 0, 0]])
    assert layer(tf.expand_dims(text[0], -1)).shape == (1, 3)
