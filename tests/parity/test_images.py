"""Layers of convolution and pooling beside Keras's."""

from __future__ import annotations

import inspect

import pytest

import keraburn
from tests.parity import harness

LINE, IMAGE, VOLUME = (2, 7, 4), (2, 6, 7, 4), (2, 4, 5, 6, 2)
CASES = [
    ("Conv1D", {"filters": 3, "kernel_size": 3}, LINE),
    ("Conv1D", {"filters": 3, "kernel_size": 3, "padding": "causal", "strides": 2, "activation": "relu"}, LINE),
    ("Conv1D", {"filters": 3, "kernel_size": 2, "padding": "causal", "dilation_rate": 2}, LINE),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "same", "groups": 2, "use_bias": False}, LINE),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "activation": "tanh"}, IMAGE),
    ("Conv2D", {"filters": 3, "kernel_size": (3, 2), "strides": 2, "padding": "same"}, IMAGE),
    ("Conv2D", {"filters": 3, "kernel_size": 2, "dilation_rate": (2, 1), "kernel_regularizer": "l2"}, IMAGE),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "data_format": "channels_first", "padding": "same"}, (2, 4, 5, 6)),
    ("Conv3D", {"filters": 3, "kernel_size": 2, "strides": (1, 2, 1)}, VOLUME),
    ("Conv3D", {"filters": 2, "kernel_size": 3, "padding": "same", "data_format": "channels_first"}, (1, 2, 4, 5, 3)),
    ("Conv1DTranspose", {"filters": 3, "kernel_size": 3, "strides": 2}, LINE),
    ("Conv1DTranspose", {"filters": 3, "kernel_size": 4, "strides": 3, "padding": "same", "output_padding": 1}, LINE),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}, IMAGE),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": (2, 3), "strides": (3, 1), "activation": "relu"}, IMAGE),
    ("Conv2DTranspose", {"filters": 2, "kernel_size": 3, "dilation_rate": 2, "padding": "same"}, IMAGE),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": 3, "strides": 2, "data_format": "channels_first"}, (2, 4, 5, 6)),
    ("Conv3DTranspose", {"filters": 2, "kernel_size": 2, "strides": 2, "padding": "same"}, VOLUME),
    ("DepthwiseConv1D", {"kernel_size": 3, "depth_multiplier": 2, "strides": 2, "padding": "same"}, LINE),
    ("DepthwiseConv2D", {"kernel_size": 3, "activation": "relu"}, IMAGE),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2, "data_format": "channels_first"}, (2, 4, 5, 6)),
    ("DepthwiseConv2D", {"kernel_size": 2, "dilation_rate": 2, "padding": "same", "use_bias": False}, IMAGE),
    ("SeparableConv1D", {"filters": 3, "kernel_size": 3, "padding": "same"}, LINE),
    ("SeparableConv2D", {"filters": 3, "kernel_size": 3, "depth_multiplier": 2, "strides": 2}, IMAGE),
    ("SeparableConv2D", {"filters": 3, "kernel_size": 2, "data_format": "channels_first"}, (2, 4, 5, 6)),
    *(
        (f"{kind}Pooling{rank}D", arguments, shape)
        for kind in ("Max", "Average")
        for rank, shape in ((1, LINE), (2, IMAGE), (3, VOLUME))
        for arguments in ({"pool_size": 2}, {"pool_size": 3, "strides": 2, "padding": "same"})
    ),
    ("MaxPooling2D", {"pool_size": (2, 3), "strides": 1, "data_format": "channels_first"}, (2, 3, 5, 6)),
    ("AveragePooling2D", {"pool_size": 2, "padding": "same", "data_format": "channels_first"}, (2, 3, 5, 6)),
    *(
        (f"Global{kind}Pooling{rank}D", arguments, shape)
        for kind in ("Max", "Average")
        for rank, shape in ((1, LINE), (2, IMAGE), (3, VOLUME))
        for arguments in ({}, {"keepdims": True}, {"data_format": "channels_first"})
    ),
    *(
        (f"Adaptive{kind}Pooling{rank}D", {"output_size": 3}, shape)
        for kind in ("Max", "Average")
        for rank, shape in ((1, LINE), (2, IMAGE), (3, VOLUME))
    ),
    ("AdaptiveMaxPooling2D", {"output_size": (2, 5), "data_format": "channels_first"}, (2, 3, 4, 7)),
    ("AdaptiveAveragePooling2D", {"output_size": (5, 1)}, IMAGE),
    ("ZeroPadding1D", {}, LINE),
    ("ZeroPadding1D", {"padding": (0, 2), "data_format": "channels_first"}, LINE),
    ("ZeroPadding2D", {"padding": ((1, 0), (2, 3))}, IMAGE),
    ("ZeroPadding2D", {"padding": 2, "data_format": "channels_first"}, IMAGE),
    ("ZeroPadding3D", {"padding": (1, 0, 2)}, VOLUME),
    ("Cropping1D", {}, LINE),
    ("Cropping2D", {"cropping": ((1, 0), (2, 1))}, IMAGE),
    ("Cropping2D", {"cropping": 1, "data_format": "channels_first"}, IMAGE),
    ("Cropping3D", {}, VOLUME),
    ("UpSampling1D", {"size": 3}, LINE),
    ("UpSampling2D", {}, IMAGE),
    ("UpSampling2D", {"size": (3, 2), "data_format": "channels_first"}, IMAGE),
    *(
        ("UpSampling2D", {"size": (2, 3), "interpolation": name}, IMAGE)
        for name in ("bilinear", "bicubic", "lanczos3", "lanczos5")
    ),
    ("UpSampling3D", {"size": (1, 2, 2)}, VOLUME),
    ("ConvLSTM1D", {"filters": 2, "kernel_size": 2, "return_sequences": True}, (2, 3, 5, 2)),
    ("ConvLSTM2D", {"filters": 2, "kernel_size": 3, "padding": "same"}, (2, 3, 4, 5, 2)),
    (
        "ConvLSTM2D",
        {
            "filters": 2,
            "kernel_size": 2,
            "strides": 2,
            "return_sequences": True,
            "return_state": True,
            "go_backwards": True,
            "recurrent_activation": "hard_sigmoid",
            "unit_forget_bias": False,
        },
        (2, 3, 4, 5, 2),
    ),
    ("ConvLSTM2D", {"filters": 2, "kernel_size": 2, "data_format": "channels_first"}, (2, 3, 2, 4, 5)),
    ("ConvLSTM3D", {"filters": 2, "kernel_size": 2, "use_bias": False}, (1, 2, 3, 3, 3, 2)),
    ("SpatialDropout2D", {"rate": 0.3}, IMAGE),
    ("SpatialDropout3D", {"rate": 0.3, "data_format": "channels_first"}, VOLUME),
]
SECOND_NAMES = {
    "MaxPool": "MaxPooling",
    "AvgPool": "AveragePooling",
    "GlobalMaxPool": "GlobalMaxPooling",
    "GlobalAvgPool": "GlobalAveragePooling",
    "Convolution": "Conv",
    "SeparableConvolution": "SeparableConv",
}


# One of each kind is compared every time.
FAST = {name: (name, arguments) for name, arguments, _ in reversed(CASES) if "2D" in name and "LSTM" not in name}


def marked(name, arguments, shape):
    fast = FAST.get(name) == (name, arguments)
    return pytest.param(name, arguments, shape, marks=() if fast else pytest.mark.slow, id=f"{name}-{arguments}")


@pytest.mark.parametrize(("name", "arguments", "shape"), [marked(*case) for case in CASES])
def test_layer(name, arguments, shape):
    harness.check_layer_parity(name, arguments, shape)


def test_second_names():
    for second, first in SECOND_NAMES.items():
        for rank in (1, 2) if second.startswith("Separable") else (1, 2, 3):
            ours = getattr(keraburn.layers, f"{second}{rank}D")
            assert ours is getattr(keraburn.layers, f"{first}{rank}D")
            assert hasattr(harness.keras.layers, f"{second}{rank}D")


def test_a_network_is_keras_s():
    def build(package):
        layers = package.layers
        inputs = package.Input((12, 12, 3), name="images")
        x = layers.Conv2D(8, 3, padding="same", activation="relu", name="first")(inputs)
        x = layers.MaxPooling2D(name="pool")(x)
        x = layers.SeparableConv2D(6, 3, name="second")(x)
        x = layers.GlobalAveragePooling2D(name="all")(x)
        return package.Model(inputs, layers.Dense(5, name="out")(x), name="network")

    harness.check_model_parity(build, harness._random_inputs((4, 12, 12, 3), "float32"))


MISTAKES = [
    ("Conv2D", {"filters": 0, "kernel_size": 3}),
    ("Conv2D", {"filters": 3, "kernel_size": 0}),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "strides": 0}),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "strides": 2, "dilation_rate": 2}),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "groups": 2}),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "groups": 0}),
    ("Conv2D", {"filters": 3, "kernel_size": (3, 3, 3)}),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": 3, "strides": 2, "output_padding": 2}),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 0}),
    ("SeparableConv2D", {"filters": -1, "kernel_size": 3}),
    ("MaxPooling2D", {"pool_size": 0}),
    ("Cropping2D", {"cropping": -1}),
    ("Cropping3D", {"cropping": (-1, 0, 0)}),
    ("ZeroPadding2D", {"padding": (1, 2, 3)}),
    ("UpSampling1D", {"size": 0}),
    ("ConvLSTM2D", {"filters": 3, "kernel_size": 3, "strides": 2, "dilation_rate": 2}),
]


@pytest.mark.parametrize(("name", "arguments"), MISTAKES, ids=str)
def test_mistakes_read_as_keras_s(name, arguments):
    with pytest.raises(ValueError) as theirs:
        getattr(harness.keras.layers, name)(**arguments)
    with pytest.raises(ValueError) as ours:
        getattr(keraburn.layers, name)(**arguments)
    assert str(ours.value).rstrip(".") == str(theirs.value).rstrip(".")


def test_defaults_differ_by_rank():
    for rank, cls in ((1, keraburn.layers.Conv1D), (2, keraburn.layers.Conv2D), (3, keraburn.layers.Conv3D)):
        strides = inspect.signature(cls).parameters["strides"].default
        assert strides == (1 if rank == 1 else (1,) * rank)
