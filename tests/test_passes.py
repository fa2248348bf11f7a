"""How often a training step passes over its arrays: no more often than what is computed asks for."""

from __future__ import annotations

import pytest

import keraburn as keras
from keraburn import layers

ROWS, SIDE, CHANNELS = 8, 32, 16
# Of a value of float32 with so many elements, and of its flags.
WHOLE = ROWS * SIDE * SIDE * CHANNELS * 4
FLAGS = WHOLE // 4


def passes(*between):
    """What reads or writes values like those between two convolutions in a step: the name, its reads and its writes."""
    first = layers.Conv2D(CHANNELS, 3, padding="same", use_bias=False)
    last = layers.Conv2D(1, 3, padding="same", use_bias=False)
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), first, *between, last])
    model.compile("sgd", "mse")
    specs = tuple(keras.KerasTensor((ROWS, SIDE, SIDE, width)) for width in (3, 1))
    step = model._make_train_step((*specs, None)).step
    names = {WHOLE: "x", FLAGS: "flags"}
    found = []
    for name, *both in step.traffic():
        reads, writes = (sorted(names[size] for size in sizes if size in names) for sizes in both)
        if reads or writes:
            found.append((name, reads, writes))
    return found


@pytest.mark.parametrize(
    ("between", "flags"),
    [
        (lambda: [layers.BatchNormalization()], []),
        (lambda: [layers.BatchNormalization(), layers.ReLU()], ["flags"]),
        (lambda: [layers.BatchNormalization(), layers.Activation("relu")], ["flags"]),
    ],
    ids=["alone", "ReLU", "relu"],
)
def test_batch_normalization_and_the_activation_after_it(between, flags):
    assert passes(*between()) == [
        ("Forward", [], ["x"]),
        # Both statistics, then the result with the activation.
        ("Program", ["x"], []),
        ("Program", ["x"], [*flags, "x"]),
        ("Forward", ["x"], []),
        ("Input", [], ["x"]),
        ("Weights", ["x"], []),
        # Both sums of the gradient, then the gradient, each with that of the activation.
        ("Program", [*flags, "x", "x"], []),
        ("Program", [*flags, "x", "x"], ["x"]),
        ("Weights", ["x"], []),
    ]


def test_what_is_read_again_is_not_written():
    """A difference of a large value and a small one, read in two passes."""

    class Moments(layers.Layer):
        def call(self, x):
            moved = x - keras.ops.stop_gradient(x[:1, :1, :1])
            return moved * keras.ops.mean(keras.ops.square(moved), axis=(0, 1, 2), keepdims=True)

    forward = passes(Moments())[:4]
    assert forward == [
        ("Forward", [], ["x"]),
        ("Program", ["x"], []),
        ("Program", ["x"], ["x"]),
        ("Forward", ["x"], []),
    ]
