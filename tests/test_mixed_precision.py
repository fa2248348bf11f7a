"""Half types, dtype policies, and training in mixed precision."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn import half, ops
from keraburn.trace import Compiled

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def policy_put_back():
    yield
    keras.config.set_dtype_policy(None)
    keras.config.set_floatx("float32")


@pytest.fixture(params=["float16", "bfloat16"])
def name(request):
    return request.param


def nearest(array, name):
    """The slow twin: bfloat16 by the bits of numbers one by one."""
    if name == "float16":
        with np.errstate(over="ignore"):
            return np.asarray(array, "float16").astype("float32")
    found = []
    for number in np.asarray(array, "float32").ravel():
        if not np.isfinite(number):
            found.append(number)
            continue
        low = (number.view("uint32") & np.uint32(0xFFFF0000)).view("float32")
        high = (low.view("uint32") + np.uint32(0x10000)).view("float32")
        below, above = abs(np.float64(number) - np.float64(low)), abs(np.float64(high) - np.float64(number))
        even = (low.view("uint32") >> np.uint32(16)) % 2 == 0
        found.append(low if below < above or (below == above and even) else high)
    return np.array(found, "float32").reshape(np.shape(array))


NUMBERS = np.concatenate(
    [
        RNG.normal(size=50) * 10.0 ** RNG.integers(-9, 9, 50),
        [
            0.0,
            -0.0,
            1.0,
            1 + 2**-11,
            1 + 3 * 2**-11,
            1 + 2**-8,
            65504,
            65519.9,
            65520,
            3.3e38,
            2**-24,
            2**-25,
            3 * 2**-26,
        ],
        [np.inf, -np.inf],
    ]
).astype("float32")


def test_rounding(name):
    expected = nearest(NUMBERS, name)
    np.testing.assert_array_equal(half.stored_array(NUMBERS, name), expected)
    tensor = ops.cast(NUMBERS, name)
    assert tensor.dtype == name
    np.testing.assert_array_equal(ops.cast(tensor, "float32").numpy(), expected)
    traced = Compiled(lambda x: ops.cast(x, name), [ops.array(NUMBERS)])(NUMBERS)
    assert traced.dtype == name
    np.testing.assert_array_equal(ops.cast(traced, "float32").numpy(), expected)
    assert np.isnan(float(ops.cast(np.nan, name)))


def test_every_operation_rounds(name):
    x, y = (nearest(RNG.normal(size=(4, 4)), name) for _ in range(2))
    a, b = ops.cast(x, name), ops.cast(y, name)
    for result, expected in [
        (a + b, x + y),
        (a * 3, x * 3),
        (ops.exp(a), np.exp(x)),
        (a @ b, x @ y),
        (ops.sum(a, axis=0), x.sum(0)),
        (ops.maximum(a, b), np.maximum(x, y)),
    ]:
        assert result.dtype == name
        kept = ops.cast(result, "float32").numpy()
        np.testing.assert_array_equal(kept, nearest(kept, name))
        step = keras.dtypes.limits(name).eps
        np.testing.assert_allclose(kept, expected, rtol=step, atol=step)
    assert (a > b).dtype == "bool"
    assert ops.argmax(a).dtype == "int32"


def test_overflow_is_real():
    big = ops.cast(60000.0, "float16")
    assert np.isinf(float(big + big))
    assert float(ops.mean(ops.full((70000,), 2.0, dtype="float16"))) == 2.0
    assert float(ops.cast(3e38, "bfloat16")) > 2.9e38


def test_gradients_round_as_well():
    x = ops.array(np.float32(1.0))
    with keras.GradientTape(persistent=True) as tape:
        tape.watch(x)
        small = ops.cast(ops.cast(x, "float16") * 1.0, "float32") * 1e-9
        large = ops.cast(ops.cast(x, "float16") * 1.0, "float32") * 1e9
    assert float(tape.gradient(small, x)) == 0.0
    assert np.isinf(float(tape.gradient(large, x)))


def test_promotion_of_tensors():
    one = ops.cast(1.0, "float16")
    assert (one + 1).dtype == (one + 1.5).dtype == (one + ops.array(3)).dtype == "float16"
    assert (one + ops.array(1.0)).dtype == "float32"
    assert (one + ops.cast(1.0, "bfloat16")).dtype == "float32"


def test_numpy_arrays():
    array = np.array([1.5, 2.5], "float16")
    assert ops.array(array).dtype == "float16"
    assert ops.array(array).numpy().dtype == np.float16
    assert np.asarray(ops.cast(array, "bfloat16")).tolist() == [1.5, 2.5]
    variable = keras.Variable(array)
    assert variable.dtype == "float16"
    variable.assign_add([1.0, 1e5])
    assert variable.numpy().tolist() == [2.5, np.inf]


# Policies.


@pytest.mark.parametrize(
    ("policy", "compute", "variable"),
    [
        ("mixed_float16", "float16", "float32"),
        ("mixed_bfloat16", "bfloat16", "float32"),
        ("float16", "float16", "float16"),
        ("float64", "float64", "float64"),
    ],
)
def test_policies(policy, compute, variable):
    keras.mixed_precision.set_global_policy(policy)
    assert keras.config.dtype_policy() == keras.DTypePolicy(policy) == keras.DTypePolicy()
    layer = keras.layers.Dense(2)
    assert (layer.compute_dtype, layer.variable_dtype, layer.dtype) == (compute, variable, variable)
    assert layer(np.ones((1, 2), "float32")).dtype == compute
    assert layer.kernel.dtype == variable
    again = keras.layers.Dense.from_config(layer.get_config())
    keras.config.set_dtype_policy("float32")
    assert again.dtype_policy.name == policy
    assert keras.layers.Dense(2).compute_dtype == "float32"
    assert keras.layers.Dense(2, dtype=policy).compute_dtype == compute


def test_a_policy_that_is_none():
    with pytest.raises(ValueError, match="Cannot convert 'mixed_float8' to a mixed precision DTypePolicy"):
        keras.mixed_precision.set_global_policy("mixed_float8")
    with pytest.raises(ValueError, match="Unknown `floatx`"):
        keras.config.set_floatx("float8")


def test_float64_stays_as_it_is():
    keras.config.set_floatx("float64")
    assert keras.config.dtype_policy().name == "float64"
    assert keras.layers.Dense(1)(np.ones((1, 2))).dtype == "float64"


def test_layers_of_both_kinds_in_one_model():
    keras.config.set_dtype_policy("mixed_bfloat16")
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(8, activation="relu")(inputs)
    outputs = keras.layers.Dense(1, dtype="float32")(hidden)
    assert (inputs.dtype, hidden.dtype, outputs.dtype) == ("float32", "bfloat16", "float32")
    model = keras.Model(inputs, [hidden, outputs])
    x = RNG.normal(size=(5, 4)).astype("float32")
    first, second = model.predict(x, verbose=0)
    assert second.dtype == np.float32
    np.testing.assert_array_equal(first.astype("float32"), nearest(first.astype("float32"), "bfloat16"))
    assert [each.dtype for each in model(x)] == [each.dtype for each in model(x)] == ["bfloat16", "float32"]


def test_autocast_of_variables_can_be_left_out():
    class Sums(keras.Layer):
        def build(self, input_shape):
            self.cast = self.add_weight(shape=(), initializer="ones")
            self.whole = self.add_weight(shape=(), initializer="ones", autocast=False)

        def call(self, x):
            self.seen = (self.cast.value.dtype, self.whole.value.dtype)
            return x * self.cast

    layer = Sums(dtype="mixed_float16")
    assert layer(np.ones(2, "float32")).dtype == "float16"
    assert layer.seen == ("float16", "float32")
    assert layer.cast.value.dtype == "float32"


def test_statistics_in_float32():
    x = (1000 + RNG.normal(size=(32, 3))).astype("float32")
    layer = keras.layers.BatchNormalization(dtype="mixed_float16", momentum=0.0)
    layer(x, training=True)
    rounded = nearest(x, "float16")
    np.testing.assert_allclose(layer.moving_mean.numpy(), rounded.mean(0), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), rounded.var(0), rtol=1e-3)


def test_loss_scaling():
    keras.config.set_dtype_policy("mixed_float16")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    x = np.ones((4, 2), "float32")
    before = model.get_weights()
    # So large an error that its scaled gradient is infinite: the step is left out, the scale halved.
    model.train_on_batch(x, np.full((4, 1), 30000.0))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert float(model.optimizer.dynamic_scale.numpy()) == 2.0**14
    model.train_on_batch(x, np.full((4, 1), 1.0))
    assert not np.array_equal(before[0], model.get_weights()[0])
    assert int(model.optimizer.iterations.numpy()) == 1
    model.compile(keras.optimizers.SGD(0.01), "mse", auto_scale_loss=False)
    assert type(model.optimizer) is keras.optimizers.SGD


def test_small_gradients_survive_by_scaling():
    """A gradient of 1e-9 is nothing in float16; scaled it is there, and is what is applied."""

    def trained(auto_scale_loss):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, dtype="mixed_float16")])
        model.layers[0].kernel.assign([[1.0]])
        model.compile(keras.optimizers.SGD(1e6), lambda y, p: p * 1e-9, auto_scale_loss=False)
        if auto_scale_loss:
            scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(1e6))
            model.compile(scaled, lambda y, p: p * 1e-9)
        model.train_on_batch(np.ones((1, 1), "float32"), np.ones((1, 1), "float32"))
        return float(model.layers[0].kernel.numpy()[0, 0])

    assert trained(False) == 1.0
    assert trained(True) == pytest.approx(1.0 - 1e-3, rel=1e-5)


def test_half_floatx():
    keras.config.set_floatx("float16")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = RNG.normal(size=(16, 4))
    losses = model.fit(x, x.sum(1, keepdims=True), epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert model.predict(x, verbose=0).dtype == np.float16
    assert model.weights[0].numpy().dtype == np.float16


def layer_cases():
    layers = keras.layers
    rows, steps, images = (4, 6), (4, 12, 6), (2, 8, 8, 3)
    made = {
        "dense": (lambda: layers.Dense(3), rows),
        "lstm": (lambda: layers.LSTM(4), steps),
        "cells": (lambda: layers.RNN(layers.LSTMCell(3)), steps),
        "bidirectional": (lambda: layers.Bidirectional(layers.GRU(3)), steps),
        "layer norm": (lambda: layers.LayerNormalization(), steps),
        "batch norm": (lambda: layers.BatchNormalization(), steps),
        "group norm": (lambda: layers.GroupNormalization(2), steps),
        "rms norm": (lambda: layers.RMSNormalization(), steps),
        "spectral norm": (lambda: layers.SpectralNormalization(layers.Dense(3)), rows),
        "dropout": (lambda: layers.Dropout(0.0), rows),
        "prelu": (lambda: layers.PReLU(), rows),
        "softmax": (lambda: layers.Softmax(), rows),
        "gelu": (lambda: layers.Activation("gelu"), rows),
        "conv1d": (lambda: layers.Conv1D(4, 3), steps),
        "conv2d": (lambda: layers.Conv2D(4, 3), images),
        "transposed": (lambda: layers.Conv2DTranspose(4, 3), images),
        "depthwise": (lambda: layers.DepthwiseConv2D(3), images),
        "max pooling": (lambda: layers.MaxPooling2D(2), images),
        "mean pooling": (lambda: layers.AveragePooling2D(2), images),
        "global pooling": (lambda: layers.GlobalAveragePooling1D(), steps),
    }
    return [pytest.param(make, shape, id=name) for name, (make, shape) in made.items()]


@pytest.mark.parametrize(("make", "shape"), layer_cases())
def test_layers_compute_in_the_half_type(make, shape, name):
    x = RNG.normal(size=shape).astype("float32")
    keras.config.set_dtype_policy(f"mixed_{name}")
    layer = make()
    model = keras.Sequential([keras.Input(shape[1:]), layer, keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    assert np.isfinite(model.fit(x, np.ones((len(x), 1)), verbose=0).history["loss"][0])
    keras.config.set_dtype_policy("float32")
    twin = make()
    twin.build((None, *shape[1:]))
    twin.set_weights(layer.get_weights())
    half_values, values = layer(x), twin(x)
    assert half_values.dtype == name
    assert values.dtype == "float32"
    scale = float(ops.max(ops.abs(values)))
    tolerance = 8 * scale * keras.dtypes.limits(name).eps
    np.testing.assert_allclose(ops.cast(half_values, "float32").numpy(), values.numpy(), atol=tolerance)


def test_a_float32_layer_keeps_its_precision_in_a_mixed_model():
    keras.config.set_dtype_policy("mixed_float16")
    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(1, use_bias=False, dtype="float32")(inputs))
    model.set_weights([np.array([[1 + 2**-20], [0.0]], "float32")])
    x = np.array([[1.0, 0.0]], "float32")
    assert model.layers[-1].compute_dtype == "float32"
    assert float(model.predict(x, verbose=0)[0, 0]) == float(model(x)[0, 0]) == 1 + 2**-20
