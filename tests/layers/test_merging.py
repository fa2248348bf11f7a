import numpy as np
import pytest

import keraburn as keras
from keraburn import layers
from tests.checks_layers import check_layer

PAIR = [(2, 3), (2, 3)]
CASES = [
    (layers.Add, {}, PAIR, lambda a, b: a + b),
    (layers.Subtract, {}, PAIR, lambda a, b: a - b),
    (layers.Multiply, {}, [(2, 3), (2, 1)], lambda a, b: a * b),
    (layers.Average, {}, PAIR, lambda a, b: (a + b) / 2),
    (layers.Maximum, {}, PAIR, np.maximum),
    (layers.Minimum, {}, PAIR, np.minimum),
    (layers.Add, {}, [(2, 4, 3), (2, 3)], lambda a, b: a + b[:, None]),
    (layers.Concatenate, {}, [(2, 3), (2, 4)], lambda a, b: np.concatenate([a, b], -1)),
    (layers.Concatenate, {"axis": 1}, [(2, 3, 2), (2, 4, 2)], lambda a, b: np.concatenate([a, b], 1)),
    (layers.Dot, {"axes": 1}, PAIR, lambda a, b: (a * b).sum(1, keepdims=True)),
    (layers.Dot, {"axes": (2, 1)}, [(2, 3, 4), (2, 4, 2)], lambda a, b: a @ b),
]


@pytest.mark.parametrize(("cls", "arguments", "shapes", "reference"), CASES, ids=lambda v: getattr(v, "__name__", None))
def test_values(cls, arguments, shapes, reference):
    check_layer(cls, arguments, shapes, reference=lambda x, _: reference(*x))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Add()(np.ones((2, 3))), "should be called on a list of inputs"),
        (lambda: layers.Add()([np.ones((2, 3)), np.ones((2, 4))]), r"Received shapes \(3,\) and \(4,\)"),
        (lambda: layers.Add()([np.ones((2, 3)), np.ones((5, 3))]), "different batch sizes"),
        (lambda: layers.Subtract()([np.ones((2, 3))] * 3), "exactly 2 inputs"),
        (lambda: layers.Concatenate()([np.ones((2, 3)), np.ones((3, 3))]), "matching shapes except for the concat"),
        (lambda: layers.Concatenate(axis=5)([np.ones((2, 3))] * 2), "Axis 5 of layer"),
        (lambda: layers.Dot(axes=(1, 2))([np.ones((2, 3))] * 3), "list of 2 inputs"),
        (lambda: layers.Dot(axes=0)([np.ones((2, 3))] * 2), "cannot sum over axis 0"),
        (lambda: layers.Dot(axes=(1, 2, 3)), "should contain two elements"),
        (lambda: layers.Dot(axes=(1, 1.5)), "list elements should be integers"),
        (lambda: layers.Dot(axes=1)([np.ones((2, 3)), np.ones((2, 4))]), r"axis values 3 \(at axis 1\) != 4"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_functions():
    x = [np.ones((1, 2)), np.full((1, 2), 3.0)]
    for function, expected in (("add", 4), ("subtract", -2), ("multiply", 3), ("average", 2), ("maximum", 3)):
        np.testing.assert_allclose(getattr(layers, function)(x).numpy(), np.full((1, 2), expected))
    assert layers.concatenate(x).shape == (1, 4)
    assert layers.dot(x, axes=1).shape == (1, 1)
    assert layers.add([keras.Input((2,)), keras.Input((2,))]).shape == (None, 2)
