"""Data sets in two parts: sizes, kinds of data, orders and wrong calls."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn.data import Dataset

split = keras.utils.split_dataset
X = np.arange(30.0).reshape(10, 3)
Y = np.arange(10)


def rows(dataset):
    return list(dataset.as_numpy_iterator())


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"left_size": 0.8}, (8, 2)),
        ({"left_size": 3}, (3, 7)),
        ({"right_size": 0.25}, (8, 2)),
        ({"right_size": 4}, (6, 4)),
        ({"left_size": 2, "right_size": 3}, (2, 3)),
        ({"left_size": 0.5, "right_size": 0.2}, (5, 2)),
        ({"left_size": 0.5, "right_size": 5}, (5, 5)),
    ],
)
def test_sizes(sizes, expected):
    left, right = split(Y, **sizes)
    assert (len(left), len(right)) == expected
    assert rows(left) == list(range(expected[0]))
    assert rows(right) == list(range(10 - expected[1], 10))


@pytest.mark.parametrize("form", [tuple, list])
def test_several_arrays(form):
    left, right = split(form((X, Y)), left_size=7)
    x, y = rows(right)[0]
    np.testing.assert_array_equal(x, X[7])
    assert y == 7
    assert len(rows(left)) == 7


def test_data_sets_keep_their_batches():
    data = Dataset.from_tensor_slices((X, {"label": Y}))
    left, right = split(data, left_size=0.6)
    assert (len(left), len(right)) == (6, 4)
    assert rows(right)[0][1] == {"label": 6}
    left, right = split(data.batch(4), right_size=0.4)
    assert [batch["label"].tolist() for _, batch in rows(left)] == [[0, 1, 2, 3], [4, 5]]
    assert [batch["label"].tolist() for _, batch in rows(right)] == [[6, 7, 8, 9]]
    even = split(data.batch(5, drop_remainder=True), left_size=0.5)
    assert [len(x) for x, _ in rows(even[0])] == [5]


def test_data_sets_of_torch():
    class Mapped:
        """What PyTorch's map-style data sets have."""

        def __len__(self):
            return 10

        def __getitem__(self, index):
            return X[index], int(Y[index])

    left, right = split(Mapped(), left_size=4)
    assert [int(y) for _, y in rows(left)] == [0, 1, 2, 3]
    assert len(right) == 6


def test_random_orders():
    left, right = split(Y, left_size=0.5, shuffle=True, seed=3)
    assert sorted([*rows(left), *rows(right)]) == list(range(10))
    assert rows(left) != list(range(5))
    assert rows(left) == rows(left) == rows(split(Y, left_size=0.5, shuffle=True, seed=3)[0])
    # As Keras 3.15.1 on TensorFlow draws it.
    assert rows(left) == [1, 5, 6, 0, 9]


def test_the_parts_train_a_model():
    left, right = split((X, X[:, :1]), left_size=0.8)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    history = model.fit(left.batch(4), validation_data=right.batch(4), shuffle=False, verbose=0).history
    assert list(history) == ["loss", "val_loss"]


@pytest.mark.parametrize(
    ("dataset", "sizes", "quoted"),
    [
        (Y, {}, "left_size=None and right_size=None"),
        (Y, {"left_size": 0}, "left_size=0"),
        (Y, {"left_size": 10}, "left_size=10"),
        (Y, {"left_size": 1.0}, "left_size=1.0"),
        (Y, {"right_size": -0.5}, "right_size=-0.5"),
        (Y, {"left_size": "half"}, "'half'"),
        (Y, {"left_size": 0.7, "right_size": 0.7}, "left_size=0.7 and right_size=0.7"),
        (Y, {"left_size": 0.01}, "would be empty"),
        ((X, Y[:3]), {"left_size": 0.5}, "different lengths"),
        ([], {"left_size": 0.5}, "empty list"),
        ([[1, 2]], {"left_size": 0.5}, "numpy.ndarray"),
        (Dataset.range(0), {"left_size": 0.5}, "empty dataset"),
        ({"a": X}, {"left_size": 0.5}, "dict"),
        ("text", {"left_size": 0.5}, "'text'"),
        (5, {"left_size": 0.5}, "dataset=5"),
    ],
)
def test_wrong_calls(dataset, sizes, quoted):
    with pytest.raises((ValueError, TypeError)) as caught:
        split(dataset, **sizes)
    assert quoted in str(caught.value)
