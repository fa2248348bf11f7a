import numpy as np
import pytest

import keraburn as keras
from keraburn import layers
from tests.checks_layers import check_layer


def test_dense_is_a_product_plus_a_bias():
    def reference(x, weights):
        kernel, bias = weights
        return np.maximum(x @ kernel + bias, 0)

    check_layer(
        layers.Dense,
        {"units": 3, "activation": "relu", "bias_initializer": "random_normal"},
        (4, 2),
        output_shape=(4, 3),
        reference=reference,
        weights=2,
    )


def test_dense_works_on_the_last_axis():
    def reference(x, weights):
        return x @ weights[0]

    check_layer(
        layers.Dense, {"units": 2, "use_bias": False}, (2, 3, 4), output_shape=(2, 3, 2), reference=reference, weights=1
    )


@pytest.mark.parametrize("units", [-1, 0, 2.5, "3", True, None])
def test_units_must_be_positive(units):
    with pytest.raises(ValueError, match=f"expected a positive integer. Received: units={units}"):
        layers.Dense(units)


def test_wrong_width_names_layer_and_shapes():
    layer = layers.Dense(2, name="head")
    layer.build((None, 3))
    with pytest.raises(ValueError, match=r'layer "head".*expected axis -1 of input shape to have value 3') as error:
        layer(np.zeros((5, 2)))
    assert "received input with shape (5, 2)" in str(error.value)


def test_wrong_width_of_a_symbol():
    layer = layers.Dense(2)
    layer.build((None, 3))
    with pytest.raises(ValueError, match=r"to have value 3, but received input with shape \(None, 2\)"):
        layer(keras.Input((2,)))


def test_vectors_are_refused():
    with pytest.raises(ValueError, match="expected min_ndim=2, found ndim=1"):
        layers.Dense(2)(np.zeros(3))


def test_unknown_width_is_refused():
    with pytest.raises(ValueError, match="last dimension of the inputs"):
        layers.Dense(2)(keras.Input((None,)))


def test_mistyped_argument_names_the_nearest():
    with pytest.raises(ValueError, match=r"\{'actvation': 'relu'\}\. Did you mean 'activation'\?"):
        layers.Dense(2, actvation="relu")


def test_regularizers_and_constraints_reach_the_weights():
    layer = layers.Dense(2, kernel_regularizer="l2", bias_constraint="non_neg")
    layer.build((None, 3))
    assert layer.kernel.regularizer is layer.kernel_regularizer
    assert layer.bias.constraint is layer.bias_constraint
    expected = 0.01 * np.sum(layer.get_weights()[0] ** 2)
    np.testing.assert_allclose([float(loss) for loss in layer.losses], [expected], rtol=1e-5)


def test_activity_regularizer_is_divided_by_the_batch():
    layer = layers.Dense(2, activity_regularizer=keras.regularizers.L2(0.5))
    y = layer(np.ones((4, 3))).numpy()
    np.testing.assert_allclose(float(layer.losses[0]), 0.5 * np.sum(y**2) / 4, rtol=1e-5)


def test_input_shape_argument_warns_and_builds():
    with pytest.warns(UserWarning, match="Do not pass an `input_shape`/`input_dim` argument"):
        model = keras.Sequential([layers.Dense(2, input_dim=3)])
    assert model.built
    assert model.input_shape == (None, 3)
    with pytest.warns(UserWarning, match="Do not pass"):
        model = keras.Sequential([layers.Dense(2, input_shape=(4,)), layers.Dense(1)])
    assert model.count_params() == 13
