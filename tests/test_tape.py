"""GradientTape: what is recorded, gradients of every order, structures, mistakes; eagerly and in compiled functions."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn import GradientTape, ops
from keraburn.trace import Compiled
from tests.checks import close


class _Spec:
    def __init__(self, array):
        self.shape, self.dtype = array.shape, array.dtype


def eagerly(function, *arrays):
    return function(*(ops.array(array) for array in arrays))


def compiled(function, *arrays):
    """The same, traced as a step of training is."""
    return Compiled(function, [_Spec(array) for array in arrays])(*arrays)


@pytest.fixture(params=[eagerly, compiled], ids=["eager", "compiled"])
def run(request):
    return request.param


X = np.array([1.0, 2.0, 3.0], "float32")


def test_gradient_of_a_watched_tensor(run):
    def function(x):
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(x**3)
        return tape.gradient(y, x)

    close(run(function, X), 3 * X**2)


def test_variables_are_watched_when_read(run):
    v = keras.Variable(X)
    fixed = keras.Variable(X, trainable=False)

    def function(x):
        with GradientTape() as tape:
            y = v * fixed * x
        assert [each is v for each in tape.watched_variables()] == [True]
        return tape.gradient(y, v)

    close(run(function, X), X * X)


def test_what_is_not_watched_has_no_gradient(run):
    v = keras.Variable(X)

    def function(x):
        with GradientTape(watch_accessed_variables=False) as tape:
            y = v * x
        assert tape.gradient(y, [v, x]) == [None, None]
        with GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(v)
            y = v * x
        return tape.gradient(y, v)

    close(run(function, X), X)


def test_what_ran_before_is_a_constant(run):
    v = keras.Variable(X)

    def function(x):
        before = v * x
        with GradientTape() as tape:
            tape.watch(x)
            loss = ops.sum(before * v * x)
        dv, dx = tape.gradient(loss, [v, x])
        return dv, dx

    dv, dx = run(function, X)
    close(dv, X**3)
    close(dx, X**3)


def test_equal_computations_before_and_inside(run):
    v = keras.Variable(X)

    def function(x):
        before = ops.exp(v)
        with GradientTape() as tape:
            loss = ops.sum(ops.exp(v) * before)
        return tape.gradient(loss, v)

    close(run(function, X), np.exp(2 * X), 1e-4)


def test_nothing_is_recorded_while_stopped(run):
    def function(x):
        with GradientTape() as tape:
            tape.watch(x)
            y = x * x
            with tape.stop_recording():
                z = x * x
            total = ops.sum(y * z)
        return tape.gradient(total, x)

    close(run(function, X), 2 * X**3)


def test_reset_forgets(run):
    def function(x):
        with GradientTape() as tape:
            tape.watch(x)
            y = x * x
            tape.reset()
            tape.watch(x)
            z = y * x
        return tape.gradient(z, x)

    close(run(function, X), X**2)


def test_structures_and_missing_gradients(run):
    a, b, unused = (keras.Variable(value) for value in (1.0, 2.0, 3.0))

    def function(x):
        with GradientTape(persistent=True) as tape:
            targets = {"first": a * x, "second": [b * b]}
        found = tape.gradient(targets, {"a": a, "rest": (b, unused)})
        assert found["rest"][1] is None
        zeros = tape.gradient(targets, [unused, a], unconnected_gradients="zero")
        weighed = tape.gradient(targets, [a, b], output_gradients={"first": 2 * x, "second": [5.0]})
        return found["a"], found["rest"][0], zeros, weighed

    da, db, zeros, weighed = run(function, X)
    close(da, 6.0)
    close(db, 4.0)
    close(zeros[0], 0.0)
    close(zeros[1], 6.0)
    close(weighed[0], 2 * np.sum(X * X))
    close(weighed[1], 20.0)


def test_a_persistent_tape_answers_again(run):
    def function(x):
        with GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = x * x
            z = y * y
        return tape.gradient(z, x), tape.gradient(y, x), tape.gradient(z, y)

    dz, dy, dzy = run(function, X)
    close(dz, 4 * X**3)
    close(dy, 2 * X)
    close(dzy, 2 * X**2)


def test_higher_orders(run):
    def function(x):
        with GradientTape() as third:
            third.watch(x)
            with GradientTape() as second:
                second.watch(x)
                with GradientTape() as first:
                    first.watch(x)
                    y = x**4
                dy = first.gradient(y, x)
            d2y = second.gradient(dy, x)
        return d2y, third.gradient(d2y, x)

    d2y, d3y = run(function, X)
    close(d2y, 12 * X**2)
    close(d3y, 24 * X)


def test_a_gradient_taken_on_the_tape_itself(run):
    def function(x):
        with GradientTape(persistent=True) as tape:
            tape.watch(x)
            dy = tape.gradient(x**3, x)
        return tape.gradient(dy, x)

    close(run(function, X), 6 * X)


def test_an_outer_tape_sees_what_is_a_constant_for_the_inner_one(run):
    def function(x):
        with GradientTape() as outer:
            outer.watch(x)
            y = x * x
            with GradientTape() as inner:
                inner.watch(x)
                z = x * y
            dz = inner.gradient(z, x)
        return dz, outer.gradient(dz, x)

    dz, d2z = run(function, X)
    close(dz, X * X)
    close(d2z, 2 * X)


def test_hessian_and_jacobians(run):
    a = np.array([[2.0, 1.0], [0.5, 3.0]], "float32")

    def function(x, m):
        with GradientTape() as outer:
            outer.watch(x)
            with GradientTape(persistent=True) as inner:
                inner.watch(x)
                y = ops.sum(x**3) * x[0]
                z = ops.matmul(m, ops.reshape(x[:2] ** 2, (2, 1)))
            dy = inner.gradient(y, x)
        rows = ops.stack([x, 2 * x])
        with GradientTape() as tape:
            tape.watch(rows)
            squares = rows**2
        return outer.jacobian(dy, x), inner.jacobian(z, x), tape.batch_jacobian(squares, rows)

    hessian, jacobian, batch = run(function, X, a)
    x = X.astype("float64")
    total = np.sum(x**3)
    expected = np.diag(6 * x * x[0])
    expected[0, :] += 3 * x**2
    expected[:, 0] += 3 * x**2
    assert total == 36
    close(hessian, expected, 1e-4)
    close(np.asarray(jacobian)[:, 0, :], np.concatenate([a * 2 * x[:2], np.zeros((2, 1))], 1))
    close(batch, np.stack([np.diag(2 * x), np.diag(4 * x)]))


def test_gradient_penalty(run):
    dense = keras.layers.Dense(4, activation="tanh")
    dense.build((None, 3))
    out = keras.layers.Dense(1)
    out.build((None, 4))
    w1, b1 = (weight.numpy().astype("float64") for weight in dense.weights)
    w2 = out.weights[0].numpy().astype("float64")
    variables = [*dense.trainable_variables, *out.trainable_variables]

    def function(x):
        with GradientTape() as outer:
            with GradientTape() as inner:
                inner.watch(x)
                pred = out(dense(x))
            grads = inner.gradient(pred, x)
            penalty = ops.mean((ops.sqrt(ops.sum(ops.square(grads), axis=1)) - 1.0) ** 2)
        return outer.gradient(penalty, variables, unconnected_gradients="zero")

    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")

    def penalty(w):
        slope = ((1 - np.tanh(x @ w + b1) ** 2) * w2[:, 0]) @ w.T
        return np.mean((np.sqrt((slope**2).sum(1)) - 1) ** 2)

    found = run(function, x)
    assert [each.shape for each in found] == [(3, 4), (4,), (4, 1), (1,)]
    step = np.zeros_like(w1)
    step[1, 2] = 1e-5
    numeric = (penalty(w1 + step) - penalty(w1 - step)) / 2e-5
    close(np.asarray(found[0])[1, 2], numeric, 1e-3)
    close(found[3], [0.0])


def test_assignments_cut_the_flow(run):
    v = keras.Variable(2.0)

    def function(x):
        with GradientTape() as tape:
            y = v * v
            v.assign(y * 1.5)
            z = ops.sum(v * x)
        found = tape.gradient(z, v)
        v.assign(2.0)
        return found

    close(run(function, X), 6.0)


def test_a_concrete_tensor_watched_in_a_trace(run):
    one, other = ops.array(1.0), ops.array(1.0)

    def function(x):
        with GradientTape() as tape:
            tape.watch([one, other])
            y = ops.sum(x * one) + 3 * other
        return tape.gradient(y, [one, other])

    first, second = run(function, X)
    close(first, 6.0)
    close(second, 3.0)


def test_layers_with_state(run):
    norm = keras.layers.BatchNormalization()
    norm.build((None, 3))

    def function(x):
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(norm(x, training=True) ** 3)
        return tape.gradient(y, [x, *norm.trainable_variables])

    x = np.random.default_rng(1).normal(size=(6, 3)).astype("float32")
    dx, dgamma, dbeta = run(function, x)
    assert dx.shape == (6, 3)
    normal = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3)
    close(dgamma, (3 * normal**3).sum(0), 1e-3)
    close(dbeta, (3 * normal**2).sum(0), 1e-3)
