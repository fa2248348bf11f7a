"""`get`, `serialize` and `deserialize` of every family, beside Keras's."""

from __future__ import annotations

from typing import Any

import pytest

import keraburn
from tests.parity.harness import keras


def described(item: Any) -> Any:
    """What an object is, in words that are the same in both packages."""
    if isinstance(item, float):
        # Keras rounds some numbers to float32.
        return round(item, 6)
    if item is None or isinstance(item, (str, int)):
        return item
    if isinstance(item, dict):
        return {key: described(value) for key, value in item.items()}
    if isinstance(item, (list, tuple)):
        return [described(each) for each in item]
    if hasattr(item, "get_config"):
        return [type(item).__name__, described(item.get_config())]
    return getattr(item, "__name__", type(item).__name__)


def run(package: Any, call: Any) -> Any:
    try:
        return described(call(package))
    except (ValueError, TypeError) as error:
        return type(error).__name__


CALLS = [
    lambda k: [k.activations.get(each) for each in (None, "relu", "leaky_relu", k.activations.tanh)],
    lambda k: k.activations.get("none such"),
    lambda k: k.activations.serialize(k.activations.gelu),
    lambda k: k.activations.deserialize("softmax"),
    lambda k: [k.constraints.get(each) for each in (None, "max_norm", "NonNeg", k.constraints.UnitNorm(1))],
    lambda k: k.constraints.get("none such"),
    lambda k: k.constraints.serialize(k.constraints.MaxNorm(3, axis=1)),
    lambda k: k.constraints.deserialize(k.constraints.serialize(k.constraints.MinMaxNorm(0.5))),
    lambda k: [k.regularizers.get(each) for each in (None, "l1", "L2", "l1l2", k.regularizers.L1(0.3))][:3],
    lambda k: k.regularizers.get(3),
    lambda k: k.regularizers.serialize(k.regularizers.L1L2(0.1, 0.2)),
    lambda k: k.regularizers.deserialize(k.regularizers.serialize(k.regularizers.OrthogonalRegularizer(0.3))),
    lambda k: [k.initializers.get(each) for each in (None, "zeros", "HeNormal", k.initializers.Constant(2.0))],
    lambda k: k.initializers.get("none such"),
    lambda k: k.initializers.serialize(k.initializers.RandomUniform(-1.0, 1.0, seed=3)),
    lambda k: k.initializers.deserialize(k.initializers.serialize(k.initializers.TruncatedNormal(seed=1))),
    lambda k: [k.losses.get(each) for each in (None, "mse", "Poisson", k.losses.poisson)],
    lambda k: k.losses.get("none such"),
    lambda k: k.losses.serialize(k.losses.CategoricalCrossentropy(label_smoothing=0.1)),
    lambda k: k.losses.deserialize(k.losses.serialize(k.losses.Tversky(alpha=0.3))),
    lambda k: [k.metrics.get(each) for each in (None, "mse", "Precision", k.metrics.hinge)],
    lambda k: k.metrics.get("none such"),
    lambda k: k.metrics.serialize(k.metrics.TopKCategoricalAccuracy(3, name="top")),
    lambda k: k.metrics.deserialize(k.metrics.serialize(k.metrics.F1Score(average="micro"))),
    lambda k: [k.optimizers.get(each) for each in ("adam", "SGD", "RMSProp", {"class_name": "Lion", "config": {}})],
    lambda k: k.optimizers.get("none such"),
    lambda k: k.optimizers.schedules.serialize(k.optimizers.schedules.CosineDecay(0.1, 5, warmup_steps=2)),
    lambda k: k.optimizers.schedules.deserialize(
        k.optimizers.schedules.serialize(k.optimizers.schedules.PiecewiseConstantDecay([3], [0.1, 0.2]))
    ),
    lambda k: k.layers.serialize(k.layers.Dropout(0.2, name="d")),
    lambda k: k.layers.deserialize(k.layers.serialize(k.layers.LeakyReLU(0.1, name="l"))),
    lambda k: k.layers.deserialize({"class_name": "None such", "config": {}}),
    lambda k: k.dtype_policies.get("mixed_float16"),
    lambda k: k.dtype_policies.get("none such"),
    lambda k: k.dtype_policies.serialize(k.dtype_policies.get("bfloat16")),
    lambda k: k.dtype_policies.deserialize(k.dtype_policies.serialize(k.dtype_policies.get("float64"))),
    lambda k: k.FloatDTypePolicy("mixed_bfloat16").compute_dtype,
    lambda k: k.utils.legacy.deserialize_keras_object(
        {"class_name": "Ones", "config": {}}, module_objects={"Ones": k.initializers.Ones}
    ),
    lambda k: k.utils.legacy.serialize_keras_object(k.initializers.Constant(3.0)),
]


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_lookups(number):
    # Names that are made up count from the start.
    keraburn.utils.clear_session()
    keras.utils.clear_session()
    assert run(keraburn, CALLS[number]) == run(keras, CALLS[number])
