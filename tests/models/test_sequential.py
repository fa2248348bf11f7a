import numpy as np
import pytest

import keraburn as keras
from keraburn import layers


def test_with_input_is_built_as_it_grows():
    model = keras.Sequential()
    model.add(keras.Input((3,)))
    assert not model.built
    model.add(layers.Dense(2))
    assert model.built
    assert [w.shape for w in model.weights] == [(3, 2), (2,)]
    model.add(layers.Dense(1))
    assert model.output_shape == (None, 1)
    assert model.count_params() == 11


def test_without_input_is_built_by_data():
    model = keras.Sequential([layers.Dense(2), layers.Dense(1)])
    assert not model.built
    assert model.weights == []
    assert model(np.ones((5, 3))).shape == (5, 1)
    assert model.input_shape == (5, 3)
    assert model(np.ones((7, 3))).shape == (7, 1)


def test_build_by_hand():
    model = keras.Sequential([layers.Dense(2)])
    model.build((None, 4))
    assert model.layers[0].kernel.shape == (4, 2)
    with pytest.raises(ValueError, match="has already been configured to use input shape"):
        model.build((None, 5))


def test_undescribed_model_says_so():
    model = keras.Sequential([layers.Dense(2)], name="stack")
    for name in ("inputs", "outputs", "input_shape", "output_shape"):
        with pytest.raises(AttributeError, match="Sequential model 'stack' has no defined"):
            getattr(model, name)


def test_pop_and_add_again():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.Dense(1)])
    x = np.ones((2, 3), "float32")
    for _ in range(3):
        assert model(x).shape == (2, 1)
    assert model.pop().units == 1
    for _ in range(3):
        assert model(x).shape == (2, 2)
    model.add(layers.Dense(4))
    for _ in range(3):
        assert model(x).shape == (2, 4)


def test_weights_survive_pop():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.Dense(1)])
    before = model.get_weights()[:2]
    model.pop()
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: keras.Sequential([3]), "Only instances of `keras.Layer` can be added"),
        (lambda: keras.Sequential([layers.Dense]), "Only instances of `keras.Layer` can be added"),
        (lambda: keras.Sequential(layers.Dense(1)), "must be a list of layers"),
        (
            lambda: keras.Sequential([layers.Dense(1, name="a"), layers.Dense(1, name="a")]),
            "should have unique names. Name 'a' is already",
        ),
        (
            lambda: keras.Sequential([keras.Input((1,)), keras.Input((2,))]),
            "has already been configured to use input shape",
        ),
        (lambda: keras.Sequential().build((None, 2)), "cannot be built because it has no layers"),
        (lambda: keras.Sequential().pop(), "There are no layers"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_layers_of_several_arguments_are_refused():
    class Two(layers.Layer):
        def call(self, a, b):
            return a

    with pytest.raises(ValueError, match="can only have a single required positional argument"):
        keras.Sequential([keras.Input((2,)), Two()])


def test_layers_cannot_be_set():
    with pytest.raises(AttributeError, match="reserved"):
        keras.Sequential().layers = []


def test_weights_are_named_after_the_model():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, name="out")], name="net")
    assert [w.path for w in model.weights] == ["net/out/kernel", "net/out/bias"]


def test_nested_models():
    inner = keras.Sequential([layers.Dense(3), layers.Dense(2)], name="inner")
    model = keras.Sequential([keras.Input((4,)), inner, layers.Dense(1)])
    assert len(model.weights) == 6
    assert model(np.ones((2, 4))).shape == (2, 1)
    assert model.get_layer("inner") is inner
    assert model.layers[0].name == "inner"


def test_lists_of_numbers_are_an_array():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    np.testing.assert_allclose(model([[1.0, 2.0]]).numpy(), model(np.array([[1.0, 2.0]])).numpy())


def test_missing_last_axis_is_added():
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
    assert model(np.ones(5)).shape == (5, 1)


def test_wrong_rank_names_the_model():
    model = keras.Sequential([keras.Input((2, 3)), layers.Flatten()], name="flat")
    with pytest.raises(ValueError, match=r"Expected shape \(None, 2, 3\), but input has incompatible shape \(4, 6\)"):
        model(np.ones((4, 6)))


def test_config_round_trip():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, activation="relu"), layers.Dropout(0.5)], name="m")
    config = model.get_config()
    again = keras.Sequential.from_config(config)
    assert again.get_config() == config
    assert again.count_params() == model.count_params()
    copy = keras.models.model_from_json(model.to_json())
    copy.set_weights(model.get_weights())
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(model(x).numpy(), copy(x).numpy())


def test_subclass_with_its_own_arguments():
    class Net(keras.Sequential):
        def __init__(self, width):
            super().__init__([keras.Input((2,)), layers.Dense(width)])

    assert Net(5)(np.ones((1, 2))).shape == (1, 5)
