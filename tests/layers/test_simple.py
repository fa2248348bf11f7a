import numpy as np
import pytest

import keraburn as keras
from keraburn import layers, ops
from tests.checks_layers import check_layer


def test_identity():
    check_layer(layers.Identity, {}, (2, 3), reference=lambda x, _: x)


def double(x):
    return x * 2


def test_lambda():
    with keras.saving.custom_object_scope({"double": double}):
        check_layer(layers.Lambda, {"function": double}, (2, 3), reference=lambda x, _: 2 * x)
    with pytest.raises(TypeError, match="must be callable"):
        layers.Lambda(3)


def test_lambda_takes_what_it_names():
    layer = layers.Lambda(lambda x, factor, training: x * (factor if training else 1), arguments={"factor": 3})
    one = np.ones((1, 1))
    assert float(layer(one, training=True).numpy()[0, 0]) == 3
    assert float(layer(one, training=False).numpy()[0, 0]) == 1


def test_shape_of_lambda():
    assert layers.Lambda(lambda x: ops.concatenate([x, x]))(keras.Input((2,))).shape == (None, 2)
    assert layers.Lambda(lambda x: x, output_shape=(7,))(keras.Input((2,))).shape == (None, 7)
    assert layers.Lambda(lambda x: ops.cast(x, "int32"))(keras.Input((2,))).dtype == "int32"


X = np.array([[[1.0], [0.0], [2.0], [0.0]]], "float32")


def test_masks_travel_through_layers():
    y = layers.Masking()(X)
    np.testing.assert_array_equal(y._keras_mask.numpy(), [[True, False, True, False]])
    for layer in (layers.Dense(2), layers.Activation("tanh"), layers.Dropout(0.5), layers.LayerNormalization()):
        assert layer(y)._keras_mask is y._keras_mask


def test_lost_masks_are_told():
    with pytest.warns(UserWarning, match="does not support masking and will therefore destroy the mask"):
        layers.Flatten()(layers.Masking()(X))
    with pytest.warns(UserWarning, match="destroy the mask"):
        layers.Flatten()(layers.Masking()(keras.Input((4, 1))))


def test_mask_reaches_the_argument():
    seen = []

    class Sees(layers.Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def call(self, x, mask=None):
            seen.append(mask)
            return x

    model = keras.Sequential([keras.Input((4, 1)), layers.Masking(), layers.Dense(2), Sees()])
    seen.clear()
    model(X)
    np.testing.assert_array_equal(seen[-1].numpy(), [[True, False, True, False]])
    Sees()(X, mask=np.ones((1, 4), bool))
    assert seen[-1].numpy().all()


def test_mask_reaches_loss():
    model = keras.Sequential([keras.Input((4, 1)), layers.Masking()])
    model.compile("sgd", "mse")
    y = np.zeros((1, 4, 1), "float32")
    np.testing.assert_allclose(model.evaluate(X, y, verbose=0), (1 + 4) / 2, rtol=1e-6)
