"""Embedding, and pooling of sequences over their steps."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from tests.checks_layers import check_layer

TABLE = np.arange(10.0, dtype="float32").reshape(5, 2)


def test_embedding():
    layer = check_layer(
        keras.layers.Embedding,
        {"input_dim": 5, "output_dim": 3},
        (2, 4),
        input_dtype="int32",
        output_shape=(2, 4, 3),
        reference=lambda x, weights: weights[0][x],
        gradients=False,
        weights=1,
        trains=False,
    )
    assert layer.embeddings.name == "embeddings"
    assert np.abs(layer.get_weights()[0]).max() <= 0.05


def test_given_values_and_kinds_of_integers():
    layer = keras.layers.Embedding(5, 2, weights=[TABLE])
    for dtype in ("int32", "int64", "uint8", "float32"):
        x = np.array([[4, 0]], dtype)
        np.testing.assert_array_equal(layer(x).numpy(), TABLE[[[4, 0]]])
    np.testing.assert_array_equal(keras.layers.Embedding(5, 2, weights=TABLE).embeddings.numpy(), TABLE)


def test_gradient_is_that_of_the_rows_used():
    model = keras.Sequential([keras.Input((3,), dtype="int32"), keras.layers.Embedding(5, 2, weights=TABLE)])
    model.compile(keras.optimizers.SGD(1.0), keras.losses.MeanSquaredError(reduction="sum"))
    model.train_on_batch(np.array([[1, 1, 3]]), np.zeros((1, 3, 2), "float32"))
    # The mean over a row's two numbers has the slope of one of them; row 1 is used twice.
    expected = TABLE.copy()
    expected[1] -= 2 * TABLE[1]
    expected[3] -= TABLE[3]
    np.testing.assert_allclose(model.get_weights()[0], expected)


def test_mask():
    layer = keras.layers.Embedding(5, 2, mask_zero=True)
    assert layer.supports_masking
    x = np.array([[1, 0, 2]], "int32")
    np.testing.assert_array_equal(layer(x)._keras_mask.numpy(), [[True, False, True]])
    assert getattr(keras.layers.Embedding(5, 2)(x), "_keras_mask", None) is None
    symbol = layer(keras.Input((3,), dtype="int32"))
    assert symbol._keras_mask.shape == (None, 3)


@pytest.mark.parametrize(("wrong", "where"), [(5, r"\[1, 0\]"), (-1, r"\[1, 0\]")])
def test_integers_outside_of_the_table(wrong, where):
    layer = keras.layers.Embedding(5, 2, name="words")
    x = np.array([[1, 0], [wrong, 2]], "int32")
    message = rf"'words'.*input_dim=5.*Received: value {wrong} at position {where}; the legal range is \[0, 5\)"
    with pytest.raises(ValueError, match=message):
        layer(x)
    model = keras.Sequential([layer, keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    y = np.zeros((2, 1), "float32")
    model.fit(np.abs(x) % 5, y, verbose=0)
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.fit(x, y, shuffle=False, verbose=0)
    for weight, value in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, value)


def test_mistakes():
    for arguments in ((0, 2), (2, -1), (2.5, 2), (True, 2)):
        with pytest.raises(ValueError, match=r"must be a positive integer. Received: (input|output)_dim="):
            keras.layers.Embedding(*arguments)
    with pytest.raises(ValueError, match=r"`lora_rank` is not supported.*Received: lora_rank=2"):
        keras.layers.Embedding(5, 2, lora_rank=2)
    with pytest.warns(UserWarning, match="`input_length` is deprecated"):
        keras.layers.Embedding(5, 2, input_length=10)
    with pytest.raises(AttributeError, match="must build the layer"):
        keras.layers.Embedding(5, 2).embeddings.name  # noqa: B018
    with pytest.raises(ValueError, match="channels_middle"):
        keras.layers.GlobalMaxPooling1D(data_format="channels_middle")
    with pytest.raises(ValueError, match="expected ndim=3"):
        keras.layers.GlobalMaxPooling1D()(np.zeros((2, 3)))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(("data_format", "axis"), [("channels_last", 1), ("channels_first", 2)])
def test_pooling(data_format, axis, keepdims):
    arguments = {"data_format": data_format, "keepdims": keepdims}
    for cls, reference in (
        (keras.layers.GlobalAveragePooling1D, np.mean),
        (keras.layers.GlobalMaxPooling1D, np.max),
    ):
        check_layer(
            cls,
            arguments,
            (2, 3, 4),
            reference=lambda x, weights, reference=reference: reference(x, axis=axis, keepdims=keepdims),
            trains=False,
        )


def test_masked_mean():
    x = np.arange(12.0, dtype="float32").reshape(2, 3, 2)
    mask = np.array([[True, False, True], [False, True, False]])
    pooled = keras.layers.GlobalAveragePooling1D()(x, mask=mask).numpy()
    np.testing.assert_array_equal(pooled, [x[0, [0, 2]].mean(axis=0), x[1, 1]])
    x[0, 1] = np.nan
    assert not np.isnan(keras.layers.GlobalAveragePooling1D()(x, mask=mask).numpy()).any()
