"""What callbacks write and are told, beside Keras's."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import types
from typing import Any

import numpy as np
import pytest

import keraburn
from tests.parity.harness import keras

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
Y = X[:, :1] - X[:, 1:2]


def trained(package: Any, weights: Any, **arguments: Any) -> Any:
    model = package.Sequential([package.Input((3,)), package.layers.Dense(1)])
    model.set_weights(weights)
    model.compile(package.optimizers.SGD(0.1), "mse", metrics=["mae"])
    model.fit(X, Y, batch_size=4, epochs=3, shuffle=False, verbose=0, validation_split=0.25, **arguments)
    return model


WEIGHTS = [np.array([[0.1], [0.2], [0.3]], "float32"), np.array([0.5], "float32")]


@pytest.mark.parametrize("arguments", [{}, {"separator": ";"}, {"append": True}], ids=repr)
def test_csv(arguments, tmp_path):
    rows = []
    for package in (keraburn, keras):
        path = tmp_path / f"{package.__name__}.csv"
        for _ in range(2):
            trained(package, WEIGHTS, callbacks=[package.callbacks.CSVLogger(path, **arguments)])
        with path.open() as file:
            rows.append(list(csv.reader(file, delimiter=arguments.get("separator", ","))))
    assert rows[0][0] == rows[1][0]
    assert len(rows[0]) == len(rows[1])
    for mine, original in zip(rows[0][1:], rows[1][1:], strict=True):
        np.testing.assert_allclose([float(x) for x in mine], [float(x) for x in original], rtol=1e-4)


def test_lambdas_are_called_in_the_same_order():
    names = ("epoch_begin", "epoch_end", "train_begin", "train_end", "train_batch_begin", "train_batch_end")
    calls: list[list[Any]] = []

    def note(what: str) -> Any:
        def function(*args: Any, logs: Any = None) -> None:
            place = args[0] if args and isinstance(args[0], int) else None
            calls[-1].append((what, place, sorted(logs or (args[-1] if isinstance(args[-1:], dict) else ()))))

        return function

    for package in (keraburn, keras):
        calls.append([])
        callback = package.callbacks.LambdaCallback(**{f"on_{name}": note(name) for name in names})
        trained(package, WEIGHTS, callbacks=[callback])
    assert len(calls[0]) == 2 + 3 * (2 + 2 * 3)
    assert calls[0] == calls[1]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"save_weights_only": True},
        {"save_best_only": True, "monitor": "val_mae", "mode": "max"},
        {"save_freq": 2},
        {"save_best_only": True, "initial_value_threshold": 0.0},
    ],
    ids=repr,
)
def test_checkpoints(arguments, tmp_path):
    ending = "weights.h5" if arguments.get("save_weights_only") else "keras"
    name = "e{epoch}.b{batch}" if "save_freq" in arguments else "e{epoch}-{val_loss:.2f}"
    written = []
    for package in (keraburn, keras):
        folder = tmp_path / package.__name__
        folder.mkdir()
        trained(
            package, WEIGHTS, callbacks=[package.callbacks.ModelCheckpoint(folder / f"{name}.{ending}", **arguments)]
        )
        written.append(sorted(path.name for path in folder.iterdir()))
    assert written[0] == written[1]


def test_what_a_monitor_is_sent(monkeypatch):
    import urllib.request

    from keras.src.callbacks import remote_monitor

    theirs: list[Any] = []

    def post(url: str, data: Any = None, json: Any = None, headers: Any = None) -> None:
        theirs.append((url, data, json, headers))

    stub = types.SimpleNamespace(post=post, exceptions=types.SimpleNamespace(RequestException=OSError))
    monkeypatch.setattr(remote_monitor, "requests", stub)
    sent: list[Any] = []

    def urlopen(request: Any, **_: Any) -> Any:
        sent.append(request)
        return contextlib.nullcontext(io.BytesIO())

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    for as_json in (True, False):
        for package in (keras, keraburn):
            monitor = package.callbacks.RemoteMonitor(
                root="http://127.0.0.1:1", send_as_json=as_json, headers={"A": "b"}
            )
            trained(package, WEIGHTS, callbacks=[monitor])
    assert len(sent) == len(theirs) == 6
    for mine, (url, form, content, headers) in zip(sent, theirs, strict=True):
        assert mine.full_url == url
        assert mine.headers["A"] == headers["A"]
        text = mine.data.decode()
        found = json.loads(text if form is None else urllib.parse.parse_qs(text)["data"][0])
        expected = content if form is None else json.loads(form["data"])
        assert sorted(found) == sorted(expected)
        for key in expected:
            assert found[key] == pytest.approx(expected[key], rel=1e-4)


def test_scalars_of_tensorboard(tmp_path):
    """Keras writes through TensorFlow, which is not here: the tags and steps are those of its sources."""
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    trained(keraburn, WEIGHTS, callbacks=[keraburn.callbacks.TensorBoard(tmp_path)])
    assert keraburn.callbacks.TensorBoard.__init__.__kwdefaults__ == keras.callbacks.TensorBoard.__init__.__kwdefaults__
    for part in ("train", "validation"):
        found = reader.EventAccumulator(str(tmp_path / part), size_guidance={"tensors": 0})
        found.Reload()
        for tag in ("epoch_loss", "epoch_mae"):
            assert [event.step for event in found.Tensors(tag)] == [0, 1, 2]
