"""Layers, under Keras's names."""

from __future__ import annotations

from keraburn import _deferred, registry
from keraburn.layers.input_layer import Input, InputLayer
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer

with _deferred.Imports(globals()) as _later:
    from keraburn.layers import residual as residual
    from keraburn.layers.activation import ELU, LeakyReLU, PReLU, ReLU, Softmax
    from keraburn.layers.attention import AdditiveAttention, Attention, GroupQueryAttention, MultiHeadAttention
    from keraburn.layers.borders import (
        Cropping1D,
        Cropping2D,
        Cropping3D,
        ZeroPadding1D,
        ZeroPadding2D,
        ZeroPadding3D,
    )
    from keraburn.layers.convolution import (
        Conv1D,
        Conv1DTranspose,
        Conv2D,
        Conv2DTranspose,
        Conv3D,
        Conv3DTranspose,
        DepthwiseConv1D,
        DepthwiseConv2D,
        SeparableConv1D,
        SeparableConv2D,
    )
    from keraburn.layers.convolution import Conv1D as Convolution1D
    from keraburn.layers.convolution import Conv1DTranspose as Convolution1DTranspose
    from keraburn.layers.convolution import Conv2D as Convolution2D
    from keraburn.layers.convolution import Conv2DTranspose as Convolution2DTranspose
    from keraburn.layers.convolution import Conv3D as Convolution3D
    from keraburn.layers.convolution import Conv3DTranspose as Convolution3DTranspose
    from keraburn.layers.convolution import SeparableConv1D as SeparableConvolution1D
    from keraburn.layers.convolution import SeparableConv2D as SeparableConvolution2D
    from keraburn.layers.dense import Dense
    from keraburn.layers.discretization import Discretization
    from keraburn.layers.einsum_dense import EinsumDense
    from keraburn.layers.embedding import Embedding
    from keraburn.layers.encoding import CategoryEncoding
    from keraburn.layers.hashing import HashedCrossing, Hashing
    from keraburn.layers.images import (
        AugMix,
        AutoContrast,
        CenterCrop,
        ContrastLimitedAdaptiveHistogramEqualization,
        CutMix,
        Equalization,
        MaxNumBoundingBoxes,
        MixUp,
        RandAugment,
        RandomBrightness,
        RandomColorDegeneration,
        RandomColorJitter,
        RandomContrast,
        RandomCrop,
        RandomElasticTransform,
        RandomErasing,
        RandomFlip,
        RandomGaussianBlur,
        RandomGrayscale,
        RandomHue,
        RandomInvert,
        RandomPerspective,
        RandomPosterization,
        RandomRotation,
        RandomSaturation,
        RandomSharpness,
        RandomShear,
        RandomTranslation,
        RandomZoom,
        Resizing,
        Solarization,
    )
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
    from keraburn.layers.pipeline import Pipeline
    from keraburn.layers.pooling import (
        AdaptiveAveragePooling1D,
        AdaptiveAveragePooling2D,
        AdaptiveAveragePooling3D,
        AdaptiveMaxPooling1D,
        AdaptiveMaxPooling2D,
        AdaptiveMaxPooling3D,
        AveragePooling1D,
        AveragePooling2D,
        AveragePooling3D,
        GlobalAveragePooling1D,
        GlobalAveragePooling2D,
        GlobalAveragePooling3D,
        GlobalMaxPooling1D,
        GlobalMaxPooling2D,
        GlobalMaxPooling3D,
        MaxPooling1D,
        MaxPooling2D,
        MaxPooling3D,
    )
    from keraburn.layers.pooling import AveragePooling1D as AvgPool1D
    from keraburn.layers.pooling import AveragePooling2D as AvgPool2D
    from keraburn.layers.pooling import AveragePooling3D as AvgPool3D
    from keraburn.layers.pooling import GlobalAveragePooling1D as GlobalAvgPool1D
    from keraburn.layers.pooling import GlobalAveragePooling2D as GlobalAvgPool2D
    from keraburn.layers.pooling import GlobalAveragePooling3D as GlobalAvgPool3D
    from keraburn.layers.pooling import GlobalMaxPooling1D as GlobalMaxPool1D
    from keraburn.layers.pooling import GlobalMaxPooling2D as GlobalMaxPool2D
    from keraburn.layers.pooling import GlobalMaxPooling3D as GlobalMaxPool3D
    from keraburn.layers.pooling import MaxPooling1D as MaxPool1D
    from keraburn.layers.pooling import MaxPooling2D as MaxPool2D
    from keraburn.layers.pooling import MaxPooling3D as MaxPool3D
    from keraburn.layers.recurrent import (
        GRU,
        LSTM,
        RNN,
        Bidirectional,
        ConvLSTM1D,
        ConvLSTM2D,
        ConvLSTM3D,
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
        SpatialDropout2D,
        SpatialDropout3D,
    )
    from keraburn.layers.reshaping import Flatten, Permute, RepeatVector, Reshape
    from keraburn.layers.reversible_embedding import ReversibleEmbedding
    from keraburn.layers.row_normalization import GroupNormalization, RMSNormalization, UnitNormalization
    from keraburn.layers.scaling import Normalization, Rescaling
    from keraburn.layers.simple import Activation, Identity, Lambda, Masking
    from keraburn.layers.spectral import SpectralNormalization
    from keraburn.layers.spectrogram import MelSpectrogram, STFTSpectrogram
    from keraburn.layers.text_vectorization import TextVectorization
    from keraburn.layers.upsampling import UpSampling1D, UpSampling2D, UpSampling3D
    from keraburn.layers.wrapper import Wrapper


def _residual(name: str) -> object:
    return getattr(_later.load("residual"), name)


registry.publish("keras.layers", (Layer, InputLayer))
_LAYERS = registry.publish_deferred("keras.layers", _later, _later.load)
# Keras does not show these; saved models name them where it keeps them.
registry.publish_deferred("keras.src.applications.convnext", ("LayerScale",), _residual)
registry.publish_deferred("keras.src.applications.inception_resnet_v2", ("CustomScaleLayer",), _residual)


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
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "ActivityRegularization",
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
    "Add",
    "AdditiveAttention",
    "AlphaDropout",
    "Attention",
    "AugMix",
    "AutoContrast",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "BatchNormalization",
    "Bidirectional",
    "CategoryEncoding",
    "CenterCrop",
    "Concatenate",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "CutMix",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Discretization",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Equalization",
    "Flatten",
    "GRUCell",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
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
    "MaxNumBoundingBoxes",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Maximum",
    "MelSpectrogram",
    "Minimum",
    "MixUp",
    "MultiHeadAttention",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "Pipeline",
    "RMSNormalization",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomCrop",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Resizing",
    "ReversibleEmbedding",
    "STFTSpectrogram",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "SimpleRNN",
    "SimpleRNNCell",
    "Softmax",
    "Solarization",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "StackedRNNCells",
    "StringLookup",
    "Subtract",
    "TextVectorization",
    "TimeDistributed",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "Wrapper",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
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
