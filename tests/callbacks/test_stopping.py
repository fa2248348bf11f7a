"""EarlyStopping, ReduceLROnPlateau, LearningRateScheduler and TerminateOnNaN against real Keras."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from tests.training.helpers import data, linear


class Scripted(keras.callbacks.Callback):
    """Puts given values into the logs, before the callback that watches them."""

    def __init__(self, values, name="val_loss"):
        super().__init__()
        self.values, self.key = values, name

    def on_epoch_end(self, epoch, logs=None):
        logs[self.key] = self.values[epoch]


VALUES = {
    "plateau": [5.0, 4.0, 4.0, 4.0, 4.0, 4.0],
    "falling": [5.0, 4.0, 3.0, 2.0, 1.0, 0.5],
    "rising": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    "up and down": [3.0, 2.0, 2.5, 1.9, 2.6, 2.7],
    "slow": [1.0, 0.999, 0.998, 0.997, 0.996, 0.995],
    "nan": [1.0, float("nan"), float("nan"), 0.5, float("nan"), 0.4],
}


class Model:
    """What these callbacks need of a model; its only weight is the epoch it was trained to."""

    def __init__(self, library):
        self.optimizer = library.optimizers.SGD(0.01)
        self.metrics = []
        self.stop_training = False
        self.weights = [np.array(-1)]

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights


def run(library, values, make, name="val_loss"):
    """What the callback does while a value takes a course: epochs, rates, weights at the end, its own state."""
    model = Model(library)
    callback = make(library.callbacks)
    callback.set_model(model)
    callback.on_train_begin()
    epochs, rates = [], []
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch)
        model.weights = [np.array(epoch)]
        logs = {name: value}
        callback.on_epoch_end(epoch, logs)
        epochs.append(epoch)
        rates.append((logs.get("learning_rate"), float(np.asarray(model.optimizer.learning_rate))))
        if model.stop_training:
            break
    callback.on_train_end()
    state = {key: getattr(callback, key, None) for key in ("wait", "best", "stopped_epoch", "best_epoch")}
    return epochs, rates, int(model.weights[0]), state


def assert_same(make, values, name="val_loss"):
    real = pytest.importorskip("keras")
    expected, found = run(real, values, make, name), run(keras, values, make, name)
    assert found[0] == expected[0]
    np.testing.assert_allclose(np.array(found[1], float), np.array(expected[1], float), rtol=1e-6)
    assert found[2] == expected[2]
    np.testing.assert_equal(found[3], expected[3])


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"patience": 2},
        {"patience": 2, "restore_best_weights": True},
        {"min_delta": 0.01, "patience": 1},
        {"baseline": 3.5, "patience": 2},
        {"baseline": 0.1, "patience": 3, "restore_best_weights": True},
        {"start_from_epoch": 3, "patience": 1},
        {"mode": "max", "patience": 1},
        {"patience": 100, "restore_best_weights": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("values", VALUES)
def test_early_stopping_is_that_of_keras(values, arguments):
    assert_same(lambda callbacks: callbacks.EarlyStopping(**arguments), VALUES[values])


@pytest.mark.parametrize(
    "arguments",
    [
        {"patience": 1},
        {"patience": 2, "factor": 0.5},
        {"patience": 1, "cooldown": 2},
        {"patience": 1, "min_lr": 0.005, "factor": 0.6},
        {"patience": 1, "mode": "max"},
        {"patience": 1, "min_delta": 0.5},
    ],
    ids=str,
)
@pytest.mark.parametrize("values", VALUES)
def test_reducing_the_rate_is_that_of_keras(values, arguments):
    assert_same(lambda callbacks: callbacks.ReduceLROnPlateau(**arguments), VALUES[values])


@pytest.mark.parametrize(
    "schedule", [lambda epoch, rate: rate * 0.5, lambda epoch: 0.1 / (epoch + 1), lambda epoch, rate: np.float32(0.02)]
)
def test_scheduling_the_rate_is_that_of_keras(schedule):
    assert_same(lambda callbacks: callbacks.LearningRateScheduler(schedule), VALUES["falling"])


def test_early_stopping_speaks(capsys):
    callbacks = [
        Scripted(VALUES["plateau"]),
        keras.callbacks.EarlyStopping(patience=2, verbose=1, restore_best_weights=True),
    ]
    linear().fit(*data(4), epochs=6, verbose=0, callbacks=callbacks)
    assert capsys.readouterr().out == (
        "Epoch 4: early stopping\nRestoring model weights from the end of the best epoch: 2.\n"
    )


def test_rates_speak(capsys):
    reduce = keras.callbacks.ReduceLROnPlateau(patience=1, factor=0.5, verbose=1)
    model = linear(optimizer=keras.optimizers.SGD(0.5))
    model.fit(*data(4), epochs=3, verbose=0, callbacks=[Scripted([1.0, 1.0, 0.5]), reduce])
    assert capsys.readouterr().out == "\nEpoch 2: ReduceLROnPlateau reducing learning rate to 0.25.\n"
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.125, verbose=1)
    model.fit(*data(4), epochs=1, verbose=0, callbacks=[schedule])
    assert capsys.readouterr().out == "\nEpoch 1: LearningRateScheduler setting learning rate to 0.125.\n"


def test_auto_mode_asks_the_metric():
    x, y = data(6)
    stop = keras.callbacks.EarlyStopping("val_accuracy", patience=1)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y > 0, epochs=3, verbose=0, validation_data=(x, y > 0), callbacks=[stop])
    assert stop.monitor_op(1, 0)


@pytest.mark.parametrize("make", [keras.callbacks.EarlyStopping, keras.callbacks.ReduceLROnPlateau])
def test_an_unknown_direction_is_an_error(make):
    with pytest.raises(ValueError, match="Received: monitor=val_novelty"):
        linear().fit(*data(4), verbose=0, callbacks=[Scripted([1.0], "val_novelty"), make("val_novelty")])


@pytest.mark.parametrize("make", [keras.callbacks.EarlyStopping, keras.callbacks.ReduceLROnPlateau])
def test_a_missing_value_warns(make):
    with pytest.warns(UserWarning, match="`val_loss` which is not available"):
        history = linear().fit(*data(4), epochs=2, verbose=0, callbacks=[make()])
    assert history.epoch == [0, 1]


def test_an_unknown_mode_warns():
    with pytest.warns(UserWarning, match="mode 'best' is unknown"):
        keras.callbacks.EarlyStopping(mode="best")


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"Received: factor=1\.0"):
        keras.callbacks.ReduceLROnPlateau(factor=1.0)
    with pytest.raises(ValueError, match=r"Received: schedule=0\.1"):
        keras.callbacks.LearningRateScheduler(0.1)
    with pytest.raises(ValueError, match="Received: 'fast'"):
        linear().fit(*data(4), verbose=0, callbacks=keras.callbacks.LearningRateScheduler(lambda epoch, rate: "fast"))
    with pytest.raises(ValueError, match="Received: on_train_end=3"):
        keras.callbacks.LambdaCallback(on_train_end=3)


# --- TerminateOnNaN ---


def poisoned():
    x, y = data(20)
    x[11] = np.nan
    return x, y


def test_a_loss_that_is_no_number_ends_training(capsys):
    history = linear().fit(
        *poisoned(), batch_size=4, epochs=5, shuffle=False, verbose=0, callbacks=[keras.callbacks.TerminateOnNaN()]
    )
    assert history.epoch == [0]
    assert capsys.readouterr().out == "Batch 2: Invalid loss, terminating training\n"


def test_or_raises():
    with pytest.raises(RuntimeError, match="at batch 2"):
        linear().fit(
            *poisoned(),
            batch_size=4,
            shuffle=False,
            verbose=0,
            callbacks=[keras.callbacks.TerminateOnNaN(raise_error=True)],
        )
