"""`run_eagerly`: the user's code runs in Python for every batch, on values, with the results of compiled steps."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from tests.training.helpers import data, linear

ops = keras.ops


class Watching(keras.layers.Layer):
    """Scales its inputs, and looks at them."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones")

    def call(self, inputs, training=None):
        # None of this is possible with the symbols of a compiled step.
        self.seen.append((np.asarray(inputs).copy(), float(ops.sum(inputs)), training))
        if ops.max(inputs) > 1e9:
            return inputs
        return inputs * self.scale

    def compute_output_shape(self, input_shape):
        # So that a model can be described without a call.
        return input_shape


def network(run_eagerly, *, watching=False, seed=1, **arguments):
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    layers = [
        keras.layers.Dense(8, activation="relu", kernel_regularizer="l2"),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.3),
        *([Watching()] if watching else []),
        keras.layers.Dense(3, activation="softmax"),
    ]
    model = keras.Sequential([keras.Input((3,)), *layers])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=run_eagerly, **arguments)
    return model


X = data(20)[0]
LABELS = np.arange(20) % 3


@pytest.mark.parametrize("shuffle", [False, "batch"])
def test_training_is_the_same_to_the_bit(shuffle):
    models = [network(eager) for eager in (False, True)]
    models[1].set_weights(models[0].get_weights())
    arguments = {"batch_size": 8, "epochs": 2, "verbose": 0, "validation_data": (X, LABELS)}
    if shuffle:
        # Orders that Python and Rust draw differ; a batch of one row has one order.
        arguments["batch_size"] = 1
    histories = [model.fit(X, LABELS, shuffle=shuffle, **arguments).history for model in models]
    assert histories[0] == histories[1]
    for a, b in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(*(model.predict(X, batch_size=6, verbose=0) for model in models))
    assert len({tuple(model.evaluate(X, LABELS, verbose=0)) for model in models}) == 1
    assert len({tuple(model.train_on_batch(X, LABELS)) for model in models}) == 1
    assert len({tuple(model.test_on_batch(X, LABELS)) for model in models}) == 1
    np.testing.assert_array_equal(*(model.predict_on_batch(X) for model in models))


def test_layers_run_for_every_batch_with_values():
    model = network(True, watching=True)
    layer = model.layers[3]
    layer.seen.clear()
    model.fit(X, LABELS, batch_size=8, epochs=2, shuffle=False, verbose=0)
    assert len(layer.seen) == 6
    assert [len(values) for values, _, _ in layer.seen] == [8, 8, 4] * 2
    assert all(total == pytest.approx(values.sum(), abs=1e-4) for values, total, _ in layer.seen)
    assert all(training for _, _, training in layer.seen)
    layer.seen.clear()
    model.predict(X, batch_size=8, verbose=0)
    model.evaluate(X, LABELS, batch_size=8, verbose=0)
    assert len(layer.seen) == 6
    assert not any(training for _, _, training in layer.seen)
    assert not np.array_equal(layer.scale.numpy(), np.ones(8)), "gradients flow through it"


def test_models_that_are_not_built_need_no_symbols():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.watch, self.out = Watching(), keras.layers.Dense(1)

        def call(self, inputs, training=False):
            return self.out(self.watch(inputs))

    model = Own()
    model.compile("sgd", "mse", metrics=["mae"], run_eagerly=True)
    x, y = data(10)
    assert np.isfinite(model.fit(x, y, batch_size=5, verbose=0).history["mae"][0])
    assert len(model.watch.seen) == 2
    model.run_eagerly = False
    with pytest.raises(TypeError, match="concrete value"):
        model.fit(x, y, batch_size=5, verbose=0)
    model.run_eagerly = True
    assert model.predict(x, verbose=0).shape == (10, 1)


def test_a_train_step_of_ones_own():
    seen = []

    class Own(keras.Model):
        def train_step(self, data):
            x, y = data
            with keras.GradientTape() as tape:
                loss = ops.mean(ops.square(self(x, training=True) - y))
            seen.append(float(loss))
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            return {"loss": loss, "inner": {"rows": x.shape[0]}}

    symbol = keras.Input((3,))
    model = Own(symbol, keras.layers.Dense(1, kernel_initializer="ones")(symbol))
    model.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
    x, y = data(8)
    history = model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history
    assert history["loss"] == [seen[1], seen[3]]
    assert history["rows"] == [4.0, 4.0]
    reference = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")])
    reference.compile(keras.optimizers.SGD(0.1), "mse")
    reference.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], reference.get_weights()[0], rtol=1e-5)


def test_losses_and_metrics_run_on_values():
    values = []

    def loss(y_true, y_pred):
        values.append(float(ops.max(y_pred)))
        return ops.mean(ops.square(y_true - y_pred), axis=-1)

    class Seen(keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="seen")
            self.rows = self.add_variable((), "zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.rows.assign_add(float(len(np.asarray(y_pred))))

        def result(self):
            return self.rows.value

    x, y = data(10)
    model = linear(loss=loss, metrics=[Seen()], run_eagerly=True)
    history = model.fit(x, y, batch_size=4, verbose=0).history
    assert history["seen"] == [10.0]
    assert len(values) == 3


def test_it_can_be_switched_for_all():
    model = network(False, watching=True)
    layer = model.layers[3]
    try:
        keras.config.run_functions_eagerly(True)
        assert model.run_eagerly
        assert keras.config.functions_run_eagerly()
        layer.seen.clear()
        model.fit(X, LABELS, batch_size=8, verbose=0)
        assert len(layer.seen) == 3
    finally:
        keras.config.run_functions_eagerly(False)
    assert not model.run_eagerly
    with pytest.raises(TypeError, match="concrete value"):
        model.fit(X, LABELS, batch_size=8, verbose=0)


@pytest.mark.parametrize("described", [True, False])
def test_layers_that_look_at_values_stand_in_any_model(described):
    class Looking(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

        def call(self, inputs):
            self.calls.assign_add(1.0)
            values = np.asarray(inputs)
            return ops.concatenate([inputs, ops.convert_to_tensor(values.max(axis=1, keepdims=True))], axis=-1)

    layer = Looking()
    model = keras.Sequential([*([keras.Input((3,))] if described else []), layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    x, y = data(10)
    if described:
        # Found by a call on zeros, which is not remembered.
        assert layer.output.shape == (None, 4)
    assert float(layer.calls) == 0
    model.fit(x, y, batch_size=4, verbose=0)
    assert float(layer.calls) == 3
    assert model.layers[-1].kernel.shape == (4, 1)
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match="concrete value"):
        model.fit(x, y, verbose=0)


def test_an_error_in_a_layer_shows_where_it_arose():
    class Failing(keras.layers.Layer):
        def call(self, inputs):
            if not np.isfinite(np.asarray(inputs)).all():
                raise RuntimeError("not finite")
            return inputs

        def compute_output_shape(self, input_shape):
            return input_shape

    model = keras.Sequential([Failing(), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    x, y = data(8)
    model.fit(x, y, verbose=0)
    before = model.get_weights()
    x[5] = np.nan
    with pytest.raises(RuntimeError, match="not finite"):
        model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    assert not np.array_equal(model.get_weights()[0], before[0]), "the first batch was trained with"
    assert np.isfinite(model.get_weights()[0]).all()


def test_jit_compile_gives_way():
    with pytest.warns(UserWarning, match="jit_compile"):
        model = network(True, jit_compile=True)
    assert not model.jit_compile
    assert network(False).jit_compile
    assert not network(False, jit_compile=False).jit_compile
