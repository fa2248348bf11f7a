"""VGG: stacks of 3x3 convolutions and three large dense layers."""

from __future__ import annotations

from keraburn import layers
from keraburn.applications.assembling import Request, constructor
from keraburn.applications.files import tf_kernels
from keraburn.applications.imagenet_utils import decode_predictions as decode_predictions
from keraburn.applications.pieces import pooled
from keraburn.applications.preprocessing import centered
from keraburn.tensor import KerasTensor

preprocess_input = centered

_FILTERS = (64, 128, 256, 512, 512)


def stacks(x: KerasTensor, request: Request, depths: tuple[int, ...]) -> KerasTensor:
    """The network of so many convolutions in each stack."""
    for stack, (depth, filters) in enumerate(zip(depths, _FILTERS, strict=True), 1):
        for number in range(1, depth + 1):
            name = f"block{stack}_conv{number}"
            x = layers.Conv2D(filters, 3, activation="relu", padding="same", name=name)(x)
        x = layers.MaxPooling2D(2, strides=2, name=f"block{stack}_pool")(x)
    if not request.include_top:
        return pooled(x, request, named=False)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(4096, activation="relu", name="fc1")(x)
    x = layers.Dense(4096, activation="relu", name="fc2")(x)
    return layers.Dense(request.classes, activation=request.classifier_activation, name="predictions")(x)


@constructor(
    "vgg16", tf_kernels("vgg16", "vgg16", "64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc")
)
def VGG16(image: KerasTensor, request: Request) -> KerasTensor:
    """VGG of 16 layers with weights, for images of 224x224 (Simonyan and Zisserman, 2014, arXiv:1409.1556)."""
    return stacks(image, request, (2, 2, 3, 3, 3))
