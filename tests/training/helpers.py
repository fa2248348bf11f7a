"""A linear model whose training numpy can follow."""

from __future__ import annotations

import numpy as np

import keraburn as keras

RATE = 0.1


def data(rows=10, inputs=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, inputs)).astype("float32"), rng.normal(size=(rows, 1)).astype("float32")


def linear(inputs=3, **compile_arguments):
    """A Dense layer of one unit that starts from fixed weights, compiled with SGD and MSE unless told otherwise."""
    model = keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(1)])
    model.set_weights([np.linspace(-0.5, 0.5, inputs, dtype="float32")[:, None], np.zeros(1, "float32")])
    model.compile(**{"optimizer": keras.optimizers.SGD(RATE), "loss": "mse", **compile_arguments})
    return model


class Reference:
    """The same model in numpy: mean of weighted squared errors, plain gradient descent."""

    def __init__(self, inputs=3):
        self.w = np.linspace(-0.5, 0.5, inputs)[:, None]
        self.b = np.zeros(1)

    def predict(self, x):
        return x @ self.w + self.b

    def step(self, x, y, weight=None):
        error = self.predict(x) - y
        scale = np.ones(len(x)) if weight is None else weight
        loss = np.mean(error[:, 0] ** 2 * scale)
        gradient = 2 * error * scale[:, None] / len(x)
        self.w -= RATE * x.T @ gradient
        self.b -= RATE * gradient.sum(0)
        return loss

    def epoch(self, x, y, batch_size, weight=None):
        """The mean loss, each batch counted by its rows."""
        losses, rows = [], []
        for start in range(0, len(x), batch_size):
            part = slice(start, start + batch_size)
            losses.append(self.step(x[part], y[part], None if weight is None else weight[part]))
            rows.append(len(x[part]))
        return np.average(losses, weights=rows)

    def loss(self, x, y, weight=None):
        error = (self.predict(x) - y)[:, 0] ** 2
        return np.mean(error if weight is None else error * weight)
