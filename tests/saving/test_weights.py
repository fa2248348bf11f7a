"""Weights files: there and back, with Keras too, and nothing changes where they do not fit."""

from __future__ import annotations

import os

import numpy as np
import pytest

import keraburn
from keraburn.saving.weights import load_weights, save_weights

X = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
Y = X[:, :2]


def make(k, units=3):
    i = k.Input((4,))
    x = k.Sequential([k.layers.Dense(units), k.layers.BatchNormalization()])(i)
    x = k.layers.Bidirectional(k.layers.LSTM(2))(k.layers.Reshape((units, 1))(x))
    model = k.Model(i, k.layers.Dense(2)(x))
    model.compile("adam", "mse")
    return model


def fit(model):
    model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0)


def test_there_and_back_with_the_optimizer(tmp_path):
    path = tmp_path / "a.weights.h5"
    one, two = make(keraburn), make(keraburn)
    fit(one)
    save_weights(one, path)
    two.optimizer.build(two.trainable_variables)
    load_weights(two, path)
    for model in (one, two):
        fit(model)
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert os.listdir(tmp_path) == ["a.weights.h5"]


def test_what_does_not_fit_changes_nothing(tmp_path):
    path = tmp_path / "a.weights.h5"
    save_weights(make(keraburn, 5), path)
    model = make(keraburn)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"could not be loaded[\s\S]*a\.weights\.h5"):
        load_weights(model, path)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_keras_reads_ours_and_we_read_theirs(tmp_path):
    keras = pytest.importorskip("keras")
    path = tmp_path / "a.weights.h5"
    ours, theirs = make(keraburn), make(keras)
    fit(ours)
    save_weights(ours, path)
    theirs.optimizer.build(theirs.trainable_variables)
    theirs.load_weights(path)
    np.testing.assert_allclose(np.asarray(theirs(X)), ours.predict(X, verbose=0), rtol=1e-4, atol=1e-5)
    again = make(keraburn)
    again.optimizer.build(again.trainable_variables)
    theirs.save_weights(tmp_path / "b.weights.h5")
    load_weights(again, tmp_path / "b.weights.h5")
    np.testing.assert_array_equal(again.predict(X, verbose=0), ours.predict(X, verbose=0))
    for a, b in zip(again.optimizer.variables, ours.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
