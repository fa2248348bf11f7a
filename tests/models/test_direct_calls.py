import itertools
import threading

import numpy as np
import pytest

import keraburn as keras
from keraburn import layers, ops

X = np.linspace(-1, 1, 6).reshape(2, 3).astype("float32")


def network(*inner):
    return keras.Sequential([keras.Input((3,)), *inner, layers.Dense(2, activation="tanh")])


def plans(model):
    return [plan for plan in model._plans.values() if plan is not None]


def test_planned_calls_give_what_plain_ones_give():
    model = network(layers.Dense(5, activation="relu"))
    plain = model(X).numpy()
    for _ in range(3):
        np.testing.assert_array_equal(model(X).numpy(), plain)
    assert len(plans(model)) == 1


def test_new_weights_are_seen():
    model = network()
    for _ in range(3):
        model(X)
    model.set_weights([np.zeros((3, 2)), np.ones(2)])
    np.testing.assert_allclose(model(X).numpy(), np.tanh(np.ones((2, 2))), rtol=1e-6)
    model.layers[0].bias.assign(np.zeros(2))
    np.testing.assert_array_equal(model(X).numpy(), 0)


def test_training_is_seen():
    model = network(layers.Dense(4))
    model.compile("sgd", "mse")
    for _ in range(3):
        before = model(X).numpy()
    model.fit(X, np.ones((2, 2)), verbose=0)
    after = model(X).numpy()
    assert np.any(before != after)
    np.testing.assert_allclose(model.predict(X, verbose=0), after, rtol=1e-6)


def test_changed_attributes_are_seen():
    model = network()
    for _ in range(3):
        model(X)
    model.layers[0].activation = keras.activations.get("relu")
    assert model(X).numpy().min() >= 0


def test_frozen_batch_normalization_is_seen():
    model = keras.Sequential([keras.Input((3,)), layers.BatchNormalization()])
    for _ in range(3):
        model(X, training=True)
    mean = model.layers[0].moving_mean.numpy()
    model.layers[0].trainable = False
    for _ in range(3):
        model(X, training=True)
    np.testing.assert_array_equal(mean, model.layers[0].moving_mean.numpy())


@pytest.mark.parametrize("dtype", ["float64", "int32", "uint8", "bool"])
def test_other_dtypes_are_converted(dtype):
    model = network()
    x = (X > 0).astype(dtype)
    plain = model(x).numpy()
    for _ in range(2):
        np.testing.assert_allclose(model(x).numpy(), plain, rtol=1e-6)


def test_views_of_arrays():
    model = network()
    wide = np.asfortranarray(np.repeat(X, 4, 1))
    for _ in range(3):
        np.testing.assert_allclose(model(wide[:, ::4]).numpy(), model(X).numpy(), rtol=1e-6)
        np.testing.assert_allclose(model(wide[::-1, ::4]).numpy(), model(X[::-1].copy()).numpy(), rtol=1e-6)


def test_each_shape_has_its_plan_and_old_ones_go():
    model = network()
    for rows in range(1, 80):
        for _ in range(3):
            assert model(np.ones((rows, 3), "float32")).shape == (rows, 2)
    assert len(model._plans) <= 32


def test_dropout_differs_in_planned_training_calls():
    model = keras.Sequential([keras.Input((100,)), layers.Dropout(0.5, seed=1)])
    outputs = [model(np.ones((1, 100), "float32"), training=True).numpy() for _ in range(5)]
    assert all(np.any(a != b) for a, b in itertools.pairwise(outputs))


def test_users_layers_are_called_every_time():
    seen = []

    class Counting(layers.Layer):
        def call(self, x):
            seen.append(x.shape)
            return x

    model = network(Counting())
    seen.clear()
    for _ in range(4):
        model(X)
    assert len(seen) == 4


def test_losses_of_the_call_are_kept():
    model = network(layers.ActivityRegularization(l2=1.0))
    for factor in (1, 2, 3):
        model(X * factor)
        np.testing.assert_allclose(float(model.losses[0]), np.sum((X * factor) ** 2) / 2, rtol=1e-5)


def test_functional_with_several_outputs():
    x = keras.Input((3,))
    model = keras.Model(x, {"a": layers.Dense(1)(x), "b": ops.exp(x)})
    plain = model(X)
    for _ in range(3):
        again = model(X)
        assert set(again) == {"a", "b"}
        np.testing.assert_allclose(again["b"].numpy(), plain["b"].numpy())


def test_errors_stay_the_same():
    model = network()
    for _ in range(3):
        with pytest.raises(ValueError, match="incompatible"):
            model(np.ones((2, 4), "float32"))


def test_threads_get_their_own_results():
    model = network(layers.Dense(64, activation="relu"), layers.Dense(64, activation="tanh"))
    inputs = [np.random.default_rng(i).normal(size=(4 + i % 3, 3)).astype("float32") for i in range(8)]
    expected = [layers.Layer.__call__(model, x).numpy() for x in inputs]
    wrong = []

    def call(index):
        found = [model(inputs[index]).numpy() for _ in range(200)]
        wrong.extend(index for each in found if not np.allclose(each, expected[index], rtol=1e-5, atol=1e-6))

    threads = [threading.Thread(target=call, args=(index,)) for index in range(len(inputs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
