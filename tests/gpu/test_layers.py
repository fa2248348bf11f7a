"""Every layer on a GPU gives the processor's values and gradients, from the same seeds."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import keraburn as keras
from keraburn import layers, tree
from tests.checks_layers import gradients_of, inputs_of

IMAGES = (2, 8, 8, 3)
LINES = (2, 7, 3)
FIELDS = (2, 4, 5, 4, 2)
UNIT = {"value_range": (0, 1), "seed": 1}

# Arguments and the shape of an input of whatever computes on tensors.
CASES: dict[str, tuple[dict[str, Any], Any]] = {
    "Activation": ({"activation": "gelu"}, (3, 5)),
    "ActivityRegularization": ({"l2": 0.1}, (3, 5)),
    **{f"Adaptive{kind}Pooling1D": ({"output_size": 3}, LINES) for kind in ("Average", "Max")},
    **{f"Adaptive{kind}Pooling2D": ({"output_size": 3}, IMAGES) for kind in ("Average", "Max")},
    **{f"Adaptive{kind}Pooling3D": ({"output_size": 2}, FIELDS) for kind in ("Average", "Max")},
    **{
        name: ({}, [(3, 4), (3, 4)])
        for name in ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")
    },
    "AdditiveAttention": ({}, [LINES, LINES]),
    "AlphaDropout": ({"rate": 0.3, "seed": 1}, (3, 5)),
    "Attention": ({"use_scale": True}, [LINES, LINES]),
    "AutoContrast": ({"value_range": (0, 1)}, IMAGES),
    **{f"{kind}Pooling1D": ({"pool_size": 2}, LINES) for kind in ("Average", "Max")},
    **{f"{kind}Pooling2D": ({"pool_size": 2, "padding": "same"}, IMAGES) for kind in ("Average", "Max")},
    **{f"{kind}Pooling3D": ({"pool_size": 2}, FIELDS) for kind in ("Average", "Max")},
    "BatchNormalization": ({}, IMAGES),
    "Bidirectional": ({"layer": lambda: layers.LSTM(3, return_sequences=True)}, LINES),
    "CategoryEncoding": ({"num_tokens": 5, "output_mode": "multi_hot"}, ("int32", (3, 4))),
    "CenterCrop": ({"height": 4, "width": 5}, IMAGES),
    "ContrastLimitedAdaptiveHistogramEqualization": ({"value_range": (0, 1), "tile_grid_size": (2, 2)}, IMAGES),
    "Conv1D": ({"filters": 4, "kernel_size": 3, "padding": "causal"}, LINES),
    "Conv1DTranspose": ({"filters": 4, "kernel_size": 3, "strides": 2}, LINES),
    "Conv2D": ({"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, IMAGES),
    "Conv2DTranspose": ({"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, IMAGES),
    "Conv3D": ({"filters": 2, "kernel_size": 2}, FIELDS),
    "Conv3DTranspose": ({"filters": 2, "kernel_size": 2, "strides": 2}, FIELDS),
    "ConvLSTM1D": ({"filters": 2, "kernel_size": 2}, (2, 3, 5, 2)),
    "ConvLSTM2D": ({"filters": 2, "kernel_size": 2}, (1, 2, 4, 4, 2)),
    "ConvLSTM3D": ({"filters": 2, "kernel_size": 2}, (1, 2, 3, 3, 3, 1)),
    "Cropping1D": ({}, LINES),
    "Cropping2D": ({}, IMAGES),
    "Cropping3D": ({}, FIELDS),
    "Dense": ({"units": 4, "activation": "tanh"}, (3, 5)),
    "DepthwiseConv1D": ({"kernel_size": 3}, LINES),
    "DepthwiseConv2D": ({"kernel_size": 3, "depth_multiplier": 2}, IMAGES),
    "Discretization": ({"bin_boundaries": [-1.0, 0.0, 1.0]}, (3, 5)),
    "Dot": ({"axes": 1}, [(3, 4), (3, 4)]),
    "Dropout": ({"rate": 0.3, "seed": 1}, (3, 5)),
    "ELU": ({}, (3, 5)),
    "EinsumDense": ({"equation": "abc,cd->abd", "output_shape": (None, 4)}, LINES),
    "Embedding": ({"input_dim": 5, "output_dim": 3}, ("int32", (2, 4))),
    "Equalization": ({"value_range": (0, 1), "bins": 16}, IMAGES),
    "Flatten": ({}, IMAGES),
    "GRU": ({"units": 3, "return_sequences": True}, LINES),
    "GaussianDropout": ({"rate": 0.3, "seed": 1}, (3, 5)),
    "GaussianNoise": ({"stddev": 0.3, "seed": 1}, (3, 5)),
    **{f"Global{kind}Pooling1D": ({}, LINES) for kind in ("Average", "Max")},
    **{f"Global{kind}Pooling2D": ({}, IMAGES) for kind in ("Average", "Max")},
    **{f"Global{kind}Pooling3D": ({}, FIELDS) for kind in ("Average", "Max")},
    "GroupNormalization": ({"groups": 3}, IMAGES),
    "GroupQueryAttention": ({"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2}, [LINES, LINES]),
    "Identity": ({}, (3, 5)),
    "LSTM": ({"units": 3, "return_sequences": True}, LINES),
    "Lambda": ({"function": lambda: lambda x: x * x}, (3, 5)),
    "LayerNormalization": ({}, LINES),
    "LeakyReLU": ({}, (3, 5)),
    "Masking": ({}, LINES),
    "MelSpectrogram": ({"fft_length": 32, "sequence_stride": 8, "num_mel_bins": 6, "sampling_rate": 800}, (2, 100)),
    "MultiHeadAttention": ({"num_heads": 2, "key_dim": 3}, [LINES, LINES]),
    "Normalization": ({"mean": 0.5, "variance": 2.0}, (3, 5)),
    "PReLU": ({}, (3, 5)),
    "Permute": ({"dims": (2, 1)}, LINES),
    "Pipeline": ({"layers": lambda: [layers.Rescaling(2.0), layers.CenterCrop(4, 4)]}, IMAGES),
    "RMSNormalization": ({}, LINES),
    "RNN": ({"cell": lambda: layers.GRUCell(3), "return_sequences": True}, LINES),
    "RandomBrightness": ({"factor": 0.3, **UNIT}, IMAGES),
    "RandomColorDegeneration": ({"factor": 0.3, **UNIT}, IMAGES),
    "RandomContrast": ({"factor": 0.3, "seed": 1}, IMAGES),
    "RandomCrop": ({"height": 4, "width": 5, "seed": 1}, IMAGES),
    "RandomErasing": ({"factor": 1.0, **UNIT}, IMAGES),
    "RandomFlip": ({"seed": 1}, IMAGES),
    "RandomGaussianBlur": ({"factor": 1.0, **UNIT}, IMAGES),
    "RandomGrayscale": ({"factor": 0.5, "seed": 1}, IMAGES),
    "RandomHue": ({"factor": 0.3, **UNIT}, IMAGES),
    "RandomInvert": ({"factor": 0.5, **UNIT}, IMAGES),
    "RandomPerspective": ({"factor": 0.5, "seed": 1}, IMAGES),
    "RandomPosterization": ({"factor": 4, **UNIT}, IMAGES),
    "RandomRotation": ({"factor": 0.2, "seed": 1}, IMAGES),
    "RandomSaturation": ({"factor": 0.3, **UNIT}, IMAGES),
    "RandomSharpness": ({"factor": 0.3, **UNIT}, IMAGES),
    "RandomShear": ({"x_factor": 0.3, "y_factor": 0.3, "seed": 1}, IMAGES),
    "RandomTranslation": ({"height_factor": 0.3, "width_factor": 0.3, "seed": 1}, IMAGES),
    "RandomZoom": ({"height_factor": 0.3, "seed": 1}, IMAGES),
    "ReLU": ({"max_value": 1.0}, (3, 5)),
    "RepeatVector": ({"n": 3}, (3, 5)),
    "Rescaling": ({"scale": 2.0, "offset": 1.0}, (3, 5)),
    "Reshape": ({"target_shape": (3, 7)}, LINES),
    "Resizing": ({"height": 5, "width": 11}, IMAGES),
    "STFTSpectrogram": ({"mode": "psd", "frame_length": 10}, (2, 40, 2)),
    "SeparableConv1D": ({"filters": 4, "kernel_size": 3}, LINES),
    "SeparableConv2D": ({"filters": 4, "kernel_size": 3}, IMAGES),
    "SimpleRNN": ({"units": 3, "return_sequences": True}, LINES),
    "Softmax": ({}, (3, 5)),
    "Solarization": ({"value_range": (0, 1)}, IMAGES),
    "SpatialDropout1D": ({"rate": 0.3, "seed": 1}, LINES),
    "SpatialDropout2D": ({"rate": 0.3, "seed": 1}, IMAGES),
    "SpatialDropout3D": ({"rate": 0.3, "seed": 1}, FIELDS),
    "SpectralNormalization": ({"layer": lambda: layers.Dense(3)}, (3, 5)),
    "TimeDistributed": ({"layer": lambda: layers.Dense(2)}, LINES),
    "UnitNormalization": ({}, (3, 5)),
    **{f"UpSampling{rank}D": ({}, shape) for rank, shape in ((1, LINES), (2, IMAGES), (3, FIELDS))},
    **{f"ZeroPadding{rank}D": ({}, shape) for rank, shape in ((1, LINES), (2, IMAGES), (3, FIELDS))},
}

# What has no computation of its own, works on strings or structures with the processor, or is made of what is above.
ELSEWHERE = {
    *("Layer", "InputLayer", "Wrapper", "GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"),
    *("Hashing", "HashedCrossing", "IntegerLookup", "StringLookup", "TextVectorization"),
    *("MaxNumBoundingBoxes", "ReversibleEmbedding"),
    *("AugMix", "CutMix", "MixUp", "RandAugment", "RandomColorJitter", "RandomElasticTransform"),
}


def classes() -> dict[str, type]:
    """Each layer once, under its own name."""
    found = (getattr(layers, name) for name in dir(layers))
    return {each.__name__: each for each in found if inspect.isclass(each) and issubclass(each, layers.Layer)}


def test_every_layer_is_here_or_elsewhere():
    assert set(classes()) == set(CASES) | ELSEWHERE
    assert not set(CASES) & ELSEWHERE


class Spread(layers.Layer):
    """A layer that takes its inputs one by one."""

    def __init__(self, layer: keras.layers.Layer) -> None:
        super().__init__()
        self.layer = layer

    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.layer(*inputs, training=training)


def outcome(name: str, device: str) -> list[np.ndarray]:
    arguments, shape = CASES[name]
    dtype, shape = shape if shape[0] == "int32" else ("float32", shape)
    x = inputs_of(shape, dtype)
    if shape == IMAGES:
        x = np.abs(x) % 1
    with keras.device(device):
        keras.utils.set_random_seed(0)
        arguments = {key: each() if callable(each) else each for key, each in arguments.items()}
        layer = classes()[name](**arguments)
        if name in ("GroupQueryAttention", "MultiHeadAttention"):
            layer = Spread(layer)
        extra = {"training": True} if layer._call_has_training_arg else {}
        y = layer(x, **extra)
        found = [leaf.numpy() for leaf in tree.flatten(y)]
        found += layer.get_weights()
        if dtype == "float32" and found[0].dtype == np.float32:
            found += gradients_of(layer, x, np.cos(np.arange(found[0].size)).reshape(found[0].shape), **extra)
        assert y.device == device
    return found


@pytest.mark.gpu
@pytest.mark.parametrize("name", CASES)
def test_as_on_the_processor(gpu, name):
    for position, (ours, expected) in enumerate(zip(outcome(name, gpu), outcome(name, "cpu"), strict=True)):
        assert ours.dtype == expected.dtype
        scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
        np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-4 * scale, err_msg=f"{name}, array {position}")
