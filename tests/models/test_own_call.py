"""Models whose `call` is a user's own, given strings."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn import layers, ops

TEXTS = np.array(["good good movie", "bad bad film", "good film", "bad movie thing"] * 8)
LABELS = np.array([1, 0, 1, 0] * 8, "float32")[:, None]


class Reader(keras.Model):
    """Texts, looked up in the middle of `call`."""

    def __init__(self, length=4):
        super().__init__()
        self.words = layers.TextVectorization(output_sequence_length=length)
        self.words.adapt(TEXTS)
        self.table = layers.Embedding(20, 4)
        self.dropout = layers.Dropout(0.1)
        self.top = layers.Dense(1, activation="sigmoid")

    def call(self, texts, training=False):
        x = ops.mean(self.table(self.words(texts)), axis=1)
        return self.top(self.dropout(x, training=training))


class Mixed(keras.Model):
    """Strings and numbers by name; a lookup that gives strings to the next; what is hashed is a number."""

    def __init__(self):
        super().__init__()
        self.names = layers.StringLookup(vocabulary=["a", "b"])
        self.back = layers.StringLookup(vocabulary=["a", "b"], invert=True)
        self.again = layers.StringLookup(vocabulary=["b", "a"], output_mode="one_hot")
        self.hashed = layers.Hashing(3, output_mode="one_hot")
        self.top = layers.Dense(1)

    def call(self, inputs):
        codes = self.names(inputs["name"])
        row = self.again(self.back(codes))
        return self.top(ops.concatenate([row, self.hashed(inputs["number"]), inputs["size"]], axis=-1))


class Nested(keras.Model):
    """A model that begins on the host itself, and a layer of a user's around a lookup."""

    def __init__(self):
        super().__init__()
        self.inner = keras.Sequential([keras.Input((1,), dtype="string"), Reader().words, layers.Embedding(20, 3)])

        class Block(layers.Layer):
            def __init__(self):
                super().__init__()
                self.words = Reader().words
                self.table = layers.Embedding(20, 3)

            def call(self, x):
                return self.table(self.words(x))

        self.block = Block()
        self.top = layers.Dense(1)

    def call(self, texts):
        return self.top(ops.mean(ops.concatenate([self.inner(texts), self.block(texts)], axis=-1), axis=1))


def mixed_data(rows=10):
    rng = np.random.default_rng(0)
    return {
        "name": np.array(["a", "b", "c"])[rng.integers(0, 3, rows)],
        "number": rng.integers(0, 9, (rows, 1)),
        "size": rng.normal(size=(rows, 2)).astype("float32"),
    }


@pytest.mark.parametrize("eagerly", [False, True])
@pytest.mark.parametrize("texts", [TEXTS, TEXTS.astype(object), TEXTS.tolist(), TEXTS[:, None]])
def test_trains_on_strings(texts, eagerly):
    model = Reader()
    model.compile(keras.optimizers.Adam(0.1), "binary_crossentropy", metrics=["accuracy"], run_eagerly=eagerly)
    history = model.fit(texts, LABELS, epochs=8, batch_size=8, verbose=0).history
    assert history["loss"][-1] < 0.2 < history["loss"][0]
    assert model.evaluate(texts, LABELS, verbose=0).accuracy == 1.0
    predicted = model.predict(texts, batch_size=5, verbose=0)
    np.testing.assert_allclose(predicted, model(texts).numpy(), rtol=1e-5)
    np.testing.assert_allclose(predicted[:4], model.predict(texts[:4], verbose=0), rtol=1e-5)
    np.testing.assert_allclose(predicted[:4], model.predict_on_batch(texts[:4]), rtol=1e-5)
    # The second time nothing is prepared anew.
    for _ in range(2):
        assert model.train_on_batch(texts, LABELS).loss < 0.2


def test_equals_the_model_that_takes_numbers():
    model = Reader()
    x = keras.Input((1,), dtype="string")
    graph = keras.Model(x, model.top(ops.mean(model.table(model.words(x)), axis=1)))
    model.compile("sgd", "mse")
    np.testing.assert_allclose(model.predict(TEXTS, verbose=0), graph.predict(TEXTS, verbose=0), rtol=1e-5)


def test_shapes_that_depend_on_the_batch():
    model = Reader(length=None)
    texts = np.array(["good", "bad", "good good movie thing", "bad film film"])
    predicted = model.predict(texts, batch_size=2, verbose=0)
    for start in (0, 2):
        np.testing.assert_allclose(predicted[start : start + 2], model(texts[start : start + 2]).numpy(), rtol=1e-5)


def test_strings_beside_numbers():
    data, y = mixed_data(), np.ones((10, 1), "float32")
    model = Mixed()
    model.compile("sgd", "mse")
    model.fit(data, y, batch_size=4, verbose=0, validation_split=0.2)
    by_hand = np.eye(3)[[{"b": 1, "a": 2}.get(name, 0) for name in data["name"]]]
    hashed = model.hashed(data["number"]).numpy()
    kernel, bias = (weight.numpy() for weight in model.top.weights)
    expected = np.concatenate([by_hand, hashed, data["size"]], axis=-1) @ kernel + bias
    np.testing.assert_allclose(model.predict(data, batch_size=4, verbose=0), expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model(data).numpy(), expected, rtol=1e-4, atol=1e-6)


def test_models_and_layers_inside():
    model = Nested()
    model.compile("sgd", "mse")
    first = model.evaluate(TEXTS[:, None], LABELS, batch_size=8, verbose=0)
    model.fit(TEXTS[:, None], LABELS, batch_size=8, epochs=3, verbose=0)
    assert model.evaluate(TEXTS[:, None], LABELS, batch_size=8, verbose=0) < first
    predicted = model.predict(TEXTS[:, None], batch_size=8, verbose=0)
    np.testing.assert_allclose(predicted, model(TEXTS[:, None]).numpy(), rtol=1e-5)


def test_batches_that_come_one_by_one():
    model = Reader()
    model.compile(keras.optimizers.Adam(0.1), "binary_crossentropy")
    data = keras.data.Dataset.from_tensor_slices((TEXTS, LABELS)).batch(8)
    history = model.fit(data, epochs=8, shuffle=False, verbose=0).history
    assert history["loss"][-1] < 0.2
    predicted = model.predict(data.map(lambda x, y: x), verbose=0)
    np.testing.assert_allclose(predicted, model(TEXTS).numpy(), rtol=1e-5)


def test_mistakes():
    class Unread(keras.Model):
        def call(self, texts):
            return ops.zeros((len(texts), 1))

    with pytest.raises(ValueError, match="no layer in its `call` turns them into numbers"):
        Unread().predict(TEXTS, verbose=0)

    class Changing(Reader):
        def call(self, texts, training=False):
            return super().call(texts) + (ops.cast(self.words(texts), "float32")[:, :1] if training else 0.0)

    model = Changing()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"same layers of strings.*Received: 2 calls of such layers, 1 before"):
        model.fit(TEXTS, LABELS, verbose=0)
    with pytest.raises(ValueError, match="cardinality is ambiguous"):
        Mixed().predict({**mixed_data(), "name": np.array(["a"] * 3)}, verbose=0)
    with pytest.raises(ValueError, match="should hold numbers"):
        keras.Sequential([layers.Dense(1)]).predict(TEXTS, verbose=0)
