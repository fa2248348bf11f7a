"""`keras.ops`, `keras.activations` and `keras.random` beside Keras: signatures, values, dtypes, gradients at kinks."""

from __future__ import annotations

import inspect
import itertools
import warnings
from typing import Any

import numpy as np
import pytest

from keraburn import activations, ops, random, trace, tree
from keraburn.dtypes import DTYPES, result_type
from tests.ops.test_coverage import public_functions, tables
from tests.parity.harness import keras, same_signature

# Keras reads 64-bit types as 32-bit ones on JAX.
NARROW = {"float64": "float32", "int64": "int32", "uint32": "int32"}
LINES = [
    pytest.param(line, id=f"{file}-{line}-{i}") for file, lines in tables().items() for i, line in enumerate(lines)
]
# Where JAX itself differs from numpy and from the other backends, or has other limits.
APART = {
    "empty": "any values",
    "empty_like": "any values",
    "argpartition": "another order of the rest is right too",
    "nanargmax": "indices of rows of NaN",
    "ldexp": "promotes to 32 bits",
    "round": "rounds integers by tens in another way",
    "i0": "less exact",
    "histogram": "counts as integers in numpy, floats in JAX",
}


@pytest.mark.parametrize("name", sorted(public_functions()))
def test_signatures(name):
    same_signature(getattr(ops, name), getattr(keras.ops, name))


def test_signatures_of_activations_and_random():
    for ours, theirs in ((activations, keras.activations), (random, keras.random)):
        names = [name for name in dir(theirs) if not name.startswith("_") and inspect.isfunction(getattr(theirs, name))]
        assert len(names) > 8
        for name in names:
            same_signature(getattr(ours, name), getattr(theirs, name))


def test_promotion_of_all_pairs():
    from keras.src.backend.common.dtypes import _least_upper_bound, _respect_weak_type

    def weak(kind: Any) -> str:
        return _respect_weak_type({int: "int32", float: "float32"}[kind], True) if kind in (int, float) else kind

    resolved = {"int": "int32", "float": "float32"}
    for first, second in itertools.product([*DTYPES, int, float], repeat=2):
        # Keras's lattice itself, before 64-bit types are narrowed.
        expected = _least_upper_bound(weak(first), weak(second))
        assert result_type(first, second) == resolved.get(expected, expected), (first, second)


def plain(leaf: Any) -> np.ndarray:
    return np.asarray(leaf)


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES)
def test_values_and_types(line):
    name = line.name
    if not hasattr(keras.ops, name):
        pytest.skip("only TensorFlow has it")
    if name in APART:
        pytest.skip(APART[name])
    inputs = [x.astype(np.float32) if isinstance(x, np.ndarray) and x.dtype == np.float64 else x for x in line.inputs]
    subscripts = [line.module.subscripts] if hasattr(line.module, "subscripts") else []
    ours = getattr(ops, name)(*subscripts, *inputs, **line.options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = getattr(keras.ops, name)(*subscripts, *inputs, **line.options)
    ours, theirs = tree.flatten(ours), tree.flatten(list(theirs) if isinstance(theirs, tuple) else theirs)
    assert len(ours) == len(theirs)
    for mine, original in zip(ours, theirs, strict=True):
        expected = plain(original)
        # JAX sums small integers as uint32, which is none of our types.
        assert NARROW.get(mine.dtype, mine.dtype) == NARROW.get(expected.dtype.name, expected.dtype.name)
        tolerance = {"rtol": max(2e-5, line.rtol), "atol": max(2e-6, line.atol)}
        np.testing.assert_allclose(mine.numpy(), expected, **tolerance)


OPERANDS = {
    "float32": np.array([1.0, 2.0], np.float32),
    "int32": np.array([1, 2], np.int32),
    "uint8": np.array([1, 2], np.uint8),
    "bool": np.array([True, True]),
    "a Python int": 2,
    "a Python float": 2.5,
}
BINARY = [
    *("add", "multiply", "divide", "true_divide", "maximum", "minimum", "power", "equal", "less", "logaddexp"),
    *("arctan2", "logical_and", "hypot", "matmul", "dot", "inner", "outer", "vdot", "divide_no_nan", "subtract"),
    *("floor_divide", "mod", "heaviside", "fmax", "where"),
]
UNARY = [
    *("abs", "all", "any", "arccos", "arcsinh", "argmax", "argsort", "cbrt", "ceil", "cos", "cumsum", "cumprod", "exp"),
    *("expm1", "floor", "isfinite", "isnan", "log", "log10", "log1p", "logical_not", "max", "mean", "median", "min"),
    *("negative", "ones_like", "prod", "reciprocal", "round", "sign", "sin", "sinc", "sort", "sqrt", "square", "std"),
    *("sum", "tanh", "trunc", "var", "nansum", "nanmean", "nanmax", "fabs", "deg2rad", "logsumexp", "diff", "norm"),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", BINARY)
def test_types_of_binary_functions(name):
    for first, second in itertools.product(OPERANDS, repeat=2):
        if (name == "subtract" and first == second == "bool") or (
            name in ("matmul", "inner", "vdot", "dot", "where") and ("Python" in first or "Python" in second)
        ):
            continue
        arguments = [OPERANDS[first], OPERANDS[second]]
        if name == "where":
            arguments.insert(0, np.array([True, False]))
        ours, theirs = getattr(ops, name)(*arguments), getattr(keras.ops, name)(*arguments)
        assert ours.dtype == keras.backend.standardize_dtype(theirs.dtype), (name, first, second)
        np.testing.assert_allclose(ours.numpy(), np.asarray(theirs), rtol=1e-5, err_msg=f"{name} {first} {second}")


@pytest.mark.slow
@pytest.mark.parametrize("name", UNARY)
def test_types_of_unary_functions(name):
    for kind in ("float32", "int32", "uint8", "bool"):
        if kind == "bool" and name in (
            "negative",
            "sign",
            "median",
            "sort",
            "argsort",
            "diff",
            "nanmean",
            "reciprocal",
            "round",
        ):
            continue
        x = OPERANDS[kind]
        ours, theirs = getattr(ops, name)(x), getattr(keras.ops, name)(x)
        expected = keras.backend.standardize_dtype(theirs.dtype)
        # JAX sums small integers as uint32, which is none of our types.
        assert ours.dtype == {"uint32": "int32"}.get(expected, expected), (name, kind)
        np.testing.assert_allclose(ours.numpy(), np.asarray(theirs), rtol=1e-5, atol=1e-6, err_msg=f"{name} {kind}")


KINKS = np.array([-6.0, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 3.0, 6.0, 40.0, -40.0], np.float32)
ACTIVATIONS = [
    *("celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu"),
    *("linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink"),
    *("softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh"),
    *("tanh_shrink", "hard_swish", "glu"),
]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_their_gradients_at_kinks(name):
    import jax
    import jax.numpy as jnp

    mine, original = getattr(activations, name), getattr(keras.activations, name)
    weights = np.cos(np.arange(KINKS.size if name != "glu" else KINKS.size // 2)).astype(np.float32)
    x = ops.convert_to_tensor(KINKS)

    def value_and_gradient(x: Any) -> Any:
        result = mine(x)
        return result, trace.gradients(ops.sum(result * weights), [x])[0]

    value, gradient = trace.Compiled(value_and_gradient, [x])(x)
    np.testing.assert_allclose(value.numpy(), np.asarray(original(KINKS)), rtol=1e-5, atol=2e-6)
    expected = jax.grad(lambda x: jnp.sum(original(x) * weights))(jnp.asarray(KINKS))
    np.testing.assert_allclose(gradient.numpy(), np.asarray(expected), rtol=1e-4, atol=1e-5)


SETTINGS = [
    {"negative_slope": 0.2},
    {"max_value": 2.0},
    {"max_value": 6},
    {"threshold": 0.7},
    {"negative_slope": 0.2, "max_value": 2.0},
    {"negative_slope": 0.2, "threshold": 0.7},
    {"negative_slope": 0.2, "max_value": 2.0, "threshold": 0.7},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=repr)
def test_relu_with_settings(settings):
    ours, theirs = activations.relu(KINKS, **settings), keras.activations.relu(KINKS, **settings)
    np.testing.assert_allclose(ours.numpy(), np.asarray(theirs), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("name", ["binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_crossentropies_of_extreme_predictions(name, from_logits):
    import jax
    import jax.numpy as jnp

    output = np.array([[0.0, 1.0, 0.5], [1.0, 0.0, 0.0], [1e-9, 0.3, 0.7]], np.float32)
    if from_logits:
        output = np.array([[100.0, -100.0, 0.0], [-3.0, 0.0, 20.0], [0.0, 0.0, 0.0]], np.float32)
    target: Any = np.array([0, 2, 1], np.int32)
    if name != "sparse_categorical_crossentropy":
        target = np.eye(3, dtype=np.float32)[target]
    mine, original = getattr(ops, name), getattr(keras.ops, name)
    x = ops.convert_to_tensor(output)

    def value_and_gradient(x: Any) -> Any:
        result = mine(target, x, from_logits=from_logits)
        return result, trace.gradients(ops.sum(result), [x])[0]

    value, gradient = trace.Compiled(value_and_gradient, [x])(x)
    np.testing.assert_allclose(
        value.numpy(), np.asarray(original(target, output, from_logits=from_logits)), rtol=1e-5, atol=1e-6
    )
    expected = jax.grad(lambda x: jnp.sum(original(target, x, from_logits=from_logits)))(jnp.asarray(output))
    np.testing.assert_allclose(gradient.numpy(), np.asarray(expected), rtol=1e-4, atol=1e-5)
