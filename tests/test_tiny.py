"""A few seconds that show whether anything works at all."""

from __future__ import annotations

import numpy as np

import keraburn as keras


def test_a_network_learns_a_circle(device):
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (512, 2)).astype("float32")
    y = (np.hypot(*x.T) < 0.7).astype("float32")
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.05), loss="binary_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=15, verbose=0)
    assert history.history["accuracy"][-1] > 0.93
    assert model.predict(x[:3], verbose=0).shape == (3, 1)
