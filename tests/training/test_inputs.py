"""Batches from PyDatasets, data sets, loaders and sparse rows train as the same rows in arrays do."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time

import numpy as np
import pytest

import keraburn as keras
from keraburn.data import Dataset
from keraburn.training.batches import Gathered, as_batches
from keraburn.training.data import Arrays
from tests.training.helpers import data, linear

X, Y = data(10)
BATCHES = [(X[i : i + 4], Y[i : i + 4]) for i in (0, 4, 8)]


def losses(x, y=None, **arguments):
    arguments = {"epochs": 2, "shuffle": False, "verbose": 0, **arguments}
    return linear().fit(x, y, **arguments).history["loss"]


EXPECTED = losses(X, Y, batch_size=4)


class Recorded(keras.utils.PyDataset):
    """The batches, and a note of every call."""

    def __init__(self, count=3, **arguments):
        super().__init__(**arguments)
        self.count = count
        self.notes = []

    @property
    def num_batches(self):
        return self.count

    def __getitem__(self, index):
        self.notes.append(index)
        return BATCHES[index % 3]

    def on_epoch_begin(self):
        self.notes.append("begin")

    def on_epoch_end(self):
        self.notes.append("end")


# --- PyDataset ---


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_a_data_set_of_batches(workers):
    source = Recorded(workers=workers)
    assert losses(source) == EXPECTED
    assert source.notes.count("begin") == source.notes.count("end") == 2
    assert sorted(note for note in source.notes if isinstance(note, int)) == [0, 0, 1, 1, 2, 2]
    model = linear()
    np.testing.assert_array_equal(model.predict(Recorded(workers=workers), verbose=0), model.predict(X, verbose=0))
    np.testing.assert_allclose(model.evaluate(Recorded(workers=workers), verbose=0), model.evaluate(X, Y, verbose=0))


def test_epochs_are_announced_around_their_batches():
    source = Recorded()
    validation = Recorded()
    linear().fit(source, epochs=2, shuffle=False, verbose=0, validation_data=validation)
    assert source.notes == validation.notes == ["begin", 0, 1, 2, "end"] * 2


def test_batches_are_shuffled_by_index():
    source = Recorded()
    linear().fit(source, epochs=8, verbose=0)
    epochs = "".join(map(str, source.notes)).replace("begin", "").split("end")[:-1]
    assert all(sorted(epoch) == ["0", "1", "2"] for epoch in epochs)
    assert len(set(epochs)) > 1
    keras.utils.set_random_seed(1)
    first = losses(Recorded(), shuffle=True)
    keras.utils.set_random_seed(1)
    assert losses(Recorded(workers=2), shuffle=True) == first
    model = linear()
    state = random.getstate()
    model.fit(Recorded(), verbose=0)
    assert random.getstate() == state, "the user's own random numbers are left alone"


def test_steps_go_on_through_the_batches():
    source = Recorded()
    with pytest.warns(UserWarning, match="ran out of data"):
        linear().fit(source, epochs=3, steps_per_epoch=2, shuffle=False, verbose=0)
    assert source.notes == ["begin", 0, 1, "end", "begin", 2, "end", "begin", 0, 1, "end"]


@pytest.mark.parametrize("workers", [1, 2])
def test_endless_batches(workers):
    source = Recorded(None, workers=workers, max_queue_size=2)
    history = linear().fit(source, epochs=2, steps_per_epoch=3, shuffle=False, verbose=0)
    assert history.history["loss"] == EXPECTED
    assert history.params["steps"] == 3
    with pytest.warns(UserWarning, match="provided as an infinite PyDataset"):
        linear().fit(Recorded(None), steps_per_epoch=1, verbose=0)


def test_class_weights_for_batches():
    class Labelled(Recorded):
        def __getitem__(self, index):
            x, y = BATCHES[index]
            return x, (y > 0).astype("int64")

    weights = {0: 2.0, 1: 0.5}
    expected = losses(X, (Y > 0).astype("int64"), batch_size=4, class_weight=weights)
    np.testing.assert_allclose(losses(Labelled(), class_weight=weights), expected, rtol=1e-6)


def test_forms_of_a_batch():
    class Formed(Recorded):
        def __init__(self, form):
            super().__init__()
            self.form = form

        def __getitem__(self, index):
            return self.form(*BATCHES[index])

    assert losses(Formed(lambda x, y: [x, y])) == EXPECTED
    assert losses(Formed(lambda x, y: (x, y, np.ones(len(x))))) == EXPECTED
    model = linear()
    for form in (lambda x, y: x, lambda x, y: (x,), lambda x, y: (x, None)):
        np.testing.assert_array_equal(model.predict(Formed(form), verbose=0), model.predict(X, verbose=0))
    for wrong in (lambda x, y: "text", lambda x, y: (x, y, y, y), lambda x, y: None):
        with pytest.raises(ValueError, match="must return a tuple or a dict"):
            losses(Formed(wrong))


def test_a_class_that_forgot_its_base():
    class Forgetful(keras.utils.PyDataset):
        def __init__(self):
            pass

        def __len__(self):
            return 3

        def __getitem__(self, index):
            return BATCHES[index]

    with pytest.warns(UserWarning, match="should call `super") as caught:
        assert losses(Forgetful()) == EXPECTED
    assert len(caught) == 1


def test_what_a_data_set_must_have():
    class Bare(keras.utils.PyDataset):
        pass

    with pytest.raises(NotImplementedError, match="num_batches"):
        losses(Bare())
    with pytest.raises(NotImplementedError, match="__getitem__"):
        Bare()[0]
    with pytest.raises(ValueError, match="holds no batches"):
        losses(Recorded(0))
    assert keras.utils.Sequence is keras.utils.PyDataset
    assert [len(x) for x, _ in Recorded()] == [4, 4, 2]


class Failing(Recorded):
    """Batches of which the third is an error."""

    def __getitem__(self, index):
        if index == 2:
            raise RuntimeError("no third batch")
        return super().__getitem__(index)


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_in_a_data_set_reaches_the_user_and_ends_the_workers(workers):
    before = threading.active_count()
    model = linear()
    with pytest.raises(RuntimeError, match="no third batch"):
        model.fit(Failing(30, workers=workers), shuffle=False, verbose=0)
    assert threading.active_count() == before
    reference = linear()
    for x, y in BATCHES[:2]:
        reference.train_on_batch(x, y)
    np.testing.assert_array_equal(model.get_weights()[0], reference.get_weights()[0])


def test_errors_elsewhere_end_the_workers():
    before = threading.active_count()

    def fail(batch, logs):
        raise KeyError("callback")

    callback = keras.callbacks.LambdaCallback(on_train_batch_end=fail)
    with pytest.raises(KeyError, match="callback"):
        linear().fit(Recorded(100, workers=3), verbose=0, callbacks=callback)
    with pytest.raises(ValueError, match="callbacks"):
        linear().fit(Recorded(100, workers=3), verbose=0, callbacks=[1])
    with pytest.raises(ValueError, match="shape"):
        linear(inputs=5).fit(Recorded(100, workers=3), verbose=0)
    assert threading.active_count() == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals to oneself are POSIX")
def test_ctrl_c_ends_the_workers():
    class Slow(Recorded):
        def __getitem__(self, index):
            time.sleep(0.01)
            return super().__getitem__(index)

    before = threading.active_count()
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 (nothing must happen between the two)
        timer.start()
        linear().fit(Slow(4000, workers=4), verbose=0)
    timer.join()
    assert threading.active_count() == before


# --- Data sets ---


def test_pipelines():
    pipeline = Dataset.from_tensor_slices((X, Y)).batch(4)
    assert losses(pipeline) == EXPECTED
    assert losses(pipeline.map(lambda x, y: (x, y)).prefetch(2)) == EXPECTED
    assert losses(pipeline.repeat(), steps_per_epoch=3) == EXPECTED
    history = linear().fit(pipeline, epochs=2, shuffle=False, verbose=0, validation_data=pipeline.take(1))
    assert history.params == {"verbose": 0, "epochs": 2, "steps": 3}
    assert len(history.history["val_loss"]) == 2
    assert linear().predict(pipeline.map(lambda x, y: x), verbose=0).shape == (10, 1)
    with pytest.warns(UserWarning, match="provided as a tf.data.Dataset"):
        losses(pipeline, shuffle=True)


def test_a_length_that_is_not_known_is_learned():
    pipeline = Dataset.from_tensor_slices((X, Y)).batch(4).filter(lambda x, y: True)
    with pytest.warns(UserWarning, match="ran out of data") as caught:
        assert losses(pipeline, epochs=4)[:2] == EXPECTED
    assert len(caught) == 1


# --- Loaders and other iterables ---


class DataLoader:
    """What tells PyTorch's loader, where PyTorch is not installed."""

    __module__ = "torch.utils.data.dataloader"

    def __init__(self, batches):
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __iter__(self):
        return iter(self.batches)


def test_loaders():
    loader = DataLoader([list(batch) for batch in BATCHES])
    assert losses(loader) == EXPECTED
    assert linear().predict(DataLoader([x for x, _ in BATCHES]), verbose=0).shape == (10, 1)
    with pytest.warns(UserWarning, match="provided as a torch DataLoader"):
        losses(loader, shuffle=True)
    with pytest.raises(ValueError, match="not supported for torch DataLoader"):
        losses(loader, class_weight={0: 1.0})
    with pytest.raises(ValueError, match="Instead, the targets should be included as part of the torch DataLoader"):
        losses(loader, Y)


def test_a_loader_without_a_length():
    class Streamed(DataLoader):
        def __len__(self):
            raise TypeError("no length")

    with pytest.warns(UserWarning, match="ran out of data"):
        assert losses(Streamed(BATCHES)) == EXPECTED


def test_generators_give_tuples():
    for wrong in (list(BATCHES[0]), X, {"a": X}):
        with pytest.raises(ValueError, match="must return a tuple"):
            losses(iter([wrong]))
    with pytest.raises(ValueError, match="yield at least one batch"):
        losses(iter(()))


def test_a_generator_can_be_read_on():
    source = iter(BATCHES * 3)
    linear().fit(source, steps_per_epoch=2, shuffle=False, verbose=0)
    assert next(source)[0] is BATCHES[2][0]
    linear().evaluate(source, steps=1, verbose=0)
    assert len(list(source)) == 5


def test_batch_sizes_belong_to_batches():
    assert losses(Recorded(), batch_size=7) == EXPECTED


# --- Rows that Python gathers ---


def test_sparse_rows():
    sparse = pytest.importorskip("scipy.sparse")
    x = np.where(X > 0, X, 0).astype("float32")
    rows = sparse.csr_matrix(x)
    assert losses(rows, Y, batch_size=4) == losses(x, Y, batch_size=4)
    assert losses(sparse.coo_array(x.astype("float64")), Y, batch_size=4) == losses(x, Y, batch_size=4)
    split = {"batch_size": 4, "validation_split": 0.3}
    model, other = linear(), linear()
    first = model.fit(rows, Y, shuffle=False, verbose=0, **split).history
    assert first == other.fit(x, Y, shuffle=False, verbose=0, **split).history
    assert len(model.fit(rows, Y, epochs=3, verbose=0).history["loss"]) == 3
    np.testing.assert_array_equal(model.predict(rows, verbose=0), model.predict(x, verbose=0))
    assert model.train_on_batch(rows, Y) == pytest.approx(model.evaluate(rows, Y, verbose=0), rel=0.5)
    weights = np.linspace(0, 1, 10)
    assert losses(rows, Y, sample_weight=weights, batch_size=4) == losses(x, Y, sample_weight=weights, batch_size=4)


def test_orders_of_gathered_rows():
    batches = Gathered(Arrays(np.arange(10.0)[:, None]), 4)
    assert batches.length == 3
    plain = [batch.flat[0][:, 0].tolist() for batch in batches.start(None, 0)]
    assert plain == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    order = [batch.flat[0][:, 0].tolist() for batch in batches.start(5, 0)]
    assert sorted(row for batch in order for row in batch) == list(range(10))
    assert order != plain
    assert order == [batch.flat[0][:, 0].tolist() for batch in batches.start(5, 0)]
    assert order[1:] == [batch.flat[0][:, 0].tolist() for batch in batches.start(5, 1)]
    within = Gathered(batches.source, 4, within=True)
    shuffled = [batch.flat[0][:, 0].tolist() for batch in within.start(3, 0)]
    assert [sorted(batch) for batch in shuffled] == plain
    assert shuffled != plain


@pytest.mark.parametrize("eager", [False, True])
def test_shuffling_within_batches(eager):
    # The order within a batch changes neither its loss nor its gradient.
    model = linear(run_eagerly=eager)
    history = model.fit(X, Y, batch_size=4, epochs=2, shuffle="batch", verbose=0).history["loss"]
    np.testing.assert_allclose(history, EXPECTED, rtol=1e-5)


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("shuffle", [False, True, "batch"])
def test_which_rows_a_batch_holds(shuffle, eager):
    class Rows(keras.Model):
        def train_step(self, data):
            return {"rows": data[0]}

    symbol = keras.Input((1,))
    model = Rows(symbol, keras.layers.Dense(1)(symbol))
    model.compile("sgd", "mse", run_eagerly=eager)
    met = []

    def keep(batch, logs):
        met.append(logs["rows"][:, 0].tolist())

    note = keras.callbacks.LambdaCallback(on_train_batch_end=keep)
    x = np.arange(20.0, dtype="float32")[:, None]
    model.fit(x, x, batch_size=8, epochs=2, shuffle=shuffle, verbose=0, callbacks=[note])
    plain = [list(map(float, span)) for span in (range(8), range(8, 16), range(16, 20))] * 2
    assert [len(batch) for batch in met] == [8, 8, 4] * 2
    if shuffle is False:
        assert met == plain
    elif shuffle == "batch":
        assert [sorted(batch) for batch in met] == plain
        assert met[:3] != plain[:3]
        assert met[:3] != met[3:]
    else:
        assert sorted(row for batch in met[:3] for row in batch) == list(range(20))
        assert sorted(met[0]) != plain[0]
        assert met[:3] != met[3:]


def test_kinds_of_batches():
    kinds = {
        "PyDataset": Recorded(),
        "tf.data.Dataset": Dataset.range(3),
        "torch DataLoader": DataLoader([]),
        "generator": iter([]),
        "data set": type("Own", (), {"__iter__": lambda self: iter(BATCHES)})(),
    }
    for kind, source in kinds.items():
        assert as_batches(source).kind == kind


# --- Columns by name ---


def test_columns_for_named_inputs():
    inputs = {name: keras.Input((1,), name=name) for name in "abc"}
    joined = keras.layers.Concatenate()(list(inputs.values()))
    model = keras.Model(inputs, keras.layers.Dense(1, kernel_initializer="ones")(joined))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    columns = {name: X[:, i] for i, name in enumerate("abc")}
    np.testing.assert_allclose(model.predict(columns, verbose=0), X.sum(1, keepdims=True), rtol=1e-5)
    expected = model.evaluate(columns, Y, verbose=0)
    assert model.evaluate(Dataset.from_tensor_slices((columns, Y)).batch(10), verbose=0) == expected
    for package in ("pandas", "polars"):
        frames = pytest.importorskip(package)
        frame = frames.DataFrame({**columns, "y": Y[:, 0]})
        parts = {name: frame[name] for name in "abc"}
        assert model.evaluate(parts, frame["y"], verbose=0) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_tables(package):
    frames = pytest.importorskip(package)
    table = frames.DataFrame({name: X[:, i] for i, name in enumerate("abc")})
    target = frames.Series(Y[:, 0])
    assert losses(table, target, batch_size=4) == EXPECTED
    history = linear().fit(table, target, validation_split=0.3, shuffle=False, verbose=0).history
    assert history == linear().fit(X, Y, validation_split=0.3, shuffle=False, verbose=0).history
