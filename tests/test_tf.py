"""TensorFlow's names give what TensorFlow gives."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as tf

A = np.array([[1.0, 2.0], [3.0, 4.0]], "float32")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (lambda: tf.constant([1, 2]), [1, 2]),
        (lambda: tf.constant(3.0, shape=(2, 2)), [[3, 3], [3, 3]]),
        (lambda: tf.cast(A, tf.int32), A.astype("int32")),
        (lambda: tf.reduce_mean(A), 2.5),
        (lambda: tf.reduce_sum(A, axis=1, keepdims=True), [[3], [7]]),
        (lambda: tf.reduce_max(A, 0), [3, 4]),
        (lambda: tf.matmul(A, A, transpose_b=True), A @ A.T),
        (lambda: tf.nn.relu(tf.constant([-1.0, 2.0])), [0, 2]),
        (lambda: tf.nn.softmax(tf.zeros((1, 2))), [[0.5, 0.5]]),
        (lambda: tf.concat([A, A], axis=0), np.concatenate([A, A])),
        (lambda: tf.stack([A, A], axis=1), np.stack([A, A], 1)),
        (lambda: tf.split(A, [1, 1], axis=1)[1], A[:, 1:]),
        (lambda: tf.gather(A, [1, 0]), A[::-1]),
        (lambda: tf.one_hot([1], 3), [[0, 1, 0]]),
        (lambda: tf.one_hot([1], 3, on_value=5.0, off_value=1.0), [[1, 5, 1]]),
        (lambda: tf.argmax(A, axis=1), [1, 1]),
        (lambda: tf.range(2, 8, 2), [2, 4, 6]),
        (lambda: tf.range(3), [0, 1, 2]),
        (lambda: tf.reshape(A, [-1]), A.ravel()),
        (lambda: tf.transpose(A, perm=[1, 0]), A.T),
        (lambda: tf.expand_dims(A, 0), A[None]),
        (lambda: tf.pad(A, [[0, 0], [1, 0]]), np.pad(A, [[0, 0], [1, 0]])),
        (lambda: tf.clip_by_value(A, 2, 3), np.clip(A, 2, 3)),
        (lambda: tf.where(A > 2, A, tf.zeros_like(A)), np.where(A > 2, A, 0)),
        (lambda: tf.math.cumsum(A, axis=1, exclusive=True), [[0, 1], [0, 3]]),
        (lambda: tf.math.asin(tf.constant([0.5])), np.arcsin([0.5])),
        (lambda: tf.pow(A, 2), A**2),
        (lambda: tf.math.lgamma([5.0]), [np.log(24)]),
        (lambda: tf.math.digamma([1.0]), [-np.euler_gamma]),
        (lambda: tf.linalg.norm(A), np.linalg.norm(A)),
        (lambda: tf.linalg.matvec(A, [1.0, 1.0]), [3, 7]),
        (lambda: tf.nn.l2_normalize(A, axis=1), A / np.linalg.norm(A, axis=1, keepdims=True)),
        (lambda: tf.tensordot(A, A, axes=1), A @ A),
        (lambda: tf.einsum("ij->ji", A), A.T),
        (lambda: tf.add_n([A, A, A]), 3 * A),
        (lambda: tf.shape(tf.constant(A)), [2, 2]),
        (lambda: tf.size(A), 4),
        (lambda: tf.fill([2], 7), [7, 7]),
        (lambda: tf.sort([3, 1, 2], direction="DESCENDING"), [3, 2, 1]),
        (lambda: tf.eye(2, batch_shape=[1]), np.eye(2)[None]),
    ],
)
def test_values(value, expected):
    np.testing.assert_allclose(np.asarray(value()), expected, rtol=1e-6)


def test_crossentropies_of_logits():
    logits = np.array([[2.0, 1.0, 0.0]], "float32")
    row = -np.log(np.exp(logits) / np.exp(logits).sum())
    labels = np.array([[0.0, 1.0, 0.0]], "float32")
    losses = [
        tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits),
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1], logits=logits),
    ]
    for loss in losses:
        np.testing.assert_allclose(loss.numpy(), [row[0, 1]], rtol=1e-5)
    x = np.array([0.3, -2.0], "float32")
    expected = np.log1p(np.exp(-x * [1, -1]))
    np.testing.assert_allclose(
        tf.nn.sigmoid_cross_entropy_with_logits(labels=[1.0, 0.0], logits=x).numpy(), expected, rtol=1e-5
    )


def test_seeds_and_functions():
    tf.random.set_seed(1)
    first = tf.random.normal((3,)).numpy()
    tf.random.set_seed(1)
    np.testing.assert_array_equal(first, tf.random.normal((3,)).numpy())

    @tf.function
    def plain(x):
        return x + 1

    @tf.function(jit_compile=True)
    def optioned(x):
        return x + 1

    assert float(plain(tf.constant(1.0))) == float(optioned(tf.constant(1.0))) == 2.0


def test_dtypes_and_symbols():
    assert (tf.float32, tf.int64, tf.bool) == ("float32", "int64", "bool")
    assert tf.newaxis is None
    x = tf.keras.Input((3,))
    assert tf.reduce_mean(x, axis=1).shape == (None,)


def test_where_without_values_is_explained():
    with pytest.raises(ValueError, match=r"`tf\.where` needs `x` and `y`"):
        tf.where([True, False])
