"""ResNet: blocks of three convolutions whose result is added to their input."""

from __future__ import annotations

from typing import Any

from keraburn import layers
from keraburn.applications.assembling import Request, constructor
from keraburn.applications.files import tf_kernels
from keraburn.applications.imagenet_utils import decode_predictions as decode_predictions
from keraburn.applications.pieces import ended, normalized
from keraburn.applications.preprocessing import centered
from keraburn.tensor import KerasTensor

preprocess_input = centered

FILTERS = (64, 128, 256, 512)
EPSILON = 1.001e-5


def _relu(x: KerasTensor, name: str) -> KerasTensor:
    return layers.Activation("relu", name=name)(x)


def _convolved(x: KerasTensor, name: str, filters: int, kernel: int, **arguments: Any) -> KerasTensor:
    """A convolution and its normalization."""
    x = layers.Conv2D(filters, kernel, name=f"{name}_conv", **arguments)(x)
    return normalized(x, f"{name}_bn", epsilon=EPSILON)


def _block(x: KerasTensor, name: str, filters: int, stride: int, is_first: bool) -> KerasTensor:
    """1x1, 3x3 and 1x1 convolutions beside a shortcut, which the first block of a stage widens."""
    shortcut = _convolved(x, f"{name}_0", 4 * filters, 1, strides=stride) if is_first else x
    x = _relu(_convolved(x, f"{name}_1", filters, 1, strides=stride), f"{name}_1_relu")
    x = _relu(_convolved(x, f"{name}_2", filters, 3, padding="same"), f"{name}_2_relu")
    x = _convolved(x, f"{name}_3", 4 * filters, 1)
    return _relu(layers.Add(name=f"{name}_add")([shortcut, x]), f"{name}_out")


def stem(image: KerasTensor, is_normalized: bool) -> KerasTensor:
    """A 7x7 convolution and pooling, both of stride 2."""
    x = layers.ZeroPadding2D(3, name="conv1_pad")(image)
    x = layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x)
    if is_normalized:
        x = _relu(normalized(x, "conv1_bn", epsilon=EPSILON), "conv1_relu")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)


def _network(image: KerasTensor, request: Request, depths: tuple[int, ...]) -> KerasTensor:
    x = stem(image, is_normalized=True)
    for stage, (depth, filters) in enumerate(zip(depths, FILTERS, strict=True), 2):
        for block in range(1, depth + 1):
            stride = 2 if block == 1 and stage > 2 else 1
            x = _block(x, f"conv{stage}_block{block}", filters, stride, is_first=block == 1)
    return ended(x, request)


@constructor(
    "resnet50", tf_kernels("resnet", "resnet50", "2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626")
)
def ResNet50(image: KerasTensor, request: Request) -> KerasTensor:
    """ResNet of 50 layers, for images of 224x224 (He et al., 2015, arXiv:1512.03385)."""
    return _network(image, request, (3, 4, 6, 3))


@constructor(
    "resnet101",
    tf_kernels("resnet", "resnet101", "f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21"),
)
def ResNet101(image: KerasTensor, request: Request) -> KerasTensor:
    """ResNet of 101 layers, for images of 224x224 (He et al., 2015, arXiv:1512.03385)."""
    return _network(image, request, (3, 4, 23, 3))


@constructor(
    "resnet152",
    tf_kernels("resnet", "resnet152", "100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c"),
)
def ResNet152(image: KerasTensor, request: Request) -> KerasTensor:
    """ResNet of 152 layers, for images of 224x224 (He et al., 2015, arXiv:1512.03385)."""
    return _network(image, request, (3, 8, 36, 3))
