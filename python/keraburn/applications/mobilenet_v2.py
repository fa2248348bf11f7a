"""MobileNet V2: blocks that widen, convolve each channel by itself and narrow again."""

from __future__ import annotations

from functools import partial
from typing import Any

from keraburn import backend, layers
from keraburn.applications.assembling import Request, assemble
from keraburn.applications.files import SERVER, File, Files
from keraburn.applications.imagenet_utils import decode_predictions as decode_predictions
from keraburn.applications.pieces import channels, ended, halving_pad, normalized, rounded
from keraburn.applications.preprocessing import between_one_and_minus_one
from keraburn.applications.sizes import check_alpha, check_same_shape, rows_and_columns, trained_size, usual_size
from keraburn.models import Functional
from keraburn.tensor import KerasTensor

preprocess_input = between_one_and_minus_one

_SIZES = (96, 128, 160, 192, 224)
_ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)

# Filters, number of blocks, and stride of the first of them.
_STAGES = ((16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1))


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return normalized(x, name, epsilon=1e-3, momentum=0.999)


def _pointwise(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=name)(x)
    return _normalized(x, f"{name}_BN")


def _block(x: KerasTensor, number: int, filters: int, stride: int) -> KerasTensor:
    shortcut, wide = x, channels(x)
    name = f"block_{number}_" if number else "expanded_conv_"
    if number:
        x = layers.ReLU(6.0, name=f"{name}expand_relu")(_pointwise(x, 6 * wide, f"{name}expand"))
    if stride == 2:
        x = layers.ZeroPadding2D(halving_pad(x, 3), name=f"{name}pad")(x)
    padding = "same" if stride == 1 else "valid"
    x = layers.DepthwiseConv2D(3, strides=stride, use_bias=False, padding=padding, name=f"{name}depthwise")(x)
    x = layers.ReLU(6.0, name=f"{name}depthwise_relu")(_normalized(x, f"{name}depthwise_BN"))
    x = _pointwise(x, filters, f"{name}project")
    return layers.Add(name=f"{name}add")([shortcut, x]) if wide == filters and stride == 1 else x


def _network(image: KerasTensor, request: Request, alpha: float) -> KerasTensor:
    x = layers.Conv2D(rounded(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1")(image)
    x = layers.ReLU(6.0, name="Conv1_relu")(_normalized(x, "bn_Conv1"))
    number = 0
    for filters, count, stride in _STAGES:
        for place in range(count):
            x = _block(x, number, rounded(int(filters * alpha)), 1 if place else stride)
            number += 1
    # The last convolution is never narrower than in the paper.
    x = layers.Conv2D(rounded(1280 * max(1.0, alpha)), 1, use_bias=False, name="Conv_1")(x)
    x = layers.ReLU(6.0, name="out_relu")(_normalized(x, "Conv_1_bn"))
    return ended(x, request, mean_name=None, named=False)


def _files(alpha: float, size: int) -> Files:
    begin = f"{SERVER}mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(alpha)}_{size}"
    return File(f"{begin}.h5"), File(f"{begin}_no_top.h5")


def MobileNetV2(
    input_shape: Any = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Functional:
    """MobileNet V2, for images of 224x224 (Sandler et al., 2018, arXiv:1801.04381).

    Args:
        input_shape: shape of an image, with the channels where `keras.config.image_data_format()` says.
        alpha: what all numbers of filters are multiplied by.
        include_top: whether the model ends with the layers that classify.
        weights: None for random ones, `"imagenet"` for those trained on ImageNet, or the path of a file of weights.
        input_tensor: a KerasTensor to use as the image; a new input if None.
        pooling: without the top, `"avg"` or `"max"` for one value of each channel; None for all of them.
        classes: number of classes, if the top is included.
        classifier_activation: activation of the top; None for logits.
        name: name of the model; `mobilenetv2_`, alpha and the rows of an image if None.

    Raises:
        ValueError: if an argument is none of these, or does not go with the trained weights.
        OSError: if the trained weights are not in the cache and cannot be fetched.

    Example:

    >>> import keraburn as keras
    >>> model = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, include_top=False, pooling="avg")
    >>> model.name, model.output_shape
    ('mobilenetv2_0.35_32', (None, 1280))
    """
    check_alpha(alpha)
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    check_same_shape(input_tensor, input_shape)
    is_inferred = input_shape is None and backend.is_keras_tensor(input_tensor)
    known = input_tensor.shape[1:] if is_inferred else input_shape
    shape = request.shape(usual_size(known, _SIZES), smallest=32)
    size = rows_and_columns(shape)[0]
    files = None
    if request.is_trained:
        if alpha not in _ALPHAS:
            raise ValueError(
                "If imagenet weights are being loaded, alpha must be one of `0.35`, `0.50`, `0.75`, `1.0`, `1.3` or "
                f"`1.4` only. Received: alpha={alpha}"
            )
        size = trained_size(shape, _SIZES)
        files = _files(alpha, size)
    return assemble(request, shape, partial(_network, alpha=alpha), files, f"mobilenetv2_{alpha:0.2f}_{size}")
