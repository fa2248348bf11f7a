"""Sparse rows become dense a batch at a time, and data sets do not copy the arrays they are made of."""

from __future__ import annotations

import json
import sys

import pytest

COMMON = """
import json
import numpy as np

def status(key):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith(key + ":"))

import keraburn as keras

def network(inputs):
    model = keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    return model
"""

# Dense it would take 8 GB.
SPARSE = (
    COMMON
    + """
import scipy.sparse
rng = np.random.default_rng(0)
rows, columns = rng.integers(0, 100_000, 200_000), rng.integers(0, 20_000, 200_000)
x = scipy.sparse.coo_matrix((np.ones(200_000, "float32"), (rows, columns)), (100_000, 20_000)).tocsr()
y = np.arange(x.shape[0]) % 2
model = network(x.shape[1])
before = status("VmRSS")
model.fit(x, y, batch_size=128, steps_per_epoch=20, validation_split=0.01, verbose=0)
model.predict(x[:500], verbose=0)
print(json.dumps({"grown": status("VmHWM") - before}))
"""
)

# 400 MB of rows.
PIPELINE = (
    COMMON
    + """
x = np.empty((100_000, 1000), "float32")
x[:] = np.linspace(-1, 1, 1000)
y = np.arange(len(x)) % 2
data = keras.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x)).batch(128).prefetch(2)
model = network(1000)
before = status("VmRSS")
model.fit(data, shuffle=False, verbose=0)
model.evaluate(data, verbose=0)
print(json.dumps({"grown": status("VmHWM") - before}))
"""
)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")
@pytest.mark.parametrize("program", [SPARSE, PIPELINE], ids=["sparse rows", "a pipeline"])
def test_training_needs_little_more_than_the_data(run_python, program):
    if "scipy" in program:
        pytest.importorskip("scipy")
    assert json.loads(run_python("-c", program))["grown"] < 150
