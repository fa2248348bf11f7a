import numpy as np
import pytest

import keraburn as keras


def test_to_categorical():
    np.testing.assert_array_equal(keras.utils.to_categorical([0, 2, 1]), np.eye(3)[[0, 2, 1]])
    assert keras.utils.to_categorical([[1], [0]], 4).shape == (2, 4)
    assert keras.utils.to_categorical(np.zeros((2, 3), int), 2).shape == (2, 3, 2)
    np.testing.assert_array_equal(keras.utils.to_categorical(keras.ops.array([1, 0]), 2).numpy(), np.eye(2)[::-1])


@pytest.mark.parametrize(
    ("x", "classes", "message"),
    [
        ([0, 3], 3, r"must be in \[0, 3\).*indices from 0 to 3"),
        ([-1], 2, r"must be in \[0, 2\)"),
        ([], None, "`num_classes` must be given"),
        (["a"], None, "must be numbers"),
    ],
)
def test_wrong_labels(x, classes, message):
    with pytest.raises(ValueError, match=message):
        keras.utils.to_categorical(x, classes)


def test_normalize():
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    np.testing.assert_allclose(keras.utils.normalize(x), [[0.6, 0.8], [0, 0]])
    np.testing.assert_allclose(keras.utils.normalize(keras.ops.array(x)).numpy(), [[0.6, 0.8], [0, 0]], rtol=1e-6)
    np.testing.assert_allclose(keras.utils.normalize(x, axis=0, order=1)[:, 0], [1, 0])


def test_seed_gives_the_same_model_and_training():
    results = []
    for _ in range(2):
        keras.utils.set_random_seed(42)
        model = keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
        )
        model.compile("adam", "mse")
        rng = np.random.rand(16, 3)
        model.fit(rng, rng[:, :1], batch_size=4, epochs=2, verbose=0)
        results.append(model.get_weights())
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="Expected `seed` argument to be an integer"):
        keras.utils.set_random_seed("42")
