"""Threads change how long a run takes, never what it gives."""

from __future__ import annotations

import hashlib
import threading

import numpy as np
import pytest

import keraburn as keras

WIDTHS = (48, 96)


def build(width: int) -> keras.Sequential:
    keras.utils.set_random_seed(width)
    model = keras.Sequential(
        [
            keras.Input((20,)),
            keras.layers.Dense(width, activation="relu"),
            keras.layers.Dropout(0.2, seed=width),
            keras.layers.Dense(width, activation="tanh"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.normal(size=(1000, 20)).astype("float32"), rng.integers(0, 3, 1000)


def fingerprint(model: keras.Sequential) -> str:
    """A digest of every bit of the weights."""
    return hashlib.sha256(b"".join(weight.tobytes() for weight in model.get_weights())).hexdigest()


def train(model: keras.Sequential) -> None:
    model.fit(*data(), epochs=8, batch_size=32, shuffle=False, verbose=0)


def test_two_models_train_at_once_and_get_what_they_get_alone():
    alone = []
    for width in WIDTHS:
        model = build(width)
        train(model)
        alone.append(fingerprint(model))

    models = [build(width) for width in WIDTHS]
    together = threading.Barrier(len(models))
    failures = []

    def work(model: keras.Sequential) -> None:
        try:
            together.wait(timeout=60)
            train(model)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(model,)) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert [fingerprint(model) for model in models] == alone


def test_a_seed_gives_the_same_bits_twice():
    digests = set()
    for _ in range(2):
        model = build(64)
        model.fit(*data(), epochs=2, batch_size=32, verbose=0)
        digests.add(fingerprint(model))
    assert len(digests) == 1


# Wide enough that products and element-wise work are shared among threads.
SCRIPT = """
import hashlib
import numpy as np
import keraburn as keras

keras.utils.set_random_seed(7)
rng = np.random.default_rng(1)
x, y = rng.normal(size=(1024, 400)).astype("float32"), rng.integers(0, 10, 1024)
model = keras.Sequential([
    keras.Input((400,)), keras.layers.Dense(600, activation="relu"), keras.layers.Dropout(0.3),
    keras.layers.Dense(500, activation="gelu"), keras.layers.Dense(10),
])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
model.fit(x, y, epochs=2, batch_size=256, verbose=0)
bits = b"".join(w.tobytes() for w in model.get_weights()) + model.predict(x, batch_size=512, verbose=0).tobytes()
print(hashlib.sha256(bits).hexdigest())
"""


def test_the_number_of_threads_changes_no_bit(run_python):
    digests = {run_python("-c", SCRIPT, KERABURN_NUM_THREADS=count) for count in ("1", "2")}
    assert len(digests) == 1


@pytest.mark.slow
def test_many_threads_predict_with_one_model():
    model = build(32)
    x = data()[0]
    expected = model.predict(x, verbose=0)
    results: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: results.append(model.predict(x, verbose=0))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    for result in results:
        np.testing.assert_array_equal(result, expected)
