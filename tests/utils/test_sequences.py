import numpy as np
import pytest

import keraburn as keras

SEQUENCES = [[1], [2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, [[0, 0, 1], [0, 2, 3], [4, 5, 6]]),
        ({"padding": "post"}, [[1, 0, 0], [2, 3, 0], [4, 5, 6]]),
        ({"maxlen": 2}, [[0, 1], [2, 3], [5, 6]]),
        ({"maxlen": 2, "truncating": "post"}, [[0, 1], [2, 3], [4, 5]]),
        ({"value": -1}, [[-1, -1, 1], [-1, 2, 3], [4, 5, 6]]),
    ],
)
def test_padding(arguments, expected):
    padded = keras.utils.pad_sequences(SEQUENCES, **arguments)
    np.testing.assert_array_equal(padded, expected)
    assert padded.dtype == np.int32


def test_vectors_as_items_and_empty_ones():
    padded = keras.utils.pad_sequences([[], [[1.0, 2.0]]], maxlen=2, dtype="float32")
    np.testing.assert_array_equal(padded, [[[0, 0], [0, 0]], [[0, 0], [1, 2]]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequences": 3}, "must be iterable"),
        ({"sequences": [1, 2]}, "Found non-iterable: 1"),
        ({"padding": "both"}, 'Padding type "both" not understood'),
        ({"truncating": "x"}, 'Truncating type "x" not understood'),
        ({"value": "a"}, "not compatible with `value`'s type"),
        ({"sequences": [[[1, 2]], [[1]]]}, "is different from expected shape"),
    ],
)
def test_mistakes(arguments, message):
    with pytest.raises(ValueError, match=message):
        keras.utils.pad_sequences(**{"sequences": SEQUENCES, **arguments})
