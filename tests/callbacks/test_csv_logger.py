"""The file that CSVLogger writes is the one Keras writes."""

from __future__ import annotations

import pytest

import keraburn as keras
from tests.training.helpers import data


def written(library, folder, runs, **arguments):
    x, y = data(8)
    path = folder / f"{library.__name__}.csv"
    for validated in runs:
        model = library.Sequential([library.Input((3,)), library.layers.Dense(1, kernel_initializer="zeros")])
        model.compile(library.optimizers.SGD(0.0), "mse", metrics=["mae"])
        logger = library.callbacks.CSVLogger(path, **arguments)
        model.fit(
            x, y, epochs=2, shuffle=False, verbose=0, validation_data=(x, y) if validated else None, callbacks=[logger]
        )
    # The last digits of the losses may differ.
    lines = path.read_bytes().decode().split("\r\n")
    separator = arguments.get("separator", ",")
    return [[cell[:8] for cell in line.split(separator)] if line[:1].isdigit() else line for line in lines]


@pytest.mark.parametrize("runs", [[True], [False], [True, True]])
@pytest.mark.parametrize("arguments", [{}, {"append": True}, {"separator": ";"}], ids=str)
def test_the_file_is_that_of_keras(tmp_path, runs, arguments):
    real = pytest.importorskip("keras")
    assert written(keras, tmp_path, runs, **arguments) == written(real, tmp_path, runs, **arguments)
