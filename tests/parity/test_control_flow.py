"""Branches, loops and what depends on values, beside Keras's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keraburn
from tests.parity.harness import assert_close, keras

X = np.array([[3.0, -1.0, 0.0], [0.0, 2.0, 2.0]], "float32")
INTEGERS = np.array([2, 0, 2, 5, 1, 2], "int32")
LOGITS = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")

CASES = [
    lambda ops: ops.cond(np.array(True), lambda: ops.sin(X), lambda: ops.cos(X)),
    lambda ops: ops.cond(np.array(False), lambda: ops.sin(X), lambda: ops.cos(X)),
    lambda ops: ops.switch(np.array(1), [lambda x: x, lambda x: x + 1.0, lambda x: x * 2.0], X),
    lambda ops: ops.switch(np.array(9), [lambda x: x, lambda x: x + 1.0, lambda x: x * 2.0], X),
    lambda ops: ops.while_loop(lambda i, x: i < 4, lambda i, x: (i + 1, x * 2.0), (0, X)),
    lambda ops: ops.while_loop(lambda i, x: i < 4, lambda i, x: (i + 1, x * 2.0), (0, X), maximum_iterations=2),
    lambda ops: ops.fori_loop(1, 4, lambda i, x: x + ops.cast(i, "float32"), ops.convert_to_tensor(X)),
    lambda ops: ops.scan(lambda carried, x: (carried + x, carried * x), np.zeros(3, "float32"), X),
    lambda ops: ops.scan(lambda carried, x: (carried + x, carried), np.zeros(3, "float32"), X, reverse=True),
    lambda ops: ops.scan(lambda carried, x: (carried * 2.0, carried), np.ones(2, "float32"), length=4),
    lambda ops: ops.associative_scan(lambda a, b: a + b, ops.convert_to_tensor(X), axis=1),
    lambda ops: ops.associative_scan(lambda a, b: a * b, ops.convert_to_tensor(X), reverse=True),
    lambda ops: ops.map(lambda x: x * 2.0 + 1.0, ops.convert_to_tensor(X)),
    lambda ops: ops.vectorized_map(lambda x: ops.sum(x) * x, ops.convert_to_tensor(X)),
    lambda ops: ops.vectorized_map(lambda xs: xs[0] - xs[1], (ops.convert_to_tensor(X), ops.convert_to_tensor(2 * X))),
    lambda ops: ops.unique(INTEGERS, sorted=True),
    lambda ops: ops.unique(INTEGERS, return_inverse=True, return_counts=True),
    lambda ops: ops.unique(X[:, [1, 1, 0]], axis=1),
    lambda ops: ops.unique(INTEGERS, size=6, fill_value=-1),
    lambda ops: ops.nonzero(X),
    lambda ops: ops.bincount(INTEGERS),
    lambda ops: ops.bincount(INTEGERS, weights=np.arange(6.0, dtype="float32"), minlength=8),
    lambda ops: [ops.shape(X), ops.ndim(X), int(ops.size(X)), ops.dtype(X), ops.dtype(ops.convert_to_tensor(INTEGERS))],
    lambda ops: [type(ops.convert_to_numpy(ops.ones((2,)))).__name__, ops.convert_to_numpy(X)],
    lambda ops: [ops.is_tensor(ops.ones((2,))), ops.is_tensor(X), ops.is_tensor(3)],
    lambda ops: ops.ctc_decode(LOGITS, [5, 3]),
    lambda ops: ops.ctc_decode(LOGITS, [5, 3], merge_repeated=False, mask_index=3),
]


def flat(value: Any) -> list[Any]:
    return [leaf for each in value for leaf in flat(each)] if isinstance(value, (list, tuple)) else [value]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_values(number):
    ours, theirs = flat(CASES[number](keraburn.ops)), flat(CASES[number](keras.ops))
    assert len(ours) == len(theirs)
    for mine, original in zip(ours, theirs, strict=True):
        if isinstance(original, (str, bool)):
            assert mine == original
        else:
            assert_close(mine, original, f"case {number}")


@pytest.mark.parametrize("number", range(4, 13))
def test_values_in_traced_functions(number):
    ops = keraburn.ops
    traced = keraburn.trace.Compiled(lambda: [ops.convert_to_tensor(each) for each in flat(CASES[number](ops))], [])
    for mine, original in zip(flat(traced()), flat(CASES[number](keras.ops)), strict=True):
        assert_close(mine, original, f"case {number}")


N = 20000
# Each with the moments that its numbers have, to some hundredths.
DRAWN = [
    lambda k, seed: k.random.normal((N,), mean=1.0, stddev=2.0, seed=seed),
    lambda k, seed: k.random.uniform((N,), -1.0, 3.0, seed=seed),
    lambda k, seed: k.random.truncated_normal((N,), mean=-1.0, stddev=0.5, seed=seed),
    lambda k, seed: k.random.randint((N,), 2, 9, seed=seed),
    lambda k, seed: k.random.categorical(np.log([[0.1, 0.2, 0.7]]).astype("float32"), N, seed=seed),
    lambda k, seed: k.random.gamma((N,), alpha=2.5, seed=seed),
    lambda k, seed: k.random.beta((N,), alpha=2.0, beta=3.0, seed=seed),
    lambda k, seed: k.random.binomial((N,), counts=10.0, probabilities=0.3, seed=seed),
    lambda k, seed: k.random.dropout(k.ops.ones((N,)), 0.3, seed=seed),
    lambda k, seed: k.random.shuffle(k.ops.arange(N, dtype="float32"), seed=seed),
]


@pytest.mark.parametrize("number", range(len(DRAWN)))
def test_random_numbers(number):
    draw = DRAWN[number]
    ours, theirs = np.asarray(draw(keraburn, 3)), np.asarray(draw(keras, 3))
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    spread = theirs.std()
    assert abs(ours.mean() - theirs.mean()) < 0.05 * spread
    assert ours.std() == pytest.approx(spread, rel=0.03)
    np.testing.assert_allclose(
        np.quantile(ours, [0.05, 0.5, 0.95]), np.quantile(theirs, [0.05, 0.5, 0.95]), atol=0.1 * spread
    )
    np.testing.assert_array_equal(ours, np.asarray(draw(keraburn, 3)))
    assert (ours != np.asarray(draw(keraburn, 4))).any()
