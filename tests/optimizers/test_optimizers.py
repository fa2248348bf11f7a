"""Optimizers: arguments, variables, users' own, errors."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn import trace


def variable(*values):
    return keras.Variable(np.array(values, "float32"))


def gradient(*values):
    return keras.ops.convert_to_tensor(np.array(values, "float32"))


@pytest.mark.parametrize(
    ("name", "cls"),
    [("adam", "Adam"), ("Adam", "Adam"), ("ADAM", "Adam"), ("sgd", "SGD"), ("rmsprop", "RMSprop"), ("lamb", "Lamb")],
)
def test_names(name, cls):
    assert type(keras.optimizers.get(name)).__name__ == cls


def test_get_of_other_things():
    made = keras.optimizers.Adam()
    assert keras.optimizers.get(made) is made
    assert type(keras.optimizers.get(keras.optimizers.SGD)) is keras.optimizers.SGD
    config = keras.optimizers.serialize(keras.optimizers.SGD(0.25, momentum=0.5))
    again = keras.optimizers.get(config)
    assert again.get_config()["momentum"] == 0.5
    assert float(again.learning_rate.numpy()) == 0.25
    assert type(keras.optimizers.get({"class_name": "adam", "config": {"learning_rate": 0.5}})) is keras.optimizers.Adam
    with pytest.raises(ValueError, match="Could not interpret optimizer identifier"):
        keras.optimizers.get(lambda: None)


def test_lr_means_learning_rate():
    optimizer = keras.optimizers.Adam(lr=0.5)
    assert float(optimizer.lr.numpy()) == 0.5
    optimizer.lr = 0.25
    assert float(optimizer.learning_rate.numpy()) == 0.25
    optimizer.learning_rate = 0.125
    assert optimizer.get_config()["learning_rate"] == 0.125
    optimizer.learning_rate.assign(0.5)
    assert float(optimizer.lr.numpy()) == 0.5


def test_arguments_by_position():
    optimizer = keras.optimizers.SGD(0.1, 0.9, True, 0.01, None, 0.5)
    assert (optimizer.momentum, optimizer.nesterov, optimizer.weight_decay) == (0.9, True, 0.01)
    assert (optimizer.clipnorm, optimizer.clipvalue) == (None, 0.5)
    assert keras.optimizers.AdamW(0.1, 0.02).weight_decay == 0.02


def test_order_of_variables():
    weights = [variable(1.0), variable(2.0, 3.0)]
    optimizer = keras.optimizers.Adam()
    assert [each.name for each in optimizer.variables] == ["iteration", "learning_rate"]
    optimizer.build(weights)
    optimizer.build(weights)
    assert [each.shape for each in optimizer.variables] == [(), (), (1,), (1,), (2,), (2,)]
    assert [each.name.split("_")[-1] for each in optimizer.variables[2:]] == ["momentum", "velocity"] * 2
    assert not any(each.trainable for each in optimizer.variables)


def test_schedule():
    schedule = keras.optimizers.schedules.ExponentialDecay(1.0, 1, 0.5)
    optimizer = keras.optimizers.SGD(schedule)
    weight = variable(0.0)
    for expected in (-1.0, -1.5, -1.75):
        optimizer.apply([gradient(1.0)], [weight])
        assert float(weight.numpy()[0]) == expected
    assert float(optimizer.learning_rate) == 0.125
    assert [each.name for each in optimizer.variables] == ["iteration"]
    with pytest.raises(TypeError, match=r"not settable. Received: learning_rate=0.1"):
        optimizer.learning_rate = 0.1
    again = keras.optimizers.SGD.from_config(optimizer.get_config())
    assert again._learning_rate.get_config() == schedule.get_config()


def test_function_as_learning_rate():
    rates = iter([1.0, 0.5])
    optimizer = keras.optimizers.SGD(lambda: next(rates))
    weight = variable(0.0)
    optimizer.apply([gradient(1.0)], [weight])
    optimizer.apply([gradient(1.0)], [weight])
    assert float(weight.numpy()[0]) == -1.5


def test_schedule_in_a_traced_step():
    optimizer = keras.optimizers.SGD(keras.optimizers.schedules.PiecewiseConstantDecay([0, 1], [1.0, 0.5, 0.25]))
    weight = variable(0.0)
    optimizer.build([weight])

    def step(value):
        optimizer.apply([value], [weight])
        return []

    run = trace.Compiled(step, [gradient(1.0)])
    for _ in range(4):
        run(gradient(1.0))
    assert float(weight.numpy()[0]) == -2.0


def test_missing_gradients():
    weights = [variable(1.0), variable(2.0)]
    with pytest.warns(UserWarning, match="Gradients do not exist for variables"):
        keras.optimizers.SGD(1.0).apply([gradient(1.0), None], weights)
    assert [float(each.numpy()[0]) for each in weights] == [0.0, 2.0]
    with pytest.raises(ValueError, match="No gradients provided"):
        keras.optimizers.SGD().apply([None], [variable(1.0)])


def test_apply_gradients():
    weight = variable(1.0)
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.apply_gradients(zip([gradient(1.0)], [weight], strict=True))
    assert float(weight.numpy()[0]) == 0.5
    assert int(optimizer.iterations.numpy()) == 1
    optimizer.apply([gradient(1.0)])
    assert float(weight.numpy()[0]) == 0.0
    optimizer.apply([])


def test_weight_decay_leaves_out():
    weights = [keras.Variable(np.ones(1, "float32"), name=name) for name in ("kernel", "bias", "gain")]
    optimizer = keras.optimizers.SGD(0.5, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[weights[2]], var_names=["bias"])
    optimizer.apply([gradient(0.0)] * 3, weights)
    assert [float(each.numpy()[0]) for each in weights] == [0.75, 1.0, 1.0]
    with pytest.raises(ValueError, match="before the optimizer is built"):
        optimizer.exclude_from_weight_decay(var_names=["kernel"])


def test_moving_averages_end_training():
    weight = variable(0.0)
    optimizer = keras.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5)
    for _ in range(2):
        optimizer.apply([gradient(1.0)], [weight])
    optimizer.finalize_variable_values([weight])
    assert float(weight.numpy()[0]) == -1.5


def test_weights_go_in_and_out():
    weights = [variable(1.0, 2.0)]
    first, second = keras.optimizers.Adam(0.1), keras.optimizers.Adam(0.2)
    first.apply([gradient(1.0, -1.0)], weights)
    second.build(weights)
    second.set_weights([each.numpy() for each in first.variables])
    store = {}
    second.save_own_variables(store)
    third = keras.optimizers.Adam(0.3)
    with pytest.warns(UserWarning, match="Skipping variable loading"):
        third.load_own_variables(store)
    third.build(weights)
    third.load_own_variables(store)
    for one, other in zip(first.variables, third.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_an_optimizer_of_ones_own():
    class Heavy(keras.optimizers.Optimizer):
        def __init__(self, learning_rate=0.1, beta=0.5, **kwargs):
            super().__init__(learning_rate=learning_rate, **kwargs)
            self.beta = beta

        def build(self, variables):
            super().build(variables)
            self.slots = self.add_optimizer_variables(variables, "slot")

        def update_step(self, gradient, variable, learning_rate):
            slot = self.slots[self._get_variable_index(variable)]
            self.assign(slot, self.beta * slot + gradient)
            self.assign_sub(variable, learning_rate * slot)

        def get_config(self):
            return {**super().get_config(), "beta": self.beta}

    optimizer = Heavy(1.0, clipvalue=1.0)
    weight = variable(0.0)
    for _ in range(2):
        optimizer.apply([gradient(3.0)], [weight])
    assert float(weight.numpy()[0]) == -2.5
    assert Heavy.from_config(optimizer.get_config()).beta == 0.5


def test_a_step_costs_the_same_scalars_for_many_variables():
    optimizer = keras.optimizers.Adam()
    calls = []
    original = optimizer._alpha
    optimizer._alpha = lambda rate: calls.append(1) or original(rate)
    optimizer._alpha.__name__ = "_alpha"
    weights = [variable(1.0) for _ in range(5)]
    optimizer.apply([gradient(1.0)] * 5, weights)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda o: o.Adam(learningrate=0.1), r"Argument\(s\) not recognized: .*learningrate"),
        (lambda o: o.Adam("fast"), "Received: learning_rate=fast"),
        (lambda o: o.Adam(clipnorm=1.0, clipvalue=1.0), "Only one of `clipnorm`"),
        (lambda o: o.Adam(gradient_accumulation_steps=1), "Received: gradient_accumulation_steps=1"),
        (lambda o: o.Adam(use_ema=True, ema_momentum=2.0), "Received: ema_momentum=2.0"),
        (lambda o: o.Adam(use_ema=True, ema_overwrite_frequency=-1), "Received: ema_overwrite_frequency=-1"),
        (lambda o: o.SGD(momentum=2.0), "Received: momentum=2.0"),
        (lambda o: o.AdamW(weight_decay=None), "Received: weight_decay=None"),
        (lambda o: o.Lion(beta_1=0.0), "Received: beta_1=0.0"),
        (lambda o: o.Ftrl(learning_rate_power=1.0), "Received: learning_rate_power=1.0"),
        (lambda o: o.SGD().apply([gradient(1.0)]), "must already be built"),
        (lambda o: o.SGD().apply([gradient(1.0)], [variable(1.0), variable(2.0)]), "1 gradients for 2 variables"),
        (lambda o: o.SGD().apply([gradient(1.0, 2.0)], [variable(1.0)]), r"Received: gradient.shape=\(2,\)"),
        (lambda o: o.Adam().set_weights([]), "not yet been built"),
        (lambda o: o.schedules.ExponentialDecay(0.1, 0, 0.5), "Received: decay_steps=0"),
        (lambda o: o.schedules.InverseTimeDecay(0.1, "many", 0.5), "Received: decay_steps=many"),
        (lambda o: o.schedules.PiecewiseConstantDecay([1], [1.0]), "1 less than the length of values"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call(keras.optimizers)


def test_other_variables_are_refused():
    optimizer = keras.optimizers.SGD()
    optimizer.apply([gradient(1.0)], [variable(1.0)])
    with pytest.raises(ValueError, match="originally built with"):
        optimizer.apply([gradient(1.0)], [variable(1.0)])


@pytest.mark.parametrize("optimizer", [keras.optimizers.SGD, keras.optimizers.Adagrad])
@pytest.mark.parametrize("tokens", [[[3, 7, 3], [0, 99, 3]], [[5]], list(range(90))])
def test_rows_that_were_looked_up_are_trained_as_all_are(optimizer, tokens):
    """The gradient of a few rows is applied to these; made whole, it is applied to all."""
    start, tokens = np.random.default_rng(0).normal(size=(100, 4)).astype("float32"), np.array(tokens)
    tables = []
    for whole in (False, True):
        table, rule = keras.Variable(start), optimizer(0.5)
        rule.build([table])

        def step(tokens, table=table, rule=rule, whole=whole):
            rows = keras.ops.take(table.value, tokens, axis=0)
            (gradient,) = trace.gradients(keras.ops.sum(keras.ops.square(rows) * 0.5 + rows), [table.value])
            rule.apply([gradient + 0.0 * table.value if whole else gradient], [table])
            return keras.ops.sum(rows)

        compiled = trace.Compiled(step, [tokens])
        for _ in range(3):
            compiled(tokens)
        tables.append(table.numpy())
    np.testing.assert_allclose(*tables, rtol=1e-5, atol=1e-6)
    untouched = np.setdiff1d(np.arange(100), tokens)
    np.testing.assert_array_equal(tables[0][untouched], start[untouched])
    assert not np.array_equal(tables[0], start)
