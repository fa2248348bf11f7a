"""MobileNet: convolutions of each channel by itself, followed by 1x1 convolutions of all."""

from __future__ import annotations

from functools import partial
from typing import Any

from keraburn import layers
from keraburn.applications.assembling import Request, assemble
from keraburn.applications.files import SERVER, File, Files
from keraburn.applications.imagenet_utils import decode_predictions as decode_predictions
from keraburn.applications.pieces import normalized, pooled
from keraburn.applications.preprocessing import between_one_and_minus_one
from keraburn.applications.sizes import check_alpha, rows_and_columns, trained_size, usual_size
from keraburn.models import Functional
from keraburn.tensor import KerasTensor

preprocess_input = between_one_and_minus_one

_SIZES = (128, 160, 192, 224)
_ALPHAS = {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"}

# Filters and stride of each block.
_BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *(5 * [(512, 1)]), (1024, 2), (1024, 1))


def _relu6(x: KerasTensor, name: str) -> KerasTensor:
    return layers.ReLU(6.0, name=f"{name}_relu")(normalized(x, f"{name}_bn"))


def _block(x: KerasTensor, number: int, filters: int, stride: int, multiplier: int) -> KerasTensor:
    if stride > 1:
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{number}")(x)
    x = layers.DepthwiseConv2D(
        3,
        strides=stride,
        padding="same" if stride == 1 else "valid",
        depth_multiplier=multiplier,
        use_bias=False,
        name=f"conv_dw_{number}",
    )(x)
    x = _relu6(x, f"conv_dw_{number}")
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"conv_pw_{number}")(x)
    return _relu6(x, f"conv_pw_{number}")


def _network(image: KerasTensor, request: Request, alpha: float, multiplier: int, dropout: float) -> KerasTensor:
    x = layers.Conv2D(int(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="conv1")(image)
    x = _relu6(x, "conv1")
    for number, (filters, stride) in enumerate(_BLOCKS, 1):
        x = _block(x, number, int(filters * alpha), stride, multiplier)
    if not request.include_top:
        return pooled(x, request, named=False)
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Conv2D(request.classes, 1, padding="same", name="conv_preds")(x)
    x = layers.Reshape((request.classes,), name="reshape_2")(x)
    return layers.Activation(request.classifier_activation, name="predictions")(x)


def _files(alpha: float, size: int) -> Files:
    begin = f"{SERVER}mobilenet/mobilenet_{_ALPHAS[alpha]}_{size}_tf"
    return File(f"{begin}.h5"), File(f"{begin}_no_top.h5")


def MobileNet(
    input_shape: Any = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 1e-3,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Functional:
    """MobileNet, for images of 224x224 (Howard et al., 2017, arXiv:1704.04861).

    Args:
        input_shape: shape of an image, with the channels where `keras.config.image_data_format()` says.
        alpha: what all numbers of filters are multiplied by.
        depth_multiplier: how many channels the convolutions of one channel make.
        dropout: share of the features that are left out in training, before the top.
        include_top: whether the model ends with the layers that classify.
        weights: None for random ones, `"imagenet"` for those trained on ImageNet, or the path of a file of weights.
        input_tensor: a KerasTensor to use as the image; a new input if None.
        pooling: without the top, `"avg"` or `"max"` for one value of each channel; None for all of them.
        classes: number of classes, if the top is included.
        classifier_activation: activation of the top; None for logits.
        name: name of the model; `mobilenet_`, alpha and the rows of an image if None.

    Raises:
        ValueError: if an argument is none of these, or does not go with the trained weights.
        OSError: if the trained weights are not in the cache and cannot be fetched.

    Example:

    >>> import keraburn as keras
    >>> model = keras.applications.MobileNet((32, 32, 3), alpha=0.25, weights=None, classes=10)
    >>> model.name, model.output_shape, model.count_params()
    ('mobilenet_0.25_32', (None, 10), 221114)
    """
    check_alpha(alpha)
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    shape = request.shape(usual_size(input_shape, _SIZES), smallest=32)
    size = rows_and_columns(shape)[0]
    files = None
    if request.is_trained:
        if depth_multiplier != 1:
            raise ValueError(
                "If imagenet weights are being loaded, depth multiplier must be 1. "
                f"Received: depth_multiplier={depth_multiplier}"
            )
        if alpha not in _ALPHAS:
            raise ValueError(
                "If imagenet weights are being loaded, alpha can be one of `0.25`, `0.50`, `0.75` or `1.0` only. "
                f"Received: alpha={alpha}"
            )
        size = trained_size(shape, _SIZES)
        files = _files(alpha, size)
    network = partial(_network, alpha=alpha, multiplier=depth_multiplier, dropout=dropout)
    return assemble(request, shape, network, files, f"mobilenet_{alpha:0.2f}_{size}")
