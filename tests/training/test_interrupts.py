"""Ctrl-C and errors in the middle of training lose nothing."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import numpy as np
import pytest

import keraburn as keras
from tests.training.helpers import data, linear


def interrupted(seconds, call):
    """Send this process Ctrl-C while `call` runs."""
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 (nothing must happen between the two)
        timer.start()
        call()
    timer.join()


@pytest.mark.skipif(sys.platform == "win32", reason="signals to oneself are POSIX")
@pytest.mark.parametrize("verbose", [0, 1])
@pytest.mark.parametrize("each_batch", [False, True])
def test_ctrl_c_leaves_a_model_that_trains_on(verbose, each_batch, capsys):
    x, y = data(2000)
    model = linear(optimizer=keras.optimizers.Adam(0.001))
    model.fit(x, y, verbose=0)
    before = model.get_weights()
    iterations = int(model.optimizer.iterations)
    callbacks = [keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)] if each_batch else []
    begun = time.perf_counter()
    interrupted(0.5, lambda: model.fit(x, y, batch_size=1, epochs=10**6, verbose=verbose, callbacks=callbacks))
    assert time.perf_counter() - begun < 10
    capsys.readouterr()
    after = model.get_weights()
    assert all(np.isfinite(weight).all() for weight in after)
    assert not np.array_equal(before[0], after[0])
    assert int(model.optimizer.iterations) > iterations
    loss = model.evaluate(x, y, verbose=0)
    assert np.isfinite(model.fit(x, y, verbose=0).history["loss"][0])
    assert np.isfinite(loss)


@pytest.mark.skipif(sys.platform == "win32", reason="signals to oneself are POSIX")
def test_ctrl_c_in_evaluate_and_predict():
    x, y = data(5_000_000, 3)
    model = linear()
    expected = model.predict(x[:100], verbose=0)
    for call in (
        lambda: model.evaluate(x, y, batch_size=1, verbose=0),
        lambda: model.predict(x, batch_size=1, verbose=0),
    ):
        interrupted(0.3, call)
    np.testing.assert_array_equal(model.predict(x[:100], verbose=0), expected)


def test_an_error_in_a_callback_leaves_the_last_weights():
    x, y = data(20)

    def fail(batch, logs):
        if batch == 2:
            raise RuntimeError("stop here")

    model, reference = linear(), linear()
    with pytest.raises(RuntimeError, match="stop here"):
        model.fit(
            x,
            y,
            batch_size=4,
            shuffle=False,
            verbose=0,
            callbacks=keras.callbacks.LambdaCallback(on_train_batch_end=fail),
        )
    for start in (0, 4, 8):
        reference.train_on_batch(x[start : start + 4], y[start : start + 4])
    for a, b in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_label_outside_the_classes_leaves_the_last_weights():
    x = data(12)[0]
    y = np.arange(12) % 3
    y[9] = 3
    models = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        models.append(model)
    with pytest.raises(ValueError, match=r"3(.|\n)*\[0, 3\)|0 <= |0\.\.3|classes"):
        models[0].fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    models[1].fit(x[:8], y[:8], batch_size=4, epochs=1, shuffle=False, verbose=0)
    for a, b in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    y[9] = 0
    assert np.isfinite(models[0].fit(x, y, verbose=0).history["loss"][0])


def test_nan_is_no_error():
    x, y = data(8)
    x[0] = np.nan
    model = linear(metrics=["mae"])
    history = model.fit(x, y, epochs=2, verbose=0).history
    assert np.isnan(history["loss"]).all()
    assert np.isnan(model.predict(x, verbose=0)).all()


def shuffled_run(model, results, key):
    x, y = data(300, 3)
    history = model.fit(x, y, epochs=20, batch_size=16, validation_split=0.1, verbose=0).history
    results[key] = history["loss"], history["val_loss"], [weight.tobytes() for weight in model.get_weights()]


def test_shuffled_training_in_two_threads_gives_the_bits_it_gives_alone():
    def models():
        keras.utils.set_random_seed(9)
        return [linear(optimizer="adam"), linear(optimizer="rmsprop")]

    alone: dict[int, object] = {}
    together: dict[int, object] = {}
    for key, model in enumerate(models()):
        shuffled_run(model, alone, key)
    threads = [threading.Thread(target=shuffled_run, args=(model, together, key)) for key, model in enumerate(models())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone
