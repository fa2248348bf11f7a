"""Strings and integers as bins."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn import _core, trace

HASHES = {"num_bins": 1000}
WORDS = ["a", "é", "", "中文", "x" * 1000]


def test_all_forms_of_strings_are_one():
    layer = keras.layers.Hashing(**HASHES)
    expected = layer(WORDS).numpy()
    assert expected.shape == (5,)
    forms = (
        np.array(WORDS),
        np.array(WORDS, dtype=object),
        [word.encode() for word in WORDS],
        np.array([word.encode() for word in WORDS], dtype=object),
        tuple(WORDS),
    )
    for form in forms:
        np.testing.assert_array_equal(layer(form).numpy(), expected)
    np.testing.assert_array_equal(layer(np.array(WORDS)[:, None]).numpy(), expected[:, None])
    assert layer("é").numpy() == expected[1]


def test_integers_are_hashed_by_their_digits():
    layer = keras.layers.Hashing(**HASHES)
    values = [0, -1, 7, 10**12, -(2**63)]
    np.testing.assert_array_equal(layer(np.array(values)).numpy(), layer([str(value) for value in values]).numpy())
    tensor = keras.ops.convert_to_tensor([0, 7])
    np.testing.assert_array_equal(layer(tensor).numpy(), layer(["0", "7"]).numpy())


def test_many_are_hashed_as_few():
    texts = [f"w{number}" for number in range(3000)]
    together = _core.hash_strings(texts, 10**6, (1, 2))
    singly = [_core.hash_strings([text], 10**6, (1, 2))[0] for text in texts]
    assert together.tolist() == singly
    assert len(set(singly)) > 2900


def test_configs_make_equal_layers():
    for layer in (
        keras.layers.Hashing(7, mask_value="", salt=3, output_mode="count"),
        keras.layers.HashedCrossing(7, output_mode="one_hot"),
    ):
        config = layer.get_config()
        again = keras.layers.deserialize(keras.layers.serialize(layer))
        assert again.get_config() == config
    assert keras.layers.Hashing(7, salt=3).get_config()["salt"] == [3, 3]


def test_inside_models():
    color = keras.Input((1,), dtype="string", name="color")
    size = keras.Input((1,), dtype="int32", name="size")
    crossed = keras.layers.HashedCrossing(8, output_mode="one_hot")([color, size])
    # What comes before a layer of hashes is on the host too.
    bins = keras.layers.Discretization([2.0, 4.0])(size)
    other = keras.layers.HashedCrossing(5, output_mode="one_hot")([bins, color])
    outputs = keras.layers.Dense(1)(keras.layers.concatenate([crossed, other]))
    model = keras.Model({"color": color, "size": size}, outputs)
    model.compile("sgd", "mse")
    data = {"color": ["red", "blue", "red", "green"], "size": np.array([1, 2, 5, 3])}
    before = model.predict(data, verbose=0)
    np.testing.assert_allclose(model(data).numpy(), before, atol=1e-6)
    assert before[0] != before[2]
    model.fit(data, np.ones(4), verbose=0)
    assert np.any(model.predict(data, verbose=0) != before)


def test_not_inside_compiled_computations():
    layer = keras.layers.Hashing(3)
    with pytest.raises(ValueError, match=r"'hashing\w*' .*works on the host and cannot be part of a compiled"):
        trace.Compiled(layer, [np.zeros(3, "int32")])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_bins": None}, "cannot be `None` or non-positive values. Received: num_bins=None"),
        ({"num_bins": 0}, "Received: num_bins=0"),
        ({"num_bins": "many"}, "expected an integer. Received: num_bins='many'"),
        ({"num_bins": 3, "output_mode": "tf_idf"}, "Received: output_mode=tf_idf"),
        ({"num_bins": 3, "salt": "s"}, "Received: salt=s"),
        ({"num_bins": 3, "salt": (1, 2, 3)}, "can only be a tuple of size 2 integers"),
        ({"num_bins": 3, "dtype": "float32"}, "should be an integer type"),
        ({"num_bins": 3, "sparse": True}, "`sparse` may only be true"),
        ({"num_bins": 3, "sparse": True, "output_mode": "count"}, "Sparse tensors are not supported"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        keras.layers.Hashing(**arguments)


def test_wrong_values():
    layer = keras.layers.Hashing(3)
    for value, message in (
        ([None], "Received: None"),
        (["a", 1], r"Received: 1 \(of type int\) at position 1"),
        (object(), "expects strings"),
        (np.array(["2020-01-01"], "datetime64[D]"), "Received: dtype datetime64"),
    ):
        with pytest.raises(TypeError, match=message):
            layer(value)
    for value, message in (
        ([np.nan], "Only finite numbers"),
        ([["a"], ["b", "c"]], "one length"),
        (["\ud800"], "UTF-8"),
    ):
        with pytest.raises(ValueError, match=message):
            layer(value)
    with pytest.raises(TypeError, match="mask of strings"):
        keras.layers.Hashing(3, mask_value=0)(["a"])
    with pytest.raises(TypeError, match="mask of numbers"):
        keras.layers.Hashing(3, mask_value="")([1])


def test_wrong_crosses():
    layer = keras.layers.HashedCrossing(5)
    a, b = np.array(["a"]), np.array(["a", "b"])
    for inputs, message in (
        (a, "on a list or tuple of inputs"),
        ([a], "at least two inputs"),
        ([b[None], b[None]], r"should have shape `\(\)`"),
        ([a, b], "should have equal shape"),
        ([a, np.ones(1)], "integer or string dtype"),
    ):
        with pytest.raises(ValueError, match=message):
            layer(inputs)
    for arguments, message in (
        ({"num_bins": None}, "Received: num_bins=None"),
        ({"num_bins": 3, "output_mode": "count"}, "Received: output_mode=count"),
        ({"num_bins": 3, "sparse": True}, "Received: sparse=True"),
    ):
        with pytest.raises(ValueError, match=message):
            keras.layers.HashedCrossing(**arguments)
