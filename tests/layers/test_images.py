"""Layers of convolution and pooling: shapes, config, values, gradients and a training step."""

import numpy as np
import pytest

import keraburn as keras
from tests.checks import sigmoid
from tests.checks_layers import check_layer
from tests.ops.test_convolution import conv, depthwise, transposed
from tests.ops.test_pooling import REFERENCES

SMALL = {"filters": 2, "kernel_size": 2}
CASES = [
    ("Conv1D", SMALL, (2, 5, 2), 2, lambda x, w: conv(x, w[0]) + w[1]),
    ("Conv2D", {**SMALL, "padding": "same"}, (2, 3, 4, 2), 2, lambda x, w: conv(x, w[0], padding="same") + w[1]),
    ("Conv2D", {**SMALL, "use_bias": False, "strides": 2}, (2, 4, 4, 2), 1, lambda x, w: conv(x, w[0], strides=2)),
    ("Conv3D", SMALL, (1, 2, 3, 3, 2), 2, lambda x, w: conv(x, w[0]) + w[1]),
    ("Conv1DTranspose", {**SMALL, "strides": 2}, (2, 3, 2), 2, lambda x, w: transposed(x, w[0], strides=2) + w[1]),
    ("Conv2DTranspose", SMALL, (1, 3, 2, 2), 2, lambda x, w: transposed(x, w[0]) + w[1]),
    ("Conv3DTranspose", SMALL, (1, 2, 2, 2, 1), 2, lambda x, w: transposed(x, w[0]) + w[1]),
    ("DepthwiseConv1D", {"kernel_size": 2}, (2, 4, 3), 2, lambda x, w: depthwise(x, w[0]) + w[1]),
    (
        "DepthwiseConv2D",
        {"kernel_size": 2, "depth_multiplier": 2},
        (1, 3, 4, 2),
        2,
        lambda x, w: depthwise(x, w[0]) + w[1],
    ),
    ("SeparableConv1D", SMALL, (2, 4, 3), 3, lambda x, w: conv(depthwise(x, w[0]), w[1]) + w[2]),
    ("SeparableConv2D", SMALL, (1, 3, 4, 3), 3, lambda x, w: conv(depthwise(x, w[0]), w[1]) + w[2]),
    *(
        (f"{kind}Pooling{len(shape) - 2}D", {"pool_size": 2}, shape, 0, lambda x, w, f=f: REFERENCES[f](x, 2))
        for kind, f in (("Max", "max_pool"), ("Average", "average_pool"))
        for shape in ((2, 5, 2), (2, 4, 4, 2), (1, 2, 4, 3, 2))
    ),
    *(
        (f"Global{kind}Pooling{len(shape) - 2}D", {}, shape, 0, lambda x, w, f=f: f(x, tuple(range(1, x.ndim - 1))))
        for kind, f in (("Max", np.max), ("Average", np.mean))
        for shape in ((2, 4, 3, 2), (1, 2, 4, 3, 2))
    ),
    *(
        (f"Adaptive{kind}Pooling{len(shape) - 2}D", {"output_size": 2}, shape, 0, lambda x, w, f=f: REFERENCES[f](x, 2))
        for kind, f in (("Max", "adaptive_max_pool"), ("Average", "adaptive_average_pool"))
        for shape in ((2, 5, 2), (2, 4, 3, 2), (1, 2, 4, 3, 2))
    ),
]

BORDERS = [
    ("ZeroPadding1D", {"padding": (1, 2)}, (2, 3, 2), lambda x: np.pad(x, ((0, 0), (1, 2), (0, 0)))),
    ("ZeroPadding2D", {}, (1, 2, 3, 2), lambda x: np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))),
    ("ZeroPadding3D", {"padding": (1, 0, 0)}, (1, 2, 2, 3, 2), lambda x: np.pad(x, [(0, 0), (1, 1), *[(0, 0)] * 3])),
    ("Cropping1D", {"cropping": (1, 0)}, (2, 4, 2), lambda x: x[:, 1:]),
    ("Cropping2D", {"cropping": ((1, 0), (0, 2))}, (1, 4, 4, 2), lambda x: x[:, 1:, :-2]),
    ("Cropping3D", {}, (1, 3, 4, 3, 2), lambda x: x[:, 1:-1, 1:-1, 1:-1]),
    ("UpSampling1D", {"size": 2}, (2, 3, 2), lambda x: x.repeat(2, 1)),
    ("UpSampling2D", {"size": (1, 2)}, (1, 2, 3, 2), lambda x: x.repeat(2, 2)),
    ("UpSampling2D", {"interpolation": "bilinear", "data_format": "channels_first"}, (1, 2, 3, 2), None),
    ("UpSampling3D", {}, (1, 2, 1, 2, 2), lambda x: x.repeat(2, 1).repeat(2, 2).repeat(2, 3)),
]


@pytest.mark.parametrize(("name", "arguments", "shape", "reference"), BORDERS)
def test_other_sizes(name, arguments, shape, reference):
    known = None if reference is None else lambda x, w: reference(x)
    check_layer(getattr(keras.layers, name), arguments, shape, reference=known)


def conv_lstm(x, w):
    h = c = 0.0
    for t in range(x.shape[1]):
        gates = conv(x[:, t], w[0], padding="same") + w[2]
        gates = gates + (conv(h, w[1], padding="same") if t else 0)
        i, f, g, o = np.split(gates, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h


def test_conv_lstm():
    arguments = {"filters": 2, "kernel_size": 2, "padding": "same"}
    for name, shape in (
        ("ConvLSTM1D", (1, 3, 3, 2)),
        ("ConvLSTM2D", (1, 2, 3, 2, 2)),
        ("ConvLSTM3D", (1, 2, 2, 2, 2, 1)),
    ):
        check_layer(getattr(keras.layers, name), arguments, shape, weights=3, reference=conv_lstm)


def test_conv_lstm_states_and_masks():
    x = np.random.default_rng(0).normal(size=(2, 4, 5, 5, 1)).astype("float32")
    layer = keras.layers.ConvLSTM2D(3, 3, padding="same", return_state=True)
    _, h, c = layer(x[:, :2])
    whole, *_ = layer(x)
    np.testing.assert_allclose(layer(x[:, 2:], initial_state=[h, c])[0].numpy(), whole.numpy(), rtol=1e-5, atol=1e-6)
    mask = np.array([[True] * 4, [True, True, False, False]])
    np.testing.assert_allclose(layer(x, mask=mask)[0].numpy()[1], layer(x[:, :2])[0].numpy()[1], rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="expects an initial state of shapes"):
        layer(x, initial_state=[h[:, :2], c])
    stateful = keras.layers.ConvLSTM2D(3, 3, padding="same", stateful=True)
    stateful.build((2, 2, 5, 5, 1))
    stateful.set_weights(layer.get_weights())
    stateful(x[:, :2])
    np.testing.assert_allclose(stateful(x[:, 2:]).numpy(), whole.numpy(), rtol=1e-5, atol=1e-6)
    dropping = keras.layers.ConvLSTM2D(3, 3, dropout=0.5, recurrent_dropout=0.5, seed=1)
    assert not np.allclose(dropping(x, training=True).numpy(), dropping(x).numpy())
    with pytest.raises(ValueError, match="only support static"):
        keras.layers.ConvLSTM2D(3, 3)(keras.Input((4, None, 5, 1)))


def test_whole_channels_are_dropped():
    x = np.ones((4, 3, 3, 50), "float32")
    for data_format, axes in (("channels_last", (1, 2)), ("channels_first", (2, 3))):
        y = keras.layers.SpatialDropout2D(0.5, data_format, seed=1)(x, training=True).numpy()
        assert set(np.unique(y)) == {0.0, 2.0}
        assert (y.min(axes) == y.max(axes)).all()
    y = keras.layers.SpatialDropout3D(0.5, seed=1)(x[:, None], training=True).numpy()
    assert (y.min((1, 2, 3)) == y.max((1, 2, 3))).all()
    assert np.unique(y.min((1, 2, 3))).tolist() == [0.0, 2.0]


@pytest.mark.parametrize(("name", "arguments", "shape", "weights", "reference"), CASES)
def test_layer(name, arguments, shape, weights, reference):
    check_layer(getattr(keras.layers, name), arguments, shape, weights=weights, reference=reference)


def test_mistakes_are_named():
    for layer, shape, message in (
        (keras.layers.Conv2D(2, 5), (1, 4, 4, 2), "output size would be zero or negative"),
        (keras.layers.Conv2D(2, 3, groups=2), (1, 4, 4, 3), "divisible by the number of groups. Received groups=2"),
        (keras.layers.MaxPooling2D(5), (1, 4, 4, 2), "output size would be zero or negative"),
        (keras.layers.AdaptiveMaxPooling1D(2), (2, 3), "rank 3 to 5"),
    ):
        with pytest.raises(ValueError, match=message):
            layer(np.ones(shape))
    for layer, message in (
        (keras.layers.Cropping2D(2), "should be smaller than the corresponding spatial dimension"),
        (keras.layers.UpSampling3D(2), "expected ndim=5"),
    ):
        with pytest.raises(ValueError, match=message):
            layer(np.ones((1, 4, 4, 2)))
    with pytest.raises(ValueError, match="Unknown value for `interpolation`"):
        keras.layers.UpSampling2D(2, interpolation="linear")
    with pytest.raises(ValueError, match="min_ndim=4"):
        keras.layers.Conv2D(2, 3)(np.ones((1, 4, 4)))
    with pytest.raises(ValueError, match="must be known"):
        keras.layers.Conv2D(2, 3)(keras.Input((4, 4, None)))
    with pytest.raises(TypeError, match="tuple of 2 integers"):
        keras.layers.AdaptiveMaxPooling2D("2")
    with pytest.raises(ValueError, match="one of 'valid', 'same'"):
        keras.layers.MaxPooling2D(2, padding="causal")


def test_a_network_learns():
    """Bars that stand and bars that lie are told apart."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 128)
    x = 0.3 * rng.random((128, 12, 12, 1))
    for i, label in enumerate(labels):
        place = rng.integers(0, 12)
        x[i, place] += label
        x[i, :, place] += 1 - label
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((12, 12, 1)),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.GlobalMaxPooling2D(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(x, labels, batch_size=16, epochs=15, verbose=0)
    assert history.history["accuracy"][-1] > 0.95
