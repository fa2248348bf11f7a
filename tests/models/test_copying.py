import copy
import pickle

import numpy as np
import pytest

import keraburn as keras
from keraburn import layers

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = np.ones((8, 1), "float32")


class Net(keras.Model):
    def __init__(self, units=4):
        super().__init__()
        self.hidden = layers.Dense(units, activation="tanh")
        self.out = layers.Dense(1)

    def call(self, x):
        return self.out(self.hidden(x))


def stack():
    return keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Dropout(0.5, seed=1), layers.Dense(1)])


def graph():
    x = keras.Input((3,))
    return keras.Model(x, layers.Dense(1)(layers.Dense(4)(x)))


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))], ids=["deep", "pickle"]
)
@pytest.mark.parametrize("make", [stack, graph, Net])
def test_copy_goes_on_as_the_original(make, again):
    model = make()
    model.compile("adam", "mse")
    model.fit(X, Y, batch_size=4, verbose=0)
    twin = again(model)
    np.testing.assert_array_equal(twin(X).numpy(), model(X).numpy())
    assert not {id(weight) for weight in twin.weights} & {id(weight) for weight in model.weights}
    for each in (model, twin):
        each.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    for a, b in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_layers_are_copied_too():
    layer = layers.Dense(2, activation="relu")
    layer.build((None, 3))
    twin = copy.deepcopy(layer)
    np.testing.assert_array_equal(twin(X).numpy(), layer(X).numpy())
    assert copy.deepcopy(layers.Dense(2)).built is False


def test_subclass_is_built_by_a_shape():
    model = Net()
    model.build((None, 3))
    assert model.count_params() == 21
    assert model.hidden.kernel.path.startswith("net")


def test_build_of_a_call_that_needs_values_warns():
    class Odd(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = layers.Dense(2)

        def call(self, x):
            return self.inner(x) if float(x[0, 0]) > 0 else x

    with pytest.warns(UserWarning, match="Layers inside it are not built"):
        Odd().build((None, 3))
