import numpy as np
import pytest

import keraburn as keras
from keraburn import layers
from tests.checks_layers import check_layer

RANDOM = [
    (layers.Dropout, {"rate": 0.3}),
    (layers.SpatialDropout1D, {"rate": 0.3}),
    (layers.GaussianNoise, {"stddev": 0.3}),
    (layers.GaussianDropout, {"rate": 0.3}),
    (layers.AlphaDropout, {"rate": 0.3}),
]


@pytest.mark.parametrize(("cls", "arguments"), RANDOM, ids=lambda v: getattr(v, "__name__", None))
def test_nothing_happens_outside_of_training(cls, arguments):
    layer = check_layer(cls, arguments, (2, 3, 4), output_shape=(2, 3, 4), reference=lambda x, _: x)
    assert layer.built
    assert len(layer.variables) == 1
    assert len(layer.weights) == 0


@pytest.mark.parametrize(("cls", "arguments"), RANDOM, ids=lambda v: getattr(v, "__name__", None))
def test_a_seed_gives_the_same_noise_and_every_call_another(cls, arguments):
    x = np.ones((4, 10, 10), "float32")
    a, b = cls(**arguments, seed=3), cls(**arguments, seed=3)
    first = a(x, training=True).numpy()
    np.testing.assert_array_equal(first, b(x, training=True).numpy())
    assert np.any(first != a(x, training=True).numpy())


def test_dropout_keeps_the_mean():
    y = layers.Dropout(0.5, seed=1337)(np.ones((20, 500)), training=True).numpy()
    assert abs(y.mean() - 1) < 0.03
    assert set(np.unique(y)) == {0.0, 2.0}


def test_dropout_of_everything():
    np.testing.assert_array_equal(layers.Dropout(1.0)(np.ones((2, 3)), training=True).numpy(), 0)


def test_dropout_pattern_can_be_shared():
    y = layers.Dropout(0.5, noise_shape=(None, 1, None), seed=0)(np.ones((20, 5, 10)), training=True).numpy()
    np.testing.assert_array_equal(y[:, 0], y[:, 1])
    y = layers.SpatialDropout1D(0.5, seed=0)(np.ones((20, 5, 10)), training=True).numpy()
    np.testing.assert_array_equal(y[:, 0], y[:, 1])


def test_noise_has_the_asked_spread():
    x = np.ones((20, 500))
    assert abs(layers.GaussianNoise(0.3, seed=1)(x, training=True).numpy().std() - 0.3) < 0.02
    spread = layers.GaussianDropout(0.3, seed=1)(x, training=True).numpy().std()
    assert abs(spread - np.sqrt(0.3 / 0.7)) < 0.03


def test_alpha_dropout_keeps_mean_and_variance():
    x = np.random.default_rng(0).normal(size=(100, 500))
    y = layers.AlphaDropout(0.3, seed=1)(x, training=True).numpy()
    assert abs(y.mean()) < 0.03
    assert abs(y.std() - 1) < 0.03


def test_activity_regularization():
    layer = layers.ActivityRegularization(l1=0.1, l2=0.2)
    x = np.array([[1.0, -2.0], [3.0, 0.0]])
    np.testing.assert_array_equal(layer(x).numpy(), x)
    np.testing.assert_allclose(float(layer.losses[0]), (0.1 * 6 + 0.2 * 14) / 2, rtol=1e-6)
    check_layer(layers.ActivityRegularization, {"l1": 0.1}, (2, 3))


def test_dropout_in_a_trained_model_changes_every_step():
    model = keras.Sequential([keras.Input((4,)), layers.Dropout(0.5, seed=1), layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((8, 4), "float32"), np.zeros((8, 1), "float32")
    before = model.layers[0].seed_generator.state.numpy()
    model.fit(x, y, batch_size=4, epochs=2, verbose=0)
    assert np.any(before != model.layers[0].seed_generator.state.numpy())


@pytest.mark.parametrize("rate", [-0.1, 1.5])
@pytest.mark.parametrize("cls", [layers.Dropout, layers.GaussianDropout, layers.AlphaDropout, layers.GaussianNoise])
def test_rates_out_of_range(cls, rate):
    with pytest.raises(ValueError, match=f"Expected a float value between 0 and 1. Received: .*={rate}"):
        cls(rate)


@pytest.mark.parametrize("shape", ["abc", (1, 2.5), (1, -1), 3])
def test_wrong_noise_shape(shape):
    with pytest.raises(ValueError, match="Invalid value received for argument `noise_shape`"):
        layers.Dropout(0.5, noise_shape=shape)
