"""Strings and integers as the indices of a vocabulary."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras

LETTERS = ["a", "b", "c"]


def adapted(**arguments):
    layer = keras.layers.StringLookup(**arguments)
    layer.adapt([["b", "a", "b"], ["é", "", "b"]])
    return layer


def test_all_forms_of_strings_are_one():
    layer = keras.layers.StringLookup(vocabulary=["a", "é"])
    pandas = pytest.importorskip("pandas")
    words = ["é", "z", "a"]
    forms = (
        words,
        tuple(words),
        np.array(words),
        np.array(words, dtype=object),
        np.array([word.encode() for word in words]),
        pandas.Series(words),
        next(iter(keras.data.Dataset.from_tensor_slices(words).batch(3))),
    )
    for form in forms:
        np.testing.assert_array_equal(layer(form).numpy(), [2, 0, 1])
    assert layer([[["a"]], [["é"]]]).shape == (2, 1, 1)
    assert layer("a").shape == ()
    assert layer([]).shape == (0,)
    assert layer(np.empty((0, 4), dtype=object)).shape == (0, 4)


def test_there_and_back():
    layer = keras.layers.StringLookup(vocabulary=LETTERS, mask_token="")
    back = keras.layers.StringLookup(vocabulary=layer.get_vocabulary(), mask_token="", invert=True)
    indices = layer([["a", "", "z"]])
    found = back(indices)
    assert found.tolist() == [["a", "", "[UNK]"]]
    # As TensorFlow's tensors of strings do.
    assert found.numpy().tolist() == [[b"a", b"", b"[UNK]"]]
    assert [text.numpy() for text in found[0]] == [b"a", b"", b"[UNK]"]
    assert found[0, 1:].numpy().tolist() == [b"", b"[UNK]"]
    assert "['a' '' '[UNK]']" in repr(found)
    assert back([-1, 99]).tolist() == ["[UNK]", "[UNK]"]
    integers = keras.layers.IntegerLookup(vocabulary=[7, 9], invert=True)
    np.testing.assert_array_equal(integers([1, 2, 0, 5]).numpy(), [7, 9, -1, -1])


def test_batches_are_counted_together():
    parts = [["b", "a"], ["c", "b"], ["z", "z"]]
    whole = keras.layers.StringLookup()
    whole.adapt(np.array(parts))
    for data in (parts, iter(map(np.array, parts)), keras.data.Dataset.from_tensor_slices(np.array(parts)).batch(2)):
        layer = keras.layers.StringLookup()
        layer.adapt(data)
        assert layer.get_vocabulary() == whole.get_vocabulary() == ["[UNK]", "z", "b", "c", "a"]
    layer = keras.layers.StringLookup()
    layer.adapt(iter(parts), steps=2)
    assert "z" not in layer.get_vocabulary()
    layer.reset_state()
    layer.update_state(["q"])
    layer.finalize_state()
    assert layer.get_vocabulary(include_special_tokens=False) == ["q"]
    integers = keras.layers.IntegerLookup()
    integers.adapt(iter([np.array([5, 5]), np.array([7, 7, 6])]))
    assert integers.get_vocabulary() == [-1, 7, 5, 6]


def test_vocabularies_in_files(tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes("a\r\nb\nÄ c\n".encode())
    layer = keras.layers.StringLookup(vocabulary=str(path))
    assert layer.get_vocabulary() == ["[UNK]", "a", "b", "Ä c"]
    assert layer.get_config()["vocabulary"] is None
    path.write_bytes(b"a\n\xff\xfe\n")
    for wrong, message in (
        (path, "should be UTF-8"),
        (tmp_path, "does not exist"),
        (tmp_path / "no", "does not exist"),
    ):
        with pytest.raises(ValueError, match=message):
            keras.layers.StringLookup(vocabulary=str(wrong))
    path.write_text("1\n2\n")
    assert keras.layers.IntegerLookup(vocabulary=str(path)).get_vocabulary() == [-1, 1, 2]


@pytest.mark.parametrize("mode", ["int", "tf_idf"])
def test_vocabularies_are_assets(tmp_path, mode):
    layer = adapted(output_mode=mode, mask_token="")
    layer.save_assets(str(tmp_path))
    assert (tmp_path / "vocabulary.txt").read_text(encoding="utf-8").split("\n") == layer.get_vocabulary()
    store: dict[str, np.ndarray] = {}
    layer.save_own_variables(store)
    again = keras.layers.StringLookup.from_config(layer.get_config())
    again.load_own_variables(store)
    again.load_assets(str(tmp_path))
    assert again.get_vocabulary() == layer.get_vocabulary()
    x = [["b", "z", "é"]]
    np.testing.assert_array_equal(again(x).numpy(), layer(x).numpy())


def test_terms_that_lines_cannot_hold(tmp_path):
    layer = keras.layers.StringLookup()
    layer.adapt([["a\nb", "\u2028", ""]])
    layer.save_assets(str(tmp_path))
    again = keras.layers.StringLookup()
    again.load_assets(str(tmp_path))
    assert again.get_vocabulary() == layer.get_vocabulary()
    (tmp_path / "vocabulary.json").write_text("{")
    with pytest.raises(ValueError, match="is damaged"):
        again.load_assets(str(tmp_path))


def test_bytes_that_are_no_text(tmp_path):
    layer = keras.layers.StringLookup()
    layer.adapt([[b"\xff\xfe", b"a"], [b"\xff\xfe", b"b"]])
    np.testing.assert_array_equal(layer([b"\xff\xfe", b"\xff"]).numpy(), [1, 0])
    layer.save_assets(str(tmp_path))
    again = keras.layers.StringLookup()
    again.load_assets(str(tmp_path))
    np.testing.assert_array_equal(again([b"\xff\xfe", b"\xff"]).numpy(), [1, 0])
    latin = keras.layers.StringLookup(encoding="latin-1")
    latin.adapt([["é".encode("latin-1")]])
    assert latin.get_vocabulary() == ["[UNK]", "é"]


def test_configs_make_equal_layers():
    for layer in (
        keras.layers.StringLookup(vocabulary=np.array(LETTERS), output_mode="tf_idf", idf_weights=np.ones(3)),
        keras.layers.IntegerLookup(vocabulary=(3, 4), mask_token=0, num_oov_indices=2),
    ):
        again = keras.layers.deserialize(keras.layers.serialize(layer))
        assert again.get_config() == layer.get_config()
        assert again.get_vocabulary() == layer.get_vocabulary()


def test_unknown_values_may_be_refused():
    layer = keras.layers.StringLookup(vocabulary=LETTERS, num_oov_indices=0)
    with pytest.raises(ValueError, match=r'found OOV values \["x" "y"\], consider setting `num_oov_indices=1`'):
        layer(["a", "x", "y"])
    with pytest.raises(ValueError, match=r"found OOV values \[5\]"):
        keras.layers.IntegerLookup(vocabulary=[1], num_oov_indices=0)([1, 5])


def test_there_must_be_a_vocabulary():
    with pytest.raises(RuntimeError, match="must set the layer's vocabulary before calling"):
        keras.layers.StringLookup(output_mode="multi_hot")([["a"]])
    with pytest.raises(RuntimeError, match="Table not initialized"):
        keras.layers.StringLookup()(["a"])
    with pytest.raises(ValueError, match="Cannot adapt layer 'known' after setting a static vocabulary"):
        keras.layers.StringLookup(vocabulary=LETTERS, name="known").adapt(["a"])
    grown = adapted(output_mode="count")
    with pytest.raises(RuntimeError, match="Old vocab size is 5, new vocab size is 2"):
        grown.adapt([["a"]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vocabulary": ["a", "b", "a"]}, r"repeated terms are: \['a'\]"),
        ({"vocabulary": []}, "Cannot set an empty vocabulary"),
        ({"vocabulary": [["a"]]}, "list of single terms"),
        ({"vocabulary": [1]}, r"Received: 1 \(of type int\)"),
        ({"vocabulary": [None]}, "Received: None"),
        ({"vocabulary": {"a"}}, "should be a list, a tuple, an array or the path"),
        ({"vocabulary": ["b", "", "a"], "mask_token": ""}, "reserved mask token .* at vocabulary index 1"),
        ({"vocabulary": ["a", "[UNK]"], "invert": True}, "reserved OOV token at unexpected location"),
        ({"vocabulary": LETTERS, "max_tokens": 2}, "Received vocabulary size is 4; `max_tokens` is 2"),
        ({"max_tokens": 1}, "must be greater than 1. Received: max_tokens=1"),
        ({"max_tokens": "x"}, "expected an integer"),
        ({"num_oov_indices": -1}, "Received: num_oov_indices=-1"),
        ({"output_mode": "x"}, "Unknown value for `output_mode` argument of StringLookup"),
        ({"output_mode": "tf_idf", "vocabulary": LETTERS}, "`idf_weights` argument must also be provided"),
        ({"output_mode": "tf_idf", "vocabulary": LETTERS, "idf_weights": [1.0]}, r"len\(idf_weights\) is 1"),
        ({"vocabulary": LETTERS, "idf_weights": [1.0]}, "should only be set if `output_mode` is `'tf_idf'`"),
        ({"invert": True, "output_mode": "count"}, "must be `'int'` when `invert` is true"),
        ({"pad_to_max_tokens": True}, "must set `max_tokens`"),
        ({"sparse": True, "output_mode": "count"}, "Sparse tensors are not supported"),
        ({"salt": "x"}, "can only be a tuple of 2 integers"),
        ({"encoding": "nope"}, "Received: encoding='nope'"),
        ({"mask_token": 0}, "`mask_token` should be a string"),
        ({"foo": 1}, r"Unrecognized keyword argument\(s\): {'foo': 1}"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        keras.layers.StringLookup(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_tokens": 1}, "If `max_tokens` is set for `IntegerLookup`"),
        ({"num_oov_indices": -1}, "must >= 0"),
        ({"vocabulary_dtype": "string"}, "Only `vocabulary_dtype='int64'`"),
        ({"salt": 3}, "only be used when `oov_method='farmhash'`"),
        ({"vocabulary": ["a"]}, "should hold integers"),
        ({"vocabulary": [1.5]}, "should hold integers"),
        ({"vocabulary": [2**70]}, "64-bit integers"),
        ({"oov_method": "q"}, "Unknown value for `oov_method` argument of IntegerLookup"),
    ],
)
def test_wrong_arguments_of_integers(arguments, message):
    with pytest.raises(ValueError, match=message):
        keras.layers.IntegerLookup(**arguments)


def test_wrong_values():
    strings = keras.layers.StringLookup(vocabulary=LETTERS)
    for value in ([None], [1, 2], np.ones(2), None, {"a": 1}, [float("nan")], keras.ops.ones(2)):
        with pytest.raises(TypeError, match=r"(expects|Expected) strings"):
            strings(value)
    integers = keras.layers.IntegerLookup(vocabulary=[1, 2])
    for value in (["a"], [1.5], np.array([np.nan]), [2**70], np.array([2**63], "uint64"), None):
        with pytest.raises(TypeError, match="expects integers"):
            integers(value)
    with pytest.raises(ValueError, match="one length"):
        integers([[1], [1, 2]])
    with pytest.raises(MemoryError):
        keras.layers.StringLookup(
            vocabulary=LETTERS, output_mode="multi_hot", max_tokens=2**45, pad_to_max_tokens=True
        )([["a"]])
