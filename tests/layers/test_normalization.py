import numpy as np
import pytest

import keraburn as keras
import keraburn.tf
from keraburn import layers
from tests.checks_layers import check_layer


def standard(x, axes):
    mean = x.mean(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(x.var(axis=axes, keepdims=True) + 1e-3)


def test_batch_normalization_in_training():
    layer = check_layer(
        layers.BatchNormalization,
        {"momentum": 0.9},
        (8, 3),
        training=True,
        reference=lambda x, w: standard(x, 0) * w[0] + w[1],
        weights=4,
        tolerance=1e-4,
    )
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.1 * x.mean(0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(layer.moving_variance.numpy(), 0.9 + 0.1 * x.var(0), rtol=1e-4)


@pytest.mark.parametrize("first", [1000.0, 0.0, 1e5])
def test_batch_statistics_keep_their_digits(first):
    """Far from zero, and after a first sample that is unlike all others."""
    x = np.random.default_rng(0).normal(1000.0, 1.0, (64, 3, 3, 2)).astype("float32")
    x[0] += first - 1000.0
    layer = layers.BatchNormalization(momentum=0.0)
    outputs = layer(x, training=True).numpy()
    exact = x.astype("float64")
    np.testing.assert_allclose(layer.moving_mean, exact.mean((0, 1, 2)), atol=2e-6 * exact.max())
    np.testing.assert_allclose(layer.moving_variance, exact.var((0, 1, 2)), rtol=64 * 4e-6)
    np.testing.assert_allclose(outputs, standard(exact, (0, 1, 2)), rtol=1e-3, atol=2e-3)


def test_gradients_of_gradients_of_batch_normalization():
    x = keras.ops.convert_to_tensor(np.random.default_rng(0).normal(size=(5, 3)), "float64")
    layer = layers.BatchNormalization(dtype="float64")

    def gradient(x):
        with keras.tf.GradientTape() as tape:
            tape.watch(x)
            loss = keras.ops.sum(keras.ops.sin(layer(x, training=True)))
        return tape.gradient(loss, x)

    with keras.tf.GradientTape() as tape:
        tape.watch(x)
        target = keras.ops.sum(gradient(x) ** 2)
    found = tape.gradient(target, x).numpy()
    step = 1e-5
    for place in np.ndindex(x.shape):
        moved = np.zeros(x.shape)
        moved[place] = step
        sides = [float(keras.ops.sum(gradient(x + sign * moved) ** 2)) for sign in (1, -1)]
        np.testing.assert_allclose(found[place], (sides[0] - sides[1]) / (2 * step), rtol=1e-4, atol=1e-6)


def test_batch_normalization_in_use():
    def reference(x, weights):
        gamma, beta, mean, variance = weights
        return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta

    check_layer(layers.BatchNormalization, {}, (4, 2, 3), reference=reference, weights=4)


def test_frozen_batch_normalization_uses_moving_statistics():
    layer = layers.BatchNormalization(trainable=False)
    x = np.random.default_rng(0).normal(5, 2, (8, 3))
    np.testing.assert_allclose(layer(x, training=True).numpy(), x / np.sqrt(1.001), rtol=1e-5)
    assert len(layer.trainable_weights) == 0


def test_batch_normalization_follows_the_data_in_fit():
    model = keras.Sequential([keras.Input((2,)), layers.BatchNormalization(momentum=0.5), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(3, 0.1, (64, 2)).astype("float32")
    model.fit(x, np.zeros((64, 1)), epochs=5, verbose=0)
    np.testing.assert_allclose(model.layers[0].moving_mean.numpy(), [3, 3], atol=0.1)


def test_masked_steps_do_not_count():
    x = np.zeros((1, 4, 1), "float32")
    x[0, :2, 0] = [1, 3]
    layer = layers.BatchNormalization(momentum=0.0)
    layer(layers.Masking()(x), training=True)
    np.testing.assert_allclose(layer.moving_mean.numpy(), [2], rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), [1], rtol=1e-5)


@pytest.mark.parametrize("axis", [-1, [1, 2]])
def test_layer_normalization(axis):
    axes = tuple(axis) if isinstance(axis, list) else axis
    check_layer(
        layers.LayerNormalization,
        {"axis": axis},
        (3, 2, 4),
        reference=lambda x, w: standard(x, axes) * w[0] + w[1],
        weights=2,
        tolerance=1e-4,
    )


@pytest.mark.parametrize(("groups", "shape"), [(2, (3, 5, 4)), (4, (3, 4)), (1, (2, 3, 4)), (-1, (2, 5, 4))])
def test_group_normalization(groups, shape):
    def reference(x, w):
        count = 4 if groups == -1 else groups
        parts = x.reshape(*x.shape[:-1], count, -1)
        axes = (*range(1, x.ndim - 1), x.ndim)
        return standard(parts, axes).reshape(x.shape) * w[0] + w[1]

    check_layer(layers.GroupNormalization, {"groups": groups}, shape, reference=reference, weights=2, tolerance=1e-4)


def test_rms_and_unit_normalization():
    def root_mean_square(x, w):
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6) * w[0]

    def unit(x, _):
        return x / np.linalg.norm(x, axis=-1, keepdims=True)

    check_layer(layers.RMSNormalization, {}, (3, 4), reference=root_mean_square, weights=1)
    check_layer(layers.UnitNormalization, {}, (3, 4), reference=unit)


def test_rescaling():
    check_layer(layers.Rescaling, {"scale": 0.5, "offset": 1.0}, (2, 3), reference=lambda x, _: x * 0.5 + 1)
    assert layers.Rescaling(1 / 255)(np.full((1, 2), 255, "uint8")).dtype == "float32"


def test_normalization():
    arguments = {"mean": [1.0, 2.0, 3.0], "variance": [4.0, 1.0, 9.0]}
    check_layer(layers.Normalization, arguments, (2, 3), reference=lambda x, _: (x - [1, 2, 3]) / [2, 1, 3])
    data = np.random.default_rng(0).normal(5, 3, (100, 3))
    layer = layers.Normalization()
    layer.adapt(data)
    np.testing.assert_allclose(layer(data).numpy(), (data - data.mean(0)) / data.std(0), rtol=1e-4, atol=1e-5)
    inverse = layers.Normalization(invert=True)
    inverse.adapt(data)
    np.testing.assert_allclose(inverse(layer(data)).numpy(), data, rtol=1e-4)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.BatchNormalization(axis=3)(np.ones((2, 3))), ValueError, "Axis 3 is out of bounds"),
        (lambda: layers.BatchNormalization()(keras.Input((None,))), ValueError, "must have a known size"),
        (lambda: layers.GroupNormalization(0), ValueError, "Received: groups=0"),
        (
            lambda: layers.GroupNormalization(3)(np.ones((2, 4))),
            ValueError,
            "must be a divisor of the number of channels",
        ),
        (
            lambda: layers.GroupNormalization(8)(np.ones((2, 4))),
            ValueError,
            "cannot be more than the number of channels",
        ),
        (lambda: layers.RMSNormalization(axis=5)(np.ones((2, 4))), ValueError, "Axis 5 is out of bounds"),
        (lambda: layers.UnitNormalization(axis=None), TypeError, "Received: axis=None"),
        (lambda: layers.LayerNormalization(axis="last"), TypeError, "Expected an int or a list/tuple of ints"),
        (lambda: layers.LayerNormalization(axis=4)(np.ones((2, 3))), ValueError, "Axis 4 is out of bounds"),
        (lambda: layers.Normalization(mean=1.0), ValueError, "both `mean` and `variance` must be set"),
        (lambda: layers.Normalization(mean=[1.0], variance=[1.0, 2.0]), ValueError, "must have the same shape"),
        (lambda: layers.Normalization().adapt([]), ValueError, "received no data"),
        (lambda: layers.Normalization().adapt(3), TypeError, "Unsupported data type"),
    ],
)
def test_mistakes(make, error, message):
    with pytest.raises(error, match=message):
        make()
