"""The documents' networks train on a GPU as they do on the processor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import keraburn as keras
from keraburn import _core, layers

RNG = np.random.default_rng(0)


def text(classes: int) -> tuple[np.ndarray, np.ndarray]:
    return RNG.integers(1, 50, (64, 12)), RNG.integers(0, classes, 64)


def sequences() -> tuple[keras.Model, str, np.ndarray, np.ndarray]:
    x, y = text(5)
    stack = [layers.Embedding(50, 8), layers.LSTM(16, return_sequences=True), layers.LSTM(16)]
    model = keras.Sequential([keras.Input((12,)), *stack, layers.Dense(5, activation="softmax")])
    return model, "categorical_crossentropy", x, keras.utils.to_categorical(y, 5)


def circle() -> tuple[keras.Model, str, np.ndarray, np.ndarray]:
    x = RNG.uniform(-1, 1, (128, 2)).astype("float32")
    hidden = [layers.Dense(64, activation="relu"), layers.Dense(64, activation="relu")]
    model = keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(1, activation="sigmoid")])
    return model, "binary_crossentropy", x, (np.hypot(*x.T) < 0.7).astype("float32")


def sigmoid() -> tuple[keras.Model, str, np.ndarray, np.ndarray]:
    x = RNG.random((100, 3)).astype("float32")
    both = [layers.Dense(2, activation="sigmoid"), layers.Dense(1, activation="sigmoid")]
    return keras.Sequential([keras.Input((3,)), *both]), "binary_crossentropy", x, RNG.integers(0, 2, (100, 1))


def sentiment() -> tuple[keras.Model, str, np.ndarray, np.ndarray]:
    x, y = text(2)
    inputs = keras.Input((12,))
    pooled = layers.GlobalAveragePooling1D()(layers.Embedding(50, 8)(inputs))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(pooled)), "binary_crossentropy", x, y


def classifier() -> tuple[keras.Model, str, np.ndarray, np.ndarray]:
    hidden = [layers.Dense(512, activation="relu"), layers.Dense(256, activation="relu")]
    model = keras.Sequential([keras.Input((784,)), *hidden, layers.Dense(10, activation="softmax")])
    return model, "sparse_categorical_crossentropy", RNG.random((128, 784), dtype="float32"), RNG.integers(0, 10, 128)


def images() -> tuple[keras.Model, str, np.ndarray, np.ndarray]:
    body = [layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling2D(), layers.Flatten()]
    model = keras.Sequential([keras.Input((12, 12, 1)), *body, layers.Dense(10, activation="softmax")])
    return model, "sparse_categorical_crossentropy", RNG.random((64, 12, 12, 1)), RNG.integers(0, 10, 64)


@pytest.mark.gpu
@pytest.mark.parametrize("network", [sequences, circle, sigmoid, sentiment, classifier, images])
def test_trains_as_on_the_processor(gpu, network: Callable[[], tuple[keras.Model, str, np.ndarray, np.ndarray]]):
    model, loss, x, y = network()
    start = model.get_weights()

    def history(device: str) -> dict[str, list[float]]:
        model.set_weights(start)
        model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
        with keras.device(device):
            logs = model.fit(x, y, batch_size=32, epochs=2, shuffle=False, verbose=0).history
            assert model.weights[0].value.device == device
        return logs

    there, here = history(gpu), history("cpu")
    np.testing.assert_allclose(there["loss"], here["loss"], rtol=1e-3)
    np.testing.assert_allclose(there["accuracy"], here["accuracy"], atol=2 / len(x))
    # Trained on one device, it predicts on the other.
    here = model.predict(x, verbose=0)
    with keras.device(gpu):
        np.testing.assert_allclose(model.predict(x, verbose=0), here, rtol=1e-4, atol=1e-5)


@pytest.mark.gpu
def test_the_host_waits_for_reports_and_not_for_steps(gpu):
    model, loss, x, y = circle()
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])

    def waits(batch: int) -> int:
        before = _core.device_waits()
        model.fit(x, y, batch_size=batch, epochs=2, verbose=0)
        return _core.device_waits() - before

    with keras.device(gpu):
        waits(32)
        # A report comes after four steps at the soonest, and two epochs have 32 of them.
        assert waits(8) < 32
        assert waits(32) <= 2 * 4
