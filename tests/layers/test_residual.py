"""Layers of residual branches; networks with them are compared with Keras's in tests/parity."""

from __future__ import annotations

import numpy as np

import keraburn as keras
from keraburn.layers.residual import CustomScaleLayer, LayerScale
from tests.checks_layers import check_layer


def test_layer_scale():
    check_layer(
        LayerScale,
        {"init_values": 0.5, "projection_dim": 4},
        (2, 3, 4),
        output_shape=(2, 3, 4),
        reference=lambda inputs, weights: inputs * weights[0],
        weights=1,
    )


def test_sums_of_a_share():
    check_layer(
        CustomScaleLayer,
        {"scale": 0.25},
        [(2, 3), (2, 3)],
        output_shape=(2, 3),
        reference=lambda inputs, weights: inputs[0] + 0.25 * inputs[1],
    )


def test_saved_models_name_them_as_keras_does(tmp_path):
    image = keras.Input((3,))
    scaled = LayerScale(0.5, 3)(image)
    model = keras.Model(image, CustomScaleLayer(0.1)([image, scaled]))
    assert [layer.name for layer in model.layers][1:] == ["layer_scale", "custom_scale_layer"]
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    x = np.ones((1, 3), "float32")
    np.testing.assert_array_equal(again(x), model(x))
