"""Batches, steps, weights and callbacks: the same histories, events and warnings as in Keras."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from tests.parity import harness

RNG = np.random.default_rng(0)
X = RNG.normal(size=(10, 3)).astype("float32")
Y = X[:, :1] - X[:, 1:2]
LABELS = (Y > 0).astype("int32")
BATCHES = [(X[i : i + 4], Y[i : i + 4]) for i in (0, 4, 8)]


def batches(package, **arguments):
    """A PyDataset of the batches."""

    class Source(package.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return BATCHES[index]

    return Source(**arguments)


def generated(times=1):
    for _ in range(times):
        yield from BATCHES


def noted(package):
    """A callback that notes its calls, and the notes."""
    notes: list[tuple] = []
    names = [f"on_{kind}_batch_{when}" for kind in ("train", "test", "predict") for when in ("begin", "end")]

    def note(name):
        return lambda self, batch, logs=None: notes.append((name, batch, [] if "begin" in name else sorted(logs)))

    body = {name: note(name) for name in names}
    body["on_epoch_end"] = lambda self, epoch, logs=None: notes.append(("epoch", epoch, list(logs)))
    body["on_epoch_begin"] = lambda self, epoch, logs=None: notes.append(("epoch begins", epoch))
    return type("Noted", (package.callbacks.Callback,), body)(), notes


def run(package, fit, **compile_arguments):
    package.utils.clear_session()
    model = package.Sequential([package.Input((3,)), package.layers.Dense(1, kernel_initializer="ones")])
    model.compile(package.optimizers.SGD(0.05), "mse", metrics=["mae"], **{"jit_compile": False, **compile_arguments})
    callback, notes = noted(package)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(package, model, {"verbose": 0, "callbacks": [callback]})
    texts = [str(warning.message) for warning in caught if warning.category is UserWarning]
    history = getattr(model, "history", None)
    return {
        "history": {} if history is None else history.history,
        "epochs": [] if history is None else history.epoch,
        "params": None if history is None else history.params,
        "notes": notes,
        "warnings": texts,
        "weights": model.get_weights(),
    }


def fitting(make=lambda package: X, y=Y, **arguments):
    """A call of `fit` with what `make` gives as data."""

    def fit(package, model, extra):
        validation = arguments.get("validation_data")
        given = {"validation_data": validation(package)} if callable(validation) else {}
        model.fit(make(package), y, **{"shuffle": False, **arguments, **given, **extra})

    return fit


CASES = {
    "a generator": fitting(lambda _: generated(), None),
    "a generator that is shuffled": fitting(lambda _: generated(), None, shuffle=True),
    "steps of a generator": fitting(lambda _: generated(4), None, steps_per_epoch=2, epochs=3),
    "a generator with a batch size": fitting(lambda _: generated(), None, batch_size=5),
    "a PyDataset": fitting(batches, None, epochs=2),
    "steps of a PyDataset": fitting(batches, None, steps_per_epoch=2, epochs=3),
    "too many steps of a PyDataset": fitting(batches, None, steps_per_epoch=5, epochs=2),
    "a PyDataset to validate with": fitting(validation_data=batches, epochs=2, batch_size=4),
    "steps": fitting(batch_size=4, steps_per_epoch=2, epochs=3),
    "too many steps": fitting(batch_size=4, steps_per_epoch=5, epochs=2),
    "steps without a batch size": fitting(steps_per_epoch=3, epochs=2),
    "an initial epoch": fitting(epochs=5, initial_epoch=3),
    "an initial epoch beyond": fitting(epochs=2, initial_epoch=4),
    "validation now and then": fitting(epochs=5, validation_data=(X, Y), validation_freq=2),
    "validation after some epochs": fitting(epochs=5, validation_data=(X, Y), validation_freq=[1, 5]),
    "a split": fitting(validation_split=0.3, batch_size=3, epochs=2),
    "validation in steps": fitting(
        validation_data=(X, Y), validation_batch_size=2, validation_steps=3, epochs=2, batch_size=5
    ),
    "weights for validation": fitting(validation_data=(X, Y, np.linspace(0, 1, 10)), epochs=2),
    "weights of classes": fitting(y=LABELS, class_weight={0: 2.0, 1: 0.5}, batch_size=4, epochs=2),
    "weights of classes in batches": fitting(
        lambda package: batches(package), None, class_weight={-1: 2.0, 1: 0.5}, epochs=2
    ),
    "weights of samples": fitting(sample_weight=np.linspace(0, 2, 10), batch_size=4, epochs=2),
    "float16": fitting(lambda _: X.astype("float16")),
    "float64": fitting(lambda _: X.astype("float64")),
    "uint8": fitting(lambda _: (X > 0).astype("uint8")),
    "bool": fitting(lambda _: X > 0),
    "int64": fitting(lambda _: (X * 3).astype("int64")),
}
# Keras reads the batches of a generator again that it has looked at, which trains with some of them twice.
MAIN = ("a generator", "steps of a PyDataset", "too many steps", "validation now and then", "weights of classes")


def same(ours, theirs):
    assert ours["warnings"] == theirs["warnings"]
    assert ours["epochs"] == theirs["epochs"]
    assert ours["params"] == theirs["params"]
    assert list(ours["history"]) == list(theirs["history"])
    for name, values in theirs["history"].items():
        np.testing.assert_allclose(ours["history"][name], values, rtol=1e-3, atol=1e-4, err_msg=name)
    for a, b in zip(ours["weights"], theirs["weights"], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
    # Keras announces a batch before it knows whether there is one.
    done = [note for note in theirs["notes"] if "begin" not in note[0]]
    assert [note for note in ours["notes"] if "begin" not in note[0]] == done


def slow_unless_main(cases):
    return [pytest.param(case, marks=[] if case in MAIN else pytest.mark.slow) for case in cases]


@pytest.mark.parametrize("case", slow_unless_main(CASES))
def test_fit(case):
    same(run(harness.keraburn, CASES[case]), run(harness.keras, CASES[case]))


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [2, 3, 7])
def test_several_steps_at_once(at_once):
    fit = fitting(batch_size=2, epochs=2, validation_data=(X, Y))

    def compiled(package):
        return run(package, fit, steps_per_execution=at_once, jit_compile="auto")

    ours, theirs = compiled(harness.keraburn), compiled(harness.keras)
    same(ours, theirs)
    assert ours["notes"] == theirs["notes"]


@pytest.mark.slow
def test_evaluations_and_predictions_of_batches():
    results = []

    def call(package, model, extra):
        found = [
            model.evaluate(batches(package), **extra),
            model.evaluate(generated(), **extra),
            model.evaluate(generated(2), steps=2, return_dict=True, **extra),
            model.evaluate(X, Y, batch_size=3, steps=2, **extra),
            model.predict(batches(package), **extra),
            model.predict(generated(), **extra),
            model.predict(generated(2), steps=4, **extra),
            model.predict(X, batch_size=3, steps=2, **extra),
        ]
        results.append(found)

    same(run(harness.keraburn, call), run(harness.keras, call))
    for ours, theirs in zip(*results, strict=True):
        if isinstance(theirs, dict):
            assert list(ours) == list(theirs)
            ours, theirs = list(ours.values()), list(theirs.values())
        np.testing.assert_allclose(ours, theirs, rtol=1e-4)


WRONG = {
    "targets beside a generator": fitting(lambda _: generated()),
    "weights beside a generator": fitting(lambda _: generated(), None, sample_weight=np.ones(10)),
    "classes of a generator": fitting(lambda _: generated(), None, class_weight={0: 1.0}),
    "targets beside a PyDataset": fitting(batches),
    "weights beside a PyDataset": fitting(batches, None, sample_weight=np.ones(10)),
    "a split of a generator": fitting(lambda _: generated(), None, validation_split=0.5),
    "an empty generator": fitting(lambda _: (batch for batch in ()), None),
    "a generator of lists": fitting(lambda _: (list(batch) for batch in BATCHES), None),
    "a number": fitting(lambda _: 5),
    "strings": fitting(lambda _: np.array([["a"] * 3] * 10)),
    "weights twice": fitting(y=LABELS, class_weight={0: 1.0}, sample_weight=np.ones(10)),
    "other lengths": fitting(y=Y[:5]),
    "a split without rest": fitting(validation_split=0.99),
    "a frequency of a word": fitting(validation_data=(X, Y), validation_freq="two"),
}


def first_words(error):
    return " ".join(str(error).split()[:6])


# The text differs where ours names what came more closely.
OWN_WORDS = (
    "a number",
    "strings",
    "weights twice",
    "a split without rest",
    "a frequency of a word",
    "a split of a generator",
    "classes of a generator",
)


@pytest.mark.parametrize("case", WRONG)
def test_what_both_refuse(case):
    words = []
    for package in (harness.keraburn, harness.keras):
        with pytest.raises(ValueError) as caught:
            run(package, WRONG[case])
        words.append(first_words(caught.value))
    assert words[0] == words[1] or case in OWN_WORDS


@pytest.mark.parametrize(
    "name",
    [
        "PyDataset",
        "Sequence",
        "pack_x_y_sample_weight",
        "split_dataset",
        "timeseries_dataset_from_array",
        "unpack_x_y_sample_weight",
    ],
)
def test_signatures(name):
    harness.same_signature(getattr(harness.keraburn.utils, name), getattr(harness.keras.utils, name))
