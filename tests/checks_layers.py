"""One helper that holds everything a layer must do."""

from __future__ import annotations

import json

import numpy as np

import keraburn as keras
from keraburn import trace

STEP = 1e-6


def inputs_of(shape, dtype="float32", seed=0):
    """Random numbers of a shape, or a list of them for a list of shapes."""
    if isinstance(shape, list):
        return [inputs_of(each, dtype, seed + i) for i, each in enumerate(shape)]
    rng = np.random.default_rng(seed)
    if dtype == "int32":
        return rng.integers(0, 5, shape).astype(dtype)
    return rng.normal(size=shape).astype(dtype)


def without_batch(shape):
    return [(None, *each[1:]) for each in shape] if isinstance(shape, list) else (None, *shape[1:])


def check_layer(
    cls,
    init_kwargs,
    input_shape,
    *,
    input_dtype="float32",
    output_shape=None,
    reference=None,
    training=None,
    gradients=True,
    weights=0,
    trains=True,
    tolerance=1e-5,
):
    """Build, shapes, dtype, config, values, gradients and a training step of a layer.

    Args:
        cls: class of the layer.
        init_kwargs: its arguments.
        input_shape: shape of an input with the batch size; a list of shapes for several inputs.
        input_dtype: "float32" or "int32".
        output_shape: expected shape of the outputs.
        reference: a function of `(inputs, weights)` in numpy that gives the outputs.
        training: passed to the call if not None.
        gradients: whether to compare gradients with finite differences.
        weights: how many weights it has.
        trains: whether a model with it is trained for a step.
        tolerance: largest difference from the reference.
    """
    extra = {} if training is None else {"training": training}
    x = inputs_of(input_shape, input_dtype)
    layer = cls(**init_kwargs)
    y = layer(x, **extra)
    assert layer.built
    assert len(layer.weights) == weights
    assert tuple(y.shape) == tuple(output_shape or y.shape)
    if input_dtype != "int32":
        assert y.dtype == layer.compute_dtype
    _check_symbols(cls(**init_kwargs), input_shape, input_dtype, y)
    _check_config(layer)
    if reference is not None:
        np.testing.assert_allclose(y.numpy(), reference(x, layer.get_weights()), rtol=tolerance, atol=tolerance)
    if gradients:
        _check_gradients(cls, init_kwargs, input_shape, extra)
    if trains:
        _check_training(cls(**init_kwargs), x)
    return layer


def _symbols(shape, dtype):
    if isinstance(shape, list):
        return [keras.Input(each[1:], dtype=dtype) for each in shape]
    return keras.Input(shape[1:], dtype=dtype)


def _check_symbols(layer, input_shape, input_dtype, y):
    symbol = layer(_symbols(input_shape, input_dtype))
    assert symbol.dtype == y.dtype
    assert symbol.shape[1:] == y.shape[1:]
    assert symbol.shape[0] is None
    assert tuple(layer.compute_output_shape(without_batch(input_shape))) == symbol.shape


def _check_config(layer):
    config = layer.get_config()
    json.dumps(keras.saving.serialize_keras_object(config))
    again = type(layer).from_config(config)
    assert again.get_config() == config
    restored = keras.layers.deserialize(keras.layers.serialize(layer))
    assert restored.get_config() == config
    assert len(restored.weights) == len(layer.weights)


def gradients_of(layer, x, seed, **extra):
    """The gradients of `sum(layer(x) * seed)` by the inputs (a list) and by the trainable weights."""
    single = not isinstance(x, list)

    def function(*inputs):
        y = layer(inputs[0] if single else list(inputs), **extra)
        sources = [*inputs, *(weight.value for weight in layer.trainable_weights)]
        found = trace.gradients(keras.ops.sum(y * seed), sources)
        return [keras.ops.zeros(s.shape, s.dtype) if g is None else g for g, s in zip(found, sources, strict=True)]

    arrays = [x] if single else x
    tensors = [keras.ops.convert_to_tensor(array, dtype=array.dtype.name) for array in arrays]
    return [found.numpy() for found in trace.Compiled(function, tensors)(*tensors)]


def _check_gradients(cls, init_kwargs, input_shape, extra):
    """Against central differences, in double precision."""
    layer = cls(**{**init_kwargs, "dtype": "float64"})
    x = inputs_of(input_shape, "float64", seed=7)
    y = layer(x, **extra)
    rng = np.random.default_rng(1)
    layer.set_weights([weight + 0.1 * rng.normal(size=weight.shape) for weight in layer.get_weights()])
    seed = rng.normal(size=y.shape)
    state = layer.get_weights()

    def value(arrays, weights):
        layer.set_weights(weights)
        result = float(np.sum(layer(arrays if isinstance(x, list) else arrays[0], **extra).numpy() * seed))
        layer.set_weights(state)
        return result

    arrays = x if isinstance(x, list) else [x]
    trainable = [i for i, weight in enumerate(layer.weights) if weight.trainable]
    found = gradients_of(layer, x, seed, **extra)
    layer.set_weights(state)
    places = [("input", i) for i in range(len(arrays))] + [("weight", i) for i in trainable]
    for gradient, (kind, index) in zip(found, places, strict=True):
        for position in np.ndindex(*gradient.shape):
            shifted = []
            for sign in (STEP, -STEP):
                inputs = [array.copy() for array in arrays]
                values = [array.copy() for array in state]
                (inputs if kind == "input" else values)[index][position] += sign
                shifted.append(value(inputs, values))
            slope = (shifted[0] - shifted[1]) / (2 * STEP)
            np.testing.assert_allclose(gradient[position], slope, rtol=1e-5, atol=1e-6, err_msg=f"{kind} {index}")


def _check_training(layer, x):
    symbols = _symbols([array.shape for array in x] if isinstance(x, list) else x.shape, None)
    outputs = keras.layers.Dense(1)(keras.layers.Flatten()(layer(symbols)))
    model = keras.Model(symbols, outputs)
    model.compile("sgd", "mse")
    before = model.get_weights()
    rows = len(x[0] if isinstance(x, list) else x)
    loss = model.train_on_batch(x, np.ones((rows, 1), "float32"))
    assert np.isfinite(loss)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    changed = [np.any(a != b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert any(changed)
