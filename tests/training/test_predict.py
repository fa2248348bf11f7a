"""predict gives the outputs of all rows, in order, whatever the batches."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from tests.training.helpers import Reference, data, linear


@pytest.mark.parametrize("rows", [1, 2, 31, 32, 33, 64, 100])
@pytest.mark.parametrize("batch_size", [None, 1, 7, 200])
def test_rows_keep_their_order(rows, batch_size):
    x, _ = data(rows)
    result = linear().predict(x, batch_size=batch_size, verbose=0)
    assert result.dtype == np.float32
    assert result.shape == (rows, 1)
    np.testing.assert_allclose(result, Reference().predict(x), atol=1e-6)


def test_the_same_call_again_sees_new_weights_and_new_values():
    x, _ = data(5)
    model = linear()
    first = model.predict(x, verbose=0)
    np.testing.assert_array_equal(model.predict(x, verbose=0), first)
    np.testing.assert_allclose(model.predict(2 * x, verbose=0), 2 * first, rtol=1e-5)
    model.set_weights([np.zeros((3, 1)), np.ones(1)])
    np.testing.assert_array_equal(model.predict(x, verbose=0), np.ones((5, 1)))
    np.testing.assert_allclose(first, Reference().predict(x), atol=1e-6)


def test_forms_of_x():
    x, _ = data(4)
    expected = linear().predict(x, verbose=0)
    for form in (x.tolist(), x.astype("float64"), keras.ops.convert_to_tensor(x), np.asfortranarray(x), [x]):
        for _ in range(2):
            np.testing.assert_allclose(linear().predict(form, verbose=0), expected, atol=1e-6)
    model = linear()
    for _ in range(3):
        np.testing.assert_allclose(model.predict(np.asfortranarray(x), verbose=0), expected, atol=1e-6)
        np.testing.assert_allclose(model.predict(x.astype("float64"), verbose=0), expected, atol=1e-6)


def test_no_compile_is_needed():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    assert model.predict(np.ones((4, 3)), verbose=0).shape == (4, 2)


def test_an_unbuilt_model_is_built():
    model = keras.Sequential([keras.layers.Dense(2)])
    assert model.predict(np.ones((4, 3)), verbose=0).shape == (4, 2)


def test_steps_limit_the_rows():
    x, _ = data(10)
    result = linear().predict(x, batch_size=3, steps=2, verbose=0)
    np.testing.assert_allclose(result, Reference().predict(x[:6]), atol=1e-6)


@pytest.mark.parametrize("structure", ["list", "dict"])
def test_outputs_keep_their_structure(structure):
    x = keras.Input((3,))
    a, b = keras.layers.Dense(1, name="a")(x), keras.layers.Dense(2, name="b")(x)
    model = keras.Model(x, [a, b] if structure == "list" else {"a": a, "b": b})
    for rows in (1, 40, 1):
        result = model.predict(np.ones((rows, 3)), verbose=0)
        if structure == "dict":
            assert list(result) == ["a", "b"]
            result = [result["a"], result["b"]]
        assert isinstance(result, list)
        assert [part.shape for part in result] == [(rows, 1), (rows, 2)]


def test_integer_outputs():
    class Largest(keras.Model):
        def call(self, x):
            return keras.ops.argmax(x, axis=-1)

    x = np.random.default_rng(0).normal(size=(50, 4)).astype("float32")
    result = Largest().predict(x, verbose=0)
    assert result.dtype == np.int32
    np.testing.assert_array_equal(result, x.argmax(-1))


def test_outputs_that_do_not_follow_the_rows_are_joined():
    class Sums(keras.Model):
        def call(self, x):
            return keras.ops.sum(x, axis=0, keepdims=True)

    x = np.arange(10, dtype="float32").reshape(5, 2)
    np.testing.assert_allclose(Sums().predict(x, batch_size=2, verbose=0), [x[:2].sum(0), x[2:4].sum(0), x[4:].sum(0)])


def test_what_is_returned_is_ones_own():
    x, _ = data(5)
    model = linear()
    first = model.predict(x, verbose=0)
    kept = first.copy()
    first += 1
    np.testing.assert_array_equal(model.predict(x, verbose=0), kept)


def test_predict_on_batch():
    x, _ = data(5)
    model = linear()
    np.testing.assert_array_equal(model.predict_on_batch(x), model.predict(x, verbose=0))


def test_callbacks_see_the_outputs():
    x, _ = data(10)
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            seen.append((batch, logs["outputs"].copy()))

    result = linear().predict(x, batch_size=4, verbose=0, callbacks=[Watch()])
    assert [batch for batch, _ in seen] == [0, 1, 2]
    np.testing.assert_array_equal(np.concatenate([part for _, part in seen]), result)


def test_a_callback_may_stop_it():
    class Stop(keras.callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            self.model.stop_predicting = batch == 1

    assert linear().predict(data(10)[0], batch_size=2, verbose=0, callbacks=[Stop()]).shape == (4, 1)


@pytest.mark.parametrize("kind", ["f2", "f4", ">f4", "f8", "i4", "u1", "?"])
def test_one_array_met_before(kind):
    model = linear()
    # Neither contiguous nor of one type.
    x = (data(6)[0] * 3).astype(kind)[::2]
    first, second, third = (model.predict(x, verbose=0) for _ in range(3))
    assert first.dtype == second.dtype == "float32"
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, third)
    np.testing.assert_allclose(model.predict(x, batch_size=2, verbose=0), first, rtol=1e-6)
    for size in (0, 1.5, "2"):
        with pytest.raises((TypeError, ValueError), match="batch_size"):
            model.predict(x, batch_size=size, verbose=0)
