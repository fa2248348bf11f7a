"""TensorFlow's names for choices, loops, places, matrices and windows give what TensorFlow gives."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as tf

A = np.array([[1.0, 2.0], [3.0, 4.0]], "float32")
B = np.array([[2.0, 0.0], [1.0, 3.0]], "float32")
IMAGE = np.arange(32, dtype="float32").reshape(1, 4, 4, 2)


def power(x, y):
    return x**y


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (lambda: tf.cond(tf.constant(True), lambda: A, lambda: B), A),
        (lambda: tf.case([(tf.constant(False), lambda: 1), (tf.constant(True), lambda: 2)], lambda: 3), 2),
        (lambda: tf.case([(tf.constant(False), lambda: 1)], default=lambda: 3), 3),
        (lambda: tf.switch_case(tf.constant(1), [lambda: 10, lambda: 20, lambda: 30]), 20),
        (lambda: tf.switch_case(tf.constant(7), {0: lambda: 10, 1: lambda: 20}, default=lambda: -1), -1),
        (lambda: tf.while_loop(lambda i: i < 5, lambda i: (i + 2,), [tf.constant(0)])[0], 6),
        (lambda: tf.map_fn(lambda row: row * 2, A), 2 * A),
        (lambda: tf.vectorized_map(tf.reduce_sum, A), [3, 7]),
        (lambda: tf.scan(lambda a, x: a + x, tf.constant([1, 2, 3])), [1, 3, 6]),
        (lambda: tf.scan(lambda a, x: a + x, tf.constant([1, 2, 3]), reverse=True), [6, 5, 3]),
        (lambda: tf.scan(lambda a, x: a * x, tf.constant([1, 2, 3]), initializer=tf.constant(10)), [10, 20, 60]),
        (lambda: tf.numpy_function(np.cumsum, [A], tf.float32), [1, 3, 6, 10]),
        (lambda: tf.py_function(lambda x: x * 2, [A], tf.float32), 2 * A),
        (lambda: tf.boolean_mask(A, [[True, False], [False, True]]), [1, 4]),
        (lambda: tf.boolean_mask(A, [False, True], axis=1), [[2], [4]]),
        (lambda: tf.gather_nd(A, [[0, 1], [1, 0]]), [2, 3]),
        (lambda: tf.gather_nd(A, [[1], [0]]), A[::-1]),
        (lambda: tf.gather_nd(IMAGE, [[0, 1, 2]]), IMAGE[0, 1, 2][None]),
        (lambda: tf.scatter_nd([[1], [3], [1]], [9.0, 10.0, 1.0], [5]), [0, 10, 0, 10, 0]),
        (lambda: tf.tensor_scatter_nd_update(A, [[0, 0]], [9.0]), [[9, 2], [3, 4]]),
        (lambda: tf.tensor_scatter_nd_add(A, [[0, 0], [0, 0]], [9.0, 1.0]), [[11, 2], [3, 4]]),
        (lambda: tf.sequence_mask([1, 3], dtype="int32"), [[1, 0, 0], [1, 1, 1]]),
        (lambda: tf.sequence_mask([1], maxlen=2), [[True, False]]),
        (lambda: tf.slice(A, [0, 1], [-1, 1]), [[2], [4]]),
        (lambda: tf.meshgrid([1, 2], [3, 4])[1], [[3, 3], [4, 4]]),
        (lambda: tf.unique([3, 1, 3, 2])[0], [3, 1, 2]),
        (lambda: tf.unique([3, 1, 3, 2])[1], [0, 1, 0, 2]),
        (lambda: tf.searchsorted([1, 3, 5], [3, 4], side="right"), [2, 2]),
        (lambda: tf.saturate_cast([300.0, -1.0], "uint8"), [255, 0]),
        (lambda: tf.math.confusion_matrix([0, 1, 1], [0, 1, 0]), [[1, 0], [1, 1]]),
        (lambda: tf.math.confusion_matrix([0, 1], [0, 1], 3, weights=[2, 3]), [[2, 0, 0], [0, 3, 0], [0, 0, 0]]),
        (lambda: tf.math.bincount([1, 1, 3]), [0, 2, 0, 1]),
        (lambda: tf.math.bincount([1, 1], weights=[0.5, 1.0], minlength=3), [0, 1.5, 0]),
        (lambda: tf.math.argmax(A, axis=1), [1, 1]),
        (lambda: tf.math.squared_difference(A, B), (A - B) ** 2),
        (lambda: tf.math.multiply_no_nan(tf.constant([np.inf, 2.0]), tf.constant([0.0, 3.0])), [0, 6]),
        (lambda: tf.math.reduce_euclidean_norm(A, axis=0), np.linalg.norm(A, axis=0)),
        (lambda: tf.math.count_nonzero(B), 3),
        (lambda: tf.math.unsorted_segment_sum([1.0, 2.0, 3.0], [0, 2, 0], 3), [4, 0, 2]),
        (lambda: tf.math.top_k(A, 1)[1], [[1], [1]]),
        (lambda: tf.math.l2_normalize(A, axis=1), A / np.linalg.norm(A, axis=1, keepdims=True)),
        (lambda: tf.linalg.inv(A), np.linalg.inv(A)),
        (lambda: tf.linalg.det(A), np.linalg.det(A)),
        (lambda: tf.linalg.trace(np.stack([A, B])), [5, 5]),
        (lambda: tf.linalg.diag([[1.0, 2.0]]), [[[1, 0], [0, 2]]]),
        (lambda: tf.linalg.diag_part(A), [1, 4]),
        (lambda: tf.linalg.band_part(tf.ones((3, 3)), 0, -1), np.triu(np.ones((3, 3)))),
        (lambda: tf.linalg.band_part(tf.ones((3, 3)), 1, 0), np.tril(np.triu(np.ones((3, 3)), -1))),
        (lambda: tf.linalg.matrix_transpose(A), A.T),
        (lambda: tf.linalg.solve(A, B), np.linalg.solve(A, B)),
        (lambda: tf.linalg.svd(A, compute_uv=False), np.linalg.svd(A, compute_uv=False)),
        (lambda: power(*tf.nn.moments(A, axes=[0])), [2, 3]),
        (lambda: tf.nn.batch_normalization(A, 1.0, 3.0, 0.5, 2.0, 1.0), A - 1 + 0.5),
        (lambda: tf.nn.batch_normalization(A, 1.0, 3.0, None, None, 1.0), (A - 1) / 2),
        (lambda: tf.nn.embedding_lookup(A, [[1, 0]]), A[[[1, 0]]]),
        (lambda: tf.nn.embedding_lookup(A, [1], max_norm=1.0), [[0.6, 0.8]]),
        (lambda: tf.nn.in_top_k([0, 1], A, 1), [False, True]),
        (lambda: tf.nn.zero_fraction(B), 0.25),
        (lambda: tf.nn.compute_average_loss([1.0, 2.0], global_batch_size=4), 0.75),
        (lambda: tf.nn.compute_average_loss([1.0, 2.0], sample_weight=[1.0, 0.5]), 1.0),
        (
            lambda: tf.nn.weighted_cross_entropy_with_logits([1.0, 0.0], [0.5, 0.5], 3.0),
            [3 * np.log1p(np.exp(-0.5)), np.log1p(np.exp(0.5))],
        ),
        (lambda: tf.nn.max_pool2d(IMAGE, 2, 2, "VALID"), IMAGE.reshape(1, 2, 2, 2, 2, 2).max((2, 4))),
        (
            lambda: tf.nn.avg_pool2d(IMAGE, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"),
            IMAGE.reshape(1, 2, 2, 2, 2, 2).mean((2, 4)),
        ),
        (lambda: tf.nn.conv2d(IMAGE, np.ones((1, 1, 2, 1), "float32"), 1, "SAME"), IMAGE.sum(-1, keepdims=True)),
        (lambda: tf.nn.conv2d(IMAGE, np.ones((4, 4, 2, 1), "float32"), [1, 1, 1, 1], "VALID"), [[[[IMAGE.sum()]]]]),
    ],
)
def test_values(value, expected):
    np.testing.assert_allclose(np.asarray(value()), expected, rtol=1e-5, atol=1e-6)


def test_factors_of_matrices():
    s, u, v = tf.linalg.svd(A)
    np.testing.assert_allclose((u * s) @ np.asarray(v).T, A, rtol=1e-5)
    q, r = tf.linalg.qr(A)
    np.testing.assert_allclose(q @ r, A, rtol=1e-5)


def test_choices_in_a_compiled_function():
    @tf.function
    def f(x):
        return tf.cond(tf.reduce_sum(x) > 0, lambda: x, lambda: -x), tf.gather_nd(x, [[1, 0]])

    np.testing.assert_array_equal(f(-A)[0].numpy(), A)
    np.testing.assert_array_equal(f(A)[1].numpy(), [3.0])


def test_tensor_array():
    array = tf.TensorArray(tf.float32, size=2)
    array = array.write(1, [1.0, 2.0])
    assert array.stack().numpy().tolist() == [[0, 0], [1, 2]]
    assert array.read(1).numpy().tolist() == [1, 2]
    assert int(array.size()) == 2
    with pytest.raises(ValueError, match="2 places"):
        array.write(2, 1.0)
    with pytest.raises(ValueError, match="Nothing was written"):
        array.read(0)
    array = tf.TensorArray(tf.float32, 0, dynamic_size=True).unstack(A)
    assert array.concat().numpy().tolist() == [1, 2, 3, 4]

    @tf.function
    def returns(rewards):
        found, total = tf.TensorArray(tf.float32, size=3), tf.constant(0.0)
        for i in tf.range(3)[::-1]:
            total = rewards[int(i)] + 0.5 * total
            found = found.write(i, total)
        return found.stack()

    assert returns(tf.constant([1.0, 1.0, 1.0])).numpy().tolist() == [1.75, 1.5, 1.0]


def test_checks():
    assert tf.is_tensor(tf.constant(1))
    assert tf.is_tensor(tf.Variable(1))
    assert not tf.is_tensor(A)
    assert tf.ensure_shape(A, [None, 2]) is A
    with pytest.raises(ValueError, match=r"Expected: \(3, None\). Received: \(2, 2\)"):
        tf.ensure_shape(A, [3, None])
    with pytest.raises(ValueError, match="predicates or a default"):
        tf.case([])
    with tf.control_dependencies([tf.no_op(), tf.group(A)]):
        pass


def test_devices():
    assert tf.config.list_physical_devices("GPU") == []
    assert [device.device_type for device in tf.config.list_physical_devices()] == ["CPU"]
