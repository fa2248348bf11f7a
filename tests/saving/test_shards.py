"""Weights over several files: there and back, with Keras too, and the old set stays until the new one is complete."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

import keraburn

GIB = 1024**3
SMALL = 50_000 / GIB


def make(k, value=None):
    model = k.Sequential([k.Input((100,)), *(k.layers.Dense(100) for _ in range(3)), k.layers.Dense(3)])
    if value is not None:
        model.set_weights([np.full(tuple(weight.shape), value + number) for number, weight in enumerate(model.weights)])
    return model


def same(one, other):
    for mine, theirs in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(theirs))


def test_there_and_back_and_again(tmp_path):
    path = tmp_path / "model.weights.json"
    for value in (0.0, 5.0, 9.0):
        model, other = make(keraburn, value), make(keraburn)
        model.save_weights(path, max_shard_size=SMALL)
        other.load_weights(path)
        same(model, other)
        named = {name for names in json.loads(path.read_text())["weight_map"].values() for name in names}
        assert set(os.listdir(tmp_path)) == {path.name, "model_00000.weights.h5", *named}
        assert len(named) == 3
        assert all(os.path.getsize(tmp_path / name) < 60_000 for name in named)


def test_keras_reads_ours_and_we_read_theirs(tmp_path):
    keras = pytest.importorskip("keras")
    path = tmp_path / "model.weights.json"
    for value, (writer, reader) in enumerate([(keraburn, keras), (keras, keraburn), (keraburn, keras)]):
        model, other = make(writer, value), make(reader)
        model.save_weights(path, max_shard_size=SMALL)
        other.load_weights(path)
        same(model, other)


def test_the_old_set_is_whole_until_the_new_one_is(tmp_path, monkeypatch):
    path = tmp_path / "model.weights.json"
    old = make(keraburn, 1.0)
    old.save_weights(path, max_shard_size=SMALL)
    real, count = os.replace, 0
    for most in range(6):
        count = 0

        def failing(*args):
            nonlocal count
            count += 1
            if count > most:  # noqa: B023
                raise OSError("no room")
            real(*args)

        monkeypatch.setattr(os, "replace", failing)
        try:
            make(keraburn, 2.0).save_weights(path, max_shard_size=SMALL)
        except OSError:
            other = make(keraburn)
            other.load_weights(path)
            same(old, other)
    # The empty file, three files and the index.
    assert count == 5


@pytest.mark.filterwarnings("ignore:Saving sharded weights requires")
def test_mistakes(tmp_path):
    model = make(keraburn, 0.0)
    path = tmp_path / "model.weights.json"
    with pytest.raises(ValueError, match="exceeds the maximum shard size"):
        model.save_weights(path, max_shard_size=100 / GIB)
    with pytest.raises(ValueError, match=r"must end in `.weights.json`"):
        model.save_weights(tmp_path / "model", max_shard_size=1)
    model.save_weights(tmp_path / "model.weights.h5", max_shard_size=SMALL)
    index = json.loads(path.read_text())
    for wrong in ("../x.weights.h5", "/etc/passwd", "none.weights.h5", 3):
        path.write_text(json.dumps({**index, "weight_map": {"/layers/dense/vars": [wrong]}}))
        with pytest.raises(ValueError, match=r"model\.weights\.json"):
            model.load_weights(path)
    for text in ("", "[]", "{}", '{"weight_map": 3}'):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"model\.weights\.json"):
            model.load_weights(path)
