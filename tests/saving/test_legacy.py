"""`.h5` files of whole models: what Keras 2 wrote is read, and what is wrong is said."""

from __future__ import annotations

import json

import numpy as np
import pytest

import keraburn
from keraburn.models import load_model
from keraburn.saving.hdf5 import NewFile
from keraburn.saving.legacy import _names, _put_names

layers = keraburn.layers
X = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")


# How the first layer of a Sequential told the shape.
FIRST = {"batch_input_shape": [None, 4]}


def write(path, config, weights, training=None):
    """A file as Keras 2 wrote it.

    Args:
        path: where to.
        config: of the model.
        weights: arrays by layer and name.
        training: the arguments of `compile`.
    """
    file = NewFile()
    file.attributes.update(keras_version="2.11.0", backend="tensorflow", model_config=json.dumps(config))
    if training is not None:
        file.attributes["training_config"] = json.dumps(training)
    group = file.group("model_weights")
    group.attributes.update(layer_names=list(weights), keras_version="2.11.0", backend="tensorflow")
    for layer, arrays in weights.items():
        group.group(layer).attributes["weight_names"] = [f"{layer}/{name}" for name in arrays]
        for name, value in arrays.items():
            group.put(f"{layer}/{layer}/{name}", value)
    with open(path, "wb") as stream:
        file.write(stream)


def initializer(name, **config):
    return {"class_name": name, "config": config}


def dense(name, units, activation, **more):
    return {
        "class_name": "Dense",
        "config": {
            "name": name,
            "trainable": True,
            "dtype": "float32",
            "units": units,
            "activation": activation,
            "use_bias": True,
            "kernel_initializer": initializer("GlorotUniform", seed=None),
            "bias_initializer": initializer("Zeros"),
            "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.01}},
            "bias_regularizer": None,
            "activity_regularizer": None,
            "kernel_constraint": None,
            "bias_constraint": None,
            **more,
        },
    }


TRAINING = {
    "loss": {"class_name": "MeanSquaredError", "config": {"reduction": "auto", "name": "mean_squared_error"}},
    "metrics": [["mae"]],
    "weighted_metrics": None,
    "loss_weights": None,
    "optimizer_config": {
        "class_name": "Adam",
        "config": {
            "name": "Adam",
            "learning_rate": 0.005,
            "decay": 0.0,
            "beta_1": 0.9,
            "beta_2": 0.999,
            "epsilon": 1e-07,
            "amsgrad": False,
            "jit_compile": False,
            "is_legacy_optimizer": False,
        },
    },
}
WEIGHTS = {
    "a": {"kernel:0": np.full((4, 3), 0.5, "f4"), "bias:0": np.ones(3, "f4")},
    "b": {"kernel:0": np.full((3, 2), 0.25, "f4"), "bias:0": np.zeros(2, "f4")},
}
EXPECTED = np.maximum(X @ np.full((4, 3), 0.5) + 1, 0) @ np.full((3, 2), 0.25)


def check(path):
    model = load_model(path)
    np.testing.assert_allclose(model.predict(X, verbose=0), EXPECTED, rtol=1e-5)
    assert type(model.optimizer).__name__ == "Adam"
    assert float(model.optimizer.learning_rate) == pytest.approx(0.005)
    assert len(model.losses) == 2
    assert set(model.evaluate(X, EXPECTED, verbose=0, return_dict=True)) == {"loss", "mae"}
    model.fit(X, EXPECTED, verbose=0)


def test_a_sequential_of_keras_2(tmp_path):
    path = tmp_path / "model.h5"
    stack = [dense("a", 3, "relu", **FIRST), dense("b", 2, "linear")]
    write(path, {"class_name": "Sequential", "config": {"name": "s", "layers": stack}}, WEIGHTS, TRAINING)
    check(path)
    # Before 2.2.3 the config was the list of layers.
    write(path, {"class_name": "Sequential", "config": stack}, WEIGHTS, TRAINING)
    check(path)
    entry = {
        "class_name": "InputLayer",
        "config": {"batch_input_shape": [None, 4], "dtype": "float32", "sparse": False, "ragged": False, "name": "i"},
    }
    write(path, {"class_name": "Sequential", "config": {"name": "s", "layers": [entry, *stack]}}, WEIGHTS, TRAINING)
    check(path)


def test_a_functional_model_of_keras_2(tmp_path):
    path = tmp_path / "model.h5"
    nodes = {"i": [], "a": [[["i", 0, 0, {}]]], "b": [[["a", 0, 0, {}]]], "sum": [[["b", 0, 0, {}], ["b", 0, 0, {}]]]}
    configs = [
        {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "dtype": "float32", "name": "i"}},
        dense("a", 3, "relu"),
        dense("b", 2, "linear"),
        {"class_name": "Average", "config": {"name": "sum", "trainable": True, "dtype": "float32"}},
    ]
    found = [
        {**each, "name": each["config"]["name"], "inbound_nodes": nodes[each["config"]["name"]]} for each in configs
    ]
    config = {"name": "m", "layers": found, "input_layers": [["i", 0, 0]], "output_layers": [["sum", 0, 0]]}
    for name in ("Functional", "Model"):
        write(path, {"class_name": name, "config": config}, WEIGHTS, TRAINING)
        check(path)


def test_layers_of_keras_2(tmp_path):
    path = tmp_path / "model.h5"
    common = {"trainable": True, "dtype": {"class_name": "Policy", "config": {"name": "float32"}}}
    lstm = {
        "class_name": "LSTM",
        "config": {
            **common,
            "name": "lstm",
            "units": 2,
            "return_sequences": True,
            "time_major": False,
            "implementation": 2,
            "kernel_initializer": initializer("GlorotUniform", seed=None),
            "recurrent_initializer": initializer("Orthogonal", gain=1.0, seed=None),
            "bias_initializer": initializer("Zeros"),
        },
    }
    stack = [
        {
            "class_name": "Reshape",
            "config": {**common, "name": "r", "target_shape": [2, 2], "batch_input_shape": [None, 4]},
        },
        {"class_name": "Bidirectional", "config": {**common, "name": "both", "layer": lstm, "merge_mode": "concat"}},
        {"class_name": "BatchNormalization", "config": {**common, "name": "norm", "axis": [2], "momentum": 0.9}},
        {"class_name": "TimeDistributed", "config": {**common, "name": "each", "layer": dense("inner", 3, "relu")}},
    ]
    rng = np.random.default_rng(0)
    cell = {"kernel": (2, 8), "recurrent_kernel": (2, 8), "bias": (8,)}
    shapes = {
        "both": {f"{way}/{name}:0": shape for way in ("forward", "backward") for name, shape in cell.items()},
        "norm": {"gamma:0": (4,), "beta:0": (4,), "moving_mean:0": (4,), "moving_variance:0": (4,)},
        "each": {"kernel:0": (4, 3), "bias:0": (3,)},
    }
    weights = {
        layer: {name: rng.random(shape).astype("f4") for name, shape in inner.items()}
        for layer, inner in shapes.items()
    }
    write(path, {"class_name": "Sequential", "config": {"name": "s", "layers": stack}}, weights)
    with pytest.warns(UserWarning, match="No training configuration found"):
        model = load_model(path)
    assert model.output_shape == (None, 2, 3)
    assert model.get_layer("norm").momentum == 0.9
    flat = [value for inner in weights.values() for value in inner.values()]
    for value, weight in zip(flat, model.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_what_does_not_fit_changes_nothing(tmp_path):
    path = tmp_path / "model.h5"
    one = keraburn.Sequential([keraburn.Input((4,)), layers.Dense(3), layers.Dense(2)])
    one.save(path)
    for stack, message in (
        ([layers.Dense(3), layers.Dense(5)], "Shape mismatch in layer #1"),
        ([layers.Dense(3)], "Layer count mismatch"),
        ([layers.Dense(3), layers.Dense(2, use_bias=False)], "Weight count mismatch for layer #1"),
    ):
        other = keraburn.Sequential([keraburn.Input((4,)), *stack])
        before = other.get_weights()
        with pytest.raises(ValueError, match=rf"{message}[\s\S]*model\.h5"):
            other.load_weights(path)
        for mine, theirs in zip(before, other.get_weights(), strict=True):
            np.testing.assert_array_equal(mine, theirs)
    other = keraburn.Sequential([keraburn.Input((4,)), layers.Dense(3), layers.Dense(5)])
    with pytest.warns(UserWarning, match="due to mismatch in shape"):
        other.load_weights(path, skip_mismatch=True)
    np.testing.assert_array_equal(other.get_weights()[0], one.get_weights()[0])


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_the_optimizer_may_stay_behind(tmp_path):
    path = tmp_path / "model.h5"
    model = keraburn.Sequential([keraburn.Input((4,)), layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit(X, X[:, :2], verbose=0)
    model.save(path, include_optimizer=False)
    with pytest.warns(UserWarning, match="No training configuration found"):
        assert not load_model(path).compiled


def test_many_names_are_in_several_attributes(tmp_path):
    names = [f"layer_{number}" for number in range(9000)]
    file = NewFile()
    _put_names(file, "layer_names", names)
    assert len(file.attributes) == 3
    with open(tmp_path / "a.h5", "w+b") as stream:
        file.write(stream)
        from keraburn.saving.hdf5 import File

        assert _names(File(stream), "layer_names") == names


def test_no_model(tmp_path):
    path = tmp_path / "model.h5"
    with open(path, "wb") as stream:
        NewFile().write(stream)
    with pytest.raises(ValueError, match=r"No model config found in the file at .*model\.h5"):
        load_model(path)
    write(path, ["x"], {})
    with pytest.raises(ValueError, match=r"not a valid Keras configuration[\s\S]*model\.h5"):
        load_model(path)
