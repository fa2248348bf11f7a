"""Steps outside of traces are compiled from the second on, and stay what they would be without."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn import ops
from keraburn.optimizers import planned


def steps(optimizer, change=lambda optimizer, step: None, number=5):
    variables = [keras.Variable(np.ones((2, 2), "float32")), keras.Variable(np.ones(3, "float32"))]
    for step in range(number):
        change(optimizer, step)
        gradients = [ops.sin(variable.value * (step + 1)) for variable in variables]
        optimizer.apply(gradients, variables)
    return [variable.numpy() for variable in variables]


def unplanned(monkeypatch, *arguments):
    with monkeypatch.context() as patch:
        patch.setattr(planned, "_is_ours", lambda *_: False)
        return steps(*arguments)


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.optimizers.Adam(0.1, clipnorm=0.5),
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.01, use_ema=True),
        lambda: keras.optimizers.RMSprop(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)),
        lambda: keras.optimizers.Adam(0.1, gradient_accumulation_steps=2),
        lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)),
    ],
)
def test_the_same_as_without(make, monkeypatch):
    for actual, expected in zip(steps(make()), unplanned(monkeypatch, make()), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-6)


def test_changed_settings_are_seen(monkeypatch):
    def change(optimizer, step):
        if step == 3:
            optimizer.learning_rate = 1.0
            optimizer.momentum = 0.0
            optimizer.clipvalue = 0.2

    for actual, expected in zip(
        steps(keras.optimizers.SGD(0.1, momentum=0.9), change),
        unplanned(monkeypatch, keras.optimizers.SGD(0.1, momentum=0.9), change),
        strict=True,
    ):
        np.testing.assert_allclose(actual, expected, rtol=1e-6)


def test_a_users_optimizer_is_called_every_time():
    calls = []

    class Mine(keras.optimizers.Optimizer):
        def update_step(self, gradient, variable, learning_rate):
            calls.append(variable)
            self.assign_sub(variable, learning_rate * gradient)

    steps(Mine(0.1))
    assert len(calls) == 10


def test_plans_go_with_their_optimizer():
    optimizer = keras.optimizers.SGD(0.1)
    steps(optimizer)
    assert optimizer in planned._plans
    before = len(planned._plans)
    del optimizer
    import gc

    gc.collect()
    assert len(planned._plans) < before
