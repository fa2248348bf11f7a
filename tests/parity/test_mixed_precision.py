"""Mixed precision gives what Keras gives, to the precision of the half types."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn
from tests.parity import harness

keras = harness.keras
RNG = np.random.default_rng(0)
POLICIES = ["mixed_float16", "mixed_bfloat16"]
STEP = {"mixed_float16": 2**-10, "mixed_bfloat16": 2**-7}


def dense(package):
    layers = package.layers
    return [
        package.Input((6,)),
        layers.Dense(16, activation="relu"),
        layers.LayerNormalization(),
        layers.Dense(8, activation="tanh"),
        layers.BatchNormalization(),
        layers.Dense(2, dtype="float32"),
    ]


def recurrent(package):
    layers = package.layers
    return [
        package.Input((5, 3)),
        layers.LSTM(8, return_sequences=True),
        layers.GRU(6),
        layers.Dense(2, dtype="float32"),
    ]


MODELS = {"dense": (dense, (32, 6)), "recurrent": (recurrent, (32, 5, 3))}


def build(package, make, policy):
    package.config.set_dtype_policy(policy)
    try:
        return package.Sequential(make(package))
    finally:
        package.config.set_dtype_policy("float32")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", MODELS)
def test_models(name, policy):
    make, shape = MODELS[name]
    keras.utils.set_random_seed(1)
    ours, theirs = build(keraburn, make, policy), build(keras, make, policy)
    # Small, so that no scaled gradient is near the end of float16's range.
    ours.set_weights([0.5 * weight for weight in theirs.get_weights()])
    theirs.set_weights(ours.get_weights())
    x = RNG.normal(size=shape).astype("float32")
    y = 0.5 * RNG.normal(size=(len(x), 2)).astype("float32")
    for a, b in zip(ours.layers, theirs.layers, strict=True):
        assert a.compute_dtype == b.compute_dtype
        assert a.output.dtype == b.output.dtype
        assert [weight.dtype for weight in a.weights] == [weight.dtype for weight in b.weights]
    tolerance = 8 * STEP[policy]
    np.testing.assert_allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), atol=tolerance)
    losses = []
    for package, model in ((keraburn, ours), (keras, theirs)):
        model.compile(package.optimizers.SGD(0.05), "mse")
        losses.append(model.fit(x, y, batch_size=16, epochs=4, shuffle=False, verbose=0).history["loss"])
        scaled = isinstance(model.optimizer, package.optimizers.LossScaleOptimizer)
        assert scaled == (policy == "mixed_float16")
    np.testing.assert_allclose(losses[0], losses[1], rtol=tolerance)
    for mine, reference in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, reference, atol=tolerance)


@pytest.mark.parametrize("policy", POLICIES)
def test_outputs_are_of_the_half_type(policy):
    half = policy.removeprefix("mixed_")
    x = np.ones((3, 2), "float32")
    for package in (keraburn, keras):
        model = package.Sequential([package.Input((2,)), package.layers.Dense(2, dtype=policy)])
        assert model.predict(x, verbose=0).dtype.name == half


@pytest.mark.parametrize("policy", [*POLICIES, "float16", "float64", "int32"])
def test_policies(policy):
    ours, theirs = keraburn.DTypePolicy(policy), keras.DTypePolicy(policy)
    assert (ours.name, ours.compute_dtype, ours.variable_dtype) == (
        theirs.name,
        theirs.compute_dtype,
        theirs.variable_dtype,
    )
    assert repr(ours) == repr(theirs)
    harness.same_config(ours, theirs)


def test_module():
    known = {name for name in vars(keras.mixed_precision) if not name.startswith("_")}
    assert known <= set(dir(keraburn.mixed_precision)), known - set(dir(keraburn.mixed_precision))


# JAX has no 64-bit types unless asked.
NAMES = ["bool", "uint8", "int32", "float16", "bfloat16", "float32", int, float]


@pytest.mark.parametrize("first", NAMES)
def test_promotion(first):
    for second in NAMES:
        assert keraburn.backend.result_type(first, second) == keras.backend.result_type(first, second), second
