"""Loops that run as one operation give what they give when all steps are written out."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn import ops, trace, tree
from tests.checks import numbers

STEPS = 11
X, W, H = numbers(STEPS, 4, 3), numbers(3, 3, seed=1), numbers(4, 3, seed=2)
TOKENS = np.arange(STEPS, dtype=np.int32) % 5


def value_and_gradients(function, arrays, dtype="float64"):
    def both(*leaves):
        outputs = function(*leaves)
        total = sum((ops.sum(ops.square(leaf)) for leaf in tree.flatten(outputs)), start=ops.zeros((), dtype))
        return outputs, trace.gradients(total, list(leaves))

    arrays = [np.asarray(array, dtype) for array in arrays]
    return [leaf.numpy() for leaf in tree.flatten(trace.Compiled(both, arrays)(*arrays)) if leaf is not None]


def loop(unroll, reverse=False):
    table = keras.Variable(numbers(5, 3, seed=3), dtype="float64")

    def step(carry, given):
        state, memory = carry
        x, token = given
        following = ops.tanh(ops.matmul(state, KERNEL[0]) + x * memory + ops.take(table.value, token, axis=0))
        return (following, memory * 0.9 + following), {"product": following * memory, "sum": ops.sum(state)}

    def function(x, w, h):
        # Computed from an input around the loop.
        KERNEL[:] = [ops.tanh(w)]
        return ops.scan(step, (h, h * 2), (x, TOKENS), reverse=reverse, unroll=unroll)

    return function


KERNEL: list = [None]


@pytest.mark.parametrize("reverse", [False, True])
def test_a_loop_equals_its_steps(device, reverse):
    found = value_and_gradients(loop(1, reverse), [X, W, H])
    wanted = value_and_gradients(loop(True, reverse), [X, W, H])
    assert len(found) == len(wanted) == 7
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


def test_a_body_is_called_once():
    calls = []

    def step(carry, x):
        calls.append(x)
        return carry + x, carry

    trace.Compiled(lambda x: ops.scan(step, ops.zeros(3), x), [np.zeros((2000, 3), "float32")])
    assert len(calls) == 1


def test_loops_within_loops():
    def inner(carry, x):
        return carry * 0.5 + x, carry

    def outer(unroll):
        def step(carry, x):
            last, results = ops.scan(inner, carry, ops.broadcast_to(ops.expand_dims(x, 0), (9, 4, 3)), unroll=unroll)
            return last, ops.sum(results)

        return lambda x, h: ops.scan(step, h, x, unroll=unroll)

    for one, other in zip(*(value_and_gradients(outer(unroll), [X, H]) for unroll in (1, True)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


def test_weights_of_a_body_are_trained():
    """The gradients of variables that only the body reads, under a tape and without one."""
    weight = keras.Variable(0.5)
    x = np.linspace(0, 1, STEPS, dtype=np.float32)

    def total():
        return ops.scan(lambda c, x: (c * weight.value + x, c), ops.zeros(()), x)[0]

    def taped():
        with keras.GradientTape() as tape:
            value = total()
        return tape.gradient(value, weight)

    found = trace.Compiled(taped, [])().numpy()
    wanted = sum((STEPS - 1 - i) * 0.5 ** max(STEPS - 2 - i, 0) * x[i] for i in range(STEPS - 1))
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_a_body_that_assigns_is_written_out():
    count = keras.Variable(0.0)

    def step(carry, x):
        count.assign(count + 1.0)
        return carry + count.value, carry

    last, _ = trace.Compiled(lambda x: ops.scan(step, ops.zeros(()), x), [np.zeros(10, "float32")])(
        np.zeros(10, "float32")
    )
    assert float(last) == 55.0
    assert float(count) == 10.0


def test_integers_may_be_carried():
    last, seen = trace.Compiled(lambda x: ops.scan(lambda c, x: (c + x, c), ops.zeros((), "int32"), x), [TOKENS])(
        TOKENS
    )
    assert int(last) == TOKENS.sum()
    assert seen.dtype == "int32"


def test_the_gradient_of_a_loops_gradient_says_what_to_do():
    def twice(x):
        last, _ = ops.scan(lambda c, x: (c * x, c), ops.ones(()), x)
        (first,) = trace.gradients(last, [x])
        return trace.gradients(ops.sum(first), [x])

    with pytest.raises(ValueError, match="unroll=True"):
        trace.Compiled(twice, [np.ones(10, "float32")])


def test_an_index_out_of_range_in_a_step_is_named():
    table = np.eye(3, dtype=np.float32)
    function = trace.Compiled(
        lambda tokens: ops.scan(lambda c, t: (c + ops.take(table, t, axis=0), c), ops.zeros(3), tokens), [TOKENS]
    )
    with pytest.raises(ValueError, match="index 3 is out of range"):
        function(TOKENS)
