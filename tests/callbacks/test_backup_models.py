"""Every kind of model, optimizer and data goes on after an interruption as if there had been none."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import keraburn as keras

X = np.random.default_rng(0).normal(size=(50, 6)).astype("float32")
Y = X[:, :1] - 0.5 * X[:, 1:2] ** 2


class Interrupts(keras.callbacks.Callback):
    """Raises after the eleventh batch, which is in the middle of the second epoch."""

    def __init__(self):
        super().__init__()
        self.left = 11

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            raise RuntimeError("interrupted")


class Own(keras.Model):
    """A model with a step, a metric and a source of seeds of its own."""

    def __init__(self):
        super().__init__()
        self.hidden, self.end = keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)
        self.dropout = keras.layers.Dropout(0.4)
        self.seen = keras.metrics.Sum(name="seen")
        self.seeds = [keras.random.SeedGenerator(5)]

    def call(self, x, training=False):
        return self.end(self.dropout(self.hidden(x), training=training))

    def train_step(self, data):
        logs = super().train_step(data)
        self.seen.update_state(1.0)
        noise = keras.random.normal((3,), seed=self.seeds[0])
        return {**logs, "noise": noise, "seen": self.seen.result()}


def default_seed():
    inputs = keras.Input((6,))
    x = keras.layers.Dense(8)(inputs)
    x = keras.layers.Lambda(lambda x: x * keras.random.uniform((8,)))(x)
    return keras.Model(inputs, keras.layers.Dense(1)(x))


def two_outputs():
    inputs = keras.Input((6,))
    x = keras.layers.Dropout(0.3)(keras.layers.Dense(8)(inputs))
    return keras.Model(inputs, [keras.layers.Dense(1, name="a")(x), keras.layers.Dense(1, name="b")(x)])


def plain(dtype=None):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(8, activation="relu", dtype=dtype),
            layers.GaussianNoise(0.1, dtype=dtype),
            layers.Dropout(0.3, dtype=dtype),
            layers.BatchNormalization(dtype=dtype),
            layers.Dense(1, dtype=dtype),
        ]
    )


def several_optimizers():
    one, other = keras.optimizers.Adam(0.01), keras.optimizers.SGD(0.01, momentum=0.5)
    return keras.optimizers.MultiOptimizer(lambda variable: one if variable.ndim == 2 else other)


def scheduled():
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.9)
    return keras.optimizers.SGD(rate, momentum=0.9, gradient_accumulation_steps=2)


# The model, what it is compiled with, what it is fitted with.
CASES = {
    "plain": (plain, {}, {}),
    "own step": (Own, {}, {}),
    "default seed": (default_seed, {}, {}),
    "two outputs": (two_outputs, {"loss": ["mse", "mae"], "metrics": [["mae"], ["mse"]]}, {"y": [Y, -Y]}),
    "eagerly": (plain, {"run_eagerly": True}, {}),
    "scaled": (
        plain,
        {"optimizer": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(), dynamic_growth_steps=3)},
        {},
    ),
    "scheduled": (plain, {"optimizer": scheduled}, {}),
    "several optimizers": (plain, {"optimizer": several_optimizers}, {}),
    "weighted": (plain, {}, {"sample_weight": np.linspace(0, 1, 50), "validation_split": 0.1}),
    "mixed_float16": (lambda: plain("mixed_float16"), {}, {}),
    "mixed_bfloat16": (lambda: plain("mixed_bfloat16"), {}, {}),
    "float16": (lambda: plain("float16"), {}, {}),
    "bfloat16": (lambda: plain("bfloat16"), {}, {}),
    "float64": (lambda: plain("float64"), {}, {}),
}


def train(name, *callbacks):
    build, compiling, fitting = CASES[name]
    keras.utils.set_random_seed(1)
    model = build()
    optimizer = compiling.get("optimizer", lambda: "adam")()
    model.compile(**{"loss": "mse", "metrics": ["mae"], **compiling, "optimizer": optimizer})
    fit = {"x": X, "y": Y, "batch_size": 8, "epochs": 3, "verbose": 0, **fitting}
    return model, model.fit(**fit, callbacks=list(callbacks))


@pytest.mark.parametrize("save_freq", [1, 4, "epoch"])
@pytest.mark.parametrize("name", CASES)
def test_the_resumed_run_is_the_whole_run(tmp_path, name, save_freq):
    with warnings.catch_warnings():
        # Lambdas and half precision are warned of; that is not the matter here.
        warnings.simplefilter("ignore")
        whole, expected = train(name)
        with pytest.raises(RuntimeError, match="interrupted"):
            train(name, keras.callbacks.BackupAndRestore(tmp_path, save_freq=save_freq), Interrupts())
        resumed, found = train(name, keras.callbacks.BackupAndRestore(tmp_path, save_freq=save_freq))
    assert found.epoch == [1, 2]
    variables = [*whole.variables, *whole.optimizer.variables]
    others = [*resumed.variables, *resumed.optimizer.variables]
    for a, b in zip(variables, others, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)
    for key, values in found.history.items():
        np.testing.assert_array_equal(values, expected.history[key][1:], err_msg=key)
