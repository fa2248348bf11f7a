"""Gradients of tapes are those of JAX through Keras, of first and second order, for models of every kind."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn
from keraburn.trace import Compiled
from tests.parity import harness

keras = harness.keras
RNG = np.random.default_rng(0)


def dense(package):
    layers = package.layers
    return package.Sequential(
        [
            package.Input((5,)),
            layers.Dense(7, activation="gelu", kernel_regularizer="l2"),
            layers.LayerNormalization(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def normalized(package):
    layers = package.layers
    return package.Sequential([package.Input((5,)), layers.BatchNormalization(), layers.Dense(3, activation="softmax")])


def recurrent(package):
    layers = package.layers
    return package.Sequential(
        [
            package.Input((6,), dtype="int32"),
            layers.Embedding(9, 4, mask_zero=True),
            layers.LSTM(5, return_sequences=True),
            layers.GRU(4),
            layers.Dense(3, activation="softmax"),
        ]
    )


def attention(package):
    layers = package.layers
    inputs = package.Input((6, 8))
    x = layers.LayerNormalization()(inputs + layers.MultiHeadAttention(2, 4)(inputs, inputs))
    return package.Model(inputs, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling1D()(x)))


def unrolled(package):
    layers = package.layers
    stack = [layers.LSTM(4, unroll=True, return_sequences=True), layers.GRU(3, unroll=True)]
    return package.Sequential([package.Input((3, 2)), *stack, layers.Dense(3, activation="softmax")])


def convolution(package):
    layers = package.layers
    return package.Sequential(
        [
            package.Input((8, 6, 2)),
            layers.Conv2D(4, 3, strides=2, padding="same", activation="tanh"),
            layers.BatchNormalization(),
            layers.Conv2DTranspose(4, 4, strides=2, padding="same", activation="tanh"),
            layers.SeparableConv2D(6, 3, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(4, 2, groups=2, padding="same", activation="tanh"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )


MODELS = {
    "convolution": (convolution, RNG.normal(size=(8, 8, 6, 2)).astype("float32")),
    "unrolled": (unrolled, RNG.normal(size=(8, 3, 2)).astype("float32")),
    "dense": (dense, RNG.normal(size=(8, 5)).astype("float32")),
    "normalized": (normalized, RNG.normal(size=(8, 5)).astype("float32")),
    "recurrent": (recurrent, RNG.integers(0, 9, (8, 6)).astype("int32")),
    "attention": (attention, RNG.normal(size=(8, 6, 8)).astype("float32")),
}
Y = np.eye(3, dtype="float32")[RNG.integers(0, 3, 8)]


def both(name):
    make, x = MODELS[name]
    ours, theirs = make(keraburn), make(keras)
    ours.set_weights(theirs.get_weights())
    return ours, theirs, x


def their_loss(theirs, x):
    """The loss as a function of the trainable weights' values, and those."""
    fixed = [variable.value for variable in theirs.non_trainable_variables]
    start = [variable.value for variable in theirs.trainable_variables]

    def loss(values, inputs=x):
        outputs, _, penalties = theirs.stateless_call(values, fixed, inputs, training=True, return_losses=True)
        return keras.losses.CategoricalCrossentropy()(Y, outputs) + sum(penalties)

    return loss, start


def our_gradients(ours, x, y):
    with keraburn.GradientTape() as tape:
        outputs = ours(x, training=True)
        loss = keraburn.losses.CategoricalCrossentropy()(y, outputs) + sum(ours.losses)
    return tape.gradient(loss, ours.trainable_variables)


SLOW = ("convolution",)


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in MODELS])
def test_gradients(name):
    import jax

    ours, theirs, x = both(name)
    loss, start = their_loss(theirs, x)
    expected = jax.jit(jax.grad(loss))(start)
    arrays = keraburn.ops.array(x), keraburn.ops.array(Y)
    compiled = Compiled(lambda x, y: our_gradients(ours, x, y), arrays)
    for found in (compiled(*arrays), our_gradients(ours, *arrays)):
        for mine, reference, variable in zip(found, expected, ours.trainable_variables, strict=True):
            harness.assert_close(mine, reference, variable.path, **harness.GRADIENT)


@pytest.mark.parametrize(
    "name",
    [
        "dense",
        "convolution",
        pytest.param("unrolled", marks=pytest.mark.slow),
        pytest.param("attention", marks=pytest.mark.slow),
    ],
)
def test_gradient_penalties(name):
    """The gradient by the weights of the norm of the gradient by the inputs."""
    import jax
    import jax.numpy as jnp

    ours, theirs, x = both(name)
    with keraburn.GradientTape() as outer:
        inputs = keraburn.ops.array(x)
        with keraburn.GradientTape() as inner:
            inner.watch(inputs)
            loss = keraburn.losses.CategoricalCrossentropy()(Y, ours(inputs, training=True)) + sum(ours.losses)
        slopes = inner.gradient(loss, inputs)
        penalty = keraburn.ops.sum(keraburn.ops.square(slopes))
    found = outer.gradient(penalty, ours.trainable_variables, unconnected_gradients="zero")
    their, start = their_loss(theirs, x)

    def their_penalty(values):
        return jnp.sum(jnp.square(jax.grad(their, argnums=1)(values, x)))

    for mine, reference, variable in zip(
        found, jax.jit(jax.grad(their_penalty))(start), ours.trainable_variables, strict=True
    ):
        harness.assert_close(mine, reference, variable.path, rtol=1e-3, atol=1e-5)


def test_hessian():
    import jax

    ours, theirs, x = both("normalized")
    kernel = ours.layers[-1].kernel
    with keraburn.GradientTape() as outer:
        with keraburn.GradientTape() as inner:
            loss = keraburn.losses.CategoricalCrossentropy()(Y, ours(x, training=True))
        gradient = inner.gradient(loss, kernel)
    found = outer.jacobian(gradient, kernel)
    their, start = their_loss(theirs, x)
    index = [variable is kernel for variable in ours.trainable_variables].index(True)
    hessian = jax.hessian(lambda value: their([*start[:index], value, *start[index + 1 :]]))
    reference = jax.jit(hessian)(start[index])
    harness.assert_close(found, reference, "hessian", **harness.GRADIENT)


def test_custom_gradient_and_jvp():
    x = RNG.normal(size=(4,)).astype("float32")
    v = RNG.normal(size=(4,)).astype("float32")

    def made(package):
        @package.ops.custom_gradient
        def log1pexp(x):
            e = package.ops.exp(x)

            def gradient(*args, upstream=None):
                if upstream is None:
                    (upstream,) = args
                return package.ops.multiply(upstream, 1.0 - 1.0 / package.ops.add(1, e))

            return package.ops.log(1 + e), gradient

        return log1pexp

    import jax

    reference = jax.grad(lambda x: keras.ops.sum(made(keras)(x)))(x)
    inputs = keraburn.ops.array(x)
    with keraburn.GradientTape() as tape:
        tape.watch(inputs)
        loss = keraburn.ops.sum(made(keraburn)(inputs))
    harness.assert_close(tape.gradient(loss, inputs), reference, "custom_gradient", **harness.GRADIENT)
    for package_outputs in zip(
        keraburn.ops.jvp(lambda x: keraburn.ops.sin(x) * x, (x,), (v,)),
        keras.ops.jvp(lambda x: keras.ops.sin(x) * x, (x,), (v,)),
        strict=True,
    ):
        harness.assert_close(*package_outputs, "jvp", **harness.GRADIENT)
    harness.same_signature(keraburn.ops.jvp, keras.ops.jvp)
    harness.same_signature(keraburn.ops.custom_gradient, keras.ops.custom_gradient)
