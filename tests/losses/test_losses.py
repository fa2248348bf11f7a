"""Losses: names, shapes, errors, users' own."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn import trace

Y = np.array([[0.0, 1.0], [1.0, 0.0]], "float32")
P = np.array([[0.3, 0.7], [0.6, 0.4]], "float32")


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("mse", "mean_squared_error"),
        ("MSE", "mean_squared_error"),
        ("mae", "mean_absolute_error"),
        ("MAE", "mean_absolute_error"),
        ("mape", "mean_absolute_percentage_error"),
        ("msle", "mean_squared_logarithmic_error"),
        ("bce", "binary_crossentropy"),
        ("BCE", "binary_crossentropy"),
        ("cce", "categorical_crossentropy"),
        ("kld", "kl_divergence"),
        ("KLD", "kl_divergence"),
        ("kullback_leibler_divergence", "kl_divergence"),
        ("logcosh", "log_cosh"),
        ("huber_loss", "huber"),
        ("huber", "huber"),
        ("binary_crossentropy", "binary_crossentropy"),
        ("categorical_crossentropy", "categorical_crossentropy"),
        ("sparse_categorical_crossentropy", "sparse_categorical_crossentropy"),
    ],
)
def test_names_of_functions(name, function):
    assert keras.losses.get(name) is getattr(keras.losses, function)


def test_names_of_classes():
    assert isinstance(keras.losses.get("MeanSquaredError"), keras.losses.MeanSquaredError)
    assert isinstance(keras.losses.get(keras.losses.Huber), keras.losses.Huber)
    assert keras.losses.Huber().name == "huber_loss"
    assert keras.losses.mse is keras.losses.mean_squared_error


def test_total_miss():
    value = keras.losses.CategoricalCrossentropy()(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
    assert float(value) == pytest.approx(16.118095, rel=1e-6)


def test_weights_are_divided_by_the_number_of_samples():
    loss = keras.losses.MeanSquaredError()
    assert float(loss(np.ones((3, 1)), np.zeros((3, 1)), [1.0, 0.0, 0.0])) == pytest.approx(1 / 3)
    loss = keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")
    assert float(loss(np.ones((3, 1)), np.zeros((3, 1)), [1.0, 0.0, 0.0])) == 1.0


def test_integer_targets():
    assert float(keras.losses.MeanSquaredError()(np.array([1, 2]), np.array([1.0, 4.0], "float32"))) == 2.0
    for dtype in ("int32", "int64", "uint8", "float32"):
        y_true = np.array([1, 0], dtype)
        value = keras.losses.SparseCategoricalCrossentropy()(y_true, P)
        assert float(value) == pytest.approx(-(np.log(0.7) + np.log(0.6)) / 2, rel=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype(dtype):
    assert keras.losses.MeanSquaredError(dtype=dtype)(Y, P).dtype == dtype


def test_a_loss_of_ones_own():
    class Gap(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.max(keras.ops.abs(y_true - y_pred), axis=-1)

    assert float(Gap()(Y, P)) == pytest.approx(0.35)
    assert Gap(name="g").get_config() == {"name": "g", "reduction": "sum_over_batch_size"}
    wrapped = keras.losses.LossFunctionWrapper(keras.losses.huber, delta=0.5)
    again = keras.losses.deserialize(keras.losses.serialize(wrapped))
    assert float(again(Y, P)) == pytest.approx(float(wrapped(Y, P)))


def test_several_outputs_in_one_loss():
    class Both(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.mean(keras.ops.square(y_true["a"] - y_pred["a"]), -1)

    assert float(Both()({"a": Y, "b": Y}, {"a": P, "b": P})) > 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda k: k.MeanSquaredError()(np.ones((3, 2)), np.ones((4, 2))), r"y_true.shape=\(3, 2\), y_pred.shape=\(4"),
        (lambda k: k.MeanSquaredError()(np.ones(5), np.ones((4, 3))), r"Received: y_true.shape=\(5,\)"),
        (lambda k: k.BinaryCrossentropy()(np.ones((4, 1)), np.ones((4, 3))), r"binary_crossentropy.*same shape"),
        (lambda k: k.CategoricalCrossentropy()(np.ones(4), np.ones((4, 3))), "sparse_categorical_crossentropy"),
        (lambda k: k.SparseCategoricalCrossentropy()(np.ones((4, 3)), np.ones((4, 3))), "one-hot"),
        (lambda k: k.SparseCategoricalCrossentropy()(np.ones(3), np.ones((4, 3))), r"y_true.shape=\(3,\)"),
        (lambda k: k.MeanSquaredError()(Y, P, sample_weight=np.ones(5)), r"sample_weight.shape=\(5,\)"),
        (lambda k: k.MeanSquaredError(reduction="average"), "Received: reduction=average"),
        (lambda k: k.CategoricalGeneralizedCrossEntropy(q=1.0), "Received: q=1.0"),
        (lambda k: k.CategoricalCrossentropy(axis=True)(Y, P), "Received: axis=True"),
        (lambda k: k.CategoricalCrossentropy(axis=5)(Y, P), "Received: axis=5"),
        (lambda k: k.SparseCategoricalCrossentropy(axis=5)(np.ones(2), P), "Received: axis=5"),
        (lambda k: k.SparseCategoricalCrossentropy()(1, 2.0), "0 dimensions"),
        (lambda k: k.Circle()(Y, P), r"Received: y_true.shape=\(2, 2\)"),
        (lambda k: k.CategoricalGeneralizedCrossEntropy()(np.ones(5), P), r"Received: y_true.shape=\(5,\)"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call(keras.losses)


def test_labels_outside_the_classes():
    for labels in ([0, 2], [-1, 0]):
        with pytest.raises(ValueError, match=r"2 classes"):
            keras.losses.SparseCategoricalCrossentropy()(np.array(labels), P)


def test_a_single_class_is_warned_of():
    with pytest.warns(SyntaxWarning, match="binary_crossentropy"):
        keras.losses.CategoricalCrossentropy()(np.ones((2, 1)), np.ones((2, 1)))


def test_gradients_stay_finite_at_the_ends():
    extreme = np.array([[0.0, 1.0], [1.0, 0.0]], "float32")
    for name in ("BinaryCrossentropy", "CategoricalCrossentropy", "KLDivergence", "Poisson", "BinaryFocalCrossentropy"):
        loss = getattr(keras.losses, name)()

        def step(y_pred):
            value = loss(Y, y_pred)  # noqa: B023
            return value, trace.gradients(value, [y_pred])[0]

        value, gradient = trace.Compiled(step, [extreme])(extreme)
        assert np.isfinite(value.numpy())
        assert np.isfinite(gradient.numpy()).all(), name
