"""Skip-grams and windows of series."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

import keraburn as keras
from keraburn.preprocessing.sequence import TimeseriesGenerator, make_sampling_table, skipgrams


def test_skipgrams():
    random.seed(0)
    couples, labels = skipgrams([3, 0, 1, 2], 5, window_size=1)
    assert len(couples) == len(labels) == 4
    near = [couple for couple, label in zip(couples, labels, strict=True) if label]
    assert sorted(near) == [[1, 2], [2, 1]]
    assert all(1 <= word < 5 for couple in couples for word in couple)
    assert skipgrams([1, 2, 3], 4, seed=7)[1] == skipgrams([1, 2, 3], 4, seed=7)[1]
    _, labels = skipgrams([1, 2], 3, categorical=True, shuffle=False)
    assert labels == [[0, 1], [0, 1], [1, 0], [1, 0]]
    assert skipgrams([1, 2], 3, sampling_table=np.zeros(3)) == ([], [])


def test_sampling_table():
    table = make_sampling_table(1000)
    assert table.shape == (1000,)
    assert (np.diff(table[1:]) > 0).all()
    assert make_sampling_table(10, sampling_factor=1.0).max() == 1.0


def test_windows():
    series = np.arange(20.0).reshape(10, 2)
    windows = TimeseriesGenerator(series, np.arange(10), length=4, sampling_rate=2, batch_size=4)
    assert len(windows) == 2
    samples, targets = windows[0]
    assert samples.shape == (4, 2, 2)
    np.testing.assert_array_equal(samples[1], series[[1, 3]])
    np.testing.assert_array_equal(targets, [4, 5, 6, 7])
    assert windows[1][0].shape == (2, 2, 2)
    with pytest.raises(IndexError, match="index=2"):
        windows[2]
    backwards = TimeseriesGenerator(series, series, length=4, reverse=True, start_index=2, end_index=8, stride=2)
    samples, targets = backwards[0]
    np.testing.assert_array_equal(samples[0], series[2:6][::-1])
    np.testing.assert_array_equal(targets, series[[6, 8]])
    config = json.loads(backwards.to_json())["config"]
    assert config["start_index"] == 6
    assert json.loads(config["data"]) == series.tolist()


def test_windows_in_random_order():
    windows = TimeseriesGenerator(np.arange(50), np.arange(50), length=3, shuffle=True, batch_size=8)
    samples, targets = windows[0]
    np.testing.assert_array_equal(samples[:, -1] + 1, targets)


def test_windows_train_a_model():
    series = np.sin(np.arange(60) / 4)[:, None].astype("float32")
    windows = TimeseriesGenerator(series, series, length=5, batch_size=16)
    model = keras.Sequential([keras.layers.LSTM(4), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    losses = model.fit(windows, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_mistakes():
    with pytest.raises(ValueError, match="Data length is 3 while target length is 2"):
        TimeseriesGenerator([1, 2, 3], [1, 2], length=1)
    with pytest.raises(ValueError, match=r"start_index\+length=3 > end_index=2"):
        TimeseriesGenerator([1, 2, 3], [1, 2, 3], length=3)
    with pytest.raises(TypeError, match="batchsize"):
        TimeseriesGenerator([1, 2, 3], [1, 2, 3], length=1, batchsize=2)
