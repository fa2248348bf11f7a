"""Recurrent layers, their cells and wrappers."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn import trace, tree
from tests.checks import sigmoid
from tests.checks_layers import check_layer

X = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
LAYERS = [keras.layers.SimpleRNN, keras.layers.LSTM, keras.layers.GRU]


def lstm(x, weights):
    kernel, recurrent, bias = weights
    h = c = np.zeros((len(x), len(recurrent)))
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h


def gru(x, weights):
    kernel, recurrent, (bias, inner_bias) = weights
    h = np.zeros((len(x), len(recurrent)))
    for t in range(x.shape[1]):
        x_z, x_r, x_n = np.split(x[:, t] @ kernel + bias, 3, axis=1)
        h_z, h_r, h_n = np.split(h @ recurrent + inner_bias, 3, axis=1)
        z = sigmoid(x_z + h_z)
        h = z * h + (1 - z) * np.tanh(x_n + sigmoid(x_r + h_r) * h_n)
    return h


def simple(x, weights):
    kernel, recurrent, bias = weights
    h = np.zeros((len(x), len(recurrent)))
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ kernel + h @ recurrent + bias)
    return h


@pytest.mark.parametrize(("cls", "reference"), list(zip(LAYERS, (simple, lstm, gru), strict=True)))
def test_values_and_gradients(cls, reference):
    check_layer(cls, {"units": 2}, (2, 3, 2), output_shape=(2, 2), reference=reference, weights=3, trains=False)
    arguments = {"units": 2, "return_sequences": True, "go_backwards": True, "use_bias": False}
    check_layer(cls, arguments, (2, 3, 2), output_shape=(2, 3, 2), weights=2)


@pytest.mark.parametrize("cls", LAYERS)
def test_the_loop_over_a_cell_is_the_whole_sequence(cls):
    layer = cls(4, return_sequences=True)
    looped = type("Looped", (type(layer.cell),), {"call": lambda self, *a, **k: type(layer.cell).call(self, *a, **k)})
    whole, steps = layer(X), keras.layers.RNN(looped(4), return_sequences=True)
    steps(X)
    steps.set_weights(layer.get_weights())
    np.testing.assert_allclose(whole.numpy(), steps(X).numpy(), atol=1e-6)
    mask = np.array([[True, False, True, True, False], [False] * 3 + [True] * 2])
    layer.go_backwards = steps.go_backwards = True
    np.testing.assert_allclose(layer(X, mask=mask).numpy(), steps(X, mask=mask).numpy(), atol=1e-6)


def test_first_weights():
    layer = keras.layers.LSTM(3)
    layer.build((None, 5, 2))
    kernel, recurrent, bias = layer.get_weights()
    assert [weight.path for weight in layer.weights] == [
        f"{layer.name}/lstm_cell/{name}" for name in ("kernel", "recurrent_kernel", "bias")
    ]
    assert (kernel.shape, recurrent.shape) == ((2, 12), (3, 12))
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(3), atol=1e-5)
    np.testing.assert_array_equal(bias, [0] * 3 + [1] * 3 + [0] * 6)
    assert keras.layers.GRU(3).get_config()["reset_after"]
    layer = keras.layers.GRU(3)
    layer.build((None, 5, 2))
    assert layer.get_weights()[2].shape == (2, 9)


def sums(**arguments):
    """A layer that adds up its inputs."""
    layer = keras.layers.SimpleRNN(
        1, activation=None, kernel_initializer="ones", recurrent_initializer="ones", use_bias=False, **arguments
    )
    return lambda x, **call: keras.tree.map_structure(
        lambda output: output.numpy()[0].ravel().tolist(),
        layer(np.array(x, "float32").reshape(1, -1, 1), **call),
    )


def test_order_and_masks():
    assert sums()([1, 2, 3, 4]) == [10]
    assert sums(return_sequences=True)([1, 2, 3, 4]) == [1, 3, 6, 10]
    assert sums(return_sequences=True, go_backwards=True)([1, 2, 3, 4]) == [4, 7, 9, 10]
    after, before = np.array([[1, 1, 0, 0]], bool), np.array([[0, 0, 1, 1]], bool)
    masked = sums(return_sequences=True)
    assert masked([1, 2, 3, 4], mask=after) == [1, 3, 3, 3]
    assert masked([1, 2, 3, 4], mask=before) == [0, 0, 3, 7]
    assert sums(return_state=True)([1, 2, 3, 4], mask=after) == ([3], [3])
    assert sums(return_sequences=True, go_backwards=True)([1, 2, 3, 4], mask=after) == [0, 0, 2, 3]
    zeros = sums(return_sequences=True, zero_output_for_mask=True)
    assert zeros([1, 2, 3, 4], mask=np.array([[1, 0, 1, 0]], bool)) == [1, 0, 4, 0]
    assert sums()([1, 2], initial_state=np.array([[5.0]], "float32")) == [8]


def test_masks_travel_on():
    x = keras.layers.Masking()(np.ones((2, 3, 1), "float32"))
    for layer, kept in (
        (keras.layers.LSTM(2), False),
        (keras.layers.LSTM(2, return_sequences=True), True),
        (keras.layers.Bidirectional(keras.layers.GRU(2, return_sequences=True)), True),
        (keras.layers.Bidirectional(keras.layers.GRU(2)), False),
        (keras.layers.TimeDistributed(keras.layers.Dense(2)), True),
        (keras.layers.GlobalAveragePooling1D(), False),
    ):
        assert (getattr(layer(x), "_keras_mask", None) is not None) is kept, layer
    outputs, *states = keras.layers.LSTM(2, return_sequences=True, return_state=True)(x)
    assert outputs._keras_mask is not None
    assert all(getattr(state, "_keras_mask", None) is None for state in states)


@pytest.mark.parametrize("cls", LAYERS)
def test_stateful(cls):
    inputs = keras.Input(batch_shape=(2, 3, 3))
    layer = cls(4, stateful=True)
    model = keras.Model(inputs, layer(inputs))
    plain = cls(4)
    plain.build((None, 6, 3))
    plain.set_weights(model.get_weights())
    long = np.concatenate([X, X], axis=1)[:, :6]
    model.predict(long[:, :3], batch_size=2, verbose=0)
    second = model.predict(long[:, 3:], batch_size=2, verbose=0)
    np.testing.assert_allclose(second, plain(long).numpy(), atol=1e-6)
    layer.reset_state()
    np.testing.assert_allclose(model(long[:, :3]).numpy(), plain(long[:, :3]).numpy(), atol=1e-6)
    state = layer.states[0].numpy()
    with pytest.raises(ValueError, match=r"Expected batch size: 2\n- Received batch size: 1"):
        layer(long[:1, :3])
    np.testing.assert_array_equal(layer.states[0].numpy(), state)
    assert len(layer.weights) == 3
    with pytest.raises(ValueError, match="batch size must be static"):
        cls(4, stateful=True)(keras.Input((3, 3)))


def test_an_incomplete_batch_of_a_stateful_model_changes_nothing():
    model = keras.Sequential([keras.Input(batch_shape=(2, 5, 3)), keras.layers.LSTM(4, stateful=True)])
    model.compile("sgd", "mse")
    before = model.get_weights()
    x, y = np.concatenate([X, X[:1]]), np.zeros((3, 4), "float32")
    with pytest.raises(ValueError, match="Received batch size: 1"):
        model.fit(x, y, batch_size=2, shuffle=False, verbose=0)
    for weight, value in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, value)


@pytest.mark.parametrize("cell", [keras.layers.SimpleRNNCell, keras.layers.LSTMCell, keras.layers.GRUCell])
def test_which_cells_run_as_one_operation(cell):
    def is_one(training, **arguments):
        return cell(3, **arguments)._has_kernel(cell, training)

    assert is_one(True)
    assert is_one(True, dropout=0.5)
    assert is_one(False, recurrent_dropout=0.5)
    assert not is_one(True, recurrent_dropout=0.5)
    assert not is_one(False, activation="relu")
    if cell is not keras.layers.SimpleRNNCell:
        assert not is_one(False, recurrent_activation="hard_sigmoid")
        assert not is_one(True, dropout=0.5, implementation=1)


def test_states_last_through_training():
    model = keras.Sequential([keras.Input(batch_shape=(2, 5, 3)), keras.layers.GRU(4, stateful=True)])
    model.compile("sgd", "mse")
    model.fit(X, np.zeros((2, 4), "float32"), batch_size=2, epochs=2, shuffle=False, verbose=0)
    assert model.layers[0].states[0].numpy().any()


@pytest.mark.parametrize("cls", LAYERS)
@pytest.mark.parametrize("arguments", [{"dropout": 0.5}, {"recurrent_dropout": 0.5}], ids=lambda each: next(iter(each)))
def test_dropout(cls, arguments):
    layer = cls(8, seed=1, **arguments)
    plain = layer(X).numpy()
    np.testing.assert_array_equal(plain, layer(X, training=False).numpy())
    first, second = layer(X, training=True).numpy(), layer(X, training=True).numpy()
    assert np.abs(first - plain).max() > 1e-3
    assert np.abs(first - second).max() > 1e-3
    again = cls(8, seed=1, **arguments)
    again.build(X.shape)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(X, training=True).numpy(), first)


def test_a_pattern_of_dropout_holds_for_a_whole_sequence():
    layer = keras.layers.SimpleRNN(
        50, activation=None, kernel_initializer="ones", recurrent_initializer="identity", dropout=0.5, seed=0
    )
    kept = layer(np.ones((20, 4, 1), "float32"), training=True).numpy()
    # Each sequence has its one feature at all steps, doubled, or at none.
    assert sorted(set(kept.ravel().tolist())) == [0, 8]


def test_stacked_cells():
    cells = [keras.layers.LSTMCell(3), keras.layers.GRUCell(4), keras.layers.SimpleRNNCell(2)]
    layer = keras.layers.RNN(cells, return_sequences=True, return_state=True, go_backwards=True)
    outputs, *states = layer(X)
    assert outputs.shape == (2, 5, 2)
    assert keras.tree.map_structure(lambda state: state.shape, states) == [[(2, 3), (2, 3)], [(2, 4)], [(2, 2)]]
    separate = [keras.layers.LSTM(3, return_sequences=True, go_backwards=True)]
    separate += [keras.layers.GRU(4, return_sequences=True), keras.layers.SimpleRNN(2, return_sequences=True)]
    x = X
    for number, each in enumerate(separate):
        each.build((*X.shape[:2], x.shape[2]))
        each.set_weights(layer.get_weights()[3 * number : 3 * number + 3])
        x = each(x)
    np.testing.assert_allclose(outputs.numpy(), x.numpy(), atol=1e-6)


def test_a_cell_without_weights_or_first_state():
    class Largest:
        state_size = 3

        def call(self, inputs, states):
            largest = keras.ops.maximum(inputs, states[0])
            return largest, largest

        __call__ = call

    np.testing.assert_array_equal(keras.layers.RNN(Largest())(X).numpy(), np.maximum(X.max(axis=1), 0))


@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave", None])
def test_bidirectional(mode):
    layer = keras.layers.Bidirectional(keras.layers.GRU(2, return_sequences=True), merge_mode=mode)
    outputs = layer(X)
    forward, backward = keras.layers.GRU(2, return_sequences=True), keras.layers.GRU(2, return_sequences=True)
    forward.build(X.shape), backward.build(X.shape)
    forward.set_weights(layer.get_weights()[:3]), backward.set_weights(layer.get_weights()[3:])
    a, b = forward(X).numpy(), backward(X[:, ::-1].copy()).numpy()[:, ::-1]
    expected = {"concat": np.concatenate([a, b], -1), "sum": a + b, "mul": a * b, "ave": (a + b) / 2}
    if mode is None:
        np.testing.assert_allclose(outputs[0].numpy(), a, atol=1e-6)
        np.testing.assert_allclose(outputs[1].numpy(), b, atol=1e-6)
    else:
        np.testing.assert_allclose(outputs.numpy(), expected[mode], atol=1e-6)
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.get_config() == layer.get_config()


def test_bidirectional_with_given_weights_and_layers():
    layer = keras.layers.Bidirectional(keras.layers.LSTM(2))
    layer(X)
    again = keras.layers.Bidirectional(keras.layers.LSTM(2), weights=layer.get_weights())
    np.testing.assert_array_equal(again(X).numpy(), layer(X).numpy())
    mixed = keras.layers.Bidirectional(
        keras.layers.LSTM(2), backward_layer=keras.layers.GRU(3, go_backwards=True), merge_mode="concat"
    )
    assert mixed(X).shape == (2, 5)
    stateful = keras.layers.Bidirectional(keras.layers.GRU(2, stateful=True))
    first, second = stateful(X).numpy(), stateful(X).numpy()
    assert (first != second).any()
    assert len(stateful.states) == 2
    stateful.reset_state()
    np.testing.assert_array_equal(stateful(X).numpy(), first)


def test_time_distributed():
    check_layer(
        keras.layers.TimeDistributed,
        {"layer": keras.layers.Dense(2)},
        (2, 3, 4),
        reference=lambda x, weights: x @ weights[0] + weights[1],
        gradients=False,
        weights=2,
        trains=False,
    )
    images = np.ones((2, 3, 4, 5), "float32")
    assert keras.layers.TimeDistributed(keras.layers.Flatten())(images).shape == (2, 3, 20)
    inner = keras.Sequential([keras.layers.Dense(3), keras.layers.Dropout(0.5)])
    assert keras.layers.TimeDistributed(inner)(X).shape == (2, 5, 3)
    # A step at a time: what a layer makes of a batch of all steps would be something else.
    centred = keras.layers.TimeDistributed(keras.layers.Lambda(lambda x: x - keras.ops.mean(x, axis=0)))
    np.testing.assert_allclose(centred(X).numpy(), X - X.mean(axis=0), atol=1e-6)


def test_mistakes():
    layers = keras.layers
    for cls in (*LAYERS, layers.LSTMCell, layers.GRUCell, layers.SimpleRNNCell):
        with pytest.raises(ValueError, match=r"`units`.*positive integer.*Received: units=0"):
            cls(0)
    with pytest.raises(ValueError, match="use_cudnn=maybe"):
        layers.LSTM(2, use_cudnn="maybe")
    with pytest.raises(ValueError, match="should have a `call` method"):
        layers.RNN(object())
    with pytest.raises(ValueError, match="should have a `state_size` attribute"):
        layers.RNN(layers.Dense(2))
    with pytest.raises(ValueError, match="without a `state_size`"):
        layers.StackedRNNCells([layers.Dense(2)])
    with pytest.raises(ValueError, match="expected ndim=3"):
        layers.LSTM(2)(np.zeros((2, 3), "float32"))
    with pytest.raises(ValueError, match=r"at least one step.*\(2, 0, 3\)"):
        layers.LSTM(2)(np.zeros((2, 0, 3), "float32"))
    with pytest.raises(ValueError, match=r"Expected: \(2, 5\). Received: mask of shape \(2, 4\)"):
        layers.GRU(2)(X, mask=np.ones((2, 4), bool))
    with pytest.raises(ValueError, match=r"initial state of 2 tensor\(s\).*Received: 1"):
        layers.LSTM(2)(X, initial_state=[np.zeros((2, 2), "float32")])
    with pytest.raises(ValueError, match=r"shapes \[\(2, 2\), \(2, 2\)\]. Received: shapes \[\(2, 2\), \(2, 3\)\]"):
        layers.LSTM(2)(X, initial_state=[np.zeros((2, 2), "float32"), np.zeros((2, 3), "float32")])
    with pytest.raises(ValueError, match="Cannot unroll"):
        layers.LSTM(2, unroll=True)(keras.Input((None, 3)))
    with pytest.raises(ValueError, match=r"Invalid merge mode. Received: max"):
        layers.Bidirectional(layers.LSTM(2), merge_mode="max")
    with pytest.raises(ValueError, match="different `go_backwards`"):
        layers.Bidirectional(layers.LSTM(2), backward_layer=layers.LSTM(2))
    with pytest.raises(ValueError, match='attribute "return_sequences"'):
        layers.Bidirectional(layers.LSTM(2), backward_layer=layers.LSTM(2, go_backwards=True, return_sequences=True))
    with pytest.raises(ValueError, match="at least 3 dimensions"):
        layers.TimeDistributed(layers.Dense(2))(np.zeros((2, 3), "float32"))
    with pytest.raises(ValueError, match=r"Expected mask shape prefix: \(2, 5\)"):
        layers.TimeDistributed(layers.Dense(2))(X, mask=np.ones((2, 4), bool))
    for cls in (layers.TimeDistributed, layers.Bidirectional, layers.Wrapper):
        with pytest.raises(ValueError, match=r"[lL]ayer"):
            cls(3)


def test_steps_of_unknown_number():
    """A model described without the number of steps, and a layer of one's own around a recurrent one."""

    class Around(keras.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = keras.layers.LSTM(2, activation="relu", return_sequences=True)

        def call(self, inputs):
            return self.inner(inputs) + 1

    inputs = keras.Input((None, 3))
    outputs = Around()(keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True))(inputs))
    assert outputs.shape == (None, None, 2)
    model = keras.Model(inputs, outputs)
    for steps in (1, 2, 7):
        assert model(np.zeros((2, steps, 3), "float32")).shape == (2, steps, 2)


class Decaying(keras.layers.Layer):
    """A user's own cell: two states, an output of another size, and dropout of its own."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = [units, units]
        self.output_size = 2 * units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units), initializer="glorot_uniform", name="kernel")
        self.recurrent = self.add_weight(shape=(self.units, self.units), initializer="orthogonal", name="recurrent")

    def call(self, inputs, states):
        fast, slow = states
        fast = keras.ops.tanh(inputs @ self.kernel + fast @ self.recurrent)
        slow = 0.9 * slow + 0.1 * fast
        return keras.ops.concatenate([fast, slow], axis=-1), [fast, slow]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("options", [{}, {"go_backwards": True}, {"zero_output_for_mask": True}, {"stateful": True}])
def test_the_cell_of_a_user_runs_as_one_loop(device, masked, options):
    x = np.random.default_rng(0).normal(size=(4, 13, 3)).astype("float32")
    mask = np.arange(13) < np.array([13, 5, 1, 0])[:, None] if masked else None
    keras.utils.set_random_seed(0)
    cell = Decaying(5)
    layers = [keras.layers.RNN(cell, return_sequences=True, return_state=True, **options) for _ in range(2)]
    layers[1].unroll = True
    results = []
    for layer in layers:
        if options.get("stateful"):
            layer.build(x.shape)
            layer.reset_state()

        def both(x, layer=layer):
            outputs = layer(x, mask=mask)
            total = sum(keras.ops.sum(keras.ops.square(output)) for output in outputs)
            return outputs, trace.gradients(total, [x, *(weight.value for weight in cell.trainable_weights)])

        results.append([leaf.numpy() for leaf in tree.flatten(trace.Compiled(both, [x])(x))])
    assert len(results[0]) == 6
    for looped, unrolled in zip(*results, strict=True):
        np.testing.assert_allclose(looped, unrolled, rtol=2e-5, atol=1e-6)


def test_cells_with_dropout_train_as_one_loop():
    x, y = np.ones((8, 20, 3), "float32"), np.zeros((8, 4), "float32")
    for cell in (
        keras.layers.LSTMCell(4, dropout=0.3, recurrent_dropout=0.2),
        keras.layers.StackedRNNCells([keras.layers.GRUCell(4, dropout=0.3), Decaying(2)]),
    ):
        model = keras.Sequential([keras.Input((20, 3)), keras.layers.RNN(cell)])
        model.compile("sgd", "mse")
        losses = model.fit(x, y, epochs=2, batch_size=4, verbose=0).history["loss"]
        assert np.isfinite(losses).all()
