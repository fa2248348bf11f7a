"""Layers, under Keras's names."""

from __future__ import annotations

from keraburn import registry
from keraburn.layers.activation import ELU, LeakyReLU, PReLU, ReLU, Softmax
from keraburn.layers.attention import AdditiveAttention, Attention, GroupQueryAttention, MultiHeadAttention
from keraburn.layers.dense import Dense
from keraburn.layers.discretization import Discretization
from keraburn.layers.einsum_dense import EinsumDense
from keraburn.layers.embedding import Embedding
from keraburn.layers.encoding import CategoryEncoding
from keraburn.layers.hashing import HashedCrossing, Hashing
from keraburn.layers.input_layer import Input, InputLayer
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.layers.lookup import IntegerLookup, StringLookup
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
from keraburn.layers.pooling1d import GlobalAveragePooling1D, GlobalMaxPooling1D
from keraburn.layers.recurrent import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    GRUCell,
    LSTMCell,
    SimpleRNN,
    SimpleRNNCell,
    StackedRNNCells,
    TimeDistributed,
)
from keraburn.layers.regularization import (
    ActivityRegularization,
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
)
from keraburn.layers.reshaping import Flatten, Permute, RepeatVector, Reshape
from keraburn.layers.row_normalization import GroupNormalization, RMSNormalization, UnitNormalization
from keraburn.layers.scaling import Normalization, Rescaling
from keraburn.layers.simple import Activation, Identity, Lambda, Masking
from keraburn.layers.spectral import SpectralNormalization
from keraburn.layers.text_vectorization import TextVectorization
from keraburn.layers.wrapper import Wrapper

_LAYERS = registry.publish(
    "keras.layers",
    (
        Activation,
        ActivityRegularization,
        Add,
        AdditiveAttention,
        AlphaDropout,
        Attention,
        Average,
        BatchNormalization,
        Bidirectional,
        CategoryEncoding,
        Concatenate,
        Dense,
        Discretization,
        Dot,
        Dropout,
        ELU,
        EinsumDense,
        Embedding,
        Flatten,
        GRU,
        GRUCell,
        GaussianDropout,
        GaussianNoise,
        GlobalAveragePooling1D,
        GlobalMaxPooling1D,
        GroupNormalization,
        GroupQueryAttention,
        HashedCrossing,
        Hashing,
        Identity,
        InputLayer,
        IntegerLookup,
        LSTM,
        LSTMCell,
        Lambda,
        Layer,
        LayerNormalization,
        LeakyReLU,
        Masking,
        Maximum,
        Minimum,
        MultiHeadAttention,
        Multiply,
        Normalization,
        PReLU,
        Permute,
        RMSNormalization,
        RNN,
        ReLU,
        RepeatVector,
        Rescaling,
        Reshape,
        SimpleRNN,
        SimpleRNNCell,
        Softmax,
        SpatialDropout1D,
        SpectralNormalization,
        StackedRNNCells,
        StringLookup,
        Subtract,
        TextVectorization,
        TimeDistributed,
        UnitNormalization,
        Wrapper,
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


# Keras's second names of them.
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalMaxPool1D = GlobalMaxPooling1D

__all__ = [
    "ELU",
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AdditiveAttention",
    "AlphaDropout",
    "Attention",
    "Average",
    "BatchNormalization",
    "Bidirectional",
    "CategoryEncoding",
    "Concatenate",
    "Dense",
    "Discretization",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Flatten",
    "GRUCell",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAvgPool1D",
    "GlobalMaxPool1D",
    "GlobalMaxPooling1D",
    "GroupNormalization",
    "GroupQueryAttention",
    "HashedCrossing",
    "Hashing",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "IntegerLookup",
    "LSTMCell",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "Maximum",
    "Minimum",
    "MultiHeadAttention",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "RMSNormalization",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "SimpleRNN",
    "SimpleRNNCell",
    "Softmax",
    "SpatialDropout1D",
    "SpectralNormalization",
    "StackedRNNCells",
    "StringLookup",
    "Subtract",
    "TextVectorization",
    "TimeDistributed",
    "UnitNormalization",
    "Wrapper",
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
