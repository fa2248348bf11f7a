import json

import numpy as np
import pytest

import keraburn as keras
from keraburn import layers, ops

X = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


def graph():
    a = keras.Input((4,), name="a")
    inner = keras.Sequential([layers.Dense(2)], name="inner")
    shared = layers.Dense(4, name="shared")
    x = shared(a)
    y = shared(x)
    b = keras.Input((2,))
    nested = keras.Model(b, layers.Dense(4)(b), name="nested")
    z = ops.sum(ops.relu(x)[:, :2] + 1, axis=1)
    out = layers.Add(name="plus")([y, nested(inner(y))])
    return keras.Model(a, {"out": out, "z": z, "twice": nested(nested(inner(y))[:, :2])}, name="m")


def test_graph_round_trip():
    model = graph()
    text = model.to_json()
    again = keras.models.model_from_json(text)
    assert json.loads(again.to_json()) == json.loads(text)
    again.set_weights(model.get_weights())
    expected, found = model(X), again(X)
    assert set(found) == {"out", "z", "twice"}
    for name, value in expected.items():
        np.testing.assert_allclose(found[name].numpy(), value.numpy(), rtol=1e-6)


def test_clone_has_weights_of_its_own():
    model = graph()
    copy = keras.models.clone_model(model)
    assert len(copy.weights) == len(model.weights)
    assert not {id(weight) for weight in copy.weights} & {id(weight) for weight in model.weights}
    copy.set_weights([0 * weight for weight in model.get_weights()])
    assert any(np.any(weight) for weight in model.get_weights())
    with pytest.raises(ValueError, match="Expected `model` argument to be a `Model` instance"):
        keras.models.clone_model(3)


def test_clone_of_a_stack():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, kernel_regularizer="l2"), layers.ReLU()])
    copy = keras.models.clone_model(model)
    assert copy.get_config() == model.get_config()
    assert copy.input_shape == (None, 3)


def test_own_layers_need_their_name():
    class Twice(layers.Layer):
        def call(self, x):
            return 2 * x

    model = keras.Sequential([keras.Input((3,)), Twice()])
    text = model.to_json()
    with pytest.raises(TypeError, match="Could not locate class 'Twice'"):
        keras.models.model_from_json(text)
    again = keras.models.model_from_json(text, custom_objects={"Twice": Twice})
    np.testing.assert_array_equal(again(np.ones((1, 3))).numpy(), [[2, 2, 2]])


def test_damaged_graph_is_refused():
    config = graph().get_config()
    config["layers"] = [layer for layer in config["layers"] if layer["name"] != "shared"]
    with pytest.raises(ValueError, match="unknown layer 'shared'"):
        keras.Model.from_config(config)


def test_config_of_a_subclass_with_arguments():
    class Net(keras.Model):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.dense = layers.Dense(units)

        def call(self, x):
            return self.dense(x)

    again = Net.from_config(Net(3, name="n").get_config())
    assert (again.units, again.name) == (3, "n")
