"""The progress display is Keras's, byte for byte."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest

import keraburn as keras
from keraburn.utils.console import print_message


class Clock:
    """A clock that moves when it is told."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def time(self) -> float:
        return self.now


def drawn(progbar_class, monkeypatch, run, **arguments) -> str:
    """What `run(bar, clock)` prints with a progress bar of that class."""
    clock, out = Clock(), io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr("time.time", clock.time)
        patched.setattr(sys, "stdout", out)
        run(progbar_class(**arguments), clock)
    return out.getvalue()


def steps(count, seconds, values):
    def run(bar, clock):
        for step in range(1, count + 1):
            clock.now += seconds
            bar.update(step, values(step), finalize=False)
        bar.update(count, values(count), finalize=True)

    return run


def one(name, value):
    return lambda step: [(name, value)]


RUNS = {
    "fast": (steps(50, 0.00002, one("loss", 0.25)), {"target": 50}),
    "slow": (steps(7, 1.7, lambda s: [("accuracy", 0.1 * s), ("loss", 1.0 / s)]), {"target": 7}),
    "minutes": (steps(5, 61.2, one("loss", 2.0)), {"target": 5}),
    "hours": (steps(4, 3700.0, one("loss", 2.0)), {"target": 4}),
    "tiny values": (
        steps(12, 0.06, lambda s: [("a", 1e-5 * s), ("b", -0.5), ("c", -1e-4), ("d", 0.0)]),
        {"target": 12},
    ),
    "nan": (steps(3, 0.2, one("loss", float("nan"))), {"target": 3}),
    "infinite": (steps(3, 0.2, one("loss", float("inf"))), {"target": 3}),
    "shrinking line": (steps(9, 0.3, lambda s: [("loss", 10.0 ** (6 - s))]), {"target": 9}),
    "unknown target": (steps(11, 0.2, one("loss", 0.5)), {"target": None}),
    "one step": (steps(1, 0.4, one("loss", 0.5)), {"target": 1}),
    "hundreds": (steps(313, 0.004, one("loss", 0.5)), {"target": 313}),
    "no values": (steps(5, 0.3, lambda s: None), {"target": 5}),
    "narrow": (steps(5, 0.3, one("loss", 0.5)), {"target": 5, "width": 7}),
    "samples": (steps(5, 0.3, one("loss", 0.5)), {"target": 5, "unit_name": "sample"}),
    "averaged": (
        steps(6, 0.3, lambda s: [("loss", float(s)), ("lr", 0.1 * s)]),
        {"target": 6, "stateful_metrics": ["lr"]},
    ),
    "as they come": (steps(6, 0.3, lambda s: [("loss", float(s))]), {"target": 6, "stateless_metrics": []}),
    "patient": (steps(20, 0.1, one("loss", 0.5)), {"target": 20, "interval": 0.5}),
    "arrays": (steps(4, 0.3, lambda s: [("loss", np.float32(0.3))]), {"target": 4, "stateless_metrics": []}),
}


@pytest.mark.parametrize("verbose", [0, 1, 2])
@pytest.mark.parametrize("name", RUNS)
def test_the_bar_is_drawn_as_keras_draws_it(name, verbose, monkeypatch):
    real = pytest.importorskip("keras")
    run, arguments = RUNS[name]
    expected = drawn(real.utils.Progbar, monkeypatch, run, verbose=verbose, **arguments)
    assert drawn(keras.utils.Progbar, monkeypatch, run, verbose=verbose, **arguments) == expected


@pytest.mark.parametrize("verbose", [1, 2])
def test_add_moves_on(verbose, monkeypatch):
    real = pytest.importorskip("keras")

    def run(bar, clock):
        for step in range(4):
            clock.now += 0.5
            bar.add(2, [("loss", 1.0 * step)])

    expected = drawn(real.utils.Progbar, monkeypatch, run, target=8, verbose=verbose)
    assert drawn(keras.utils.Progbar, monkeypatch, run, target=8, verbose=verbose) == expected


def test_only_one_kind_of_exception_to_averaging():
    with pytest.raises(ValueError, match="Received: stateful_metrics="):
        keras.utils.Progbar(3, stateful_metrics=["a"], stateless_metrics=["b"])


class Latin(io.StringIO):
    """An output that knows no heavy dashes."""

    encoding = "latin-1"

    def write(self, text: str) -> int:
        text.encode(self.encoding)
        return super().write(text)


def test_an_output_without_our_characters_gets_plain_ones(monkeypatch):
    out = Latin()
    monkeypatch.setattr(sys, "stdout", out)
    print_message("━━ done")
    assert out.getvalue() == "== done\n"


def test_printing_can_go_to_the_log(capsys, caplog):
    keras.utils.disable_interactive_logging()
    try:
        assert not keras.utils.is_interactive_logging_enabled()
        with caplog.at_level("INFO", logger="keraburn"):
            print_message("hello")
    finally:
        keras.utils.enable_interactive_logging()
    assert capsys.readouterr().out == ""
    assert caplog.messages == ["hello"]


# --- In fit, evaluate and predict ---


def small_model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


@pytest.fixture
def stopped_clock(monkeypatch):
    """Time stands still, so that what is printed does not depend on the machine."""
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)


@pytest.mark.usefixtures("stopped_clock")
def test_two_epochs_print_a_heading_and_a_bar_each(capsys):
    model = small_model()
    history = model.fit(np.ones((6, 2)), np.ones((6, 1)), batch_size=2, epochs=2, verbose=1).history
    printed = capsys.readouterr().out
    assert printed.count("Epoch 1/2\n") == printed.count("Epoch 2/2\n") == 1
    first, second = (f" - loss: {history['loss'][i]:.4f} - mae: {history['mae'][i]:.4f}\n" for i in (0, 1))
    assert first in printed
    assert printed.endswith(second)
    bar = "\x1b[1m3/3\x1b[0m \x1b[32m" + "━" * 20 + "\x1b[0m\x1b[37m\x1b[0m \x1b[1m0s\x1b[0m 0s/step"
    assert printed.count(bar) == 2


@pytest.mark.usefixtures("stopped_clock")
def test_one_epoch_has_no_heading_and_auto_is_a_bar(capsys):
    model = small_model()
    model.fit(np.ones((6, 2)), np.ones((6, 1)), verbose="auto")
    assert "Epoch" not in capsys.readouterr().out
    model.evaluate(np.ones((6, 2)), np.ones((6, 1)))
    assert "1/1\x1b[0m" in capsys.readouterr().out
    model.predict(np.ones((6, 2)))
    assert "1/1\x1b[0m" in capsys.readouterr().out


@pytest.mark.usefixtures("stopped_clock")
def test_a_line_for_each_epoch(capsys):
    model = small_model()
    history = model.fit(np.ones((6, 2)), np.ones((6, 1)), epochs=2, verbose=2).history
    expected = "".join(
        f"Epoch {i + 1}/2\n1/1 - 0s - 0s/step - loss: {history['loss'][i]:.4f} - mae: {history['mae'][i]:.4f}\n"
        for i in (0, 1)
    )
    assert capsys.readouterr().out == expected


def test_silence(capsys):
    model = small_model()
    x, y = np.ones((6, 2)), np.ones((6, 1))
    model.fit(x, y, verbose=0)
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("verbose", [1, 2])
def test_fit_prints_what_keras_prints(verbose, monkeypatch):
    """The same weights and data through both; only numbers of the last digit and the redraws may differ."""
    real = pytest.importorskip("keras")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(48, 2)).astype("float32"), rng.normal(size=(48, 1)).astype("float32")
    printed = []
    for library in (real, keras):
        model = library.Sequential([library.Input((2,)), library.layers.Dense(1, kernel_initializer="ones")])
        model.compile("sgd", "mse", metrics=["mae"])
        out = io.StringIO()
        with monkeypatch.context() as patched:
            patched.setattr("time.time", lambda: 1_700_000_000.0)
            patched.setattr(sys, "stdout", out)
            model.fit(x, y, epochs=2, verbose=verbose, shuffle=False, validation_data=(x, y))
            model.evaluate(x, y, verbose=verbose)
            model.predict(x, verbose=verbose)
        # Whether the bar was drawn in between depends on the time a step takes.
        printed.append([line.rsplit("\r", 1)[-1] for line in out.getvalue().split("\n")])
    assert printed[1] == printed[0]
