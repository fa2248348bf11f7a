"""Who is called when, in which order, with what."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from tests.training.helpers import data, linear

METHODS = [
    f"on_{kind}_{when}"
    for kind in ("epoch", "train", "test", "predict", "train_batch", "test_batch", "predict_batch", "batch")
    for when in ("begin", "end")
]


class Recorder(keras.callbacks.Callback):
    def __init__(self, events, name=""):
        super().__init__()
        self.events, self.name = events, name


def _recording(method):
    if "batch" in method or "epoch" in method:

        def record(self, index, logs=None):
            self.events.append((self.name + method, index, sorted(logs or {})))

    else:

        def record(self, logs=None):
            self.events.append((self.name + method, None, sorted(logs or {})))

    return record


for _method in METHODS:
    if _method not in ("on_batch_begin", "on_batch_end"):
        setattr(Recorder, _method, _recording(_method))


def test_fit_with_validation():
    events = []
    x, y = data(4)
    linear(metrics=["mae"]).fit(
        x, y, batch_size=2, epochs=1, validation_data=(x[:2], y[:2]), callbacks=[Recorder(events)], verbose=0
    )
    values = ["loss", "mae"]
    assert events == [
        ("on_train_begin", None, []),
        ("on_epoch_begin", 0, []),
        ("on_train_batch_begin", 0, []),
        ("on_train_batch_end", 0, values),
        ("on_train_batch_begin", 1, []),
        ("on_train_batch_end", 1, values),
        ("on_test_begin", None, []),
        ("on_test_batch_begin", 0, []),
        ("on_test_batch_end", 0, values),
        ("on_test_end", None, values),
        ("on_epoch_end", 0, ["loss", "mae", "val_loss", "val_mae"]),
        ("on_train_end", None, ["loss", "mae", "val_loss", "val_mae"]),
    ]


def test_the_events_are_those_of_keras():
    """The same recorder in real Keras sees the same events."""
    real = pytest.importorskip("keras")
    x, y = data(10)
    seen = []
    for library in (real, keras):
        events = []
        recorder = type(
            "Both", (library.callbacks.Callback,), {m: Recorder.__dict__[m] for m in METHODS if m in Recorder.__dict__}
        )()
        recorder.events, recorder.name = events, ""
        model = library.Sequential([library.Input((3,)), library.layers.Dense(1)])
        model.compile("sgd", "mse", metrics=["mae"])
        model.fit(
            x, y, batch_size=4, epochs=3, validation_split=0.2, validation_freq=2, callbacks=[recorder], verbose=0
        )
        model.evaluate(x, y, batch_size=4, callbacks=[recorder], verbose=0)
        model.predict(x, batch_size=4, callbacks=[recorder], verbose=0)
        seen.append(events)
    assert seen[1] == seen[0]


def test_evaluate_and_predict():
    events = []
    x, y = data(2)
    model = linear()
    model.evaluate(x, y, callbacks=[Recorder(events)], verbose=0)
    assert [event[0] for event in events] == [
        "on_test_begin",
        "on_test_batch_begin",
        "on_test_batch_end",
        "on_test_end",
    ]
    events.clear()
    model.predict(x, callbacks=[Recorder(events)], verbose=0)
    assert [event[0] for event in events] == [
        "on_predict_begin",
        "on_predict_batch_begin",
        "on_predict_batch_end",
        "on_predict_end",
    ]
    assert events[2][2] == ["outputs"]


def test_callbacks_run_in_the_order_given_and_share_the_logs():
    events = []
    x, y = data(4)

    class Adds(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["added"] = 1.5

    history = linear().fit(
        x, y, callbacks=[Recorder(events, "a."), Adds(), Recorder(events, "b.")], epochs=2, verbose=0
    )
    names = [name for name, *_ in events if "epoch_end" in name]
    assert names == ["a.on_epoch_end", "b.on_epoch_end"] * 2
    assert [keys for name, _, keys in events if name == "b.on_epoch_end"] == [["added", "loss"]] * 2
    assert history.history["added"] == [1.5, 1.5]


def test_on_batch_end_is_another_name():
    batches = []

    class Old(keras.callbacks.Callback):
        def on_batch_end(self, batch, logs=None):
            batches.append((batch, type(logs["loss"])))

    linear().fit(*data(6), batch_size=2, callbacks=Old(), verbose=0)
    assert batches == [(0, float), (1, float), (2, float)]


def test_a_single_callback_needs_no_list():
    events = []
    linear().fit(*data(4), callbacks=Recorder(events), verbose=0)
    assert events


def test_stop_training_in_a_batch_and_after_an_epoch():
    x, y = data(20)

    class Stop(keras.callbacks.Callback):
        def __init__(self, batch=None, epoch=None):
            super().__init__()
            self.batch, self.at = batch, epoch
            self.batches = 0

        def on_train_batch_end(self, batch, logs=None):
            self.batches += 1
            if batch == self.batch:
                self.model.stop_training = True

        def on_epoch_end(self, epoch, logs=None):
            if epoch == self.at:
                self.model.stop_training = True

    stop = Stop(batch=2)
    assert linear().fit(x, y, batch_size=2, epochs=5, callbacks=[stop], verbose=0).epoch == [0]
    assert stop.batches == 3
    stop = Stop(epoch=1)
    assert linear().fit(x, y, batch_size=2, epochs=5, callbacks=[stop], verbose=0).epoch == [0, 1]
    assert stop.batches == 20


def test_batches_report_the_epoch_so_far():
    x, y = data(6)
    logged = []
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: logged.append(logs["loss"]))
    model = linear(optimizer=keras.optimizers.SGD(0.0))
    model.fit(x, y, batch_size=2, shuffle=False, callbacks=[watch], verbose=0)
    squared = (model.predict(x, verbose=0) - y)[:, 0] ** 2
    np.testing.assert_allclose(logged, [squared[:2].mean(), squared[:4].mean(), squared.mean()], rtol=1e-5)


def test_a_callback_may_change_weights_between_batches():
    x, y = data(6)

    class Zero(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.model.set_weights([np.zeros((3, 1)), np.zeros(1)])

    history = linear().fit(x, y, batch_size=6, epochs=3, callbacks=[Zero()], verbose=0).history
    np.testing.assert_allclose(history["loss"], [np.mean(y**2)] * 3, rtol=1e-5)


def test_lists_of_callbacks_can_be_passed_on():
    events = []
    model = linear()
    callbacks = keras.callbacks.CallbackList(
        [Recorder(events)], add_history=True, model=model, epochs=1, steps=1, verbose=0
    )
    model.fit(*data(4), callbacks=callbacks, verbose=0)
    assert events[-1][0] == "on_train_end"


@pytest.mark.parametrize("wrong", [[keras.callbacks.History], ["history"], [3], object()])
def test_what_is_no_callback_is_refused(wrong):
    with pytest.raises(ValueError, match=r"instances of `keras\.callbacks\.Callback`(.|\n)*Received: "):
        linear().fit(*data(4), callbacks=wrong, verbose=0)


def test_nothing_is_called_for_every_batch_unless_wanted():
    """The loop wakes Python no more than a display needs."""
    plain = keras.callbacks.CallbackList([keras.callbacks.EarlyStopping("loss")], add_history=True)
    assert not plain.wants_batches("train")
    shown = keras.callbacks.CallbackList(add_progbar=True)
    assert shown.wants_batches("train")
    assert not shown.wants_each_batch("train")
    each = keras.callbacks.CallbackList([keras.callbacks.TerminateOnNaN()])
    assert each.wants_each_batch("train")
    assert not each.wants_batches("test")
    assert keras.callbacks.CallbackList(
        [keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: None)]
    ).wants_each_batch("train")
