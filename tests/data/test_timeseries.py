"""Windows of a series: those that the definition gives, and that Keras on TensorFlow gives."""

from __future__ import annotations

import re

import numpy as np
import pytest

import keraburn as keras

make = keras.utils.timeseries_dataset_from_array
SERIES = np.arange(50)
TABLE = SERIES[:, None] * np.array([1.0, 10.0])


def windows(dataset):
    return list(dataset.as_numpy_iterator())


def defined(length, stride=1, rate=1, targets=None, start=0, end=None):
    """Windows and targets, one after the other."""
    part = SERIES[start:end]
    answers = None if targets is None else targets[start:]
    found = []
    begin = 0
    while begin + (length - 1) * rate < len(part) and (answers is None or begin < len(answers)):
        window = part[begin : begin + (length - 1) * rate + 1 : rate]
        found.append((window, None if answers is None else answers[begin]))
        begin += stride
    return found


@pytest.mark.parametrize(
    ("keras_arguments", "arguments"),
    [
        ({"sequence_length": 5}, {"length": 5}),
        (
            {"sequence_length": 4, "sequence_stride": 3, "sampling_rate": 2},
            {"length": 4, "stride": 3, "rate": 2},
        ),
        ({"sequence_length": 5, "start_index": 7, "end_index": 30}, {"length": 5, "start": 7, "end": 30}),
        ({"sequence_length": 10, "start_index": 30}, {"length": 10, "start": 30}),
        ({"sequence_length": 50}, {"length": 50}),
        ({"sequence_length": 1, "sequence_stride": 49}, {"length": 1, "stride": 49}),
    ],
)
@pytest.mark.parametrize("batch_size", [None, 4])
def test_windows(keras_arguments, arguments, batch_size):
    for targets in (None, SERIES * 3, SERIES[:35]):
        expected = defined(**arguments, targets=targets)
        dataset = make(SERIES, targets, batch_size=batch_size, **keras_arguments)
        found = windows(dataset)
        assert len(found) == len(dataset) == (len(expected) if batch_size is None else -(-len(expected) // 4))
        parts = [each if isinstance(each, tuple) else (each, None) for each in found]
        inputs = [part[0] for part in parts]
        inputs = np.stack(inputs) if batch_size is None else np.concatenate(inputs)
        np.testing.assert_array_equal(inputs, [window for window, _ in expected])
        if targets is not None:
            answers = [np.atleast_1d(part[1]) for part in parts]
            np.testing.assert_array_equal(np.concatenate(answers), [answer for _, answer in expected])


def test_what_keras_gives():
    """As run with Keras 3.15.1 on TensorFlow."""
    found = windows(
        make(SERIES, None, sequence_length=3, sequence_stride=4, sampling_rate=2, start_index=5, end_index=20)
    )
    assert [batch.tolist() for batch in found] == [[[5, 7, 9], [9, 11, 13], [13, 15, 17]]]
    inputs, targets = windows(make(TABLE[:-10], TABLE[10:, 0], sequence_length=10, batch_size=8))[0]
    assert inputs.shape == (8, 10, 2)
    assert inputs.dtype == targets.dtype == np.float64
    np.testing.assert_array_equal(inputs[1], TABLE[1:11])
    assert targets.tolist() == [10, 11, 12, 13, 14, 15, 16, 17]


def test_orders():
    dataset = make(SERIES, SERIES, sequence_length=5, batch_size=8, shuffle=True, seed=1)
    first, second = windows(dataset), windows(dataset)
    for found in (first, second):
        inputs, targets = (np.concatenate(parts) for parts in zip(*found, strict=True))
        np.testing.assert_array_equal(inputs[:, 0], targets)
        assert sorted(targets) == list(range(46))
    order = [np.concatenate([targets for _, targets in found]).tolist() for found in (first, second)]
    assert order[0] != order[1] != sorted(order[1])
    again = windows(make(SERIES, SERIES, sequence_length=5, batch_size=8, shuffle=True, seed=1))
    np.testing.assert_array_equal(again[0][0], first[0][0])


def test_a_model_learns_the_next_value():
    series = np.sin(np.arange(200) / 5).astype("float32")
    dataset = make(series[:-4], series[4:], sequence_length=4, batch_size=32, shuffle=True, seed=0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.05), "mse")
    assert model.fit(dataset, epochs=60, shuffle=False, verbose=0).history["loss"][-1] < 1e-3
    assert dataset.element_spec[0].shape == (None, 4)


def test_series_of_other_kinds():
    expected = windows(make(SERIES, None, sequence_length=3))[0]
    pandas = pytest.importorskip("pandas")
    np.testing.assert_array_equal(windows(make(SERIES.tolist(), None, sequence_length=3))[0], expected)
    np.testing.assert_array_equal(
        windows(make(pandas.DataFrame({"a": SERIES}), None, sequence_length=3))[0][..., 0], expected
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"start_index": -1}, "`start_index` must be 0 or greater. Received: start_index=-1"),
        ({"start_index": 50}, "`start_index` must be lower than the length of the data. Received: start_index=50"),
        ({"end_index": 50}, "`end_index` must be lower than the length of the data. Received: end_index=50"),
        ({"end_index": -3}, "`end_index` must be higher than 0. Received: end_index=-3"),
        ({"start_index": 9, "end_index": 9}, "`end_index` must be higher than `start_index`"),
        ({"sampling_rate": 0}, "`sampling_rate` must be higher than 0. Received: sampling_rate=0"),
        ({"sampling_rate": 50}, "`sampling_rate` must be lower than the length of the data"),
        ({"sequence_stride": 0}, "`sequence_stride` must be higher than 0. Received: sequence_stride=0"),
        ({"sequence_stride": 60}, "`sequence_stride` must be lower than the length of the data"),
        ({"format": "torch"}, '`format` should be either "tf" or "grain". Received: format=torch'),
        ({"sequence_length": 51}, "No window of 51 points"),
        ({"sequence_length": 0}, "sequence_length=0"),
        ({"batch_size": 0}, "batch_size=0"),
    ],
)
def test_wrong_calls(arguments, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        make(SERIES, SERIES, **{"sequence_length": 5, **arguments})


def test_its_other_name():
    assert keras.preprocessing.timeseries_dataset_from_array is make
