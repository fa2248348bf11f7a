"""Texts as sequences of indices, or as vectors."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import keraburn as keras

TEXTS = ["A good movie.", "Good plot, good music", ""]


@keras.utils.register_keras_serializable("tests")
def shouted(texts):
    return np.char.upper(texts)


@keras.utils.register_keras_serializable("tests")
def at_bars(texts):
    return [str(text).split("|") for text in texts]


def layer_of(**arguments):
    layer = keras.layers.TextVectorization(**arguments)
    layer.adapt(TEXTS)
    return layer


def test_all_forms_of_texts_are_one():
    pandas = pytest.importorskip("pandas")
    layer = layer_of()
    expected = layer(TEXTS).numpy()
    assert expected.shape == (3, 4)
    data = keras.data.Dataset.from_tensor_slices(TEXTS).batch(3)
    forms = (
        tuple(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object)[:, None],
        np.array([text.encode() for text in TEXTS]),
        pandas.Series(TEXTS),
        [[text] for text in TEXTS],
        next(iter(data)),
    )
    for form in forms:
        np.testing.assert_array_equal(layer(form).numpy(), expected)
    np.testing.assert_array_equal(next(iter(data.map(layer))).numpy(), expected)
    np.testing.assert_array_equal(layer(TEXTS[0]).numpy(), expected[0, :3])


def test_batches_are_counted_together():
    expected = ["", "[UNK]", "good", "plot", "music", "movie", "a"]
    for data in (
        TEXTS,
        np.array(TEXTS)[:, None],
        iter([TEXTS[:1], TEXTS[1:]]),
        keras.data.Dataset.from_tensor_slices(TEXTS).batch(2),
    ):
        layer = keras.layers.TextVectorization()
        layer.adapt(data)
        assert layer.get_vocabulary() == expected
        assert layer.vocabulary_size() == 7
    layer.adapt(iter([TEXTS[:1], TEXTS[1:]]), steps=1)
    assert layer.get_vocabulary(include_special_tokens=False) == ["movie", "good", "a"]


def test_many_texts_are_read_as_few():
    rng = np.random.default_rng(0)
    texts = [" ".join(f"w{word}" for word in rng.integers(0, 50, rng.integers(0, 9))) for _ in range(3000)]
    for mode in ("int", "count", "tf_idf"):
        together, singly = (keras.layers.TextVectorization(output_mode=mode) for _ in range(2))
        together.adapt(texts)
        singly.adapt(iter([text] for text in texts))
        assert together.get_vocabulary() == singly.get_vocabulary()
        whole = together(texts).numpy()
        for text, row in zip(texts[::100], whole[::100], strict=True):
            alone = singly([text]).numpy()[0]
            np.testing.assert_allclose(row[: len(alone)], alone, rtol=1e-6)
            assert not row[len(alone) :].any()


def test_functions_of_users():
    layer = keras.layers.TextVectorization(standardize=shouted, split=at_bars, ngrams=2)
    layer.adapt(["a b|c", "c|ß"])
    assert set(layer.get_vocabulary()[2:]) == {"A B", "C", "SS", "A B C", "C SS"}
    # The same by numpy's own, which gives an array of lists.
    plain = keras.layers.TextVectorization(split=np.char.split, vocabulary=["a", "b"])
    np.testing.assert_array_equal(plain([["A b"], ["b"]]).numpy(), [[2, 3], [3, 0]])
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    again.set_vocabulary(layer.get_vocabulary())
    assert again.get_config() == layer.get_config()
    np.testing.assert_array_equal(again(["c|ß"]).numpy(), layer(["c|ß"]).numpy())


def test_configs_make_equal_layers():
    for arguments in (
        {"vocabulary": ["a", "b"], "ngrams": (1, 3), "split": "character", "standardize": None},
        {"max_tokens": 9, "output_mode": "count", "pad_to_max_tokens": True},
        {"output_sequence_length": 4, "split": None},
    ):
        layer = keras.layers.TextVectorization(**arguments)
        again = keras.layers.deserialize(keras.layers.serialize(layer))
        assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_copies_know_the_words(copied):
    for mode in ("int", "tf_idf"):
        layer = layer_of(output_mode=mode)
        again = copied(layer)
        assert again.get_vocabulary() == layer.get_vocabulary()
        np.testing.assert_array_equal(again(TEXTS).numpy(), layer(TEXTS).numpy())
    model = keras.Sequential([keras.Input((1,), dtype="string"), layer, keras.layers.Dense(1)])
    np.testing.assert_array_equal(copied(model).predict(TEXTS, verbose=0), model.predict(TEXTS, verbose=0))


def test_symbols():
    x = keras.Input((1,), dtype="string")
    assert x.dtype == "string"
    found = layer_of(output_sequence_length=5)(x)
    assert (found.shape, found.dtype) == ((None, 5), "int64")
    found = layer_of(output_mode="count")(x)
    assert (found.shape, found.dtype) == ((None, 6), "float32")
    assert layer_of()(keras.Input((), dtype="string")).shape == (None, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"standardize": "upper"}, "Unknown value for `standardize` argument of TextVectorization"),
        ({"split": "words"}, "Unknown value for `split` argument of TextVectorization"),
        ({"output_mode": "x"}, "Unknown value for `output_mode` argument of TextVectorization"),
        ({"ngrams": [1, 2]}, r"integers. Received: ngrams=\[1, 2\]"),
        ({"ngrams": 0}, "Received: ngrams=0"),
        ({"output_sequence_length": 1.5}, "must be either None or an integer"),
        ({"output_sequence_length": 3, "output_mode": "count"}, "must not be set if `output_mode` is not 'int'"),
        ({"ragged": True}, "`ragged=True` is not supported"),
        ({"sparse": True, "output_mode": "count"}, "`sparse=True` is not supported"),
        ({"vocabulary": ["a", "a"]}, "repeated term"),
        ({"vocabulary": ["a", "[UNK]", ""]}, "reserved mask token"),
        ({"words": 3}, "words"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        keras.layers.TextVectorization(**arguments)


def test_wrong_values():
    layer = layer_of()
    for value in ([None], [1], np.ones(2), None, [float("nan")], ["a", b"b", 3]):
        with pytest.raises(TypeError, match=r"(expects|Expected) strings"):
            layer(value)
    for value, message in (
        ([["a", "b"]], r"inputs.shape=\(1, 2\) with rank=2"),
        ([["a"], ["b", "c"]], "one length"),
        (["\ud800"], "UTF-8"),
    ):
        with pytest.raises(ValueError, match=message):
            layer(value)
    with pytest.raises(ValueError, match="is not utf-8"):
        keras.layers.TextVectorization(standardize=shouted, vocabulary=["A"])([b"\xff"])
    for split in (lambda texts: 3, lambda texts: [["a"]], lambda texts: [1, 2]):
        with pytest.raises(ValueError, match="should return a list of tokens for each"):
            keras.layers.TextVectorization(split=split, vocabulary=["a"])(["a", "b"])
    with pytest.raises(RuntimeError, match="has no vocabulary yet"):
        keras.layers.TextVectorization()(["a"])
    with pytest.raises(MemoryError, match="no memory for 1 rows"):
        keras.layers.TextVectorization(vocabulary=["a"], output_sequence_length=2**50)(["a"])


def test_bytes_and_long_tokens():
    layer = keras.layers.TextVectorization(standardize=None)
    layer.adapt([b"\xff \xfe\xff ok", "ok " + "x" * 100_000])
    assert layer([b"\xfe\xff ok \xff"]).numpy().shape == (1, 3)
    assert len(set(layer([b"\xfe\xff ok \xff"]).numpy()[0])) == 3
    assert layer(["x" * 100_000]).numpy()[0, 0] > 1
