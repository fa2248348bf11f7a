"""What fit trains: losses and weights against numpy, and the ways to say what and how."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn import trace
from tests.training.helpers import Reference, data, linear


def assert_same_weights(model, reference):
    w, b = model.get_weights()
    np.testing.assert_allclose(w, reference.w, atol=2e-6)
    np.testing.assert_allclose(b, reference.b, atol=2e-6)


@pytest.mark.parametrize("batch_size", [1, 3, 4, 5, 10, 11, None])
def test_losses_and_weights_are_those_of_gradient_descent(batch_size):
    x, y = data()
    model, reference = linear(), Reference()
    history = model.fit(x, y, batch_size=batch_size, epochs=4, shuffle=False, verbose=0)
    expected = [reference.epoch(x, y, batch_size or 32) for _ in range(4)]
    np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-5)
    assert_same_weights(model, reference)


def test_history_holds_what_happened():
    x, y = data()
    model = linear(metrics=["mae"])
    history = model.fit(x, y, epochs=3, batch_size=4, verbose=0, validation_data=(x, y))
    assert list(history.history) == ["loss", "mae", "val_loss", "val_mae"]
    assert all(type(value) is float for values in history.history.values() for value in values)
    assert all(len(values) == 3 for values in history.history.values())
    assert history.epoch == [0, 1, 2]
    assert history.params == {"verbose": 0, "epochs": 3, "steps": 3}
    assert history.model is model
    assert model.history is history


def test_epochs_is_the_last_epoch():
    x, y = data()
    assert linear().fit(x, y, epochs=5, initial_epoch=3, verbose=0).epoch == [3, 4]
    assert linear().fit(x, y, epochs=0, verbose=0).epoch == []


@pytest.mark.parametrize(("rows", "split", "kept"), [(10, 0.2, 8), (10, 0.25, 7), (7, 0.5, 3), (100, 0.01, 99)])
def test_validation_split_holds_out_the_last_rows(rows, split, kept):
    x, y = data(rows)
    model, reference = linear(), Reference()
    history = model.fit(x, y, validation_split=split, epochs=2, batch_size=4, shuffle=False, verbose=0).history
    for i in range(2):
        assert history["loss"][i] == pytest.approx(reference.epoch(x[:kept], y[:kept], 4), rel=1e-5)
        assert history["val_loss"][i] == pytest.approx(reference.loss(x[kept:], y[kept:]), rel=1e-5)


def test_validation_data_overrides_the_split_and_has_weights_of_its_own():
    x, y = data()
    x_val, y_val = data(7, seed=1)
    weight = np.linspace(0, 1, 7)
    model, reference = linear(), Reference()
    history = model.fit(
        x, y, epochs=1, shuffle=False, verbose=0, validation_split=0.5, validation_data=(x_val, y_val, weight)
    ).history
    reference.epoch(x, y, 32)
    assert history["val_loss"][0] == pytest.approx(reference.loss(x_val, y_val, weight), rel=1e-5)


@pytest.mark.parametrize(("frequency", "epochs_validated"), [(1, 6), (2, 3), (5, 1), ([1, 6], 2)])
def test_validation_comes_every_few_epochs(frequency, epochs_validated):
    x, y = data()
    history = linear().fit(x, y, epochs=6, validation_split=0.2, validation_freq=frequency, verbose=0).history
    assert len(history["val_loss"]) == epochs_validated
    assert len(history["loss"]) == 6


def test_validation_changes_no_training():
    x, y = data()
    alone, validated = linear(metrics=["mae"]), linear(metrics=["mae"])
    first = alone.fit(x, y, epochs=3, batch_size=4, shuffle=False, verbose=0).history
    second = validated.fit(x, y, epochs=3, batch_size=4, shuffle=False, verbose=0, validation_data=data(5)).history
    assert first["loss"] == second["loss"]
    assert first["mae"] == second["mae"]
    for a, b in zip(alone.get_weights(), validated.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_sample_weight_weighs_the_loss_and_weighted_metrics_only():
    x, y = data()
    weight = np.linspace(0, 2, 10)
    model, reference = linear(metrics=["mae"], weighted_metrics=["mse"]), Reference()
    before = model.predict(x, verbose=0)
    history = model.fit(x, y, sample_weight=weight, epochs=1, shuffle=False, verbose=0).history
    assert history["mae"][0] == pytest.approx(np.abs(before - y).mean(), rel=1e-5)
    squared = (before - y)[:, 0] ** 2
    assert history["mse"][0] == pytest.approx(np.average(squared, weights=weight), rel=1e-5)
    assert history["loss"][0] == pytest.approx(reference.epoch(x, y, 32, weight), rel=1e-5)
    assert_same_weights(model, reference)


@pytest.mark.parametrize("form", ["labels", "column", "one-hot"])
def test_class_weight_weighs_the_samples_of_a_class(form):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(12, 3)).astype("float32")
    labels = rng.integers(0, 3, 12)
    y = {"labels": labels, "column": labels[:, None], "one-hot": np.eye(3, dtype="float32")[labels]}[form]
    loss = "categorical_crossentropy" if form == "one-hot" else "sparse_categorical_crossentropy"
    results = []
    for arguments in ({"class_weight": {0: 3.0, 2: 0.5}}, {"sample_weight": np.array([3.0, 1.0, 0.5])[labels]}):
        keras.utils.set_random_seed(5)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, activation="softmax")])
        model.compile("sgd", loss)
        results.append(model.fit(x, y, epochs=3, verbose=0, shuffle=False, **arguments).history["loss"])
    np.testing.assert_allclose(results[0], results[1], rtol=1e-6)


def test_class_weight_does_not_weigh_validation():
    x, y = data(10)[0], np.arange(10) % 2
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    history = model.fit(x, y, class_weight={0: 100.0}, validation_split=0.5, epochs=1, verbose=0).history
    assert history["val_loss"][0] == pytest.approx(model.evaluate(x[5:], y[5:], verbose=0), rel=1e-5)


# --- Order ---


def shuffled_losses(seed, **arguments):
    x, y = data(40)
    keras.utils.set_random_seed(seed)
    model = linear()
    return model.fit(x, y, epochs=4, batch_size=4, verbose=0, **arguments).history["loss"]


def test_a_seed_gives_one_order_and_another_seed_another():
    assert shuffled_losses(1) == shuffled_losses(1)
    assert shuffled_losses(1) != shuffled_losses(2)
    assert shuffled_losses(1) != shuffled_losses(1, shuffle=False)


def test_a_seed_set_after_compile_counts():
    x, y = data(40)
    runs = []
    for _ in range(2):
        model = linear()
        keras.utils.set_random_seed(8)
        runs.append(model.fit(x, y, epochs=2, batch_size=4, verbose=0).history["loss"])
    assert runs[0] == runs[1]


def test_every_epoch_sees_every_row_once_in_a_new_order():
    x = np.arange(24, dtype="float32")[:, None]
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            # The cumulative mean of a metric that is the input itself.
            seen.append(round(logs["mean"] * min(5 * (batch + 1), 24)))

    def mean(y_true, y_pred):
        return y_true

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=[mean])
    history = model.fit(x, x, epochs=3, batch_size=5, verbose=0, callbacks=[Watch()]).history
    np.testing.assert_allclose(history["mean"], [x.mean()] * 3, rtol=1e-6)
    assert len({tuple(seen[i : i + 5]) for i in (0, 5, 10)}) == 3


def test_two_fits_of_one_model_shuffle_differently():
    x, y = data(40)
    model = linear(optimizer=keras.optimizers.SGD(0.0))
    firsts = []

    class First(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 0:
                firsts.append(logs["loss"])

    for _ in range(2):
        model.fit(x, y, batch_size=4, verbose=0, callbacks=[First()])
    assert firsts[0] != firsts[1]


# --- Steps ---


def test_steps_per_epoch_goes_on_where_the_last_epoch_ended():
    x, y = data(12)
    model, reference = linear(), Reference()
    history = model.fit(x, y, batch_size=2, steps_per_epoch=3, epochs=2, shuffle=False, verbose=0)
    expected = [reference.epoch(x[:6], y[:6], 2), reference.epoch(x[6:], y[6:], 2)]
    np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-5)
    assert history.params["steps"] == 3


def test_steps_without_a_batch_size_choose_it():
    x, y = data(10)
    model, reference = linear(), Reference()
    history = model.fit(x, y, steps_per_epoch=3, epochs=1, shuffle=False, verbose=0).history
    assert history["loss"][0] == pytest.approx(reference.epoch(x, y, 4), rel=1e-5)


def test_validation_steps_begin_with_the_first_batch_each_time():
    x, y = data(12)
    model = linear(optimizer=keras.optimizers.SGD(0.0))
    history = model.fit(
        x, y, epochs=3, verbose=0, validation_data=(x, y), validation_batch_size=2, validation_steps=3
    ).history
    assert history["val_loss"] == pytest.approx([Reference().loss(x[:6], y[:6])] * 3, rel=1e-5)


def test_running_out_of_data_warns():
    x, y = data(10)
    with pytest.warns(UserWarning, match="ran out of data"):
        history = linear().fit(x, y, batch_size=5, steps_per_epoch=3, epochs=1, verbose=0)
    assert len(history.history["loss"]) == 1


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_steps_per_execution_changes_no_result(at_once):
    x, y = data(10)
    model, reference = linear(steps_per_execution=at_once), Reference()
    calls = []
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: calls.append(batch))
    history = model.fit(x, y, batch_size=2, epochs=1, shuffle=False, verbose=0, callbacks=watch).history
    assert history["loss"][0] == pytest.approx(reference.epoch(x, y, 2), rel=1e-5)
    assert calls == {1: [0, 1, 2, 3, 4], 3: [2, 5], 100: [99]}[at_once]


def test_run_eagerly_changes_no_result():
    x, y = data(10)
    model, reference = linear(run_eagerly=True), Reference()
    history = model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history
    np.testing.assert_allclose(history["loss"], [reference.epoch(x, y, 4) for _ in range(2)], rtol=1e-5)


# --- Losses from elsewhere ---


def test_regularizers_are_part_of_the_loss():
    x, y = data()
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.5))])
    model.compile("sgd", "mse")
    w = model.get_weights()[0]
    expected = np.mean((model.predict(x, verbose=0) - y) ** 2) + 0.5 * (w**2).sum()
    assert model.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert model.fit(x, y, epochs=1, verbose=0).history["loss"][0] == pytest.approx(expected, rel=1e-5)


def test_a_loss_may_be_any_function():
    x, y = data()

    def cubic(y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred) ** 3, axis=-1)

    model = linear(loss=cubic, metrics=[cubic])
    expected = np.mean(np.abs(y - model.predict(x, verbose=0)) ** 3)
    history = model.fit(x, y, epochs=1, verbose=0).history
    assert list(history) == ["cubic", "loss"]
    assert history["loss"][0] == pytest.approx(expected, rel=1e-5)
    assert history["cubic"][0] == pytest.approx(expected, rel=1e-5)


def test_the_loss_of_an_unbuilt_model():
    x, y = data()
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    history = model.fit(x, y, epochs=2, verbose=0).history
    assert sorted(history) == ["loss", "mae"]
    assert model.get_weights()[0].shape == (3, 1)


def test_labels_of_one_dimension_meet_outputs_of_two():
    x, y = data()
    model, reference = linear(), Reference()
    history = model.fit(x, y[:, 0], epochs=1, shuffle=False, verbose=0).history
    assert history["loss"][0] == pytest.approx(reference.epoch(x, y, 32), rel=1e-5)


# --- Steps of one's own ---


def test_a_train_step_of_ones_own():
    class Clipped(keras.Sequential):
        def train_step(self, data):
            x, y = data
            loss = self.compute_loss(x, y, self(x, training=True))
            variables = self.trainable_variables
            gradients = trace.gradients(loss, [variable.value for variable in variables])
            self.optimizer.apply([keras.ops.clip(g, -0.1, 0.1) for g in gradients], variables)
            return {"loss": loss, "largest": keras.ops.max(keras.ops.abs(gradients[0]))}

    x, y = data()
    model, reference = Clipped([keras.Input((3,)), keras.layers.Dense(1)]), Reference()
    model.set_weights([reference.w, reference.b])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    error = reference.predict(x) - y
    gradient = 2 * x.T @ error / len(x)
    history = model.fit(x, y, epochs=1, shuffle=False, verbose=0).history
    assert history["loss"][0] == pytest.approx(np.mean(error**2), rel=1e-5)
    assert history["largest"][0] == pytest.approx(np.abs(gradient).max(), rel=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], reference.w - np.clip(gradient, -0.1, 0.1), atol=1e-6)


def test_a_test_step_of_ones_own():
    class Doubled(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1, kernel_initializer="ones")
            self.seen = keras.metrics.Sum(name="seen")

        def call(self, x):
            return self.dense(x)

        def test_step(self, data):
            _, y = data
            self.seen.update_state(2 * y)
            return {"seen": self.seen.result(), "constant": 3.0}

    x, y = data()
    model = Doubled()
    model.compile("sgd", "mse")
    result = model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True)
    assert result["constant"] == 3.0
    assert result["seen"] == pytest.approx(2 * y.sum(), rel=1e-4)


def test_a_compute_loss_of_ones_own():
    class Halved(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1, kernel_initializer="ones")

        def call(self, x):
            return self.dense(x)

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return keras.ops.mean((y - y_pred) ** 2) / 2

    x, y = data()
    model = Halved()
    model.compile(keras.optimizers.SGD(0.1))
    expected = np.mean((y - x.sum(1, keepdims=True)) ** 2) / 2
    assert model.fit(x, y, epochs=1, verbose=0).history["loss"][0] == pytest.approx(expected, rel=1e-5)


def test_a_model_inside_a_model_keeps_its_metrics_to_itself():
    inner = linear(metrics=["mae"])
    model = keras.Sequential([keras.Input((3,)), inner])
    model.compile("sgd", "mse", metrics=["mse"])
    assert sorted(model.fit(*data(), verbose=0).history) == ["loss", "mse"]
    assert sorted(inner.fit(*data(), verbose=0).history) == ["loss", "mae"]


def test_a_model_that_grew_is_compiled_anew():
    x, y = data()
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
    assert model.predict(x, verbose=0).shape == (10, 4)
    model.add(keras.layers.Dense(1))
    assert model.predict(x, verbose=0).shape == (10, 1)
    model.compile("sgd", "mse")
    assert np.isfinite(model.fit(x, y, verbose=0).history["loss"][0])


def test_frozen_layers_stay():
    x, y = data()
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(1)])
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(x, y, verbose=0)
    after = model.get_weights()
    np.testing.assert_array_equal(before[0], after[0])
    assert not np.array_equal(before[2], after[2])


def test_limits_for_test_runs():
    x, y = data(10)
    try:
        keras.config.set_max_epochs(1)
        keras.config.set_max_steps_per_epoch(3)
        with pytest.warns(UserWarning, match="Limiting") as caught:
            history = linear().fit(x, y, batch_size=2, epochs=5, shuffle=False, verbose=0)
        assert [str(warning.message) for warning in caught] == [
            "Limiting epochs to 1",
            "Limiting steps_per_epoch to 3",
        ]
        assert (history.epoch, history.params["steps"]) == ([0], 3)
        assert linear().fit(x, y, batch_size=4, steps_per_epoch=1, verbose=0).params["steps"] == 1
        with pytest.warns(UserWarning, match="Limiting steps_per_epoch to 3"):
            assert len(linear().predict(x, batch_size=2, verbose=0)) == 6
    finally:
        keras.config.set_max_epochs(None)
        keras.config.set_max_steps_per_epoch(None)
