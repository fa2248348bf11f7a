"""Training and predicting with the networks that the project's speed is judged by."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import numpy as np

import keraburn as keras
from keraburn.keras import layers
from tests.benchmarks.timing import Row, repeat, row


class EpochTimes(keras.callbacks.Callback):
    """The seconds that each epoch took."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.times.append(time.perf_counter() - self.start)


def seed_mlp() -> tuple[keras.Sequential, np.ndarray, np.ndarray, int]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1000, 2)).astype("float32")
    y = (np.sin(3 * x[:, :1]) > x[:, 1:]).astype("float32")
    hidden = [layers.Dense(64, activation="relu") for _ in range(2)]
    model = keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model, x, y, 32


def tiny_mlp() -> tuple[keras.Sequential, np.ndarray, np.ndarray, int]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 3)).astype("float32")
    y = (x.sum(axis=1, keepdims=True) > 0).astype("float32")
    model = keras.Sequential(
        [keras.Input((3,)), layers.Dense(2, activation="sigmoid"), layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model, x, y, 10


def mnist_mlp() -> tuple[keras.Sequential, np.ndarray, np.ndarray, int]:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, 10_000).astype("int32")
    x = 0.3 * rng.random((10, 784), dtype="float32")[y] + 0.7 * rng.random((len(y), 784), dtype="float32")
    hidden = [layers.Dense(units, activation="relu") for units in (512, 256)]
    model = keras.Sequential([keras.Input((784,)), *hidden, layers.Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, x, y, 64


def training(seconds: float) -> Iterator[Row]:
    """Steps inside one long `fit`."""
    for build in (seed_mlp, tiny_mlp, mnist_mlp):
        keras.utils.set_random_seed(0)
        model, x, y, batch = build()
        steps = math.ceil(len(x) / batch)
        start = time.perf_counter()
        model.fit(x, y, batch_size=batch, epochs=2, verbose=0)
        first = (time.perf_counter() - start) / 2
        epochs = EpochTimes()
        model.fit(x, y, batch_size=batch, epochs=max(3, int(seconds / first)), verbose=0, callbacks=[epochs])
        yield row(f"{build.__name__} step", epochs.times, steps, lambda t, b=batch: f"{b / t:,.0f} rows/s")


def predicting(seconds: float) -> Iterator[Row]:
    """Prediction with the network of `seed_mlp`: one row, one direct call, many rows."""
    model, x, *_ = seed_mlp()
    one = x[:1]
    yield row("predict, one row", repeat(lambda: model.predict(one, verbose=0), seconds))
    yield row("model(x), one row", repeat(lambda: model(one), seconds))
    many = np.random.default_rng(1).normal(size=(100_000, 2)).astype("float32")
    for batch in (32, 1024):
        times = repeat(lambda b=batch: model.predict(many, batch_size=b, verbose=0), seconds)
        yield row(f"predict, batch {batch}, a row", times, len(many), lambda t: f"{1 / t:,.0f} rows/s")
