"""Projections of weights."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras

X = np.array([[3.0, -0.1], [4.0, 0.2]], "float32")


def norms(x):
    return np.linalg.norm(np.asarray(x), axis=0)


def test_values():
    np.testing.assert_allclose(norms(keras.constraints.MaxNorm(2.0)(X)), [2.0, norms(X)[1]], rtol=1e-5)
    np.testing.assert_allclose(norms(keras.constraints.UnitNorm()(X)), [1.0, 1.0], rtol=1e-5)
    np.testing.assert_allclose(norms(keras.constraints.MinMaxNorm(1.0, 2.0)(X)), [2.0, 1.0], rtol=1e-5)
    np.testing.assert_array_equal(np.asarray(keras.constraints.NonNeg()(X)), np.maximum(X, 0))


@pytest.mark.parametrize(
    ("name", "cls"),
    [("max_norm", "MaxNorm"), ("non_neg", "NonNeg"), ("UnitNorm", "UnitNorm"), ("min_max_norm", "MinMaxNorm")],
)
def test_names(name, cls):
    made = keras.constraints.get(name)
    assert type(made).__name__ == cls
    assert type(keras.constraints.deserialize(keras.constraints.serialize(made))).__name__ == cls


def test_optimizer_applies_them():
    variable = keras.Variable(np.array([1.0, -1.0], "float32"))
    variable.constraint = keras.constraints.NonNeg()
    keras.optimizers.SGD(0.1).apply([np.array([1.0, 1.0], "float32")], [variable])
    np.testing.assert_allclose(variable.numpy(), [0.9, 0.0], rtol=1e-6)
