"""Callbacks beside Keras's: signatures, messages, and what they do in the middle of training."""

from __future__ import annotations

import inspect
import re
import warnings

import numpy as np
import pytest

from tests.parity import harness

keras, keraburn = harness.keras, harness.keraburn
RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 3)).astype("float32")
Y = RNG.normal(size=(20, 1)).astype("float32")


def names(package):
    shown = (name for name in dir(package.callbacks) if name[0] != "_")
    return {name for name in shown if inspect.isclass(getattr(package.callbacks, name))}


def test_every_callback_is_here():
    assert len(names(keras)) > 10
    assert names(keras) <= names(keraburn)


@pytest.mark.parametrize("name", sorted(names(keras) - {"OrbaxCheckpoint"}))
def test_signatures(name):
    ours, theirs = getattr(keraburn.callbacks, name), getattr(keras.callbacks, name)
    if name not in ("Callback", "History", "ProgbarLogger", "CallbackList"):
        harness.same_signature(ours.__init__, theirs.__init__)
    for method in [method for method in vars(keras.callbacks.Callback) if method.startswith("on_")]:
        harness.same_signature(getattr(ours, method), getattr(theirs, method))


def test_signature_of_the_list():
    harness.same_signature(keraburn.callbacks.CallbackList.__init__, keras.callbacks.CallbackList.__init__)


def model(package, optimizer=None, **options):
    made = package.Sequential([package.Input((3,)), package.layers.Dense(1)])
    made.set_weights([np.array([[0.5], [-0.5], [1.0]], "float32"), np.zeros(1, "float32")])
    made.compile(optimizer or package.optimizers.SGD(0.05), "mse", metrics=["mae"], **options)
    return made


def train(package, callbacks, capsys, epochs=6, verbose=0, x=X, optimizer=None, **options):
    """The history, the weights, what was printed (without times) and the warnings of a run."""
    made = model(package, optimizer and optimizer(package), **options)
    capsys.readouterr()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        record = made.fit(
            x,
            Y,
            batch_size=6,
            epochs=epochs,
            shuffle=False,
            verbose=verbose,
            callbacks=callbacks(package),
            validation_data=(X[:8], Y[:8]),
        )
    said = [str(each.message) for each in caught if issubclass(each.category, UserWarning)]
    return record.history, made.get_weights(), capsys.readouterr().out, said


def assert_same(callbacks, capsys, **arguments):
    expected, found = (train(package, callbacks, capsys, **arguments) for package in (keras, keraburn))
    assert list(found[0]) == list(expected[0])
    for name, values in expected[0].items():
        np.testing.assert_allclose(found[0][name], values, rtol=1e-4, atol=1e-6, err_msg=name)
    for a, b in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    # Numbers may differ in their last digits.
    number = re.compile(r"\d+\.\d+(e-?\d+)?")
    assert number.sub("#", found[2]) == number.sub("#", expected[2])
    np.testing.assert_allclose(
        [float(each.group()) for each in number.finditer(found[2])],
        [float(each.group()) for each in number.finditer(expected[2])],
        rtol=1e-4,
    )
    assert found[3] == expected[3]


def scripted(package, values, key="val_loss"):
    class Scripted(package.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs[key] = values[epoch]

    return Scripted()


WORSE = [5.0, 4.0, 4.5, 4.5, 4.5, 4.5]


@pytest.mark.parametrize(
    "arguments",
    [
        {"patience": 1},
        {"patience": 2, "restore_best_weights": True},
        {"monitor": "other", "mode": "min"},
        {"mode": "up"},
    ],
    ids=str,
)
def test_messages_of_early_stopping(capsys, arguments):
    assert_same(lambda p: [scripted(p, WORSE), p.callbacks.EarlyStopping(verbose=1, **arguments)], capsys)


@pytest.mark.parametrize(
    "arguments", [{"patience": 1}, {"patience": 2, "cooldown": 1}, {"monitor": "other", "mode": "min"}]
)
def test_messages_of_reducing_the_rate(capsys, arguments):
    assert_same(
        lambda p: [scripted(p, WORSE), p.callbacks.ReduceLROnPlateau(verbose=1, factor=0.5, **arguments)], capsys
    )


def test_messages_of_scheduling_the_rate(capsys):
    assert_same(lambda p: [p.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5, verbose=1)], capsys)


def test_messages_at_what_is_no_number(capsys):
    x = X.copy()
    x[14] = np.nan
    expected, found = (
        train(package, lambda p: [p.callbacks.TerminateOnNaN()], capsys, x=x) for package in (keras, keraburn)
    )
    assert found[2] == expected[2]
    assert "Batch 2: Invalid loss, terminating training" in found[2]
    for package in (keras, keraburn):
        with pytest.raises(RuntimeError, match="NaN or Inf loss encountered at batch 2"):
            train(package, lambda p: [p.callbacks.TerminateOnNaN(raise_error=True)], capsys, x=x)


def own(package, **methods):
    """A callback with these methods, which are given it and the arguments of the hook."""
    return type("Own", (package.callbacks.Callback,), methods)()


@pytest.mark.parametrize("options", [{}, {"steps_per_execution": 2}, {"run_eagerly": True}], ids=str)
def test_changing_the_rate_inside_an_epoch(capsys, options):
    def callbacks(package):
        def on_train_batch_end(self, batch, logs=None):
            self.model.optimizer.learning_rate = 0.1 / (batch + 2)

        return [own(package, on_train_batch_end=on_train_batch_end)]

    assert_same(callbacks, capsys, **options)


@pytest.mark.parametrize("hook", ["on_train_batch_begin", "on_train_batch_end"])
def test_changing_weights_inside_an_epoch(capsys, hook):
    def change(self, batch, logs=None):
        self.model.set_weights([weight * 0.9 for weight in self.model.get_weights()])

    assert_same(lambda package: [own(package, **{hook: change})], capsys)


def test_changing_variables_between_epochs(capsys):
    def on_epoch_end(self, epoch, logs=None):
        self.model.layers[0].kernel.assign(self.model.layers[0].kernel * 0.5)

    def on_epoch_begin(self, epoch, logs=None):
        self.model.optimizer.learning_rate = 0.02 * (epoch + 1)

    assert_same(lambda p: [own(p, on_epoch_begin=on_epoch_begin, on_epoch_end=on_epoch_end)], capsys)


@pytest.mark.parametrize(
    ("hook", "index"),
    [
        ("on_train_batch_end", 1),
        ("on_train_batch_begin", 2),
        ("on_epoch_begin", 0),
        ("on_epoch_begin", 2),
        ("on_epoch_end", 1),
        ("on_test_batch_end", 0),
    ],
)
@pytest.mark.parametrize("options", [{}, {"steps_per_execution": 3}], ids=str)
def test_stopping(capsys, hook, index, options):
    def stop(self, at, logs=None):
        if at == index:
            self.model.stop_training = True

    assert_same(lambda package: [own(package, **{hook: stop})], capsys, **options)


def test_stopping_before_training(capsys):
    def stop(self, logs=None):
        self.model.stop_training = True

    assert_same(lambda package: [own(package, on_train_begin=stop)], capsys)


@pytest.mark.parametrize("hook", ["on_test_batch_end", "on_test_begin"])
def test_stopping_an_evaluation(hook):
    results = []
    for package in (keras, keraburn):

        def stop(self, batch=None, logs=None):
            self.model.stop_evaluating = True

        made = model(package)
        results.append(made.evaluate(X, Y, batch_size=6, verbose=0, callbacks=[own(package, **{hook: stop})]))
    np.testing.assert_allclose(list(results[1]), list(results[0]), rtol=1e-5)


def test_stopping_a_prediction():
    shapes = []
    for package in (keras, keraburn):

        def stop(self, batch, logs=None):
            self.model.stop_predicting = batch == 1

        callback = own(package, on_predict_batch_end=stop)
        shapes.append(model(package).predict(X, batch_size=6, verbose=0, callbacks=[callback]).shape)
    assert shapes[0] == shapes[1]


def test_moving_averages(capsys):
    def callbacks(package):
        return [package.callbacks.SwapEMAWeights(swap_on_epoch=True)]

    def optimizer(package):
        return package.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.7)

    assert_same(callbacks, capsys, optimizer=optimizer)
    assert_same(lambda package: [package.callbacks.SwapEMAWeights()], capsys, optimizer=optimizer)


def test_epochs_after_an_interruption_are_those_of_keras(tmp_path):
    """The index and values of epochs after an exception between two; the order of samples is kept."""
    runs = []
    for package in (keras, keraburn):
        made = model(package)

        def interrupt(self, epoch, logs=None):
            if epoch == 3:
                raise RuntimeError("interrupted")

        safe = package.callbacks.BackupAndRestore(str(tmp_path / package.__name__))
        fit = {"batch_size": 6, "epochs": 6, "shuffle": False, "verbose": 0}
        with pytest.raises(RuntimeError, match="interrupted"):
            made.fit(X, Y, callbacks=[safe, own(package, on_epoch_begin=interrupt)], **fit)
        made.set_weights([weight * 0 for weight in made.get_weights()])
        record = made.fit(X, Y, callbacks=[safe], **fit)
        runs.append((record.epoch, record.history, made.get_weights()))
    assert runs[1][0] == runs[0][0] == [3, 4, 5]
    np.testing.assert_allclose(runs[1][1]["loss"], runs[0][1]["loss"], rtol=1e-4)
    for a, b in zip(runs[1][2], runs[0][2], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_records_and_bars_of_ones_own(capsys):
    records = []

    def given(package):
        records.append(package.callbacks.History())
        return [
            records[-1],
            package.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, sorted(logs))),
        ]

    assert_same(given, capsys, epochs=2)
    assert records[0].epoch == records[1].epoch == [0, 1]
    assert list(records[0].history) == list(records[1].history)
    printed = []
    for package in (keras, keraburn):
        bar = package.callbacks.ProgbarLogger()
        bar.set_params({"verbose": 2, "epochs": 2, "steps": 4})
        bar.on_train_begin()
        bar.on_epoch_begin(0)
        bar.on_train_batch_end(0, {"loss": 1.0})
        bar.on_epoch_end(0, {"loss": 0.5})
        printed.append(re.sub(r"\d+(m?s|us)(/step)?", "", capsys.readouterr().out))
    assert printed[0] == printed[1]
