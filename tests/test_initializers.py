"""First values of weights."""

from __future__ import annotations

import random

import numpy as np
import pytest

import keraburn as keras


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("uniform", "RandomUniform"),
        ("normal", "RandomNormal"),
        ("one", "Ones"),
        ("zero", "Zeros"),
        ("zeros", "Zeros"),
        ("he_normal", "HeNormal"),
        ("glorot_uniform", "GlorotUniform"),
        ("GlorotUniform", "GlorotUniform"),
        ("lecun_normal", "LecunNormal"),
        ("identity", "Identity"),
        ("IdentityInitializer", "Identity"),
        ("OrthogonalInitializer", "Orthogonal"),
        ("variance_scaling", "VarianceScaling"),
    ],
)
def test_names(name, cls):
    assert type(keras.initializers.get(name)).__name__ == cls


def test_get_of_other_things():
    assert isinstance(keras.initializers.get(keras.initializers.Ones), keras.initializers.Ones)
    made = keras.initializers.Ones()
    assert keras.initializers.get(made) is made
    assert keras.initializers.get({"class_name": "Constant", "config": {"value": 2.0}}).value == 2.0
    array = np.array([1.0, 2.0])
    np.testing.assert_array_equal(keras.initializers.get(array)((2,)).numpy(), array)
    with pytest.raises(ValueError, match=r"Expected `shape` to be \(2,\).*Received: ?shape=\(3,\)"):
        keras.initializers.get(array)((3,))


def test_one_object_gives_one_shape_the_same_values():
    initializer = keras.initializers.HeNormal()
    np.testing.assert_array_equal(initializer((4, 3)).numpy(), initializer((4, 3)).numpy())
    assert (initializer((4, 3)).numpy() != keras.initializers.HeNormal()((4, 3)).numpy()).any()
    assert (initializer((4, 3)).numpy() != initializer.clone()((4, 3)).numpy()).any()


def test_seed_is_drawn_from_python_random():
    values = []
    for _ in range(2):
        random.seed(5)
        values.append(keras.initializers.RandomNormal()((3,)).numpy())
    np.testing.assert_array_equal(*values)


def test_seed_generator_gives_other_values_each_time():
    initializer = keras.initializers.RandomUniform(seed=keras.random.SeedGenerator(1))
    assert (initializer((4,)).numpy() != initializer((4,)).numpy()).any()
    config = initializer.get_config()
    assert config["seed"]["class_name"] == "SeedGenerator"
    again = keras.initializers.RandomUniform.from_config(config)
    assert isinstance(again.seed, keras.random.SeedGenerator)


def test_truncation():
    values = keras.initializers.TruncatedNormal(stddev=1.0, seed=3)((10000,)).numpy()
    assert np.abs(values).max() <= 2.0
    assert values.std() == pytest.approx(0.8796, rel=0.03)


def test_orthogonal():
    for shape in [(5, 3), (3, 5), (2, 3, 4)]:
        matrix = keras.initializers.Orthogonal(gain=2.0, seed=1)(shape).numpy().reshape(-1, shape[-1])
        small = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
        np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype(dtype):
    for name in ("Zeros", "Ones", "Constant", "RandomNormal", "GlorotUniform", "Orthogonal"):
        assert getattr(keras.initializers, name)()((2, 2), dtype=dtype).dtype == dtype


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda i: i.Identity()((2,)), r"2D matrices.*Received: shape=\(2,\)"),
        (lambda i: i.Orthogonal()((2,)), r"at least two-dimensional.*Received: shape=\(2,\)"),
        (lambda i: i.VarianceScaling(scale=0.0), "Received: scale=0.0"),
        (lambda i: i.VarianceScaling(scale="large"), "Received: scale=large"),
        (lambda i: i.HeNormal()((-1, 2)), r"Received: shape=\(-1, 2\)"),
        (lambda i: i.VarianceScaling(mode="fan"), "Received: mode=fan"),
        (lambda i: i.VarianceScaling(distribution="gamma"), "Received: distribution=gamma"),
        (lambda i: i.RandomNormal(seed="a"), "Received: seed=a"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call(keras.initializers)
