"""GradientTape in use: mistakes, plans that are shared, memory, threads, calls of models, training by hand."""

from __future__ import annotations

import gc
import threading

import numpy as np
import pytest

import keraburn as keras
from keraburn import GradientTape, ops
from keraburn.tape import program
from tests.checks import close

X = np.array([1.0, 2.0, 3.0], "float32")


# Mistakes, and what is allowed though it looks like one.


def test_a_tape_that_is_used_up():
    x = ops.array(1.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="only be used to compute one set of gradients"):
        tape.gradient(y, x)


def test_a_tape_that_was_never_entered():
    with pytest.raises(RuntimeError, match="persistent=True"):
        GradientTape().gradient(ops.array(1.0), [])


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda tape, y, x: tape.gradient(None, x), TypeError, "target=None"),
        (lambda tape, y, x: tape.gradient(y, 1.0), ValueError, "neither a tensor nor a variable"),
        (lambda tape, y, x: tape.gradient(1.0, x), ValueError, "neither a tensor nor a variable"),
        (lambda tape, y, x: tape.watch(X), ValueError, "neither a tensor nor a variable"),
        (lambda tape, y, x: tape.gradient(y, x, unconnected_gradients="nil"), ValueError, "'none' or 'zero'"),
        (lambda tape, y, x: tape.gradient(y, x, output_gradients=[1.0, 2.0]), ValueError, "2 output gradients"),
        (lambda tape, y, x: tape.batch_jacobian(y, x), ValueError, "first dimensions"),
        (lambda tape, y, x: tape.stop_recording().__enter__(), RuntimeError, "not recording"),
    ],
)
def test_mistakes(call, error, match):
    x = ops.array(1.0)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
    with pytest.raises(error, match=match):
        call(tape, y, x)


def test_entering_twice():
    with GradientTape() as tape, pytest.raises(ValueError, match="still recording"):
        tape.__enter__()


def test_equal_numbers_are_different_tensors():
    x = ops.array(2.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * 2.0
    close(tape.gradient(y, x), 2.0)


def test_integers_are_not_followed():
    x = ops.array([1, 2])
    with GradientTape() as tape, pytest.warns(UserWarning, match="must be floating"):
        tape.watch(x)
    assert tape.gradient(x * 2, x) is None


def test_gradient_inside_the_block_stops_the_tape():
    x = ops.array(2.0)
    with GradientTape() as tape:
        tape.watch(x)
        close(tape.gradient(x * x, x), 4.0)


def test_a_target_made_after_the_tape():
    x = ops.array(2.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
    assert tape.gradient(y * 2, x) is None


def test_equal_steps_share_a_plan():
    v = keras.Variable(np.ones((3, 2), "float32"))

    def step(scale):
        with GradientTape() as tape:
            loss = ops.mean(ops.tanh(ops.array(X) @ v * ops.array(scale)))
        return tape.gradient(loss, v)

    step(0.1)
    before = len(program._plans)
    first, second = step(0.2), step(0.3)
    assert len(program._plans) == before
    assert not np.allclose(first.numpy(), second.numpy())


def test_memory_of_many_tapes():
    v = keras.Variable(np.ones((8, 8), "float32"))

    def step():
        with GradientTape() as tape:
            loss = ops.sum(ops.tanh(v @ v))
        return tape.gradient(loss, v)

    def tensors():
        gc.collect()
        return sum(isinstance(each, keras.Tensor) for each in gc.get_objects())

    step()
    before = tensors()
    for _ in range(50):
        step()
    assert tensors() <= before + 2


def test_tapes_of_two_threads():
    found, errors = {}, []

    def work(number):
        try:
            v = keras.Variable(np.full((4,), float(number), "float32"))
            for _ in range(50):
                with GradientTape() as tape:
                    loss = ops.sum(v**2)
                    assert [each is v for each in tape.watched_variables()] == [True]
                found[number] = tape.gradient(loss, v).numpy()
        except BaseException as error:  # the thread's own failure is reported below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    for number in (1, 2, 3):
        close(found[number], np.full(4, 2.0 * number))


def test_training_by_hand():
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 3)).astype("float32")
    y = x @ np.array([[1.0], [-2.0], [0.5]], "float32")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    optimizer = keras.optimizers.Adam(0.1)
    losses = []
    for _ in range(100):
        with GradientTape() as tape:
            loss = ops.mean(ops.square(model(x, training=True) - y))
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables, strict=True))
        losses.append(float(loss))
    assert losses[-1] < 1e-2 < losses[0]


@pytest.mark.parametrize("units", [8, 2048])
def test_calls_of_models(units):
    """Small models run as one computation from the second call on, large ones layer by layer."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(units, activation="tanh"), keras.layers.BatchNormalization()]
    )
    x = ops.array(np.random.default_rng(0).normal(size=(100, 3)).astype("float32"))

    def gradients():
        with GradientTape() as tape:
            tape.watch(x)
            loss = ops.mean(model(x, training=True) ** 3)
        assert [each is x for each in tape.watched_variables()].count(False) == 4
        return tape.gradient(loss, [x, *model.trainable_variables])

    start = model.get_weights()
    first = gradients()
    after_one = model.get_weights()
    for _ in range(3):
        model.set_weights(start)
        for mine, reference in zip(gradients(), first, strict=True):
            close(mine, reference.numpy())
        # The moving averages move once a call.
        for mine, reference in zip(model.get_weights(), after_one, strict=True):
            close(mine, reference)
    model.layers[0].trainable = False
    with GradientTape() as tape:
        loss = ops.mean(model(x, training=True) ** 3)
    assert tape.gradient(loss, model.layers[0].kernel) is None


def test_second_order_through_calls_of_models():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(1)])
    x = ops.array([[0.3], [0.7]])

    def second():
        with GradientTape() as outer:
            outer.watch(x)
            with GradientTape() as inner:
                inner.watch(x)
                y = model(x)
            dy = inner.gradient(y, x)
        return outer.gradient(dy, [x, model.layers[0].kernel])

    first = [each.numpy() for each in second()]
    for _ in range(2):
        for mine, reference in zip(second(), first, strict=True):
            close(mine, reference)


def test_dropout_draws_the_same_for_its_gradient():
    model = keras.Sequential([keras.Input((50,)), keras.layers.Dropout(0.5)])
    x = ops.ones((1, 50))
    seen = set()
    for _ in range(4):
        with GradientTape() as tape:
            tape.watch(x)
            y = model(x, training=True)
        dx = tape.gradient(y, x)
        close(dx, y.numpy())
        seen.add(y.numpy().tobytes())
    assert len(seen) == 4
