"""Attention and what it is made of."""

from __future__ import annotations

import math

import numpy as np
import pytest

import keraburn as keras
import keraburn.tf
from keraburn.ops import attention
from tests.checks_layers import check_layer


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def test_attention():
    check_layer(
        keras.layers.Attention,
        {"use_scale": True},
        [(2, 3, 2), (2, 4, 2)],
        output_shape=(2, 3, 2),
        reference=lambda x, weights: softmax(x[0] @ x[1].swapaxes(1, 2) * weights[0]) @ x[1],
        weights=1,
    )
    check_layer(keras.layers.Attention, {"score_mode": "concat"}, [(2, 3, 2), (2, 4, 2), (2, 4, 2)], weights=1)
    check_layer(keras.layers.AdditiveAttention, {}, [(2, 3, 2), (2, 4, 2)], weights=1)


def test_einsum_dense():
    check_layer(
        keras.layers.EinsumDense,
        {"equation": "abc,cde->abde", "output_shape": (3, 2, 3), "bias_axes": "de", "activation": "tanh"},
        (2, 3, 4),
        output_shape=(2, 3, 2, 3),
        reference=lambda x, weights: np.tanh(np.einsum("abc,cde->abde", x, weights[0]) + weights[1]),
        weights=2,
    )
    check_layer(
        keras.layers.EinsumDense,
        {"equation": "ab...,bc->ac...", "output_shape": 3, "bias_axes": "c"},
        (2, 4, 3),
        reference=lambda x, weights: np.einsum("abd,bc->acd", x, weights[0]) + weights[1],
        weights=2,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("abc->ab", 3), "Invalid einsum equation 'abc->ab'"),
        (("ab,bc->ad", 3), "Dimension 'd' was specified in the output 'ad'"),
        (("ab,bcd->ac", 3), "Weight dimension 'd' did not have a match"),
        (("abc,cd->abd", (7, 4)), "do not match at shared dimension 'b'"),
        (("abcd,de->abce", 3), "names 4 axes of the inputs"),
        (("abc,cd->abd", 4), "names 3 axes of the outputs"),
    ],
)
def test_equations_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        keras.layers.EinsumDense(*arguments)(np.zeros((2, 3, 4)))
    with pytest.raises(ValueError, match="Bias dimension 'c' was requested"):
        keras.layers.EinsumDense("abc,cd->abd", (None, 2), bias_axes="c")(np.zeros((2, 3, 4)))


HEADS = [
    (keras.layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3}),
    (keras.layers.GroupQueryAttention, {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}),
]


@pytest.mark.parametrize(("cls", "arguments"), HEADS)
def test_heads_in_a_model(cls, arguments):
    query, value = keras.Input((None, 6)), keras.Input((5, 6))
    outputs, scores = cls(**arguments, dropout=0.1)(query, value, return_attention_scores=True)
    heads = arguments.get("num_heads", 4)
    assert (outputs.shape, scores.shape) == ((None, None, 6), (None, heads, None, 5))
    model = keras.Model([query, value], keras.layers.GlobalAveragePooling1D()(outputs))
    model.compile(keras.optimizers.Adam(0.02), "mse")
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(8, length, 6)).astype("float32") for length in (4, 5)]
    history = model.fit(x, rng.normal(size=(8, 6)).astype("float32"), epochs=30, verbose=0).history["loss"]
    assert history[-1] < 0.7 * history[0]
    again = keras.Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize(("cls", "arguments"), HEADS)
def test_scores_change_nothing(cls, arguments):
    layer = cls(**arguments)
    x = np.random.default_rng(0).normal(size=(2, 4, 6)).astype("float32")
    outputs, scores = layer(x, x, return_attention_scores=True, use_causal_mask=True)
    np.testing.assert_allclose(layer(x, x, use_causal_mask=True).numpy(), outputs.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(scores.numpy().sum(-1), 1, rtol=1e-5)
    assert not np.triu(scores.numpy(), 1).any()


def test_masks_come_along():
    embedding = keras.layers.Embedding(5, 4, mask_zero=True)
    layer = keras.layers.MultiHeadAttention(2, 3)
    x = embedding(np.array([[1, 2, 0]]))
    outputs, scores = layer(x, x, return_attention_scores=True)
    np.testing.assert_array_equal(scores.numpy()[0, :, :2, 2], 0)
    np.testing.assert_array_equal(outputs._keras_mask.numpy(), [[True, True, False]])
    assert x._keras_mask is not None


def test_a_subclass_says_how_to_attend():
    class Mean(keras.layers.MultiHeadAttention):
        def _compute_attention(self, query, key, value, attention_mask=None, training=None, return_attention_scores=0):
            return keras.ops.ones_like(query) * keras.ops.mean(value, axis=1, keepdims=True), None

    layer = Mean(2, 3)
    outputs = layer(np.random.default_rng(0).normal(size=(2, 4, 6)), np.ones((2, 5, 6))).numpy()
    np.testing.assert_allclose(outputs, outputs[:, :1].repeat(4, axis=1), rtol=1e-6)


@pytest.mark.parametrize(
    ("cls", "arguments", "message"),
    [
        (keras.layers.MultiHeadAttention, {"num_heads": 0, "key_dim": 3}, "`num_heads`.*Received: num_heads=0"),
        (keras.layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 1.5}, "`key_dim`.*Received: key_dim=1.5"),
        (keras.layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "value_dim": 0}, "Received: value_dim=0"),
        (keras.layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "attention_axes": "1"}, "attention_axes=1"),
        (keras.layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "output_shape": "4"}, "output_shape=4"),
        (keras.layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "sliding_window": 0}, "sliding_window=0"),
        (
            keras.layers.MultiHeadAttention,
            {"num_heads": 2, "key_dim": 3, "dropout": 0.1, "flash_attention": True},
            "Dropout is not supported when flash attention",
        ),
        (
            keras.layers.GroupQueryAttention,
            {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 3},
            "must be divisible by `num_key_value_heads`",
        ),
        (keras.layers.Attention, {"score_mode": "product"}, "Received: score_mode=product"),
    ],
)
def test_mistakes(cls, arguments, message):
    with pytest.raises(ValueError, match=message):
        cls(**arguments)


def test_mistaken_inputs():
    x = np.zeros((2, 3, 4))
    with pytest.raises(ValueError, match="must be called on a list of inputs"):
        keras.layers.Attention()(x)
    with pytest.raises(ValueError, match="Received length: 1"):
        keras.layers.Attention()([x])
    with pytest.raises(ValueError, match="except the last one, must be equal"):
        keras.layers.MultiHeadAttention(2, 3)(x, x, np.zeros((2, 5, 4)))
    with pytest.raises(ValueError, match="only supports 4D inputs"):
        keras.ops.dot_product_attention(x, x, x)
    with pytest.raises(ValueError, match="heads of `query` must be a multiple"):
        keras.ops.dot_product_attention(np.zeros((1, 2, 4, 3)), np.zeros((1, 2, 3, 3)), np.zeros((1, 2, 3, 3)))


def test_spectral_normalization():
    layer = keras.layers.SpectralNormalization(keras.layers.Dense(3), power_iterations=20)
    x = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    layer(x, training=True)
    assert np.linalg.norm(layer.kernel.numpy(), 2) == pytest.approx(1, rel=1e-3)
    symbol = layer(keras.Input((5,)))
    assert symbol.shape == (None, 3)
    model = keras.Sequential([layer])
    model.compile("sgd", "mse")
    model.fit(x, np.ones((4, 3), "float32"), epochs=3, verbose=0)
    assert np.linalg.norm(layer.kernel.numpy(), 2) < 2
    with pytest.raises(ValueError, match="power_iterations=0"):
        keras.layers.SpectralNormalization(keras.layers.Dense(3), 0)
    with pytest.raises(ValueError, match="no attribute 'kernel' nor 'embeddings'"):
        keras.layers.SpectralNormalization(keras.layers.Flatten())(x)


QUERY, VALUE = np.ones((2, 5, 8), "float32"), np.ones((2, 7, 8), "float32")
WRONG = np.ones((2, 9), bool)
HEADS = keras.layers.MultiHeadAttention
MISTAKES = [
    (lambda: keras.layers.Attention()([QUERY, VALUE], mask=[None, WRONG]), r"value_mask.*\(2, 7\).*\(2, 9\)"),
    (lambda: keras.layers.AdditiveAttention()([QUERY, VALUE], mask=[WRONG, None]), r"query_mask.*\(2, 5\)"),
    (lambda: HEADS(2, 3)(QUERY, VALUE, value_mask=WRONG), r"value_mask.*\(2, 7\).*\(2, 9\)"),
    (lambda: HEADS(2, 3)(QUERY, VALUE, attention_mask=np.ones((2, 9, 9), bool)), r"attention_mask.*\(2, 5, 7\)"),
    (lambda: keras.layers.GroupQueryAttention(4, 4, 2)(QUERY, VALUE, query_mask=WRONG), r"query_mask.*\(2, 5\)"),
    (lambda: HEADS(2, 3)(QUERY[0], VALUE[0]), r"rank of 3.*query_shape=\(5, 8\)"),
    (lambda: HEADS(2, 3, attention_axes=(7,))(QUERY, VALUE), r"Received: attention_axes=\(7,\)"),
    (lambda: keras.layers.EinsumDense(3, 4), "Received: equation=3"),
    (lambda: keras.layers.PReLU(shared_axes=[9])(QUERY), r"Received: shared_axes=\[9\]"),
    (lambda: keras.layers.GlobalAveragePooling1D()(QUERY, mask=WRONG), r"\(2, 5\).*Received: mask.shape=\(2, 9\)"),
]


@pytest.mark.parametrize("number", range(len(MISTAKES)))
def test_masks_and_axes_that_do_not_fit(number):
    call, text = MISTAKES[number]
    with pytest.raises(ValueError, match=text):
        call()


def test_masks_with_sizes_of_one():
    layer = keras.layers.MultiHeadAttention(2, 3)
    mask = np.array([[True] * 3 + [False] * 4])
    outputs = layer(QUERY, VALUE * np.arange(7.0)[:, None], value_mask=mask)
    expected = layer(QUERY, VALUE * np.arange(7.0)[:, None], attention_mask=np.broadcast_to(mask, (2, 5, 7)))
    np.testing.assert_allclose(outputs, expected, rtol=1e-6)
    assert keras.layers.Attention().compute_mask([QUERY, VALUE], [np.ones((2, 5), bool), None]).shape == (2, 5)


def test_noise_shapes_broadcast():
    outputs = keras.layers.AlphaDropout(0.5, noise_shape=(8,), seed=1)(QUERY, training=True).numpy()
    np.testing.assert_array_equal(outputs, np.broadcast_to(outputs[:1, :1], outputs.shape))
    assert (outputs != outputs[0, 0, 0]).any()


def numbers_like(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("hidden", ["none", "last keys", "first keys", "keys and queries", "all keys"])
@pytest.mark.parametrize(("cls", "arguments"), [("MultiHeadAttention", (2, 4)), ("GroupQueryAttention", (4, 4, 2))])
def test_masks_of_long_sequences_stay_apart(cls, arguments, hidden, causal):
    """No value has the size of the scores; what comes out is as from the whole matrix of them."""
    length = 300
    layer = getattr(keras.layers, cls)(*arguments)
    x = keras.ops.convert_to_tensor(numbers_like(2, length, 8))
    steps = np.arange(length)
    seen = {
        "last keys": steps < [[200], [31]],
        "first keys": steps >= [[40], [290]],
        "keys and queries": (steps % 7 > 0) & (steps < [[150], [299]]),
        "all keys": steps < [[0], [300]],
    }.get(hidden)
    masks = {} if seen is None else {"value_mask": seen}
    if hidden == "keys and queries":
        masks["query_mask"] = ~seen
    sizes = []
    emit = attention.emit

    def spy(name, *inputs, **attributes):
        outputs = emit(name, *inputs, **attributes)
        sizes.extend(math.prod(each.shape) for each in (*inputs, outputs))
        return outputs

    layer(x, x)
    results = []
    for whole in (True, False):
        with keras.tf.GradientTape() as tape, pytest.MonkeyPatch.context() as patch:
            tape.watch(x)
            patch.setattr(attention, *(("emit", spy) if whole else ("LONG", math.inf)))
            outputs = layer(x, x, use_causal_mask=causal, **masks)
            target = keras.ops.sum(keras.ops.sin(outputs))
        results.append([outputs, *tape.gradient(target, [x, *layer.trainable_variables])])
    assert sizes
    assert max(sizes) < length * length
    for ours, composed in zip(*results, strict=True):
        # The sums are of six hundred rows; the gradient of the keys' bias is zero but for rounding.
        np.testing.assert_allclose(ours, composed, rtol=1e-3, atol=1e-4)
