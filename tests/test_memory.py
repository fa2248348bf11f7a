"""Training holds the data once and little more."""

from __future__ import annotations

import json
import sys

import pytest

# 400 MB of rows: a copy of them could not hide in the allowance.
SCRIPT = """
import json
import numpy as np

def status(key):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith(key + ":"))

import keraburn as keras

x = np.empty((100_000, 1000), "{dtype}")
x[:] = np.linspace(-1, 1, 1000)
y = np.arange(len(x)) % 2
model = keras.Sequential([
    keras.Input((1000,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1, activation="sigmoid"),
])
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=1, batch_size=128, validation_split=0.1, verbose=0)
model.evaluate(x, y, verbose=0)
print(json.dumps({{"peak": status("VmHWM"), "data": (x.nbytes + y.nbytes) / 2**20}}))
"""


LONG = """
import json
import numpy as np

def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM:"))

import keraburn as keras

before = peak()
x = keras.Input((6000, 16))
y = keras.layers.Masking()(x) if {padded} else x
y = keras.layers.MultiHeadAttention(2, 8)(y, y, use_causal_mask={causal})
model = keras.Model(x, keras.layers.GlobalAveragePooling1D()(y))
model.compile("sgd", "mse")
model.fit(np.ones((1, 6000, 16), "float32"), np.zeros((1, 16)), verbose=0)
print(json.dumps(peak() - before))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_long_attention_never_holds_its_scores(run_python, causal, padded):
    # The scores of both heads would take 288 MB, and as much again three times in the backward pass.
    assert json.loads(run_python("-c", LONG.format(causal=causal, padded=padded))) < 120


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fit_needs_the_data_and_150_megabytes(run_python, dtype):
    figures = json.loads(run_python("-c", SCRIPT.format(dtype=dtype)))
    assert figures["data"] > 300
    assert figures["peak"] <= figures["data"] + 150, figures
