"""Names, custom objects, and objects to configs and back."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn import registry


def double(x):
    return 2 * x


class Plain:
    def __init__(self, value=1):
        self.value = value

    def get_config(self):
        return {"value": self.value}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@pytest.fixture
def registered():
    cls = keras.saving.register_keras_serializable("tests")(type("Registered", (Plain,), {}))
    yield cls
    keras.saving.get_custom_objects().pop("tests>Registered")


@pytest.mark.parametrize(
    "value",
    [None, 1, 2.5, "text", True, [1, [2, "a"]], {"a": 1, "b": {"c": [None]}}, b"bytes", slice(1, None, 2), Ellipsis],
)
def test_data_comes_back(value):
    assert keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(value)) == value


def test_arrays_come_back():
    array = np.arange(6, dtype="int64").reshape(2, 3)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(array))
    assert again.dtype == array.dtype
    np.testing.assert_array_equal(again, array)
    tensor = keras.ops.convert_to_tensor(array.astype("float32"))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(tensor))
    np.testing.assert_array_equal(again.numpy(), array)
    assert keras.saving.serialize_keras_object(np.float32(2)) == 2.0


def test_published_object():
    config = keras.saving.serialize_keras_object(keras.losses.Huber(delta=2.0))
    assert config == {
        "module": "keras.losses",
        "class_name": "Huber",
        "config": {"name": "huber_loss", "reduction": "sum_over_batch_size", "delta": 2.0},
        "registered_name": None,
    }
    assert keras.saving.deserialize_keras_object(config).get_config() == config["config"]


def test_function():
    config = keras.saving.serialize_keras_object(keras.losses.mean_squared_error)
    assert config == {
        "module": "builtins",
        "class_name": "function",
        "config": "mean_squared_error",
        "registered_name": "function",
    }
    assert keras.saving.deserialize_keras_object(config) is keras.losses.mean_squared_error


def test_registered_class(registered):
    config = keras.saving.serialize_keras_object(registered(3))
    assert config["registered_name"] == "tests>Registered"
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is registered
    assert again.value == 3
    assert keras.saving.get_registered_name(registered) == "tests>Registered"
    assert keras.saving.get_registered_object("tests>Registered") is registered


def test_class_without_config_is_not_registered():
    with pytest.raises(ValueError, match=r"get_config.*Received: Bare"):
        keras.saving.register_keras_serializable()(type("Bare", (), {}))


def test_custom_objects_by_argument_and_scope():
    config = keras.saving.serialize_keras_object(Plain(4))
    with pytest.raises(TypeError, match=r"Could not locate class 'Plain'.*Received: config="):
        keras.saving.deserialize_keras_object(config)
    assert keras.saving.deserialize_keras_object(config, custom_objects={"Plain": Plain}).value == 4
    with keras.saving.custom_object_scope({"Plain": Plain}):
        assert keras.saving.deserialize_keras_object(config).value == 4
        with keras.saving.CustomObjectScope({"double": double}):
            assert keras.losses.get("double") is double
            assert keras.saving.deserialize_keras_object(config).value == 4
        with pytest.raises(ValueError, match="double"):
            keras.losses.get("double")


def test_lambda_needs_trust():
    shift = 3
    with pytest.warns(UserWarning, match="lambda"):
        config = keras.saving.serialize_keras_object(lambda x, factor=2: factor * x + shift)
    with pytest.raises(ValueError, match="safe_mode=False"):
        keras.saving.deserialize_keras_object(config)
    assert keras.saving.deserialize_keras_object(config, safe_mode=False)(5) == 13


def test_object_without_config():
    with pytest.raises(TypeError, match=r"get_config.*Received: obj="):
        keras.saving.serialize_keras_object(object())


@pytest.mark.parametrize(
    ("family", "wrong", "right"),
    [
        ("losses", "mean_sqared_error", "mean_squared_error"),
        ("losses", "BinaryCrossEntropy", "BinaryCrossentropy"),
        ("metrics", "mae_", "mae"),
        ("optimizers", "adm", "adam"),
        ("initializers", "he_norml", "he_normal"),
        ("regularizers", "l3", "l1"),
        ("constraints", "maxnorm", "MaxNorm"),
    ],
)
def test_unknown_name_names_the_nearest(family, wrong, right):
    with pytest.raises(ValueError) as caught:
        getattr(keras, family).get(wrong)
    message = str(caught.value)
    assert message.startswith("Could not interpret ")
    assert f"Did you mean '{right}'?" in message or family == "regularizers"
    assert message.endswith(f"Received: identifier={wrong!r}")


@pytest.mark.parametrize("family", ["losses", "metrics", "optimizers", "initializers", "regularizers", "constraints"])
def test_what_is_no_identifier(family):
    module = getattr(keras, family)
    assert module.get(None) is None
    with pytest.raises(ValueError, match=r"Could not interpret .* Received: identifier=3"):
        module.get(3)
    with pytest.raises(TypeError, match=r"Could not locate class 'Nothing'.*Received:"):
        module.get({"class_name": "Nothing", "config": {}})


def test_publishing_gives_the_table():
    table = registry.publish("keras.tests", [Plain, double], aliases={"twice": double}, snake_case=True)
    assert table == {"Plain": Plain, "plain": Plain, "double": double, "twice": double}
    config = keras.saving.serialize_keras_object(Plain(2))
    assert (config["module"], config["registered_name"]) == ("keras.tests", None)
    assert keras.saving.deserialize_keras_object(config).value == 2
    for key in ("keras.tests.Plain", "keras.tests.double"):
        registry.names._published.pop(key)
    registry.names._public_names.pop(Plain)
    registry.names._public_names.pop(double)
