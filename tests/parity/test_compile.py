"""Losses, metrics and weights of several outputs: the same values under the same names in the same order."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from tests.parity import harness

RNG = np.random.default_rng(0)
X = RNG.normal(size=(16, 3)).astype("float32")
A = RNG.normal(size=(16, 1)).astype("float32")
B = RNG.integers(0, 4, 16)
W = np.linspace(0, 1, 16).astype("float32")
SPARSE = "sparse_categorical_crossentropy"
BOTH = ["mse", SPARSE]
NAMED = {"a": "mse", "b": SPARSE}


def build(package, form):
    package.utils.clear_session()
    constant = package.initializers.Constant
    inputs = package.Input((3,))
    a = package.layers.Dense(1, name="a", kernel_initializer=constant(0.1))(inputs)
    b = package.layers.Dense(
        4, name="b", activation="softmax", kernel_initializer=constant(0.1), bias_initializer=constant(0.02)
    )(inputs)
    outputs = {
        "list": [a, b],
        "tuple": (a, b),
        "dict": {"p": a, "q": b},
        "unsorted": {"z": a, "c": b},
        "one": a,
        "list of one": [a],
        "dict of one": {"p": a},
        "nested": {"u": [a, b], "v": a},
    }
    return package.Model(inputs, outputs[form])


def run(package, form, y, arguments, weight=None):
    model = build(package, form)
    # Compiling costs JAX more than these few batches.
    model.compile(package.optimizers.SGD(0.1), jit_compile=False, **arguments)
    history = model.fit(
        X, y, sample_weight=weight, batch_size=7, shuffle=False, verbose=0, validation_split=0.25
    ).history
    single = model.train_on_batch(X, y), model.test_on_batch(X, y, return_dict=True)
    names = model.metrics_names, [metric.name for metric in model.metrics]
    return history, model.evaluate(X, y, verbose=0), model.evaluate(X, y, verbose=0, return_dict=True), *single, names


CASES = {
    "losses in a list": ("list", [A, B], {"loss": BOTH}),
    "losses in a dict": ("list", [A, B], {"loss": NAMED}),
    "targets in a dict": ("list", {"a": A, "b": B}, {"loss": NAMED}),
    "one loss for all": ("list", [A, A], {"loss": "mse"}),
    "no loss for one": ("list", [A, B], {"loss": ["mse", None]}),
    "no target for one": ("list", [A], {"loss": ["mse", None]}),
    "a metric for each": ("list", [A, B], {"loss": BOTH, "metrics": ["mae", "accuracy"]}),
    "metrics for each": ("list", [A, B], {"loss": BOTH, "metrics": [["mae", "mse"], ["accuracy"]]}),
    "metrics by name": ("list", [A, B], {"loss": BOTH, "metrics": {"b": ["acc", SPARSE], "a": "mae"}}),
    "metrics of some": ("list", [A, B], {"loss": NAMED, "metrics": {"b": ["acc"]}}),
    "weights in a list": ("list", [A, B], {"loss": BOTH, "loss_weights": [0.5, 2]}),
    "weights in a dict": ("list", [A, B], {"loss": NAMED, "loss_weights": {"a": 0.5, "b": 2.0}}),
    "weights in a tuple": ("list", [A, B], {"loss": BOTH, "loss_weights": (0.5, 2)}),
    "crossentropy": ("list", [A, B], {"loss": ["mse", "crossentropy"]}),
    "a tuple": ("tuple", (A, B), {"loss": tuple(BOTH), "metrics": (["mae"], ["acc"])}),
    "a dict": (
        "dict",
        {"p": A, "q": B},
        {"loss": {"p": "mse", "q": SPARSE}, "metrics": {"p": ["mae"], "q": ["acc"]}},
    ),
    "a list for a dict": ("dict", {"p": A, "q": B}, {"loss": BOTH}),
    "an unsorted dict": (
        "unsorted",
        {"z": A, "c": B},
        {"loss": {"z": "mse", "c": SPARSE}, "metrics": {"z": ["mae"], "c": ["acc"]}},
    ),
    "weights of an unsorted dict": (
        "unsorted",
        {"c": B, "z": A},
        {"loss": {"c": SPARSE, "z": "mse"}, "loss_weights": {"z": 0.3, "c": 0.7}},
    ),
    "one loss for a dict": ("unsorted", {"z": A, "c": A}, {"loss": "mse"}),
    "one output": ("one", A, {"loss": "mse", "metrics": ["mae", "mse"]}),
    "metrics twice": ("one", A, {"loss": "mse", "metrics": ["mae"], "weighted_metrics": ["mae", "mse"]}),
    "a weight": ("one", A, {"loss": "mse", "loss_weights": 0.5}),
    "a weight in a list": ("one", A, {"loss": "mse", "loss_weights": [0.5]}),
    "one loss in a list": ("one", A, {"loss": ["mse"]}),
    "one loss in a dict": ("one", A, {"loss": {"a": "mse"}, "metrics": {"a": ["mae"]}}),
    "a list of one": ("list of one", [A], {"loss": ["mse"], "metrics": [["mae"]]}),
    "an array for a list of one": ("list of one", A, {"loss": "mse", "metrics": ["mae"]}),
    "a dict of one": ("dict of one", {"p": A}, {"loss": {"p": "mse"}, "metrics": {"p": ["mae"]}}),
    "nested": ("nested", {"u": [A, B], "v": A}, {"loss": {"u": BOTH, "v": "mae"}}),
    "nested metrics": (
        "nested",
        {"u": [A, B], "v": A},
        {"loss": {"u": BOTH, "v": "mae"}, "metrics": {"u": [["mae"], ["acc"]], "v": ["mse"]}},
    ),
}


def same(ours, theirs):
    assert type(ours) is type(theirs) or isinstance(ours, type(theirs))
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for name, value in theirs.items():
            same(ours[name], value)
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            same(a, b)
    elif isinstance(theirs, str):
        assert ours == theirs
    else:
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


# Run by default; Keras takes its time with each.
MAIN = (
    "losses in a dict",
    "metrics by name",
    "weights in a dict",
    "an unsorted dict",
    "metrics twice",
    "nested metrics",
)


@pytest.mark.parametrize("case", [pytest.param(case, marks=[] if case in MAIN else pytest.mark.slow) for case in CASES])
def test_values_and_names(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same(*(run(package, *CASES[case]) for package in (harness.keraburn, harness.keras)))


WEIGHTED = {"loss": BOTH, "metrics": [["mae"], ["accuracy"]], "weighted_metrics": [["mae"], ["accuracy"]]}


@pytest.mark.parametrize(
    ("arguments", "weight"),
    [
        (WEIGHTED, W),
        (WEIGHTED, [W, W * 2]),
        ({"loss": BOTH, "weighted_metrics": {"a": ["mae"]}}, [W, W * 2]),
        ({"loss": BOTH}, W[:, None]),
    ],
    ids=["one for all", "one for each", "some metrics", "a column"],
)
def test_weights_of_samples(arguments, weight):
    same(*(run(package, "list", [A, B], arguments, weight) for package in (harness.keraburn, harness.keras)))


WRONG = {
    "too few metrics": ("list", [A, B], {"loss": BOTH, "metrics": ["accuracy"]}),
    "too few weights": ("list", [A, B], {"loss": BOTH, "loss_weights": [0.5]}),
    "an unknown loss": ("one", A, {"loss": "mean_cubed_error"}),
    "an unknown metric": ("one", A, {"loss": "mse", "metrics": ["accuracies"]}),
    "a loss for no output": ("list", [A, B], {"loss": {"a": "mse", "c": "mse"}}),
    "a weight for no output": ("list", [A, B], {"loss": NAMED, "loss_weights": {"a": 0.5, "c": 1}}),
    "metrics that are no list": ("one", A, {"loss": "mse", "metrics": "mae"}),
    "weights that are no number": ("one", A, {"loss": "mse", "loss_weights": "uniform"}),
    "the wrong name": ("one", A, {"loss": {"b": "mse"}}),
    "crossentropy as a metric": ("one", A, {"loss": "mse", "metrics": ["crossentropy"]}),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_both_refuse(case):
    for package in (harness.keraburn, harness.keras):
        with pytest.raises((ValueError, KeyError)):
            run(package, *WRONG[case])
