"""Recurrences over whole sequences: values against the formulas, gradients by three routes."""

import functools

import numpy as np
import pytest

from keraburn import ops, trace
from keraburn.ops.recurrent import gru, lstm, simple_rnn
from tests import checks
from tests.checks import numbers, sigmoid

# A late start, a gap, an early end, and nothing at all.
MASK = np.array([[0, 1, 1, 1, 1], [1, 1, 0, 1, 0], [1, 1, 1, 0, 0], [0, 0, 0, 0, 0]], bool)
BATCH, STEPS, UNITS = 4, 5, 3


check_op = functools.partial(checks.check_op, twice=False)


def walk(step, x, states, mask, reverse):
    """Take `states` through all times of `x` with `step`, as Keras masks them."""
    outputs = np.zeros((*x.shape[:2], states[0].shape[-1]))
    shown = np.zeros_like(states[0])
    times = range(x.shape[1])
    for place, time in enumerate(reversed(times) if reverse else times):
        counts = np.ones((len(x), 1), bool) if mask is None else mask[:, time, None]
        states = [np.where(counts, new, old) for new, old in zip(step(x[:, time], *states), states, strict=True)]
        shown = np.where(counts, states[0], shown)
        outputs[:, place] = shown
    return (outputs, *states)


def lstm_reference(x, kernel, h, c, mask=None, reverse=False):
    def step(x, h, c):
        i, f, g, o = np.split(x + h @ kernel, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c

    return walk(step, x, [h, c], mask, reverse)


def gru_reference(x, kernel, h, bias=None, mask=None, reverse=False):
    def step(x, h):
        xs, ks = np.split(x, 3, axis=-1), np.split(kernel, 3, axis=-1)
        bs = [0, 0, 0] if bias is None else np.split(bias, 3)
        z, r = (sigmoid(xs[i] + h @ ks[i] + bs[i]) for i in (0, 1))
        inner = (r * h) @ ks[2] if bias is None else r * (h @ ks[2] + bs[2])
        return (z * h + (1 - z) * np.tanh(xs[2] + inner),)

    return walk(step, x, [h], mask, reverse)


def simple_reference(x, kernel, h, mask=None, reverse=False):
    return walk(lambda x, h: (np.tanh(x + h @ kernel),), x, [h], mask, reverse)


def arguments(gates, *more, batch=BATCH, steps=STEPS, units=UNITS):
    shapes = [(batch, steps, gates * units), (units, gates * units), (batch, units), *more]
    return [numbers(*shape, low=-1.5, high=1.5, seed=i) for i, shape in enumerate(shapes)]


CELLS = {
    "lstm": (lstm, lstm_reference, arguments(4, (BATCH, UNITS))),
    "gru": (gru, gru_reference, arguments(3, (3 * UNITS,))),
    "gru reset before": (gru, gru_reference, arguments(3)),
    "simple": (simple_rnn, simple_reference, arguments(1)),
}


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_values_and_gradients(name, masked, reverse):
    function, reference, inputs = CELLS[name]
    mask = MASK if masked else None
    check_op(
        lambda *xs: list(function(*xs, mask=None if mask is None else ops.convert_to_tensor(mask), reverse=reverse)),
        *inputs,
        reference=lambda *xs: reference(*xs, mask=mask, reverse=reverse),
    )


@pytest.mark.parametrize("name", CELLS)
def test_only_the_last_state(name):
    function, reference, inputs = CELLS[name]
    check_op(lambda *xs: function(*xs)[1], *inputs, reference=lambda *xs: reference(*xs)[1])


@pytest.mark.parametrize(("batch", "steps", "units"), [(1, 1, 1), (3, 1, 17), (1, 7, 2), (5, 2, 40)])
def test_sizes(batch, steps, units):
    inputs = arguments(4, (batch, units), batch=batch, steps=steps, units=units)
    check_op(lambda *xs: list(lstm(*xs)), *inputs, reference=lstm_reference, gradient=units < 3)


def test_through_all_of_two_layers():
    x, first, second, h, c = (numbers(*shape, seed=3) for shape in [(2, 4, 8), (2, 8), (2, 8), (2, 2), (2, 2)])

    def network(lstm, matmul):
        def run(x, first, second, h, c):
            outputs = lstm(x, first, h, c)[0]
            return lstm(matmul(outputs, second), first, h, c, reverse=True)[1]

        return run

    check_op(network(lstm, ops.matmul), x, first, second, h, c, reference=network(lstm_reference, np.matmul))


def test_masked_rows_keep_their_state():
    inputs = arguments(4, (BATCH, UNITS))
    tensors = [ops.convert_to_tensor(array) for array in inputs]
    outputs, h, c = lstm(*tensors, mask=ops.convert_to_tensor(MASK))
    assert not outputs.numpy()[3].any()
    np.testing.assert_array_equal(h.numpy()[3], tensors[2].numpy()[3])
    np.testing.assert_array_equal(c.numpy()[3], tensors[3].numpy()[3])


def test_mistakes():
    x, kernel, h, c = (ops.convert_to_tensor(array) for array in arguments(4, (BATCH, UNITS)))
    with pytest.raises(ValueError, match=r"at least one step\. Received: .*\(4, 0, 12\)"):
        lstm(x[:, :0], kernel, h, c)
    with pytest.raises(ValueError, match=r"mask must have the shape \(4, 5\).*Received: shape \(4, 4\)"):
        lstm(x, kernel, h, c, mask=ops.convert_to_tensor(MASK[:, :4]))
    with pytest.raises(ValueError, match=r"a first state must have the shape \(4, 3\)"):
        lstm(x, kernel, h[:2], c)
    with pytest.raises(TypeError, match="bool mask"):
        lstm(x, kernel, h, c, mask=ops.ones((BATCH, STEPS)))


def test_one_derivative_only():
    arrays = [ops.convert_to_tensor(array) for array in arguments(1)]

    def twice(x, kernel, h):
        (slope,) = trace.gradients(ops.sum(simple_rnn(x, kernel, h)[0]), [x])
        return trace.gradients(ops.sum(slope * slope), [x])

    with pytest.raises(ValueError, match="differentiable once, not twice"):
        trace.Compiled(twice, arrays)
