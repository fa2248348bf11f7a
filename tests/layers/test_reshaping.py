import numpy as np
import pytest

import keraburn as keras
from keraburn import layers
from tests.checks_layers import check_layer

CASES = [
    (layers.Flatten, {}, (2, 3, 4), lambda x: x.reshape(2, 12)),
    (layers.Flatten, {"data_format": "channels_first"}, (2, 3, 4), lambda x: x.transpose(0, 2, 1).reshape(2, 12)),
    (layers.Reshape, {"target_shape": (4, 3)}, (2, 3, 4), lambda x: x.reshape(2, 4, 3)),
    (layers.Reshape, {"target_shape": (-1, 2, 2)}, (2, 3, 4), lambda x: x.reshape(2, 3, 2, 2)),
    (layers.Permute, {"dims": (2, 1)}, (2, 3, 4), lambda x: x.transpose(0, 2, 1)),
    (layers.Permute, {"dims": (3, 1, 2)}, (2, 3, 4, 2), lambda x: x.transpose(0, 3, 1, 2)),
    (layers.RepeatVector, {"n": 3}, (2, 4), lambda x: np.repeat(x[:, None], 3, 1)),
]


@pytest.mark.parametrize(("cls", "arguments", "shape", "reference"), CASES, ids=lambda v: getattr(v, "__name__", None))
def test_values(cls, arguments, shape, reference):
    expected = reference(np.zeros(shape)).shape
    check_layer(cls, arguments, shape, output_shape=expected, reference=lambda x, _: reference(x))


def test_integers_stay_integers():
    check_layer(layers.Flatten, {}, (2, 3, 4), input_dtype="int32", gradients=False, trains=False)
    assert layers.Reshape((4,))(keras.Input((2, 2), dtype="int32")).dtype == "int32"


def test_unknown_sizes():
    assert layers.Flatten()(keras.Input((None, 3))).shape == (None, None)
    assert layers.Reshape((-1, 6))(keras.Input((None, 3))).shape == (None, None, 6)
    assert layers.Flatten()(keras.Input(())).shape == (None, 1)
    assert layers.Flatten()(np.zeros(5)).shape == (5, 1)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.Reshape((-1, -1)), ValueError, "at most one unknown dimension"),
        (lambda: layers.Reshape((2, -3)), ValueError, r"Received: target_shape=\(2, -3\)"),
        (lambda: layers.Reshape((5,))(np.zeros((2, 3))), ValueError, "total size of the tensor must be unchanged"),
        (lambda: layers.Reshape((-1, 4))(keras.Input((6,))), ValueError, "total size of the tensor must be unchanged"),
        (lambda: layers.Permute((0, 1)), ValueError, "must be consecutive and start from 1"),
        (lambda: layers.Permute((2, 1))(np.zeros((2, 3))), ValueError, "expected ndim=3, found ndim=2"),
        (lambda: layers.RepeatVector(2.5), TypeError, "Expected an integer value for `n`"),
        (lambda: layers.RepeatVector(0), ValueError, "Received: n=0"),
        (lambda: layers.Flatten(data_format="last"), ValueError, "Received: data_format=last"),
    ],
)
def test_mistakes(make, error, message):
    with pytest.raises(error, match=message):
        make()
