"""DenseNet: each convolution sees what all before it in its block have made."""

from __future__ import annotations

from keraburn import layers
from keraburn.applications.assembling import Request, constructor
from keraburn.applications.files import tf_kernels
from keraburn.applications.imagenet_utils import decode_predictions as decode_predictions
from keraburn.applications.pieces import channels, ended, joined, normalized
from keraburn.applications.preprocessing import standardized
from keraburn.applications.sizes import check_channels_last
from keraburn.tensor import KerasTensor

preprocess_input = standardized

# How many channels each convolution adds.
_GROWTH = 32


def _activated(x: KerasTensor, name: str = "") -> KerasTensor:
    return layers.Activation("relu", name=f"{name}relu")(normalized(x, f"{name}bn", epsilon=1.001e-5))


def _grown(x: KerasTensor, name: str) -> KerasTensor:
    more = layers.Conv2D(4 * _GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(_activated(x, f"{name}_0_"))
    more = _activated(more, f"{name}_1_")
    more = layers.Conv2D(_GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(more)
    return joined([x, more], f"{name}_concat")


def _halved(x: KerasTensor, name: str) -> KerasTensor:
    """Half as many channels, rows and columns."""
    x = layers.Conv2D(channels(x) // 2, 1, use_bias=False, name=f"{name}_conv")(_activated(x, f"{name}_"))
    return layers.AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


def _network(image: KerasTensor, request: Request, depths: tuple[int, ...]) -> KerasTensor:
    check_channels_last("DenseNet")
    x = layers.ZeroPadding2D(3)(image)
    x = layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x)
    x = layers.ZeroPadding2D(1)(_activated(x, "conv1_"))
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for stage, depth in enumerate(depths, 2):
        x = _halved(x, f"pool{stage - 1}") if stage > 2 else x
        for block in range(1, depth + 1):
            x = _grown(x, f"conv{stage}_block{block}")
    return ended(_activated(x), request)


@constructor(
    "densenet121",
    tf_kernels("densenet", "densenet121", "9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738"),
)
def DenseNet121(image: KerasTensor, request: Request) -> KerasTensor:
    """DenseNet of 121 layers, for images of 224x224 (Huang et al., 2016, arXiv:1608.06993)."""
    return _network(image, request, (6, 12, 24, 16))


@constructor(
    "densenet169",
    tf_kernels("densenet", "densenet169", "d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b"),
)
def DenseNet169(image: KerasTensor, request: Request) -> KerasTensor:
    """DenseNet of 169 layers, for images of 224x224 (Huang et al., 2016, arXiv:1608.06993)."""
    return _network(image, request, (6, 12, 32, 32))


@constructor(
    "densenet201",
    tf_kernels("densenet", "densenet201", "1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1"),
)
def DenseNet201(image: KerasTensor, request: Request) -> KerasTensor:
    """DenseNet of 201 layers, for images of 224x224 (Huang et al., 2016, arXiv:1608.06993)."""
    return _network(image, request, (6, 12, 48, 32))
