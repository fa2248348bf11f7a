"""Layers of sequences are Keras's: signatures, configs, weights, values, masks and gradients."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn
from tests.parity import harness

SHAPE = (2, 4, 3)
ALL = {"return_sequences": True, "return_state": True, "go_backwards": True}
PENALTIES = {"kernel_regularizer": "l2", "recurrent_regularizer": "l1", "bias_regularizer": "l2"}


def wrapped(name, **arguments):
    return {"layer": lambda package: getattr(package.layers, name)(**arguments)}


def stacked(package):
    return [package.layers.LSTMCell(3), package.layers.GRUCell(4, reset_after=False), package.layers.SimpleRNNCell(2)]


CASES = [
    ("SimpleRNN", {"units": 3}),
    ("SimpleRNN", {"units": 3, "activation": "relu", "use_bias": False, **ALL}),
    ("SimpleRNN", {"units": 3, "unroll": True, **PENALTIES}),
    ("LSTM", {"units": 3}),
    ("LSTM", {"units": 3, "unit_forget_bias": False, **ALL, **PENALTIES}),
    ("LSTM", {"units": 3, "activation": "relu", "recurrent_activation": "hard_sigmoid", "use_bias": False}),
    ("LSTM", {"units": 3, "unroll": True, "implementation": 1, "activity_regularizer": "l2"}),
    ("GRU", {"units": 3}),
    ("GRU", {"units": 3, "reset_after": False, **ALL, **PENALTIES}),
    ("GRU", {"units": 3, "use_bias": False, "go_backwards": True}),
    ("GRU", {"units": 3, "use_bias": False, "reset_after": False, "activation": "relu", "unroll": True}),
    ("GRU", {"units": 3, "reset_after": False, "implementation": 1, "unroll": True}),
    ("RNN", {"cell": stacked}),
    ("RNN", {"cell": lambda package: package.layers.GRUCell(3), "zero_output_for_mask": True, **ALL}),
    ("Bidirectional", wrapped("LSTM", units=3)),
    ("Bidirectional", {**wrapped("GRU", units=3, **{**ALL, "go_backwards": False}), "merge_mode": "sum"}),
    ("Bidirectional", {**wrapped("SimpleRNN", units=3, return_sequences=True), "merge_mode": "mul"}),
    ("Bidirectional", {**wrapped("SimpleRNN", units=3, return_state=True), "merge_mode": None}),
    ("Bidirectional", {**wrapped("SimpleRNN", units=3), "merge_mode": "ave"}),
    ("TimeDistributed", wrapped("Dense", units=2, activation="tanh")),
    ("TimeDistributed", wrapped("BatchNormalization")),
    ("GlobalAveragePooling1D", {}),
    ("GlobalAveragePooling1D", {"data_format": "channels_first", "keepdims": True}),
    ("GlobalMaxPooling1D", {"keepdims": True}),
    ("GlobalMaxPooling1D", {"data_format": "channels_first"}),
]
CELLS = {"SimpleRNNCell", "LSTMCell", "GRUCell"}


def compare(build, *shapes, x=None):
    """Outputs and gradients of a model of many layers, which JAX compiles once.

    Args:
        build: makes the model with the package that it is given.
        shapes: of random inputs.
        x: the inputs, in place of shapes.
    """
    import jax

    keraburn.utils.clear_session()
    harness.keras.utils.clear_session()
    ours, theirs = build(keraburn), build(harness.keras)
    assert [weight.path for weight in ours.weights] == [weight.path for weight in theirs.weights]
    rng = np.random.default_rng(0)
    x = [rng.normal(size=shape).astype("float32") for shape in shapes] if x is None else x
    values = [rng.normal(size=weight.shape).astype("float32") for weight in ours.weights]
    ours.set_weights(values)
    theirs.set_weights(values)
    mine = ours(x)
    seeds = [rng.normal(size=output.shape).astype("float32") for output in mine]
    frozen = [np.asarray(each) for each in theirs.non_trainable_variables]

    def total(leaves, weights):
        outputs, _ = theirs.stateless_call(weights, frozen, leaves)
        return sum((output * seed).sum() for output, seed in zip(outputs, seeds, strict=True)), outputs

    weights = [np.asarray(each) for each in theirs.trainable_variables]
    run = jax.jit(jax.value_and_grad(total, argnums=(0, 1), has_aux=True))
    (_, outputs), (by_inputs, by_weights) = run(x, weights)
    for symbol, output, expected in zip(ours.outputs, mine, outputs, strict=True):
        harness.assert_close(output, expected, symbol.history.operation.name)
    found = harness._our_gradients(ours, x, seeds, {})
    names = [*ours.input_names, *(weight.path for weight in ours.trainable_weights)]
    for name, gradient, expected in zip(names, found, [*by_inputs, *by_weights], strict=True):
        harness.assert_close(gradient, expected, f"gradient of {name}", rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=lambda case: case if isinstance(case, str) else None)
def test_description(name, arguments):
    cls, original = getattr(keraburn.layers, name), getattr(harness.keras.layers, name)
    harness.same_signature(cls, original)
    ours, theirs = cls(**harness._made(arguments, keraburn)), original(**harness._made(arguments, harness.keras))
    ours(keraburn.Input(SHAPE[1:])), theirs(harness.keras.Input(SHAPE[1:]))
    assert [(weight.name, weight.shape) for weight in ours.weights] == [
        (weight.name, tuple(weight.shape)) for weight in theirs.weights
    ]
    shape = (None, *SHAPE[1:])
    assert tuple(ours.compute_output_shape(shape)) == tuple(theirs.compute_output_shape(shape))
    assert ours.supports_masking == theirs.supports_masking
    harness.same_config(ours, theirs)


def test_values():
    def build(package):
        inputs = package.Input(SHAPE[1:])
        outputs = []
        for name, arguments in CASES:
            layer = getattr(package.layers, name)(**harness._made(arguments, package))
            outputs += package.tree.flatten(layer(inputs))
        return package.Model([inputs], outputs)

    compare(build, SHAPE)


@pytest.mark.parametrize("name", sorted(CELLS))
def test_cell(name):
    ours, theirs = getattr(keraburn.layers, name), getattr(harness.keras.layers, name)
    harness.same_signature(ours, theirs)
    harness.same_config(ours(3, recurrent_dropout=0.5, seed=1), theirs(3, recurrent_dropout=0.5, seed=1))
    assert ours(3).state_size == theirs(3).state_size


def test_wrappers():
    for name in ("Wrapper", "StackedRNNCells"):
        harness.same_signature(getattr(keraburn.layers, name), getattr(harness.keras.layers, name))
    cells = [package.layers.StackedRNNCells(stacked(package)) for package in (keraburn, harness.keras)]
    harness.same_config(*cells)
    assert cells[0].state_size == cells[1].state_size
    assert cells[0].output_size == cells[1].output_size


def test_embedding():
    for arguments in ({"mask_zero": True, "embeddings_regularizer": "l2"}, {"embeddings_constraint": "non_neg"}):
        harness.check_layer_parity(
            "Embedding", {"input_dim": 5, "output_dim": 2, **arguments}, (3, 4), "int32", differentiable=False
        )


# Rows with padding after, before, between and throughout.
IDS = np.array([[1, 2, 3, 0, 0], [0, 0, 4, 5, 1], [3, 0, 2, 0, 4], [0, 0, 0, 0, 0]], "int32")


def masked_inputs():
    x = np.random.default_rng(0).normal(size=(*IDS.shape, 3)).astype("float32")
    return x * (IDS > 0)[..., None]


def masked_layers(package):
    layers = package.layers
    inputs = package.Input((5, 3))
    x = layers.Masking()(inputs)
    return package.Model(
        [inputs],
        [
            layers.LSTM(2)(x),
            layers.GRU(2, return_sequences=True, go_backwards=True)(x),
            layers.SimpleRNN(2, return_sequences=True, zero_output_for_mask=True)(x),
            layers.Bidirectional(layers.LSTM(2, return_sequences=True))(x),
            layers.Bidirectional(layers.GRU(2))(x),
            layers.RNN([layers.LSTMCell(2), layers.GRUCell(2)], go_backwards=True)(x),
            layers.LSTM(2)(layers.Dropout(0.1)(layers.GRU(3, return_sequences=True)(x))),
            layers.LSTM(2, activation="relu", return_sequences=True)(layers.TimeDistributed(layers.Dense(3))(x)),
            layers.RNN(own_cell(package), return_sequences=True)(x),
        ],
    )


def own_cell(package):
    class Plain(package.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = self.state_size = units

        def build(self, input_shape):
            self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
            self.inner = self.add_weight(shape=(self.units, self.units), name="inner")

        def call(self, inputs, states):
            h = package.ops.matmul(inputs, self.kernel)
            output = h + package.ops.sin(package.ops.matmul(states[0], self.inner))
            return output, [output]

    return Plain(3, name="plain")


def test_masks():
    compare(masked_layers, x=[masked_inputs()])


def test_masked_mean():
    x = masked_inputs()
    means = []
    for package in (keraburn, harness.keras):
        outputs = package.layers.GlobalAveragePooling1D()(package.layers.Masking()(x))
        assert getattr(outputs, "_keras_mask", None) is None
        means.append(np.asarray(outputs))
    assert np.isnan(means[1][3]).all()
    harness.assert_close(means[0], means[1], "mean")


def translation(package):
    layers = package.layers
    source, target = package.Input((5, 3)), package.Input((4, 2))
    outputs, h, c = layers.LSTM(4, return_sequences=True, return_state=True)(source)
    decoded = layers.LSTM(4, return_sequences=True)(target, initial_state=[h, c])
    state = layers.GRU(4)(target, initial_state=h)
    both = layers.Bidirectional(layers.GRU(4))(target, initial_state=[h, c])
    return package.Model([source, target], [outputs, decoded, state, both])


def test_initial_states():
    compare(translation, (3, 5, 3), (3, 4, 2))


def given_states(package):
    layers = package.layers
    source, h, c = package.Input((5, 3)), package.Input((4,)), package.Input((4,))
    kept = package.Input((5,), dtype="bool")
    cells = [layers.LSTMCell(4), layers.GRUCell(4)]
    outputs = [
        layers.LSTM(4, return_sequences=True)(source, initial_state=[h, c], mask=kept),
        layers.LSTM(4)(source, initial_state=[h, c], mask=kept),
        layers.GRU(4, return_sequences=True, go_backwards=True)(source, initial_state=h, mask=kept),
        layers.SimpleRNN(4, return_sequences=True, zero_output_for_mask=True)(source, initial_state=h, mask=kept),
        layers.Bidirectional(layers.GRU(4, return_sequences=True))(source, initial_state=[h, c], mask=kept),
        layers.RNN(cells, return_sequences=True)(source, initial_state=[[h, c], [c]], mask=kept),
        layers.RNN(layers.GRUCell(4))(source, initial_state=c, mask=kept),
    ]
    return package.Model([source, h, c, kept], outputs)


def test_steps_before_the_first_that_counts_give_the_given_state():
    mask = np.array([[0, 0, 1, 1, 1], [1, 1, 0, 1, 0], [0, 0, 0, 0, 0]], bool)
    rng = np.random.default_rng(0)
    x = [*(rng.normal(size=shape).astype("float32") for shape in ((3, 5, 3), (3, 4), (3, 4))), mask]
    ours, theirs = given_states(keraburn), given_states(harness.keras)
    harness._same_weights(ours, theirs)
    for number, (mine, reference) in enumerate(zip(ours(x), theirs(x), strict=True)):
        harness.assert_close(mine, reference, f"output {number}")
    mine = ours(x)[0].numpy()
    np.testing.assert_array_equal(mine[2], np.broadcast_to(x[1][2], mine[2].shape))


def test_states_are_returned_in_a_tuple():
    kinds = []
    for package in (keraburn, harness.keras):
        inputs = package.Input((5, 3))
        outputs = package.layers.LSTM(2, return_state=True)(inputs)
        model = package.Model(inputs, outputs)
        x = np.ones((1, 5, 3), "float32")
        kinds.append([type(each).__name__ for each in (outputs, model.output, model(x), model.predict(x, verbose=0))])
    assert kinds[0] == kinds[1]
    assert kinds[0] == ["tuple"] * 4


def test_configs_of_models_are_read_both_ways():
    def build(package):
        layers = package.layers
        source, target = package.Input((None,), dtype="int32"), package.Input((None,), dtype="int32")
        encoder = layers.Bidirectional(layers.GRU(4, return_state=True), merge_mode="sum")
        _, forward, _ = encoder(layers.Embedding(9, 3, mask_zero=True)(source))
        decoder = layers.GRU(4, return_sequences=True)
        decoded = decoder(layers.Embedding(9, 3, mask_zero=True)(target), initial_state=forward)
        return package.Model([source, target], layers.TimeDistributed(layers.Dense(9))(decoded))

    ours, theirs = build(keraburn), build(harness.keras)
    from_theirs = keraburn.Model.from_config(theirs.get_config())
    from_ours = harness.keras.Model.from_config(ours.get_config())
    rng = np.random.default_rng(4)
    weights = [rng.normal(size=weight.shape).astype("float32") for weight in ours.weights]
    x = [rng.integers(0, 9, (3, 5)), rng.integers(0, 9, (3, 4))]
    outputs = []
    for model in (theirs, ours, from_theirs, from_ours):
        model.set_weights(weights)
        outputs.append(np.asarray(model(x)))
    for output in outputs[1:]:
        harness.assert_close(output, outputs[0], "outputs")


@pytest.mark.parametrize("sequences", [False, True])
def test_masks_reach_losses_and_metrics(sequences):
    """Two steps of training on padded sequences: logs, weights and the rows of the embedding."""
    y = np.random.default_rng(2).normal(size=(4, 5, 1) if sequences else (4, 1)).astype("float32")
    results = []
    for package in (keraburn, harness.keras):
        model = package.Sequential(
            [
                package.Input((5,), dtype="int32"),
                package.layers.Embedding(6, 3, mask_zero=True),
                package.layers.LSTM(2, return_sequences=sequences),
                package.layers.Dense(1),
            ]
        )
        shapes = [weight.shape for weight in model.get_weights()]
        rng = np.random.default_rng(3)
        model.set_weights([rng.normal(size=shape) for shape in shapes])
        model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
        losses = model.fit(IDS, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history["loss"]
        # Keras on JAX loses the mask between the gradient and the metrics of training, but not here.
        logs = model.evaluate(IDS, y, batch_size=4, verbose=0, return_dict=True)
        results.append(([*losses, *logs.values()], model.get_weights(), model.predict(IDS, verbose=0)))
    (ours, our_weights, our_outputs), (theirs, their_weights, their_outputs) = results
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    for mine, weight in zip(our_weights, their_weights, strict=True):
        harness.assert_close(mine, weight, "weights")
    harness.assert_close(our_outputs, their_outputs, "outputs")
