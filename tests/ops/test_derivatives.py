"""custom_gradient and jvp: eagerly, in traces, of higher order, in layers."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn import GradientTape, ops
from keraburn.trace import Compiled
from tests.checks import close

X = np.array([0.5, 1.0, -2.0], "float32")


def eagerly(function, *arrays):
    return function(*(ops.array(array) for array in arrays))


def compiled(function, *arrays):
    return Compiled(function, [ops.array(array) for array in arrays])(*arrays)


@pytest.fixture(params=[eagerly, compiled], ids=["eager", "compiled"])
def run(request):
    return request.param


@ops.custom_gradient
def log1pexp(x):
    e = ops.exp(x)
    return ops.log(1 + e), lambda upstream: upstream * (1 - 1 / (1 + e))


@ops.custom_gradient
def clipped(x):
    return x * 1.0, lambda upstream: ops.clip(upstream, -0.1, 0.1)


def test_value_and_gradient(run):
    def function(x):
        with GradientTape() as tape:
            tape.watch(x)
            y = log1pexp(x * 2)
        return y, tape.gradient(y, x)

    y, dx = run(function, X)
    close(y, np.log1p(np.exp(2 * X)))
    close(dx, 2 / (1 + np.exp(-2 * X)))


def test_a_gradient_that_is_not_linear(run):
    def function(x):
        with GradientTape(persistent=True) as tape:
            tape.watch(x)
            inner = clipped(x)
            y = ops.sum(clipped(inner * 3) * 5)
        return tape.gradient(y, [x, inner])

    dx, dinner = run(function, X)
    close(dinner, np.full(3, 0.3))
    close(dx, np.full(3, 0.1))


def test_several_inputs_and_outputs(run):
    @ops.custom_gradient
    def both(a, b):
        def gradient(upstream):
            da, db = upstream
            return 10 * da + db, None

        return (a * b, a + b), gradient

    def function(a, b):
        with GradientTape() as tape:
            tape.watch([a, b])
            first, _ = both(a, b)
            y = ops.sum(first * 2)
        return tape.gradient(y, [a, b], unconnected_gradients="zero")

    da, db = run(function, X, X)
    close(da, np.full(3, 20.0))
    close(db, np.zeros(3))


def test_second_order(run):
    def function(x):
        with GradientTape() as outer:
            outer.watch(x)
            with GradientTape() as inner:
                inner.watch(x)
                y = log1pexp(x)
            dy = inner.gradient(y, x)
        return outer.gradient(dy, x)

    sigmoid = 1 / (1 + np.exp(-X))
    close(run(function, X), sigmoid * (1 - sigmoid))


def test_in_a_layer_that_is_trained():
    class Reversal(keras.layers.Layer):
        def call(self, x):
            return ops.custom_gradient(lambda x: (x, lambda upstream: -upstream))(x)

    def trained(*layers):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones"), *layers])
        model.compile(keras.optimizers.SGD(0.1), "mse")
        model.fit(np.ones((4, 2), "float32"), np.zeros((4, 1), "float32"), verbose=0)
        return model.get_weights()[0] - 1

    close(trained(Reversal()), -trained())


def test_a_tape_outside_of_a_compiled_function():
    f = keras.tf.function(lambda x: log1pexp(x) * 2)
    x = ops.array(X)
    close(f(x), 2 * np.log1p(np.exp(X)))
    with GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    close(tape.gradient(y, x), 2 / (1 + np.exp(-X)))


def test_on_symbols():
    symbol = keras.Input((3,))
    model = keras.Model(symbol, log1pexp(symbol))
    close(model(X[None]), np.log1p(np.exp(X))[None])


def test_a_gradient_of_the_wrong_number():
    wrong = ops.custom_gradient(lambda a, b: (a + b, lambda upstream: upstream))
    x = ops.array(1.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = wrong(x, x)
    with pytest.raises(ValueError, match=r"each of its 2 tensor arguments. Received: 1"):
        tape.gradient(y, x)


def test_jvp(run):
    matrix = np.arange(6, dtype="float32").reshape(2, 3)

    def function(x, v):
        y, dy = ops.jvp(lambda x: ops.matmul(ops.array(matrix), ops.tanh(x)), (x,), (v,))
        (_first, _second), (df, ds), more = ops.jvp(lambda x: ((x**2, x[0] * 1.0), "more"), [x], [v], has_aux=True)
        assert more == "more"
        return y, dy, df, ds

    v = np.array([1.0, 0.0, 2.0], "float32")

    def twice(x, v):
        (_a, _b), (da, db) = ops.jvp(lambda x, y: (x * y, x + 2 * y), (x, x), (v, 3 * v))
        return da, db

    da, db = run(twice, X, v)
    close(da, 4 * X * v)
    close(db, 7 * v)
    y, dy, df, ds = run(function, X, v)
    close(y, matrix @ np.tanh(X))
    close(dy, matrix @ ((1 - np.tanh(X) ** 2) * v))
    close(df, 2 * X * v)
    close(ds, v[0])


def test_jvp_of_constants_and_mistakes():
    x = ops.array(X)
    _, dy = ops.jvp(lambda x: ops.ones(2), (x,), (x,))
    close(dy, np.zeros(2))
    with pytest.raises(ValueError, match="equal lengths"):
        ops.jvp(ops.tanh, (x,), ())
    with pytest.raises(ValueError, match="equal shapes"):
        ops.jvp(ops.tanh, (x,), (x[:1],))
