"""Integers and numbers as categories."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras

X = np.array([[0, 2, 2], [1, 3, 9]], "int32")


def test_category_encoding():
    layer = keras.layers.CategoryEncoding
    np.testing.assert_array_equal(layer(4)(X).numpy(), [[1, 0, 1, 0], [0, 1, 0, 1]])
    np.testing.assert_array_equal(layer(4, "count")(X).numpy(), [[1, 0, 2, 0], [0, 1, 0, 1]])
    weighted = layer(4, "count")(X, count_weights=np.full((2, 3), 0.5))
    np.testing.assert_array_equal(weighted.numpy(), [[0.5, 0, 1, 0], [0, 0.5, 0, 0.5]])
    assert layer(4, "one_hot")(X).shape == (2, 3, 4)
    np.testing.assert_array_equal(layer(4, "one_hot")(X[:, :1]).numpy(), [[1, 0, 0, 0], [0, 1, 0, 0]])
    model = keras.Sequential([keras.Input((3,), dtype="int32"), layer(4), keras.layers.Dense(1)])
    assert model.predict(X, verbose=0).shape == (2, 1)


def test_adapted_bins_are_equally_filled():
    layer = keras.layers.Discretization(num_bins=4)
    data = np.random.default_rng(0).normal(size=(1000, 1)).astype("float32")
    with pytest.raises(ValueError, match="You need to either pass the `bin_boundaries` argument"):
        layer(data)
    layer.adapt(iter([data[:300], data[300:]]))
    counts = np.bincount(layer(data).numpy().ravel())
    assert counts.shape == (4,)
    assert abs(counts - 250).max() < 25
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    np.testing.assert_array_equal(again(data).numpy(), layer(data).numpy())


def test_mistakes():
    for arguments, message in (
        ((None,), "num_tokens must be set"),
        ((0,), "Received: num_tokens=0"),
        ((3, "tf_idf"), "Received: output_mode=tf_idf"),
        ((3, "count", True), "Received: sparse=True"),
    ):
        with pytest.raises(ValueError, match=message):
            keras.layers.CategoryEncoding(*arguments)
    with pytest.raises(ValueError, match="`count_weights` is not used"):
        keras.layers.CategoryEncoding(3)(X, count_weights=X)
    for options, message in (
        ({}, "You need to set either"),
        ({"num_bins": 2, "bin_boundaries": [1.0]}, "Both `num_bins` and `bin_boundaries`"),
        ({"num_bins": -1}, "Received: num_bins=-1"),
        ({"num_bins": 2, "output_mode": "tf_idf"}, "Received: output_mode=tf_idf"),
    ):
        with pytest.raises(ValueError, match=message):
            keras.layers.Discretization(**options)
    with pytest.raises(ValueError, match="use `num_bins` instead"):
        keras.layers.Discretization([1.0]).adapt(X)
    with pytest.raises(ValueError, match=r"adapt\(\) received no data"):
        keras.layers.Discretization(num_bins=2).adapt(np.zeros((0, 1)))
