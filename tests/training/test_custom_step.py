"""Steps, losses and metrics of the user's own, in subclassed and functional models: what they give, and that they are
traced once."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn import ops

RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 4)).astype("float32")
Y = (X @ np.array([[1.0], [-1.0], [0.5], [2.0]])).astype("float32")
WEIGHTS = RNG.random(48).astype("float32")


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


def network(cls=keras.Model):
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(8, activation="tanh")(inputs)
    return cls(inputs, keras.layers.Dense(1)(hidden))


def trained(model, **kwargs):
    model.compile(keras.optimizers.Adam(0.05), "mse", metrics=["mae"], run_eagerly=kwargs.pop("run_eagerly", False))
    history = model.fit(X, Y, batch_size=20, epochs=3, shuffle=False, verbose=0, **kwargs).history
    return history, model.evaluate(X, Y, verbose=0, return_dict=True), model.get_weights()


def assert_same(found, expected):
    for mine, reference in zip(found[:2], expected[:2], strict=True):
        assert mine.keys() == reference.keys()
        for name in mine:
            np.testing.assert_allclose(mine[name], reference[name], rtol=1e-4, err_msg=name)
    for mine, reference in zip(found[2], expected[2], strict=True):
        np.testing.assert_allclose(mine, reference, rtol=1e-4, atol=1e-5)


class Steps:
    traces = 0

    def train_step(self, data):
        type(self).traces += 1
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        with keras.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=x.shape[0])
            else:
                metric.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def test_step(self, data):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        loss = self.compute_loss(x, y, y_pred, sample_weight, training=False)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=x.shape[0])
            else:
                metric.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()


class TapeStep(Steps, keras.Model):
    """For functional models, to which Keras turns such a class."""


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_the_step_of_the_guide_is_the_built_in_one(run_eagerly, weights):
    TapeStep.traces = 0
    custom, plain = network(TapeStep), network()
    plain.set_weights(custom.get_weights())
    found = trained(custom, sample_weight=weights, run_eagerly=run_eagerly)
    assert_same(found, trained(plain, sample_weight=weights))
    # One trace for whole batches and one for the last, of any number of epochs; eagerly once a batch.
    assert TapeStep.traces == (9 if run_eagerly else 2)


class Subclassed(Steps, keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(8, activation="tanh")
        self.out = keras.layers.Dense(1)

    def call(self, x):
        return self.out(self.hidden(x))


def test_a_subclassed_model_with_its_step():
    custom, plain = Subclassed(), network()
    custom.build((None, 4))
    plain.set_weights(custom.get_weights())
    assert_same(trained(custom), trained(plain))


def test_a_model_that_is_built_in_its_first_step():
    class Late(keras.Model):
        def __init__(self):
            super().__init__()
            self.parts = [keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1)]

        def train_step(self, data):
            x, y = data
            with keras.GradientTape() as tape:
                for part in self.parts:
                    x = part(x)
                loss = ops.mean(ops.square(x - y))
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply(gradients, self.trainable_variables)
            return {"loss": loss, "nested": {"rate": self.optimizer.learning_rate}}

    model = Late()
    model.compile(keras.optimizers.Adam(0.05))
    history = model.fit(X, Y, epochs=20, verbose=0).history
    assert history["loss"][-1] < 0.3 * history["loss"][0]
    assert history["rate"] == pytest.approx([0.05] * 20)
    assert len(model.trainable_variables) == 4


def test_predict_step():
    class Twice(keras.Model):
        def predict_step(self, data):
            return {"twice": 2 * self(data), "input": data}

    model = network(Twice)
    found = model.predict(X, batch_size=20, verbose=0)
    np.testing.assert_allclose(found["twice"], 2 * model(X).numpy(), rtol=1e-5)
    np.testing.assert_array_equal(found["input"], X)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_compute_loss_and_compute_metrics(run_eagerly):
    class Own(keras.Model):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.tracker = keras.metrics.Mean(name="own")

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            loss = ops.mean(ops.square(y_pred - y)) + sum(self.losses)
            self.tracker.update_state(loss)
            return loss

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            results = super().compute_metrics(x, y, y_pred, sample_weight)
            return {**results, "bias": self.layers[-1].bias[0]}

        def reset_metrics(self):
            super().reset_metrics()

        @property
        def metrics(self):
            return [self.tracker]

    model = network(Own)
    model.compile("sgd", run_eagerly=run_eagerly)
    history = model.fit(X, Y, batch_size=16, epochs=2, verbose=0).history
    assert set(history) == {"own", "bias"}
    assert history["own"][1] < history["own"][0]
    assert history["bias"][-1] == pytest.approx(float(model.layers[-1].bias.numpy()[0]), rel=1e-5)
    assert model.evaluate(X, Y, verbose=0, return_dict=True).keys() == {"own", "bias"}


def test_compute_loss_without_training_argument():
    class Old(keras.Model):
        def compute_loss(self, x, y, y_pred, sample_weight):
            return 0.5 * super().compute_loss(x, y, y_pred, sample_weight)

    custom, plain = network(Old), network()
    plain.set_weights(custom.get_weights())
    for model in (custom, plain):
        model.compile("sgd", "mse")
    assert custom.evaluate(X, Y, verbose=0) == pytest.approx(0.5 * plain.evaluate(X, Y, verbose=0), rel=1e-5)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_add_loss_and_metrics_of_layers(run_eagerly):
    class Watched(keras.layers.Layer):
        def __init__(self, rate):
            super().__init__()
            self.rate = rate
            self.mean = keras.metrics.Mean(name="activity")

        def call(self, x):
            self.add_loss(self.rate * ops.mean(ops.square(x)))
            self.mean.update_state(x)
            return x

    def model(layers):
        return keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(1, kernel_initializer="ones")])

    found = model([Watched(0.5)])
    found.compile("sgd", "mse", run_eagerly=run_eagerly)
    logs = found.evaluate(X, Y, verbose=0, return_dict=True, batch_size=48)
    error = np.mean((X.sum(1, keepdims=True) - Y) ** 2)
    assert logs["loss"] == pytest.approx(error + 0.5 * np.mean(X**2), rel=1e-5)
    assert logs["activity"] == pytest.approx(X.mean(), rel=1e-4)
    before = found.get_weights()[0]
    found.fit(X, Y, epochs=1, batch_size=48, verbose=0)
    assert not np.allclose(before, found.get_weights()[0])


def test_metrics_are_reset_between_epochs():
    class Counting(keras.Model):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.rows = keras.metrics.Sum(name="rows")

        def train_step(self, data):
            self.rows.update_state(ops.ones(data[0].shape[0]))
            return {"rows": self.rows.result()}

    model = network(Counting)
    model.compile("sgd", "mse")
    assert model.fit(X, Y, batch_size=20, epochs=3, verbose=0).history["rows"] == [48.0] * 3


def test_own_parts_are_traced():
    """A layer, a loss, a metric and an optimizer of the user's own, all called at tracing alone."""
    calls = dict.fromkeys(("layer", "loss", "metric", "optimizer"), 0)

    class Scale(keras.layers.Layer):
        def build(self, input_shape):
            self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")

        def call(self, x):
            calls["layer"] += 1
            return x * self.factor

    class Squares(keras.losses.Loss):
        def call(self, y_true, y_pred):
            calls["loss"] += 1
            return ops.mean(ops.square(y_true - y_pred), axis=-1)

    class Largest(keras.metrics.Metric):
        def __init__(self, name="largest", **kwargs):
            super().__init__(name=name, **kwargs)
            self.value = self.add_weight(name="value", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            calls["metric"] += 1
            self.value.assign(ops.maximum(self.value, ops.max(ops.abs(y_true - y_pred))))

        def result(self):
            return self.value

    class Descent(keras.optimizers.Optimizer):
        def __init__(self, learning_rate=0.01, **kwargs):
            super().__init__(learning_rate=learning_rate, **kwargs)

        def update_step(self, gradient, variable, learning_rate):
            calls["optimizer"] += 1
            self.assign_sub(variable, learning_rate * gradient)

    own = keras.Sequential([keras.Input((4,)), Scale(), keras.layers.Dense(1)])
    own.compile(Descent(), Squares(), metrics=[Largest()])
    plain = keras.Sequential([keras.Input((4,)), Scale(), keras.layers.Dense(1)])
    plain.set_weights(own.get_weights())
    plain.compile(keras.optimizers.SGD(0.01), "mse")
    calls.update(dict.fromkeys(calls, 0))
    history = own.fit(X, Y, batch_size=16, epochs=1, shuffle=False, verbose=0).history
    once = dict(calls)
    more = own.fit(X, Y, batch_size=16, epochs=4, shuffle=False, verbose=0).history
    assert calls == once
    assert all(1 <= count <= 4 for count in once.values()), once
    expected = plain.fit(X, Y, batch_size=16, epochs=5, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(history["loss"] + more["loss"], expected, rtol=1e-4)
    assert history["largest"][0] > more["largest"][-1] > 0


def test_a_step_that_returns_no_logs():
    class Wrong(keras.Model):
        def train_step(self, data):
            return 3.0

    model = network(Wrong)
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match="should return a dict"):
        model.fit(X, Y, verbose=0)


def test_errors_of_a_step_come_through():
    class Wrong(keras.Model):
        def train_step(self, data):
            raise KeyError("mine")

    model = network(Wrong)
    model.compile("sgd", "mse")
    with pytest.raises(KeyError, match="mine"):
        model.fit(X, Y, verbose=0)


def test_loss_scaling_by_hand():
    class Scaled(keras.Model):
        def train_step(self, data):
            x, y = data
            with keras.GradientTape() as tape:
                loss = self.compute_loss(y=y, y_pred=self(x, training=True))
                scaled = self.optimizer.scale_loss(loss)
            self.optimizer.apply(tape.gradient(scaled, self.trainable_variables), self.trainable_variables)
            return {"loss": loss}

    custom, plain = network(Scaled), network()
    plain.set_weights(custom.get_weights())
    for model in (custom, plain):
        model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.05)), "mse")
        model.fit(X, Y, batch_size=16, epochs=2, shuffle=False, verbose=0)
    for mine, reference in zip(custom.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(mine, reference, rtol=1e-4, atol=1e-6)
