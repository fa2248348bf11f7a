"""The documents' programs run as they stand, and so does the network of the fifth."""

from __future__ import annotations

import re

import numpy as np
import pytest

import keraburn as keras


@pytest.mark.parametrize(
    ("script", "epochs", "last_line"),
    [
        ("document_000_lstm.py", 10, r"Validation Loss: (?P<loss>\d+\.\d+)"),
        ("document_001_mlp.py", 10, r"Test accuracy: (?P<accuracy>[01]\.\d+)"),
        ("document_003_sigmoid.py", 100, r"损失：(?P<loss>\d+\.\d+), 准确率：(?P<accuracy>\d\.\d+)"),
        ("document_004_text.py", 10, r"Prediction: \[\[(?P<probability>0\.\d+)\]\]"),
    ],
)
def test_a_program_of_the_documents_runs_as_it_stands(shared_examples, run_python, script, epochs, last_line):
    printed = run_python(str(shared_examples / script))
    assert f"Epoch {epochs}/{epochs}" in printed
    found = re.fullmatch(last_line, printed.strip().splitlines()[-1])
    assert found, printed[-500:]
    assert all(0 <= float(value) < 2 for value in found.groupdict().values())


def images(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Flat 28x28 pictures of ten kinds: a pattern of each kind's own under noise."""
    patterns = np.random.default_rng(0).random((10, 784), dtype=np.float32)
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, count)
    return 0.3 * patterns[labels] + 0.7 * rng.random((count, 784), dtype=np.float32), labels


def classifier() -> keras.Sequential:
    """784-512-256-10 with logits, as the fifth document has it."""
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(512, activation="relu"),
            keras.layers.Dense(256, activation="relu"),
            keras.layers.Dense(10),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def test_image_classifier_with_fit():
    x, y = images(2000, seed=1)
    model = classifier()
    assert model.count_params() == 535_818
    history = model.fit(x, y, batch_size=64, epochs=2, verbose=0)
    losses = history.history["loss"]
    assert losses[1] < losses[0]
    assert model.evaluate(*images(500, seed=2), verbose=0).accuracy > 0.95


def test_image_classifier_with_a_loop_of_ones_own():
    x, y = images(2000, seed=1)
    model = classifier()
    order = np.random.default_rng(3).permutation(len(x))
    losses = []
    for start in range(0, len(x), 64):
        batch = order[start : start + 64]
        result = model.train_on_batch(x[batch], y[batch])
        assert result.loss == result[0]
        losses.append(result.loss)
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])

    x_test, y_test = images(500, seed=2)
    correct = 0
    for start in range(0, len(x_test), 64):
        logits = model.predict_on_batch(x_test[start : start + 64])
        correct += int((np.argmax(logits, axis=1) == y_test[start : start + 64]).sum())
    assert correct / len(x_test) > 0.95


def test_the_loop_and_fit_take_the_same_steps():
    x, y = images(320, seed=1)
    first, second = classifier(), classifier()
    second.set_weights(first.get_weights())
    first.fit(x, y, batch_size=64, shuffle=False, verbose=0)
    for start in range(0, len(x), 64):
        second.train_on_batch(x[start : start + 64], y[start : start + 64])
    for ours, theirs in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
