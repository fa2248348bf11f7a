"""Calls, updates and metrics that take their state and give it back, beside those that change it."""

import numpy as np
import pytest

import keraburn as keras
from keraburn import ops, trace

X = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")


def arrays(values):
    return [np.asarray(value).copy() for value in values]


def model_of_all_kinds():
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activity_regularizer="l2")])
    x = keras.Input((4,))
    y = keras.layers.Dropout(0.5, seed=1)(keras.layers.BatchNormalization()(inner(x)))
    return keras.Model(x, keras.layers.Dense(2, kernel_regularizer="l2")(y))


@pytest.mark.parametrize("compiled", [False, True])
def test_a_stateless_call_is_a_call(compiled):
    model = model_of_all_kinds()
    before = arrays(model.variables)
    trainable = arrays(model.trainable_variables)
    other = arrays(model.non_trainable_variables)

    def call(trainable, other, x):
        return model.stateless_call(trainable, other, x, training=True, return_losses=True)

    function = trace.Compiled(call, (trainable, other, X)) if compiled else call
    outputs, state, losses = function(trainable, other, X)
    for now, then in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(now.numpy(), then)
    expected = model(X, training=True)
    np.testing.assert_allclose(outputs.numpy(), expected.numpy(), rtol=1e-6)
    np.testing.assert_allclose([float(x) for x in losses], [float(x) for x in model.losses], rtol=1e-6)
    for found, variable in zip(state, model.non_trainable_variables, strict=True):
        np.testing.assert_allclose(found.numpy(), variable.numpy(), rtol=1e-6)
    # Other weights give other outputs.
    changed, _ = model.stateless_call([0 * value for value in trainable], other, X)
    assert not changed.numpy().any()


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    "arguments",
    [{}, {"use_ema": True, "ema_overwrite_frequency": 1}, {"gradient_accumulation_steps": 2}, {"weight_decay": 0.1}],
    ids=repr,
)
def test_a_stateless_update_is_an_update(arguments, compiled):
    variables = [keras.Variable(X[0]), keras.Variable(X[1:3])]
    optimizer = keras.optimizers.Adam(0.1, **arguments)
    optimizer.build(variables)
    state, values = arrays(optimizer.variables), arrays(variables)
    gradients = [X[3], X[4:6]]
    function = optimizer.stateless_apply
    if compiled:
        function = trace.Compiled(lambda *args: optimizer.stateless_apply(*args), (state, gradients, values))
    for _ in range(3):
        values, state = function(state, gradients, values)
        values, state = list(values), list(state)
    np.testing.assert_array_equal(variables[0].numpy(), X[0])
    for _ in range(3):
        optimizer.apply([ops.convert_to_tensor(gradient) for gradient in gradients], variables)
    for found, variable in zip([*values, *state], [*variables, *optimizer.variables], strict=True):
        np.testing.assert_allclose(found.numpy(), variable.numpy(), rtol=1e-5, err_msg=variable.path)


def test_scaled_losses_too():
    variable = keras.Variable([1.0, 2.0])
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=4.0)
    optimizer.build([variable])
    for gradient in ([4.0, 8.0], [np.inf, 0.0]):
        values, state = optimizer.stateless_apply(
            optimizer.variables, [ops.convert_to_tensor(gradient)], [variable.value]
        )
        optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
        np.testing.assert_allclose(values[0].numpy(), variable.numpy())
        for found, known in zip(state, optimizer.variables, strict=True):
            np.testing.assert_allclose(found.numpy(), known.numpy(), err_msg=known.path)


def test_stateless_metrics():
    metric = keras.metrics.MeanSquaredError()
    state = metric.stateless_update_state(metric.variables, X, 0 * X)
    assert float(metric.result()) == 0
    assert float(metric.stateless_result(state)) == pytest.approx((X**2).mean(), rel=1e-5)
    metric.update_state(X, 0 * X)
    assert float(metric.result()) == pytest.approx((X**2).mean(), rel=1e-5)
    assert [float(value) for value in metric.stateless_reset_state()] == [0.0, 0.0]
    assert float(metric.result()) > 0


def test_scopes_within_scopes():
    x = keras.Variable(1.0)
    with keras.StatelessScope([(x, 2.0)]) as outer:
        x.assign_add(1.0)
        with keras.StatelessScope([(x, 10.0)]) as inner:
            x.assign_add(1.0)
        assert float(x) == 3.0
    assert (float(outer.get_current_value(x)), float(inner.get_current_value(x)), float(x)) == (3.0, 11.0, 1.0)
    assert keras.StatelessScope().get_current_value(x) is None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: keras.layers.Dense(2).stateless_call([], [], X), "must be built"),
        (lambda: model_of_all_kinds().stateless_call([], [], X), "expected 6 variables"),
        (lambda: keras.optimizers.SGD().stateless_apply([], [], []), "must be built"),
        (lambda: keras.metrics.Mean().stateless_result([1.0]), "Received list with length 1, but expected 2"),
        (lambda: keras.StatelessScope([("x", 1.0)]), "Received instead: x"),
        (lambda: keras.StatelessScope([(keras.Variable(1.0), [1.0])]), "a shape that matches"),
    ],
)
def test_errors_say_what_came(call, words):
    with pytest.raises(ValueError, match=words):
        call()
