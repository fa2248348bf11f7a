"""Every form in which data comes is the same data."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn.data.arrays import is_numbers, to_array
from keraburn.data.packing import pack_x_y_sample_weight, unpack_x_y_sample_weight
from tests.training.helpers import data, linear

X = np.arange(12).reshape(4, 3)
Y = np.array([[1], [0], [1], [1]])


def losses(x, y, **arguments):
    return (
        linear(optimizer=keras.optimizers.SGD(0.001))
        .fit(x, y, epochs=2, shuffle=False, verbose=0, **arguments)
        .history["loss"]
    )


FORMS = {
    "float32": lambda a: a.astype("float32"),
    "float64": lambda a: a.astype("float64"),
    "float16": lambda a: a.astype("float16"),
    "longdouble": lambda a: a.astype("longdouble"),
    "int8": lambda a: a.astype("int8"),
    "int16": lambda a: a.astype("int16"),
    "int32": lambda a: a.astype("int32"),
    "int64": lambda a: a.astype("int64"),
    "uint8": lambda a: a.astype("uint8"),
    "uint16": lambda a: a.astype("uint16"),
    "uint32": lambda a: a.astype("uint32"),
    "uint64": lambda a: a.astype("uint64"),
    "big endian": lambda a: a.astype(">f8"),
    "objects": lambda a: a.astype(object),
    "fortran order": lambda a: np.asfortranarray(a.astype("float32")),
    "strided": lambda a: np.repeat(a.astype("float32"), 2, axis=0)[::2],
    "reversed twice": lambda a: a.astype("float32")[::-1].copy()[::-1],
    "read only": lambda a: np.frombuffer(a.astype("float32").tobytes(), "float32").reshape(a.shape),
    "lists": lambda a: a.tolist(),
    "lists of floats": lambda a: a.astype(float).tolist(),
    "tuples": lambda a: tuple(map(tuple, a.tolist())),
    "list of rows": lambda a: list(a.astype("float32")),
    "list of one array": lambda a: [a.astype("float32")],
    "tensor": lambda a: keras.ops.convert_to_tensor(a.astype("float32")),
    "masked rows": lambda a: np.ma.array(a.astype("float32")),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_x_and_y(form):
    make = FORMS[form]
    expected = losses(X.astype("float32"), Y.astype("float32"))
    np.testing.assert_allclose(losses(make(X), Y), expected, rtol=1e-5)
    np.testing.assert_allclose(losses(X, make(Y)), expected, rtol=1e-5)
    np.testing.assert_allclose(losses(make(X), make(Y), batch_size=3), losses(X, Y, batch_size=3), rtol=1e-5)


def test_booleans_are_labels():
    expected = losses(X, Y)
    np.testing.assert_allclose(losses(X, Y.astype(bool)), expected, rtol=1e-6)
    np.testing.assert_allclose(losses(X, Y.astype(bool).tolist()), expected, rtol=1e-6)


def test_flat_lists_of_labels():
    np.testing.assert_allclose(losses(X, [1, 0, 1, 1]), losses(X, Y), rtol=1e-6)


def test_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X.astype("float64"), columns=["a", "b", "c"])
    expected = losses(X, Y)
    np.testing.assert_allclose(losses(frame, pandas.Series(Y[:, 0])), expected, rtol=1e-6)
    frame["a"] = frame["a"].astype(int)
    np.testing.assert_allclose(losses(frame, pandas.DataFrame(Y)), expected, rtol=1e-6)


class Column:
    """What tells a pandas column from an array, where pandas itself is not installed."""

    iloc = None
    shape = (4,)
    dtype = "float64"

    def __array__(self, dtype=None, copy=None):
        return Y[:, 0].astype("float64")

    def to_numpy(self):
        return self.__array__()


def test_a_column_is_a_table_of_one_column():
    assert to_array(Column(), "y").shape == (4, 1)
    np.testing.assert_allclose(losses(X, Column()), losses(X, Y), rtol=1e-6)


class Sparse:
    """A sparse scipy matrix, as far as it matters."""

    shape = X.shape

    def toarray(self):
        return X.astype("float64")


def test_sparse_matrices_are_filled_in():
    np.testing.assert_allclose(losses(Sparse(), Y), losses(X, Y), rtol=1e-6)


def test_the_data_is_not_changed():
    x, y = X.astype("float64"), Y.astype("float64")
    kept = x.copy(), y.copy()
    losses(x, y)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(y, kept[1])


# --- Several inputs and outputs ---


def two_inputs():
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    merged = keras.layers.Dense(1, name="out", kernel_initializer="ones")(keras.ops.concatenate([a, b], axis=-1))
    model = keras.Model([a, b], merged)
    model.compile("sgd", "mse")
    return model


def test_inputs_in_a_list_a_tuple_and_a_dict():
    a, b, y = data(8, 3)[0], data(8, 2)[0], data(8)[1]
    results = []
    for x in ([a, b], (a, b), {"a": a, "b": b}, {"b": b, "a": a}, [a.tolist(), b.tolist()]):
        model = two_inputs()
        results.append(model.fit(x, y, epochs=2, shuffle=False, verbose=0).history["loss"])
        assert model.predict(x, verbose=0).shape == (8, 1)
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], rtol=1e-6)


def two_outputs(loss="mse", **arguments):
    x = keras.Input((3,))
    first = keras.layers.Dense(1, name="first", kernel_initializer="ones")(x)
    second = keras.layers.Dense(2, name="second", kernel_initializer="ones")(x)
    model = keras.Model(x, [first, second])
    model.compile(keras.optimizers.SGD(0.01), loss, **arguments)
    return model


def targets(rows=8):
    return data(rows)[1], np.random.default_rng(7).normal(size=(rows, 2)).astype("float32")


def test_outputs_have_losses_of_their_own():
    x, (first, second) = data(8)[0], targets()
    model = two_outputs(loss_weights=[1.0, 0.5])
    p, q = model.predict(x, verbose=0)
    result = model.evaluate(x, [first, second], verbose=0, return_dict=True)
    a, b = np.mean((p - first) ** 2), np.mean((q - second) ** 2)
    assert sorted(result) == ["first_loss", "loss", "second_loss"]
    assert result["first_loss"] == pytest.approx(a, rel=1e-5)
    assert result["second_loss"] == pytest.approx(b, rel=1e-5)
    assert result["loss"] == pytest.approx(a + 0.5 * b, rel=1e-5)


@pytest.mark.parametrize(
    "loss", ["mse", ["mse", "mse"], {"first": "mse", "second": "mse"}, {"second": "mse", "first": "mse"}]
)
def test_losses_by_position_and_by_name(loss):
    x, (first, second) = data(8)[0], targets()
    expected = two_outputs().evaluate(x, [first, second], verbose=0)
    for y in ([first, second], (first, second), {"first": first, "second": second}):
        np.testing.assert_allclose(two_outputs(loss).evaluate(x, y, verbose=0), expected, rtol=1e-6)


def test_metrics_of_outputs_are_named_after_them():
    x, y = data(8)[0], list(targets())
    result = two_outputs(metrics={"first": "mae", "second": ["mae", "mse"]}).evaluate(x, y, verbose=0, return_dict=True)
    assert list(result) == ["first_loss", "first_mae", "loss", "second_loss", "second_mae", "second_mse"]
    result = two_outputs(metrics=["mae", ["mse"]]).evaluate(x, y, verbose=0, return_dict=True)
    assert list(result) == ["first_loss", "first_mae", "loss", "second_loss", "second_mse"]


def test_an_output_without_a_loss():
    x, (first, second) = data(8)[0], targets()
    model = two_outputs(["mse", None])
    assert model.evaluate(x, [first, second], verbose=0) == pytest.approx(
        np.mean((model.predict(x, verbose=0)[0] - first) ** 2), rel=1e-5
    )
    assert model.evaluate(x, [first], verbose=0) == model.evaluate(x, [first, second], verbose=0)


def test_sample_weights_of_several_outputs():
    x, y, weight = data(8)[0], list(targets()), np.linspace(0, 1, 8)
    model = two_outputs()
    one = model.evaluate(x, y, sample_weight=weight, verbose=0)
    assert one == model.evaluate(x, y, sample_weight=[weight, weight], verbose=0)
    assert one != model.evaluate(x, y, verbose=0)


def test_nested_targets_and_inputs_of_any_model():
    a, b = data(8, 3)[0], data(8, 2)[0]
    first, second = targets()

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.one = keras.layers.Dense(1, kernel_initializer="ones")
            self.two = keras.layers.Dense(2, kernel_initializer="ones")

        def call(self, inputs):
            left, right = inputs["pair"]
            joined = keras.ops.concatenate([left, right], axis=-1)
            return {"u": [self.one(joined), self.two(joined)], "v": self.one(joined)}

    model = Own()
    model.compile(keras.optimizers.SGD(0.01), {"u": ["mse", "mae"], "v": "mse"})
    x, y = {"pair": (a, b)}, {"u": [first, second], "v": first}
    p = np.concatenate([a, b], axis=1).sum(1, keepdims=True)
    expected = 2 * np.mean((p - first) ** 2) + np.mean(np.abs(p - second))
    assert model.evaluate(x, y, verbose=0, return_dict=True)["loss"] == pytest.approx(expected, rel=1e-5)
    assert len(model.metrics) == 4
    assert np.isfinite(model.fit(x, y, batch_size=4, verbose=0).history["loss"][0])
    assert [part.shape for part in model.predict(x, verbose=0)["u"]] == [(8, 1), (8, 2)]


# --- Generators ---


def batches(rows=10, size=4):
    x, y = data(rows)
    return [(x[i : i + size], y[i : i + size]) for i in range(0, rows, size)]


def test_a_generator_of_batches():
    model = linear()
    with pytest.warns(UserWarning, match="ran out of data"):
        history = model.fit((batch for batch in batches()), epochs=1, shuffle=False, verbose=0).history
    x, y = data()
    expected = linear().fit(x, y, batch_size=4, epochs=1, shuffle=False, verbose=0).history
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-6)


def test_an_endless_generator_with_steps():
    def endless():
        while True:
            yield from batches(8)

    history = linear().fit(endless(), steps_per_epoch=2, epochs=3, shuffle=False, verbose=0).history
    x, y = data(8)
    expected = linear().fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0).history
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-6)


class Batches:
    """What can be iterated anew for each epoch."""

    def __len__(self):
        return len(batches())

    def __getitem__(self, index):
        return batches()[index]


def test_an_indexable_object_of_batches():
    model = linear()
    history = model.fit(Batches(), epochs=3, validation_data=Batches(), verbose=0).history
    x, y = data()
    expected = linear().fit(x, y, batch_size=4, epochs=3, shuffle=False, validation_data=(x, y), verbose=0).history
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-6)
    np.testing.assert_allclose(history["val_loss"], expected["val_loss"], rtol=1e-6)
    np.testing.assert_allclose(model.predict(Batches(), verbose=0), model.predict(x, verbose=0), rtol=1e-6)
    assert model.evaluate(Batches(), verbose=0) == pytest.approx(model.evaluate(x, y, verbose=0), rel=1e-6)


def test_training_ends_with_its_generator():
    with pytest.warns(UserWarning, match="ran out of data"):
        history = linear().fit(iter(batches()), epochs=3, shuffle=False, verbose=0)
    assert history.epoch == [0]


def test_validation_begins_anew_where_it_can():
    x, y = data(8)
    model = linear(optimizer=keras.optimizers.SGD(0.0))
    history = model.fit(x, y, epochs=3, verbose=0, validation_data=Batches(), validation_steps=2).history
    assert history["val_loss"] == [history["val_loss"][0]] * 3


def test_a_generator_that_runs_dry_warns():
    with pytest.warns(UserWarning, match="ran out of data"):
        linear().fit(iter(batches()), steps_per_epoch=5, epochs=1, shuffle=False, verbose=0)


# --- Parts ---


def test_packing_and_unpacking():
    assert unpack_x_y_sample_weight(1) == (1, None, None)
    assert unpack_x_y_sample_weight((1, 2)) == (1, 2, None)
    assert unpack_x_y_sample_weight([1, 2, 3]) == (1, 2, 3)
    assert pack_x_y_sample_weight(1) == 1
    assert pack_x_y_sample_weight([1, 2]) == ([1, 2],)
    assert pack_x_y_sample_weight(1, 2, 3) == (1, 2, 3)
    with pytest.raises(ValueError, match="Received: a tuple of 4"):
        unpack_x_y_sample_weight((1, 2, 3, 4))


def test_lists_of_numbers_are_known():
    assert is_numbers([1, 2])
    assert is_numbers([[1.0], [2.0]])
    assert is_numbers((np.float32(1),))
    assert not is_numbers([np.ones(2)])
    assert not is_numbers([])
    assert not is_numbers(["a"])


def test_arrays_that_can_be_read_are_not_copied():
    for dtype in ("float32", "float64", "int32", "int64", "uint8", "bool"):
        array = np.zeros((3, 2), dtype)
        assert to_array(array, "x") is array
