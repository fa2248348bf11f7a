"""Penalties on weights."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras

X = np.array([[1.0, -2.0], [0.5, 0.0]], "float32")


def test_values():
    assert float(keras.regularizers.L1(0.1)(X)) == pytest.approx(0.35)
    assert float(keras.regularizers.L2(0.1)(X)) == pytest.approx(0.525)
    assert float(keras.regularizers.L1L2(0.1, 0.1)(X)) == pytest.approx(0.875)
    assert float(keras.regularizers.L1L2()(X)) == 0.0


@pytest.mark.parametrize(
    ("name", "cls"),
    [("l1", "L1"), ("l2", "L2"), ("l1_l2", "L1L2"), ("l1l2", "L1L2"), ("L1L2", "L1L2"), ("L2", "L2")],
)
def test_names(name, cls):
    assert type(keras.regularizers.get(name)).__name__ == cls


def test_aliases_and_configs():
    assert keras.regularizers.l1_l2(l1=0.1, l2=0.2).get_config() == {"l1": 0.1, "l2": 0.2}
    made = keras.regularizers.get(keras.regularizers.serialize(keras.regularizers.l2(0.3)))
    assert made.get_config() == {"l2": 0.3}

    def own(x):
        return 0.0

    assert keras.regularizers.get(own) is own


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), "a"])
def test_weights_are_checked(value):
    for make in (keras.regularizers.L1, keras.regularizers.L2, keras.regularizers.OrthogonalRegularizer):
        with pytest.raises(ValueError, match="expected a non-negative float"):
            make(value)


def test_orthogonal_needs_a_matrix():
    with pytest.raises(ValueError, match=r"rank 2.*Received: inputs.shape=\(3,\)"):
        keras.regularizers.OrthogonalRegularizer()(np.ones(3, "float32"))
    with pytest.raises(ValueError, match="Received: mode=diagonal"):
        keras.regularizers.OrthogonalRegularizer(mode="diagonal")
