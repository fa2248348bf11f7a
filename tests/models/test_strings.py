"""Models that take strings: what comes before the graph runs on the host."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn import layers
from keraburn.models import host

TEXTS = ["good good movie", "bad bad film", "good film", "bad movie thing"] * 8
LABELS = np.array([1, 0, 1, 0] * 8)


def vectorization(**arguments):
    layer = layers.TextVectorization(**{"output_sequence_length": 5, **arguments})
    layer.adapt(TEXTS)
    return layer


def after():
    return [layers.Embedding(20, 8), layers.GlobalAveragePooling1D(), layers.Dense(1, activation="sigmoid")]


def chained(x, chain):
    for layer in chain:
        x = layer(x)
    return x


def sequential():
    return keras.Sequential([keras.Input((1,), dtype="string"), vectorization(), *after()])


def without_input():
    return keras.Sequential([vectorization(), *after()])


def of_vectors():
    vectors = vectorization(output_mode="tf_idf", output_sequence_length=None)
    return keras.Sequential([keras.Input((1,), dtype="string"), vectors, layers.Dense(1, activation="sigmoid")])


def functional():
    x = keras.Input((), dtype="string")
    return keras.Model(x, chained(x, [vectorization(), *after()]))


def around_a_model():
    x = keras.Input((1,), dtype="string")
    return keras.Model(x, layers.Dense(1, activation="sigmoid")(sequential()(x)))


def around_preparation():
    x = keras.Input((1,), dtype="string")
    preparation = keras.Sequential([keras.Input((1,), dtype="string"), vectorization()])
    return keras.Model(x, chained(x, [preparation, *after()]))


MODELS = (sequential, without_input, of_vectors, functional, around_a_model, around_preparation)


@pytest.mark.parametrize("make", MODELS)
def test_training(make):
    keras.utils.set_random_seed(1)
    model = make()
    model.compile(keras.optimizers.Adam(0.1), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(TEXTS, LABELS, epochs=10, validation_split=0.25, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert model.evaluate(TEXTS, LABELS, verbose=0).accuracy == 1
    predicted = model.predict(TEXTS, verbose=0)
    assert predicted.shape == (32, 1)
    # Twice, as the second call may take a shorter way.
    np.testing.assert_array_equal(model.predict(np.array(TEXTS), verbose=0), predicted)
    np.testing.assert_array_equal(model.predict(np.array(TEXTS), verbose=0), predicted)
    for form in (TEXTS, np.array(TEXTS)[:, None], np.array(TEXTS, dtype=object), [text.encode() for text in TEXTS]):
        np.testing.assert_allclose(model(form).numpy(), predicted, atol=1e-6)
    np.testing.assert_allclose(model.predict_on_batch(TEXTS), predicted, atol=1e-6)
    before = model.get_weights()
    model.train_on_batch(np.array(TEXTS), LABELS)
    model.train_on_batch(np.array(TEXTS), LABELS)
    assert any(np.any(old != new) for old, new in zip(before, model.get_weights(), strict=True))


def test_batches_of_texts():
    model = sequential()
    model.compile("adam", "binary_crossentropy")
    data = keras.data.Dataset.from_tensor_slices((TEXTS, LABELS)).batch(8)
    model.fit(data, shuffle=False, verbose=0)
    expected = model.evaluate(TEXTS, LABELS, verbose=0)
    assert model.evaluate(data, verbose=0) == pytest.approx(expected, rel=1e-5)
    model.fit((batch for batch in [(np.array(TEXTS), LABELS)]), steps_per_epoch=1, verbose=0, shuffle=False)


def test_rows_as_wide_as_their_batch():
    model = keras.Sequential([keras.Input((1,), dtype="string"), vectorization(output_sequence_length=None), *after()])
    model.compile("adam", "binary_crossentropy")
    model.fit(TEXTS, LABELS, batch_size=3, validation_split=0.2, class_weight={0: 1.0, 1: 2.0}, verbose=0)
    predicted = model.predict(TEXTS, batch_size=1, verbose=0)
    parts = [model([text]).numpy() for text in TEXTS]
    np.testing.assert_allclose(predicted, np.concatenate(parts), atol=1e-6)
    # Padding counts in a mean without a mask.
    assert np.any(model.predict(TEXTS, batch_size=32, verbose=0) != predicted)


@pytest.mark.parametrize("make", [of_vectors, functional, around_a_model])
def test_large_data_is_prepared_batch_by_batch(make, monkeypatch):
    histories = []
    for at_once in (2**28, 16):
        monkeypatch.setattr(host, "_AT_ONCE", at_once)
        keras.utils.set_random_seed(2)
        model = make()
        model.compile("adam", "binary_crossentropy")
        arguments = {"validation_split": 0.2, "shuffle": False, "epochs": 2, "batch_size": 5, "verbose": 0}
        histories.append(model.fit(TEXTS, LABELS, **arguments).history)
        assert model.predict(TEXTS, verbose=0).shape == (32, 1)
    for name, values in histories[0].items():
        np.testing.assert_allclose(values, histories[1][name], rtol=1e-5)


def test_texts_beside_numbers():
    text, size = keras.Input((1,), dtype="string", name="text"), keras.Input((2,), name="size")
    kind = keras.Input((1,), dtype="int64", name="kind")
    known = layers.IntegerLookup(vocabulary=[4, 5], output_mode="one_hot")(kind)
    means = chained(text, [vectorization(), *after()[:2]])
    model = keras.Model([text, size, kind], layers.Dense(1)(layers.concatenate([means, size, known])))
    model.compile("adam", "mse")
    sizes, kinds = np.random.default_rng(0).random((32, 2)), np.arange(32) % 7
    x = [TEXTS, sizes, kinds]
    model.fit(x, LABELS, verbose=0)
    predicted = model.predict(x, verbose=0)
    np.testing.assert_allclose(model(x).numpy(), predicted, atol=1e-6)
    named = {"text": np.array(TEXTS), "size": sizes, "kind": kinds}
    np.testing.assert_array_equal(model.predict(named, verbose=0), predicted)
    named["kind"] = kinds + 100
    assert np.any(model.predict(named, verbose=0) != predicted)


def test_custom_steps_and_eager_ones():
    class Own(keras.Model):
        def train_step(self, data):
            x, y = data
            with keras.GradientTape() as tape:
                loss = keras.ops.mean((self(x, training=True) - keras.ops.cast(y, "float32")[:, None]) ** 2)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            return {"loss": loss}

    x = keras.Input((1,), dtype="string")
    for eager in (False, True):
        model = Own(x, chained(x, [vectorization(), *after()]))
        model.compile(keras.optimizers.Adam(0.1), run_eagerly=eager)
        losses = model.fit(TEXTS, LABELS, epochs=5, verbose=0).history["loss"]
        assert losses[-1] < losses[0]


@pytest.mark.parametrize("make", MODELS)
def test_files(tmp_path, make):
    model = make()
    model.compile("adam", "binary_crossentropy")
    model.fit(TEXTS, LABELS, verbose=0)
    expected = model.predict(TEXTS, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(TEXTS, verbose=0), expected)
    again.fit(TEXTS, LABELS, verbose=0)


def test_descriptions():
    model = sequential()
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    assert "TextVectorization" in "".join(lines)
    assert model.input_shape == (None, 1)
    assert model.compute_output_shape((None, 1)) == (None, 1)
    assert keras.models.clone_model(model).get_config()["layers"][1]["class_name"] == "TextVectorization"


def test_strings_at_the_end():
    x = keras.Input((3,))
    names = layers.StringLookup(vocabulary=["a", "b"], num_oov_indices=0, invert=True)
    model = keras.Model(x, names(keras.ops.argmax(layers.Dense(2, kernel_initializer="ones")(x), axis=-1)))
    data = np.ones((2, 3), "float32")
    # Every call runs, as no plan can have them; `predict` says where such layers go.
    for _ in range(3):
        assert model(data).tolist() == ["a", "a"]
    with pytest.raises(ValueError, match="works on the host"):
        model.predict(data, verbose=0)
    x = keras.Input((1,), dtype="string")
    there = layers.StringLookup(vocabulary=["a"])
    back = keras.Model(x, layers.StringLookup(vocabulary=["a"], invert=True)(there(x)))
    assert back(["a", "q"]).tolist() == [["a"], ["[UNK]"]]
    with pytest.raises(ValueError, match="Strings cannot enter or leave the graph"):
        back.predict(["a"], verbose=0)
    np.testing.assert_array_equal(keras.Model(x, there(x)).predict(["a", "z"], verbose=0), [[1], [0]])


def test_mistakes():
    model = sequential()
    with pytest.raises(TypeError, match="Received: None"):
        model.predict(["a", None], verbose=0)
    with pytest.raises(TypeError, match="expects strings"):
        model.predict(np.ones((3, 1)), verbose=0)
    with pytest.raises(ValueError, match="input rank must be 1"):
        model.predict(np.array([["a", "b"]]), verbose=0)
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="Data cardinality is ambiguous"):
        model.fit(TEXTS, LABELS[:-1], verbose=0)
