"""Compiled functions: what is traced, when, and what belongs to the signature."""

from __future__ import annotations

import collections
import dataclasses
import gc
import threading

import numpy as np
import pytest

import keraburn as tf

X = np.array([1.0, 2.0], "float32")


def close(actual, expected):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=1e-5)


def test_traced_once_for_each_signature():
    traces = []

    @tf.function
    def f(x, power=2):
        traces.append(x.shape)
        return x**power

    close(f(tf.constant(X)), X**2)
    close(f(X + 1), (X + 1) ** 2)
    assert traces == [(2,)]
    close(f(X, power=3), X**3)
    close(f(X[:1]), X[:1] ** 2)
    assert traces == [(2,), (2,), (1,)]
    assert f.experimental_get_tracing_count() == 3
    assert f.__name__ == "f"


def test_decorator_with_arguments():
    @tf.function(jit_compile=True, reduce_retracing=True, experimental_relax_shapes=True)
    def f(x):
        return x + 1

    close(f(X), X + 1)
    with pytest.raises(TypeError, match="retrace"):
        tf.function(retrace=True)


def test_structures():
    Pair = collections.namedtuple("Pair", ["left", "right"])

    @tf.function
    def f(pair, extra):
        return {"sum": pair.left + extra["b"][0], "rest": [None, 3, Pair(pair.right, "text")]}

    found = f(Pair(X, tf.constant(2.0)), {"b": (X,)})
    close(found["sum"], 2 * X)
    assert found["rest"][0] is None
    assert int(found["rest"][1]) == 3
    assert float(found["rest"][2].left) == 2.0
    assert found["rest"][2].right == "text"


def test_methods_have_traces_of_their_own():
    class Counter:
        def __init__(self, start):
            self.total = tf.Variable(start)
            self.extra = None

        @tf.function
        def add(self, x):
            if self.extra is None:
                self.extra = tf.Variable(10.0)
            self.total.assign_add(x)
            return self.total + self.extra

    first, second = Counter(0.0), Counter(5.0)
    assert float(first.add(tf.constant(1.0))) == 11.0
    assert float(first.add(tf.constant(1.0))) == 12.0
    assert float(second.add(tf.constant(1.0))) == 16.0
    assert float(first.total.numpy()) == 2.0


def test_methods_of_objects_that_are_equal():
    @dataclasses.dataclass
    class Scale:
        factor: float
        seen: list = dataclasses.field(default_factory=list, compare=False)

        @tf.function
        def scaled(self, x):
            self.seen.append(1)
            return x * self.factor

    first, second = Scale(2.0), Scale(2.0)
    close(first.scaled(X), 2 * X)
    close(second.scaled(X), 2 * X)
    assert first.seen == second.seen == [1]
    before = len(Scale.scaled._bound)
    del first
    gc.collect()
    assert len(Scale.scaled._bound) == before - 1


def test_concrete_functions():
    f = tf.function(lambda x: tf.reduce_sum(x))
    f.get_concrete_function(tf.TensorSpec((None,), tf.float32))
    assert f.experimental_get_tracing_count() == 0
    concrete = f.get_concrete_function(tf.TensorSpec((2,), tf.float32))
    assert float(concrete(X)) == 3.0
    assert f.experimental_get_tracing_count() == 1


def test_variables_only_at_first():
    @tf.function
    def f(x):
        return x * tf.Variable(2.0)

    close(f(X), 2 * X)
    with pytest.raises(ValueError, match="only supports singleton"):
        f(X[:1])


def test_a_variable_from_a_traced_value():
    @tf.function
    def f(x):
        return tf.Variable(x)

    with pytest.raises(ValueError, match="needs an initial value that is known"):
        f(X)


def test_input_signature():
    @tf.function(input_signature=[tf.TensorSpec((None,), tf.float32), tf.TensorSpec((), "int32")])
    def f(x, n):
        return x * tf.cast(n, "float32")

    close(f(X, 3), 3 * X)
    close(f([1.0, 2.0, 3.0], n=2), [2.0, 4.0, 6.0])
    with pytest.raises(TypeError, match="does not fit the `input_signature`"):
        f(tf.constant([[1.0]]), 1)
    with pytest.raises(TypeError, match="2 argument"):
        tf.function(lambda x: x, input_signature=[tf.TensorSpec((), "int32")] * 2)(1)


def test_python_control_flow_on_values_runs_as_python():
    @tf.function
    def f(x):
        return x if tf.reduce_sum(x) > 0 else -x

    with pytest.warns(UserWarning, match="run as plain Python"):
        close(f(X), X)
    close(f(-X), X)


def test_nested_functions_are_one():
    @tf.function
    def inner(x):
        return x * 2

    @tf.function
    def outer(x):
        return inner(x) + inner(x + 1)

    close(outer(X), 4 * X + 2)


def test_errors_of_the_function_come_through():
    @tf.function
    def f(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        f(X)


def test_gradients_through_a_compiled_function():
    v = tf.Variable(3.0)
    traces = []

    @tf.function
    def f(x):
        traces.append(1)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x**3 * v
        return y, inner.gradient(y, x)

    x = tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y, dy = f(x)
        both = y + dy
    close(tape.gradient(y, [x, v]), [36.0, 8.0])
    close(tape.gradient(dy, [x, v]), [36.0, 12.0])
    close(tape.gradient(both, x), 72.0)
    assert traces == [1]


def test_a_function_of_a_model():
    model = tf.keras.Sequential([tf.keras.layers.Dense(3, activation="relu"), tf.keras.layers.Dropout(0.5)])
    loss_of = tf.keras.losses.MeanSquaredError()
    optimizer = tf.keras.optimizers.SGD(0.1)
    mean = tf.keras.metrics.Mean()

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables, strict=True))
        mean(loss)
        return loss

    x = np.ones((4, 2), "float32")
    losses = [float(step(x, np.ones((4, 3), "float32"))) for _ in range(5)]
    close(mean.result(), np.mean(losses))
    assert int(optimizer.iterations.numpy()) == 5
    assert len(set(losses)) == 5


def test_running_eagerly():
    calls = []

    @tf.function
    def f(x):
        calls.append(1)
        return x

    tf.config.run_functions_eagerly(True)
    try:
        f(X)
        f(X)
    finally:
        tf.config.run_functions_eagerly(False)
    assert calls == [1, 1]


def test_symbols_of_a_model():
    scaled = tf.function(lambda x: x * 2)
    symbol = tf.keras.Input((3,))
    model = tf.keras.Model(symbol, scaled(symbol))
    close(model(np.ones((1, 3), "float32")), [[2, 2, 2]])


def test_two_threads():
    @tf.function
    def f(x):
        return tf.reduce_sum(x * 2)

    found = []
    threads = [threading.Thread(target=lambda i=i: found.append((i, float(f(np.full(i, 1.0)))))) for i in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(i, 2.0 * i) for i in range(1, 5)]
