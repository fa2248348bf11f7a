"""Layers of attention are Keras's: signatures, configs, weights, values, masks, scores and gradients."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn
from tests.parity import harness
from tests.parity.test_recurrent import compare

HEADS = {"num_heads": 2, "key_dim": 3}
GROUPS = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
PENALTIES = {"kernel_regularizer": "l2", "bias_regularizer": "l1", "activity_regularizer": "l2"}
CASES = [
    ("MultiHeadAttention", HEADS),
    ("MultiHeadAttention", {**HEADS, "value_dim": 5, "use_bias": False, "output_shape": 7, "dropout": 0.2}),
    ("MultiHeadAttention", {**HEADS, "output_shape": (2, 3), "attention_axes": (1,), "use_gate": True, **PENALTIES}),
    (
        "MultiHeadAttention",
        {**HEADS, "sliding_window": 2, "kernel_constraint": "unit_norm", "seed": 1},
    ),
    ("GroupQueryAttention", GROUPS),
    ("GroupQueryAttention", {**GROUPS, "num_key_value_heads": 1, "use_bias": False, "use_gate": True, "dropout": 0.2}),
    ("GroupQueryAttention", {**GROUPS, "sliding_window": 2, **PENALTIES}),
    ("Attention", {}),
    ("Attention", {"use_scale": True, "score_mode": "concat", "dropout": 0.2, "seed": 1}),
    ("AdditiveAttention", {}),
    ("AdditiveAttention", {"use_scale": False, "dropout": 0.2}),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (None, 7), "bias_axes": "d"}),
    (
        "EinsumDense",
        {"equation": "abc,cde->abde", "output_shape": (None, 2, 3), "bias_axes": "e"},
    ),
    ("EinsumDense", {"equation": "abc,bcd->abd", "output_shape": (4, 3), "bias_axes": "bd"}),
    ("EinsumDense", {"equation": "...x,xy->...y", "output_shape": 7, "bias_axes": "y", "activation": "tanh"}),
    ("EinsumDense", {"equation": "ab...,bc->ac...", "output_shape": 7, "bias_axes": "c"}),
    ("EinsumDense", {"equation": "abc,dc->abd", "output_shape": (None, 7), "kernel_regularizer": "l2"}),
    ("SpectralNormalization", {"layer": lambda package: package.layers.Dense(4), "power_iterations": 3}),
]
QUERY, VALUE = (2, 4, 6), (2, 5, 6)


def made(name, arguments):
    """The layer of both packages."""
    return [getattr(package.layers, name)(**harness._made(arguments, package)) for package in (keraburn, harness.keras)]


def inputs_of(name, package):
    query, value = package.Input(QUERY[1:]), package.Input(VALUE[1:])
    if name in ("EinsumDense", "SpectralNormalization"):
        return [query]
    return [[query, value]] if name in ("Attention", "AdditiveAttention") else [query, value]


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=lambda case: case if isinstance(case, str) else None)
def test_description(name, arguments):
    keraburn.utils.clear_session()
    harness.keras.utils.clear_session()
    harness.same_signature(getattr(keraburn.layers, name), getattr(harness.keras.layers, name))
    ours, theirs = made(name, arguments)
    outputs = [layer(*inputs_of(name, p)) for layer, p in ((ours, keraburn), (theirs, harness.keras))]
    assert outputs[0].shape == outputs[1].shape
    assert [(weight.path, weight.shape) for weight in ours.weights] == [
        (weight.path, tuple(weight.shape)) for weight in theirs.weights
    ]
    shapes = [(None, *QUERY[1:]), (None, *VALUE[1:])]
    shapes = shapes[:1] if len(inputs_of(name, keraburn)) == 1 and "Attention" not in name else shapes
    shapes = [shapes] if name in ("Attention", "AdditiveAttention") else shapes
    assert tuple(ours.compute_output_shape(*shapes)) == tuple(theirs.compute_output_shape(*shapes))
    assert ours.supports_masking == theirs.supports_masking
    harness.same_config(ours, theirs)


def plain(arguments):
    """Without what needs penalties compared, or has no values of its own."""
    return {key: value for key, value in arguments.items() if key not in PENALTIES}


def test_values():
    def build(package):
        query, value = package.Input(QUERY[1:]), package.Input(VALUE[1:])
        outputs = []
        for name, arguments in CASES[:-1]:
            layer = getattr(package.layers, name)(**harness._made(plain(arguments), package))
            if name == "EinsumDense":
                outputs.append(layer(query))
            elif name in ("Attention", "AdditiveAttention"):
                outputs.append(layer([query, value]))
                outputs.append(layer([query, value, package.ops.sin(value)], use_causal_mask=True))
            else:
                outputs.append(layer(query, value))
                outputs.append(layer(query, value, package.ops.sin(value), use_causal_mask=True))
        return package.Model([query, value], outputs)

    compare(build, QUERY, VALUE)


def test_scores():
    def build(package):
        query, value = package.Input(QUERY[1:]), package.Input(QUERY[1:])
        outputs = []
        for name, arguments in CASES[:11]:
            layer = getattr(package.layers, name)(**harness._made(plain(arguments), package))
            given = [[query, value]] if name in ("Attention", "AdditiveAttention") else [query, value]
            for causal in (False, True):
                outputs += layer(*given, return_attention_scores=True, use_causal_mask=causal)
        return package.Model([query, value], outputs)

    compare(build, QUERY, QUERY)


@pytest.mark.parametrize("axes", [None, (1,), (2,), (-2,), (1, 2)])
def test_axes_of_attention(axes):
    def build(package):
        query, value = package.Input((2, 4, 6)), package.Input((2, 4, 3))
        layer = package.layers.MultiHeadAttention(**HEADS, attention_axes=axes, value_dim=4)
        return package.Model([query, value], layer(query, value))

    ours, theirs = build(keraburn), build(harness.keras)
    rng = np.random.default_rng(0)
    theirs.set_weights([rng.normal(size=weight.shape) for weight in theirs.weights])
    ours.set_weights([np.asarray(weight) for weight in theirs.weights])
    x = [rng.normal(size=(3, 2, 4, size)).astype("float32") for size in (6, 3)]
    harness.assert_close(ours(x), theirs(x), f"axes={axes}")


def masked(package, shape, zeros):
    x = np.random.default_rng(len(zeros)).normal(size=shape).astype("float32")
    for row, step in zeros:
        x[row, step] = 0
    return package.layers.Masking()(x)


# Keras warns that the projections of grouped heads lose the mask.
@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize(("name", "arguments"), CASES[:11], ids=lambda case: case if isinstance(case, str) else None)
def test_masks(name, arguments):
    results = []
    ours, theirs = made(name, plain(arguments))
    for layer, package in ((ours, keraburn), (theirs, harness.keras)):
        for causal in (False, True):
            query = masked(package, QUERY, [(0, 1), (1, 3)])
            value = masked(package, VALUE, [(0, 0), (0, 1), (1, 4)])
            listed = name in ("Attention", "AdditiveAttention")
            given = [[query, value]] if listed else [query, value]
            if package is keraburn and not layer.built:
                layer(*given)
                values = [np.random.default_rng(1).normal(size=w.shape).astype("float32") for w in layer.weights]
                layer.set_weights(values)
            elif not layer.built:
                layer.build(*([[QUERY, VALUE]] if listed else [QUERY, VALUE]))
                layer.set_weights(values)
            more = {"use_causal_mask": causal}
            if not listed:
                more["attention_mask"] = np.random.default_rng(2).random((2, 4, 5)) > 0.3
            out = layer(*given, **more)
            results.append((np.asarray(out), getattr(out, "_keras_mask", None)))
    for mine, expected in zip(results[:2], results[2:], strict=True):
        harness.assert_close(mine[0], expected[0], name)
        assert (mine[1] is None) == (expected[1] is None)
        if mine[1] is not None:
            np.testing.assert_array_equal(np.asarray(mine[1]), np.asarray(expected[1]))


def test_dot_product_attention():
    ours, theirs = keraburn.ops.dot_product_attention, harness.keras.ops.dot_product_attention
    harness.same_signature(ours, theirs)
    rng = np.random.default_rng(0)
    for shared in (4, 2, 1):
        query = rng.normal(size=(2, 3, 4, 5)).astype("float32")
        key, value = (rng.normal(size=(2, 6, shared, 5)).astype("float32") for _ in range(2))
        mask = rng.random((2, 1, 3, 6)) > 0.4
        mask[0, 0, 1] = False
        bias = rng.normal(size=(1, 4, 3, 6)).astype("float32")
        for options in ({}, {"is_causal": True, "scale": 0.3}, {"mask": mask}, {"bias": bias, "mask": mask}):
            harness.assert_close(
                ours(query, key, value, **options), theirs(query, key, value, **options), f"{shared} {list(options)}"
            )


def test_spectral_normalization():
    ours, theirs = made(*CASES[-1])
    x = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")
    ours(x), theirs(x)
    harness._same_weights(ours, theirs)
    for training in (False, True, True):
        harness.assert_close(ours(x, training=training), theirs(x, training=training), f"training={training}")
    for mine, expected in zip(ours.weights, theirs.weights, strict=True):
        harness.assert_close(mine.numpy(), expected, mine.path)
    for layer in (ours, theirs):
        layer.kernel.assign(np.zeros((5, 4), "float32"))
    harness.assert_close(ours(x, training=True), theirs(x, training=True), "a kernel of zeros")


def test_penalties():
    x = np.random.default_rng(0).normal(size=QUERY).astype("float32")
    for name, arguments in (CASES[0], CASES[4], CASES[11]):
        ours, theirs = made(name, {**arguments, **PENALTIES})
        inputs = (x,) if name == "EinsumDense" else (x, x)
        ours(*inputs), theirs(*inputs)
        harness._same_weights(ours, theirs)
        ours(*inputs), theirs(*inputs)
        harness.assert_close([float(each) for each in ours.losses], [float(each) for each in theirs.losses], name)
