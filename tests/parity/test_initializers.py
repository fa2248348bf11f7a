"""Every initializer, regularizer and constraint against Keras."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn
from tests.parity import harness

INITIALIZERS = [
    ("Zeros", {}),
    ("Ones", {}),
    ("Constant", {"value": 0.3}),
    ("Identity", {"gain": 2.0}),
    ("RandomNormal", {"stddev": 0.2, "mean": 0.1, "seed": 1}),
    ("RandomUniform", {"minval": -0.3, "seed": 1}),
    ("TruncatedNormal", {"stddev": 0.2, "seed": 1}),
    ("VarianceScaling", {"seed": 1}),
    ("VarianceScaling", {"scale": 3.0, "mode": "fan_out", "distribution": "uniform", "seed": 1}),
    ("VarianceScaling", {"mode": "fan_avg", "distribution": "untruncated_normal", "seed": 1}),
    ("VarianceScaling", {"input_axes": [1], "output_axes": [0], "seed": 1}),
    ("GlorotNormal", {"seed": 1}),
    ("GlorotUniform", {"seed": 1}),
    ("HeNormal", {"seed": 1}),
    ("HeUniform", {"seed": 1}),
    ("LecunNormal", {"seed": 1}),
    ("LecunUniform", {"seed": 1}),
    ("Orthogonal", {"gain": 2.0, "seed": 1}),
    *(
        ("STFT", arguments)
        for arguments in (
            {},
            {"side": "imag", "window": "hamming", "scaling": "spectrum", "periodic": True},
            {"window": "blackman", "scaling": None},
            {"window": None, "side": "imag"},
        )
    ),
]

VALUES = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
REGULARIZERS = [
    ("L1", {}),
    ("L1", {"l1": 0.5}),
    ("L2", {"l2": 0.5}),
    ("L1L2", {"l1": 0.5, "l2": 0.25}),
    ("OrthogonalRegularizer", {"factor": 0.5}),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
]
CONSTRAINTS = [
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 0.5, "axis": 1}),
    ("NonNeg", {}),
    ("UnitNorm", {}),
    ("MinMaxNorm", {"min_value": 0.5, "max_value": 1.5, "rate": 0.5}),
]


@pytest.mark.parametrize(("name", "arguments"), INITIALIZERS)
def test_initializer(name, arguments):
    harness.check_initializer(name, arguments, {"Identity": (50, 50), "STFT": (16, 1, 9)}.get(name, (60, 50)))


@pytest.mark.parametrize("shape", [(7,), (3, 3, 8, 16)])
def test_scaling_of_other_shapes(shape):
    for name in ("GlorotUniform", "HeUniform", "LecunUniform"):
        ours = np.asarray(getattr(keraburn.initializers, name)(seed=1)(shape))
        theirs = np.asarray(getattr(harness.keras.initializers, name)(seed=1)(shape))
        assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.3 if len(shape) == 1 else 0.05)


@pytest.mark.parametrize(("name", "arguments"), REGULARIZERS)
def test_regularizer(name, arguments):
    ours, theirs = getattr(keraburn.regularizers, name), getattr(harness.keras.regularizers, name)
    harness.same_signature(ours, theirs)
    mine, original = ours(**arguments), theirs(**arguments)
    value, gradient = harness.value_and_gradient(mine, VALUES)
    reference, expected = harness.keras_value_and_gradient(original, VALUES)
    harness.assert_close(value, reference, name)
    harness.assert_close(gradient, expected, name, **harness.GRADIENT)
    harness.same_config(mine, original)


@pytest.mark.parametrize(("name", "arguments"), CONSTRAINTS)
def test_constraint(name, arguments):
    ours, theirs = getattr(keraburn.constraints, name), getattr(harness.keras.constraints, name)
    harness.same_signature(ours, theirs)
    mine, original = ours(**arguments), theirs(**arguments)
    harness.assert_close(mine(VALUES), original(VALUES), name)
    harness.same_config(mine, original)


@pytest.mark.parametrize(
    ("family", "cases", "bases"),
    [
        ("initializers", INITIALIZERS, {"Initializer", "RandomInitializer", "compute_fans"}),
        ("regularizers", REGULARIZERS, {"Regularizer"}),
        ("constraints", CONSTRAINTS, {"Constraint"}),
    ],
)
def test_every_public_name_has_a_case(family, cases, bases):
    names = harness.public_names(getattr(keraburn, family))
    assert len(names) >= 5
    assert names == {case[0] for case in cases} | bases
    theirs = {name for name in dir(getattr(harness.keras, family)) if not name.startswith("_")}
    assert len(theirs) >= 10
    assert {name for name in theirs if not hasattr(getattr(keraburn, family), name)} == set()
