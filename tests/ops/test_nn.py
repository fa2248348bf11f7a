import math

import numpy as np
import pytest

from keraburn import config, ops
from keraburn.ops.attention import attention_under
from tests.checks import Case, case, check_op, numbers, sigmoid

X = numbers(3, 4, low=-4.0, high=4.0)
WIDE = numbers(3, 4, low=-8.0, high=8.0)
CUBE = numbers(2, 3, 4)
LABELS = np.array([2, 0, 3], np.int32)
HARD = np.eye(4)[LABELS]
SOFT = np.exp(numbers(3, 4)) / np.exp(numbers(3, 4)).sum(-1, keepdims=True)
PROBABILITIES = numbers(3, 4, low=0.05, high=0.95)
EXTREME = np.array([[100.0, -100.0, 0.0]], np.float32)


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def clip(x):
    return np.clip(x, 1e-7, 1 - 1e-7)


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def gelu(x, approximate=True):
    if approximate:
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def sparsemax(x):
    rows = []
    for row in x.reshape(-1, x.shape[-1]):
        ordered = np.sort(row)[::-1]
        totals = np.cumsum(ordered)
        k = np.arange(1, row.size + 1)
        support = ordered > (totals - 1) / k
        rows.append(np.maximum(row - (totals[support].sum() - 1) / support.sum(), 0))
    return np.array(rows).reshape(x.shape)


def bce(t, o):
    return -t * np.log(clip(o)) - (1 - t) * np.log(1 - clip(o))


def cce(t, o, axis=-1):
    return -(t * np.log(clip(o / o.sum(axis, keepdims=True)))).sum(axis)


def attention(query, key, value, mask=True, causal=True):
    heads = [each.swapaxes(1, 2) for each in (query, key.repeat(2, 2), value.repeat(2, 2))]
    scores = heads[0] @ heads[1].swapaxes(2, 3) / math.sqrt(query.shape[-1])
    past = np.tril(np.ones(scores.shape[-2:])) > 0
    scores = np.where(mask & past if causal else mask, scores, -1e30)
    return (softmax(scores) @ heads[2]).swapaxes(1, 2)


def layer_norm(x, gamma, beta):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-3) * gamma + beta


CASES = [
    case("relu", X, reference=lambda x: np.maximum(x, 0)),
    case("relu", np.array([-1, 2], np.int32), reference=lambda x: np.maximum(x, 0), gradient=False),
    case("relu6", WIDE, reference=lambda x: np.clip(x, 0, 6)),
    case("leaky_relu", X, reference=lambda x: np.where(x > 0, x, 0.2 * x)),
    case("leaky_relu", X, reference=lambda x: np.where(x > 0, x, 0.5 * x), negative_slope=0.5),
    case("sigmoid", X, reference=sigmoid),
    case("log_sigmoid", X, reference=lambda x: np.log(sigmoid(x))),
    case("log_sigmoid", EXTREME, reference=lambda x: np.array([[0.0, -100.0, -math.log(2)]]), gradient=False),
    case("hard_sigmoid", WIDE, reference=lambda x: np.clip(x + 3, 0, 6) / 6),
    case("silu", X, reference=lambda x: x * sigmoid(x)),
    case("swish", X, reference=lambda x: x * sigmoid(x)),
    case("hard_silu", WIDE, reference=lambda x: x * np.clip(x + 3, 0, 6) / 6),
    case("hard_swish", WIDE, reference=lambda x: x * np.clip(x + 3, 0, 6) / 6),
    case("softplus", X, reference=lambda x: np.log1p(np.exp(x))),
    case("softplus", EXTREME, reference=lambda x: np.array([[100.0, 0.0, math.log(2)]]), gradient=False),
    case("softsign", X, reference=lambda x: x / (1 + abs(x))),
    case("tanh_shrink", X, reference=lambda x: x - np.tanh(x)),
    case("elu", X, reference=elu),
    case("elu", X, reference=lambda x: elu(x, 0.3), alpha=0.3),
    case("selu", X, reference=lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772)),
    case("celu", X, reference=lambda x: elu(x)),
    case("celu", X, reference=lambda x: np.where(x > 0, x, 2 * np.expm1(x / 2)), alpha=2.0),
    case("gelu", X, reference=gelu),
    case("gelu", X, reference=lambda x: gelu(x, False), approximate=False),
    case("glu", X, reference=lambda x: x[:, :2] * sigmoid(x[:, 2:])),
    case("glu", CUBE, reference=lambda x: x[:1] * sigmoid(x[1:]), axis=0),
    case("hard_tanh", X, reference=lambda x: np.clip(x, -1, 1)),
    case("hard_shrink", X, reference=lambda x: np.where(abs(x) > 0.5, x, 0)),
    case("soft_shrink", X, reference=lambda x: np.sign(x) * np.maximum(abs(x) - 0.5, 0)),
    case("threshold", X, 0.7, -1.0, reference=lambda x, t, d: np.where(x > t, x, d)),
    case("squareplus", X, reference=lambda x: (x + np.sqrt(x * x + 4)) / 2),
    case("sparse_plus", X, reference=lambda x: np.where(x <= -1, 0, np.where(x >= 1, x, (x + 1) ** 2 / 4))),
    case("sparse_sigmoid", X, reference=lambda x: 0.5 * np.clip(x + 1, 0, 2)),
    case("softmax", X, reference=softmax),
    case("softmax", CUBE, reference=lambda x: softmax(x, 1), axis=1),
    case("softmax", CUBE, reference=lambda x: softmax(x.reshape(2, 12)).reshape(2, 3, 4), axis=(1, 2)),
    case("softmax", EXTREME, reference=softmax, gradient=False),
    case("log_softmax", X, reference=lambda x: np.log(softmax(x))),
    case("log_softmax", CUBE, reference=lambda x: np.log(softmax(x, 0)), axis=0),
    case("sparsemax", X, reference=sparsemax),
    case(
        "dot_product_attention",
        numbers(2, 3, 4, 2),
        numbers(2, 3, 2, 2),
        numbers(2, 3, 2, 2),
        reference=attention,
        is_causal=True,
    ),
    case("one_hot", LABELS, 4, reference=lambda x, n: np.eye(n)[x], gradient=False),
    case("one_hot", np.array([[1, -1], [5, 0]]), 3, reference=lambda x, n: np.eye(7)[x][:, :, :3], gradient=False),
    case("one_hot", LABELS, 4, reference=lambda x, n: np.eye(n, dtype=bool)[x].T, axis=0, dtype="bool", gradient=False),
    case(
        "multi_hot",
        np.array([[0, 2], [1, 1]]),
        3,
        reference=lambda x, n: np.array([[1.0, 0, 1], [0, 1, 0]]),
        gradient=False,
    ),
    case("multi_hot", np.array([0, 3]), 4, reference=lambda x, n: np.array([1.0, 0, 0, 1]), gradient=False),
    case("binary_crossentropy", HARD, PROBABILITIES, reference=bce),
    case("binary_crossentropy", SOFT, PROBABILITIES, reference=bce),
    case("binary_crossentropy", SOFT, X, reference=lambda t, o: bce(t, sigmoid(o)), from_logits=True),
    case(
        "binary_crossentropy",
        HARD[0, 1:],
        EXTREME[0],
        reference=lambda t, o: np.array([100.0, 100.0, math.log(2)]),
        from_logits=True,
        gradient=False,
    ),
    case("categorical_crossentropy", HARD, PROBABILITIES, reference=cce),
    case("categorical_crossentropy", SOFT, PROBABILITIES, reference=lambda t, o: cce(t, o, 0), axis=0),
    case("categorical_crossentropy", SOFT, X, reference=lambda t, o: cce(t, softmax(o)), from_logits=True),
    case("sparse_categorical_crossentropy", LABELS, PROBABILITIES, reference=lambda t, o: cce(HARD, o)),
    case("sparse_categorical_crossentropy", LABELS[:, None], PROBABILITIES, reference=lambda t, o: cce(HARD, o)),
    case("sparse_categorical_crossentropy", LABELS, X, reference=lambda t, o: cce(HARD, softmax(o)), from_logits=True),
    case("normalize", X, reference=lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True)),
    case("normalize", X, reference=lambda x: x / abs(x).sum(0, keepdims=True), axis=0, order=1),
    case("normalize", CUBE, reference=lambda x: x / np.sqrt((x**2).sum((0, 2), keepdims=True)), axis=(0, 2)),
    case(
        "batch_normalization",
        X,
        numbers(4),
        numbers(4, low=0.5, high=2.0),
        1,
        numbers(4, seed=5),
        numbers(4, seed=6),
        reference=lambda x, m, v, a, o, s: (x - m) / np.sqrt(v + 1e-3) * s + o,
    ),
    case("layer_normalization", X, numbers(4), numbers(4, seed=1), reference=layer_norm, epsilon=1e-3),
    case("layer_normalization", X, reference=lambda x: layer_norm(x.T, 1, 0).T, axis=0, epsilon=1e-3),
    case(
        "rms_normalization",
        X,
        numbers(4),
        reference=lambda x, s: x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6) * s,
        epsilon=1e-6,
    ),
    case(
        "psnr",
        X,
        X + 0.5 + 0.1 * X,
        8.0,
        reference=lambda a, b, m: 20 * np.log10(m) - 10 * np.log10(((a - b) ** 2).mean()),
    ),
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, device):
    line.run()


def test_clipped_probabilities_as_keras_has_them():
    assert ops.categorical_crossentropy([[1.0, 0.0]], [[0.0, 1.0]]).numpy() == pytest.approx([16.118095])
    assert ops.sparse_categorical_crossentropy([0], [[0.0, 1.0]]).numpy() == pytest.approx([16.118095])
    assert ops.binary_crossentropy([1.0], [0.0]).numpy() == pytest.approx([-math.log(config.epsilon())])


def test_a_softmax_of_one_element_is_warned_of():
    with pytest.warns(UserWarning, match="sigmoid instead"):
        ops.softmax([[1.0], [2.0]])


@pytest.mark.parametrize("from_logits", [True, False])
def test_labels_outside_the_classes_are_refused(from_logits, device):
    for label in (4, -1):
        with pytest.raises(ValueError, match=rf"(?s)4 classes.*{label}"):
            ops.sparse_categorical_crossentropy([0, label, 1], PROBABILITIES, from_logits=from_logits).numpy()


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: ops.categorical_crossentropy(HARD, CUBE), ValueError, "same shape"),
        (lambda: ops.binary_crossentropy(HARD, X[:2]), ValueError, "same shape"),
        (lambda: ops.sparse_categorical_crossentropy(HARD, X), ValueError, "last dimension"),
        (lambda: ops.one_hot([0.5], 3), TypeError, "integers"),
        (lambda: ops.multi_hot([1]), ValueError, "num_classes"),
        (lambda: ops.glu(X[:, :3]), ValueError, "even"),
        (lambda: ops.softmax(X, axis=2), ValueError, "axis=2"),
        (lambda: ops.normalize(X, order=0), ValueError, "order=0"),
    ],
)
def test_errors_say_what_came(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


def test_a_gradient_of_extreme_logits_is_finite():
    from keraburn import trace

    for function in (ops.softmax, ops.log_softmax, ops.elu, ops.softplus, ops.log_sigmoid, ops.gelu):
        x = ops.convert_to_tensor(EXTREME)
        found = trace.Compiled(lambda x, f=function: trace.gradients(ops.sum(f(x) ** 2), [x]), [x])(x)
        assert np.isfinite(found[0].numpy()).all(), function


def test_softmax_over_all_axes_of_a_vector():
    check_op(ops.softmax, numbers(5), reference=softmax)


def test_classes_in_another_axis():
    labels = np.array([[0, 1, 2, 0], [2, 1, 0, 0]], np.int32)
    hot = np.moveaxis(np.eye(3)[labels], 2, 1)
    check_op(
        lambda o: ops.sparse_categorical_crossentropy(labels, o, from_logits=True, axis=1),
        CUBE,
        reference=lambda o: cce(hot, softmax(o, 1), 1),
    )


# One flag for each query and key, for keys alone, and one for a query that sees nothing.
@pytest.mark.parametrize(
    "mask", [None, np.arange(49).reshape(7, 7) % 3 > 0, np.arange(7) % 4 > 0, np.eye(7)[:, :1] < 1]
)
def test_attention_block_by_block(mask):
    check_op(
        lambda q, k, v: ops.dot_product_attention(q, k, v, mask=mask, is_causal=True, flash_attention=True),
        numbers(2, 7, 4, 2),
        numbers(2, 7, 2, 2),
        numbers(2, 7, 2, 3),
        reference=lambda q, k, v: attention(q, k, v, True if mask is None else mask),
        oracle=False,
        twice=False,
    )


@pytest.mark.parametrize("causal", [False, True])
def test_attention_under_several_masks(causal):
    keys, queries = np.arange(150) % 5 > 0, np.arange(140)[:, None] % 9 > 0
    keys[:3] = False
    check_op(
        lambda q, k, v: attention_under(q, k, v, [keys, queries], is_causal=causal),
        numbers(1, 140, 2, 2),
        numbers(1, 150, 1, 2),
        numbers(1, 150, 1, 3),
        reference=lambda q, k, v: attention(q, k, v, keys & queries, causal),
        oracle=False,
        twice=False,
    )


def test_long_attention_equals_short():
    query, key, value = (numbers(1, 300, 2, 4, seed=seed).astype(np.float32) for seed in range(3))
    flags = numbers(1, 1, 300, 300) > -1
    for options in ({}, {"is_causal": True}, {"mask": flags}):
        long, short = (
            ops.dot_product_attention(query, key, value, flash_attention=flash, **options).numpy()
            for flash in (None, False)
        )
        np.testing.assert_allclose(long, short, rtol=1e-4, atol=1e-5)


def test_attention_refuses_a_bias_block_by_block():
    x = numbers(1, 2, 1, 2)
    with pytest.raises(ValueError, match="does not support `bias`"):
        ops.dot_product_attention(x, x, x, bias=np.zeros((1, 1, 2, 2)), flash_attention=True)
