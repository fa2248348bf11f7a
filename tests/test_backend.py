"""The functions of `tf.keras.backend` give what they give there."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as tf

K = tf.keras.backend
RNG = np.random.default_rng(0)
A = np.array([[1.0, -2.0], [3.0, 4.0]], "float32")
B = np.array([[0.5, 1.0], [2.0, -1.0]], "float32")
X3, Y3 = (RNG.normal(size=(2, 3, 4)).astype("float32") for _ in range(2))
IMAGE = np.arange(32, dtype="float32").reshape(1, 4, 4, 2)
LABELS = np.array([[1.0, 0.0], [0.0, 1.0]], "float32")
CHANCES = np.array([[0.8, 0.2], [0.3, 0.7]], "float32")


def value(x):
    return np.asarray(K.get_value(x))


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: K.mean(A, axis=0), [2, 1]),
        (lambda: K.sum(K.constant(A), axis=1, keepdims=True), [[-1], [7]]),
        (lambda: K.std(A), A.std()),
        (lambda: K.var(A, axis=-1), A.var(-1)),
        (lambda: K.any(K.greater(A, 3.5)), True),
        (lambda: K.pow(K.constant(A), 2), A**2),
        (lambda: K.clip(K.constant(A), -1.0, 2.0), A.clip(-1, 2)),
        (lambda: K.argmax(A), [0, 1]),
        (lambda: K.cumsum(A), A.cumsum(0)),
        (lambda: K.dot(K.constant(A), K.constant(B)), A @ B),
        (lambda: K.dot(K.constant(X3), K.constant(X3[0].T)), X3 @ X3[0].T),
        (lambda: K.batch_dot(K.constant(A), K.constant(B)), (A * B).sum(1, keepdims=True)),
        (lambda: K.batch_dot(K.constant(X3), K.constant(Y3), axes=(2, 2)), np.einsum("bij,bkj->bik", X3, Y3)),
        (lambda: K.batch_dot(K.constant(X3), K.constant(Y3), axes=1), np.einsum("bij,bik->bjk", X3, Y3)),
        (lambda: K.l2_normalize(K.constant(A), axis=1), A / np.linalg.norm(A, axis=1, keepdims=True)),
        (lambda: K.zeros((2, 1)), np.zeros((2, 1))),
        (lambda: K.eye(2), np.eye(2)),
        (lambda: K.constant(3.0, shape=(2,)), [3, 3]),
        (lambda: K.arange(1, 7, 2), [1, 3, 5]),
        (lambda: K.arange(3), [0, 1, 2]),
        (lambda: K.variable(A), A),
        (lambda: K.shape(A), [2, 2]),
        (lambda: K.concatenate([A, B], axis=0), np.concatenate([A, B])),
        (lambda: K.stack([A, B]), np.stack([A, B])),
        (lambda: K.expand_dims(A), A[..., None]),
        (lambda: K.permute_dimensions(K.constant(X3), (0, 2, 1)), X3.transpose(0, 2, 1)),
        (lambda: K.flatten(K.constant(A)), A.ravel()),
        (lambda: K.batch_flatten(K.constant(X3)), X3.reshape(2, -1)),
        (lambda: K.repeat(K.constant(A), 3), np.repeat(A[:, None], 3, axis=1)),
        (lambda: K.repeat_elements(K.constant(A), 2, axis=1), A.repeat(2, 1)),
        (lambda: K.reverse(A, 0), A[::-1]),
        (lambda: K.gather(K.constant(A), [1, 0]), A[::-1]),
        (lambda: K.temporal_padding(K.constant(X3), (1, 0)), np.pad(X3, ((0, 0), (1, 0), (0, 0)))),
        (lambda: K.spatial_2d_padding(K.constant(IMAGE)), np.pad(IMAGE, ((0, 0), (1, 1), (1, 1), (0, 0)))),
        (lambda: K.map_fn(lambda row: row * 2, A), 2 * A),
        (lambda: K.foldl(lambda a, b: 2 * a + b, np.array([1.0, 2.0, 3.0], "float32")), 11),
        (lambda: K.foldr(lambda a, b: 2 * a + b, np.array([1.0, 2.0, 3.0], "float32")), 17),
        (lambda: K.switch(K.constant(A) > 0, K.constant(A), K.constant(B)), np.where(A > 0, A, B)),
        (lambda: K.switch(K.equal(1, 1), lambda: K.constant(1.0), lambda: K.constant(2.0)), 1),
        (lambda: K.relu(K.constant(A), alpha=0.5, max_value=3.5), [[1, -1], [3, 3.5]]),
        (lambda: K.relu(K.constant(A), threshold=2.0), [[0, 0], [3, 4]]),
        (lambda: K.hard_sigmoid(K.constant(A)), [[0.7, 0.1], [1, 1]]),
        (lambda: K.softmax(K.constant(A)), np.exp(A) / np.exp(A).sum(1, keepdims=True)),
        (lambda: K.one_hot(np.array([1, 0]), 2), [[0, 1], [1, 0]]),
        (lambda: K.in_top_k(CHANCES, np.array([0, 0]), 1), [True, False]),
        (lambda: K.bias_add(K.constant(IMAGE), K.constant([1.0, 2.0])), IMAGE + np.array([1, 2])),
        (lambda: K.batch_normalization(K.constant(A), 1.0, 3.0, 0.5, 2.0, epsilon=1.0), A - 1 + 0.5),
        (lambda: K.categorical_crossentropy(K.constant(LABELS), K.constant(CHANCES)), -np.log([0.8, 0.7])),
        (lambda: K.binary_crossentropy(K.constant([1.0, 0.0]), K.constant([0.8, 0.3])), -np.log([0.8, 0.7])),
        (
            lambda: K.sparse_categorical_crossentropy(K.constant([0, 1], dtype="int32"), K.constant(CHANCES)),
            -np.log([0.8, 0.7]),
        ),
        (
            lambda: K.binary_focal_crossentropy(K.constant(LABELS), K.constant(CHANCES)),
            -np.array([[0.04, 0.04], [0.09, 0.09]]) * np.log([[0.8, 0.8], [0.7, 0.7]]),
        ),
        (
            lambda: K.categorical_focal_crossentropy(K.constant(LABELS), K.constant(CHANCES)),
            -0.25 * np.array([0.04, 0.09]) * np.log([0.8, 0.7]),
        ),
        (
            lambda: K.resize_volumes(K.constant(IMAGE[:, None]), 2, 1, 2, "channels_last"),
            IMAGE[:, None].repeat(2, 1).repeat(2, 3),
        ),
        (
            lambda: K.spatial_3d_padding(K.constant(IMAGE[:, None])),
            np.pad(IMAGE[:, None], [(0, 0), *[(1, 1)] * 3, (0, 0)]),
        ),
        (lambda: K.conv2d(K.constant(IMAGE), np.ones((4, 4, 2, 1), "float32")), [[[[IMAGE.sum()]]]]),
        (lambda: K.conv1d(K.constant(X3), np.ones((2, 4, 1), "float32"), padding="causal")[:, 0, 0], X3[:, 0].sum(-1)),
        (lambda: K.pool2d(K.constant(IMAGE), (2, 2), (2, 2)), IMAGE.reshape(1, 2, 2, 2, 2, 2).max((2, 4))),
        (
            lambda: K.pool2d(K.constant(IMAGE), (2, 2), (2, 2), pool_mode="avg"),
            IMAGE.reshape(1, 2, 2, 2, 2, 2).mean((2, 4)),
        ),
    ],
)
def test_values(make, expected):
    np.testing.assert_allclose(value(make()), expected, rtol=1e-5, atol=1e-6)


def test_variables():
    v = K.variable(A, name="v")
    K.set_value(v, B)
    K.update_add(v, K.ones_like(v))
    K.update_sub(v, 0.5)
    np.testing.assert_allclose(K.eval(v), B + 0.5)
    K.moving_average_update(v, np.zeros((2, 2), "float32"), 0.5)
    np.testing.assert_allclose(value(v), (B + 0.5) / 2)
    K.batch_set_value([(v, A)])
    np.testing.assert_array_equal(K.batch_get_value([v])[0], A)
    assert (K.int_shape(v), K.ndim(v), K.count_params(v), K.dtype(v)) == ((2, 2), 2, 4, "float32")
    assert not K.is_sparse(v)
    assert K.cast_to_floatx(np.arange(2)).dtype == np.float32


def test_random():
    assert value(K.random_uniform((1000,), 2.0, 3.0)).min() >= 2
    assert abs(value(K.random_normal((1000,), mean=5.0)).mean() - 5) < 0.2
    assert set(np.unique(value(K.random_bernoulli((100,), p=0.5)))) == {0.0, 1.0}
    assert K.random_uniform_variable((2, 3), 0, 1).shape == (2, 3)
    assert abs(value(K.truncated_normal((1000,)))).max() <= 2


def test_a_loss_and_a_layer_of_old_scripts():
    def loss(y_true, y_pred):
        return K.mean(K.square(y_pred - y_true), axis=-1) + K.epsilon() * K.sum(K.abs(y_pred))

    sampled = tf.keras.layers.Lambda(lambda x: x + 0.0 * K.random_normal(shape=(K.shape(x)[0], 2)))
    model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(2), sampled])
    model.compile("sgd", loss)
    history = model.fit(A, B, epochs=5, verbose=0).history["loss"]
    assert history[-1] < history[0]


def test_gradients_in_a_step_alone():
    x = K.constant(A)
    with pytest.raises(RuntimeError, match="use `GradientTape` elsewhere"):
        K.gradients(K.sum(x), x)
    found = tf.function(lambda x: K.gradients(K.sum(K.square(x)), [x])[0])(x)
    np.testing.assert_allclose(found.numpy(), 2 * A)
