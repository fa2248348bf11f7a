"""ResNet V2: blocks that normalize what they take, so that nothing stands on the way of the sums."""

from __future__ import annotations

from keraburn import layers
from keraburn.applications.assembling import Request, constructor
from keraburn.applications.files import tf_kernels
from keraburn.applications.imagenet_utils import decode_predictions as decode_predictions
from keraburn.applications.pieces import ended, normalized
from keraburn.applications.preprocessing import between_one_and_minus_one
from keraburn.applications.resnet import EPSILON, FILTERS, stem
from keraburn.tensor import KerasTensor

preprocess_input = between_one_and_minus_one


def _activated(x: KerasTensor, name: str) -> KerasTensor:
    return layers.Activation("relu", name=f"{name}_relu")(normalized(x, f"{name}_bn", epsilon=EPSILON))


def _block(x: KerasTensor, name: str, filters: int, stride: int, is_first: bool) -> KerasTensor:
    """Normalization before 1x1, 3x3 and 1x1 convolutions; the last block of a stage has the stride."""
    active = _activated(x, f"{name}_preact")
    if is_first:
        shortcut = layers.Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(active)
    else:
        shortcut = layers.MaxPooling2D(1, strides=stride)(x) if stride > 1 else x
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv")(active)
    x = layers.ZeroPadding2D(1, name=f"{name}_2_pad")(_activated(x, f"{name}_1"))
    x = layers.Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}_2_conv")(x)
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(_activated(x, f"{name}_2"))
    return layers.Add(name=f"{name}_out")([shortcut, x])


def _network(image: KerasTensor, request: Request, depths: tuple[int, ...]) -> KerasTensor:
    x = stem(image, is_normalized=False)
    for stage, (depth, filters) in enumerate(zip(depths, FILTERS, strict=True), 2):
        for block in range(1, depth + 1):
            stride = 2 if block == depth and stage < 5 else 1
            x = _block(x, f"conv{stage}_block{block}", filters, stride, is_first=block == 1)
    return ended(_activated(x, "post"), request)


@constructor(
    "resnet50v2",
    tf_kernels("resnet", "resnet50v2", "3ef43a0b657b3be2300d5770ece849e0", "fac2f116257151a9d068a22e544a4917"),
)
def ResNet50V2(image: KerasTensor, request: Request) -> KerasTensor:
    """ResNet V2 of 50 layers, for images of 224x224 (He et al., 2016, arXiv:1603.05027)."""
    return _network(image, request, (3, 4, 6, 3))


@constructor(
    "resnet101v2",
    tf_kernels("resnet", "resnet101v2", "6343647c601c52e1368623803854d971", "c0ed64b8031c3730f411d2eb4eea35b5"),
)
def ResNet101V2(image: KerasTensor, request: Request) -> KerasTensor:
    """ResNet V2 of 101 layers, for images of 224x224 (He et al., 2016, arXiv:1603.05027)."""
    return _network(image, request, (3, 4, 23, 3))


@constructor(
    "resnet152v2",
    tf_kernels("resnet", "resnet152v2", "a49b44d1979771252814e80f8ec446f9", "ed17cf2e0169df9d443503ef94b23b33"),
)
def ResNet152V2(image: KerasTensor, request: Request) -> KerasTensor:
    """ResNet V2 of 152 layers, for images of 224x224 (He et al., 2016, arXiv:1603.05027)."""
    return _network(image, request, (3, 8, 36, 3))
