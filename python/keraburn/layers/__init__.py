"""Layers, under Keras's names."""

from __future__ import annotations

from keraburn import registry
from keraburn.layers.activation import ELU, LeakyReLU, PReLU, ReLU, Softmax
from keraburn.layers.dense import Dense
from keraburn.layers.input_layer import Input, InputLayer
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.layers.merging import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    dot,
    maximum,
    minimum,
    multiply,
    subtract,
)
from keraburn.layers.normalization import BatchNormalization, LayerNormalization
from keraburn.layers.regularization import (
    ActivityRegularization,
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
)
from keraburn.layers.reshaping import Flatten, Permute, RepeatVector, Reshape
from keraburn.layers.scaling import Normalization, Rescaling
from keraburn.layers.simple import Activation, Identity, Lambda, Masking

_LAYERS = registry.publish(
    "keras.layers",
    (
        Activation,
        ActivityRegularization,
        Add,
        AlphaDropout,
        Average,
        BatchNormalization,
        Concatenate,
        Dense,
        Dot,
        Dropout,
        ELU,
        Flatten,
        GaussianDropout,
        GaussianNoise,
        Identity,
        InputLayer,
        Lambda,
        Layer,
        LayerNormalization,
        LeakyReLU,
        Masking,
        Maximum,
        Minimum,
        Multiply,
        Normalization,
        PReLU,
        Permute,
        ReLU,
        RepeatVector,
        Rescaling,
        Reshape,
        Softmax,
        SpatialDropout1D,
        Subtract,
    ),
)


def serialize(layer: Layer) -> dict[str, object]:
    """The config of a layer, with its class."""
    return registry.serialize_keras_object(layer)


def deserialize(config: dict[str, object], custom_objects: dict[str, object] | None = None) -> Layer:
    """The layer that a config describes.

    Raises:
        ValueError: if the config describes something else.
    """
    layer = registry.deserialize_keras_object(config, custom_objects=custom_objects, module_objects=_LAYERS)
    if not isinstance(layer, Layer):
        raise ValueError(
            "`keras.layers.deserialize` was passed a `config` object that is not a `keras.layers.Layer`. "
            f"Received: {config}"
        )
    return layer


__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "Concatenate",
    "Dense",
    "Dot",
    "Dropout",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Softmax",
    "SpatialDropout1D",
    "Subtract",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]
