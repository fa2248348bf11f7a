"""Models are Keras's: layers in their order, weights under their paths, values, gradients, summaries."""

from __future__ import annotations

import numpy as np
import pytest

from tests.parity import harness

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(5, 4)).astype("float32")
OTHERS = RNG.normal(size=(5, 3)).astype("float32")


@pytest.fixture(autouse=True)
def width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")


def stack(k):
    layers = k.layers
    return k.Sequential(
        [
            k.Input((4,)),
            layers.Dense(6, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax", name="a_name_so_long_that_the_table_has_to_break_it"),
        ]
    )


def unbuilt_stack(k):
    return k.Sequential([k.layers.Dense(6, activation="tanh"), k.layers.Dense(2)])


def nested_stack(k):
    inner = k.Sequential([k.layers.Dense(3), k.layers.LeakyReLU()], name="inner")
    return k.Sequential([k.Input((4,)), inner, k.layers.Dense(2)])


def branches(k):
    layers = k.layers
    a, b = k.Input((4,)), k.Input((3,), name="second")
    deep = layers.Dense(5, activation="relu")(layers.Dense(5)(b))
    merged = layers.Add()([layers.Dense(5)(a), deep])
    shared = layers.Dense(5)
    out = layers.Concatenate()([shared(merged), shared(deep)])
    return k.Model([a, b], [layers.Dense(2, name="x")(out), layers.Dense(1, name="y")(merged)])


def plain_operations(k):
    a = k.Input((4,))
    x = k.ops.relu(k.layers.Dense(6)(a) * 2 + 1)[:, :3]
    x = k.ops.concatenate([x, k.ops.exp(x)], axis=-1)
    return k.Model(a, k.ops.mean(x, axis=-1, keepdims=True))


def nested_models(k):
    a = k.Input((4,))
    inner = k.Model(a, k.layers.Dense(3)(k.layers.Dense(2)(a)), name="inner")
    b = k.Input((4,))
    tail = k.Sequential([k.layers.Dense(3), k.layers.BatchNormalization()], name="tail")
    return k.Model(b, k.layers.Add()([inner(b), tail(b)]))


def from_the_middle(k):
    a = k.Input((2,))
    hidden = k.layers.Dense(4)(a)
    return k.Model(hidden, k.layers.Dense(2)(k.layers.ReLU()(hidden)))


def dicts(k):
    inputs = {"left": k.Input((4,), name="left"), "right": k.Input((3,), name="right")}
    x = k.layers.Concatenate()([inputs["right"], inputs["left"]])
    return k.Model(inputs, {"wide": k.layers.Dense(4, name="w")(x), "narrow": k.layers.Dense(1, name="n")(x)})


def subclassed(k):
    class Net(k.Model):
        def __init__(self):
            super().__init__()
            self.blocks = [k.layers.Dense(3), k.layers.Dense(3)]
            self.head = k.layers.Dense(1)
            self.blocks.append(k.layers.Dense(2))

        def call(self, x):
            for block in self.blocks:
                x = block(x)
            return self.head(x)

    return Net()


def own_layer(k):
    class Residual(k.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.inner = k.layers.Dense(units, activation="tanh")

        def build(self, input_shape):
            self.inner.build(input_shape)
            self.scale = self.add_weight(shape=(), name="scale", initializer="ones")

        def call(self, x):
            return x + self.scale * self.inner(x)

    return k.Sequential([k.Input((4,)), Residual(4), Residual(4, name="again"), k.layers.Dense(1)])


@pytest.mark.parametrize(
    ("build", "x"),
    [
        (stack, ROWS),
        (unbuilt_stack, ROWS),
        (nested_stack, ROWS),
        (branches, [ROWS, OTHERS]),
        (plain_operations, ROWS),
        (nested_models, ROWS),
        (dicts, {"left": ROWS, "right": OTHERS}),
        (subclassed, ROWS),
        (own_layer, ROWS),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_model(build, x):
    harness.check_model_parity(build, x)


def test_model_from_the_middle():
    ours, theirs = from_the_middle(harness.keraburn), from_the_middle(harness.keras)
    assert [type(layer).__name__ for layer in ours.layers] == [type(layer).__name__ for layer in theirs.layers]
    assert ours.layers[0].name.endswith("CLONE")
    ours.set_weights(theirs.get_weights())
    harness.assert_close(ours(ROWS), theirs(ROWS), "model from the middle")


def test_model_in_training():
    harness.check_model_parity(nested_models, ROWS, training=True)


def test_summary_of_what_is_not_built():
    texts = []
    for package in (harness.keraburn, harness.keras):
        package.utils.clear_session()
        for build in (unbuilt_stack, subclassed):
            build(package).summary(print_fn=texts.append)
    assert texts[:2] == texts[2:]


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_summary_after_training(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    texts = []
    for package in (harness.keraburn, harness.keras):
        package.utils.clear_session()
        model = stack(package)
        model.compile("adam", "mse")
        model.fit(ROWS, OTHERS, verbose=0)
        model.summary(print_fn=texts.append)
        model.summary(print_fn=texts.append, positions=[0.3, 0.7, 1.0])
    assert texts[:2] == texts[2:]


def many_operations(k):
    ops = k.ops
    a, b = k.Input((4,)), k.Input((4,))
    x = ops.add(a, b) * 2 - b / 3
    x = ops.concatenate([x, ops.square(a)], axis=1)
    x = ops.mean(ops.transpose(ops.reshape(x, (-1, 2, 4)), (0, 2, 1)), axis=-1)
    x = ops.softmax(ops.squeeze(ops.expand_dims(x, 1), 1), axis=-1)
    x = ops.where(x > 0.2, ops.clip(x, 0.1, 0.9), 0.0)
    x = ops.matmul(ops.max(ops.stack([x, a], axis=-1), axis=-1), np.ones((4, 2), "float32"))
    return k.Model([a, b], ops.sum(ops.power(ops.maximum(ops.leaky_relu(x), 0.05), 2), axis=1, keepdims=True))


@pytest.mark.parametrize(
    ("build", "x"), [(branches, [ROWS, OTHERS]), (nested_models, ROWS), (many_operations, [ROWS, ROWS])]
)
def test_models_are_exchanged_as_json(build, x):
    ours, theirs = build(harness.keraburn), build(harness.keras)
    ours.set_weights(theirs.get_weights())
    from_keras = harness.keraburn.models.model_from_json(theirs.to_json())
    from_ours = harness.keras.models.model_from_json(ours.to_json())
    for model in (from_keras, from_ours):
        model.set_weights(theirs.get_weights())
        for found, expected in zip(harness._flat(model(x)), harness._flat(theirs(x)), strict=True):
            harness.assert_close(found, expected, "model from JSON")


def masked(k):
    a = k.Input((3, 2))
    x = k.layers.Dense(4)(k.layers.Masking(0.5)(a))
    y = k.layers.BatchNormalization()(x)
    return k.Model(a, k.layers.Concatenate()([k.layers.Add()([x, y]), x]))


def test_masked_model():
    x = np.where(RNG.random((5, 3, 1)) > 0.3, RNG.normal(size=(5, 3, 2)), 0.5).astype("float32")
    harness.check_model_parity(masked, x)
    harness.check_model_parity(masked, x, training=True, summary=False)
    ours, theirs = masked(harness.keraburn), masked(harness.keras)
    np.testing.assert_array_equal(np.asarray(ours(x)._keras_mask), np.asarray(theirs(x)._keras_mask))
    for package, text in ((harness.keraburn, theirs.to_json()), (harness.keras, ours.to_json())):
        again = package.models.model_from_json(text)
        again.set_weights(theirs.get_weights())
        harness.assert_close(again(x), theirs(x), "masked model from JSON")
