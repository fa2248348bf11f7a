import pytest

import keraburn as keras


def test_there_and_back():
    legacy = keras.utils.legacy
    for item, module in ((keras.regularizers.L1(0.5), keras.regularizers), (keras.losses.Huber(0.3), keras.losses)):
        config = legacy.serialize_keras_object(item)
        assert set(config) == {"class_name", "config"}
        again = legacy.deserialize_keras_object(config, vars(module))
        assert type(again) is type(item)
        assert again.get_config() == item.get_config()
    assert keras.legacy.saving.deserialize_keras_object is legacy.deserialize_keras_object
    assert legacy.serialize_keras_object(None) is None
    assert legacy.serialize_keras_object(keras.losses.mean_squared_error) == "mean_squared_error"
    assert legacy.deserialize_keras_object(None) is None
    mse = legacy.deserialize_keras_object("mean_squared_error", vars(keras.losses))
    assert mse is keras.losses.mean_squared_error

    class Mine(keras.regularizers.L1):
        pass

    config = {"class_name": "Mine", "config": {"l1": 1.0}}
    assert type(legacy.deserialize_keras_object(config, custom_objects={"Mine": Mine})) is Mine


def test_mistakes():
    with pytest.raises(ValueError, match="Cannot serialize 3"):
        keras.utils.legacy.serialize_keras_object(3)
    for config in ("nothing", {"class_name": "Nothing", "config": {}}):
        with pytest.raises(ValueError, match="Unknown loss"):
            keras.utils.legacy.deserialize_keras_object(config, vars(keras.losses), printable_module_name="loss")


def test_what_is_not_exported():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(NotImplementedError, match=r"Model\.export writes programs for TensorFlow"):
        model.export("folder")
    with pytest.raises(NotImplementedError, match="ExportArchive writes"):
        keras.export.ExportArchive()
