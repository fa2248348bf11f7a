"""Xception: separable convolutions, and shortcuts around every two or three of them."""

from __future__ import annotations

from typing import Any

from keraburn import layers
from keraburn.applications.assembling import Request, constructor
from keraburn.applications.files import tf_kernels
from keraburn.applications.imagenet_utils import decode_predictions as decode_predictions
from keraburn.applications.pieces import ended, normalized
from keraburn.applications.preprocessing import between_one_and_minus_one
from keraburn.tensor import KerasTensor

preprocess_input = between_one_and_minus_one

# Number and filters of the blocks that halve the image.
_HALVING = ((2, (128, 128)), (3, (256, 256)), (4, (728, 728)))
_LAST_HALVING = (13, (728, 1024))


def _relu(x: KerasTensor, name: str) -> KerasTensor:
    return layers.Activation("relu", name=f"{name}_act")(x)


def _convolved(x: KerasTensor, filters: int, name: str, **arguments: Any) -> KerasTensor:
    x = layers.Conv2D(filters, 3, use_bias=False, name=name, **arguments)(x)
    return _relu(normalized(x, f"{name}_bn"), name)


def _separated(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return normalized(x, f"{name}_bn")


def _halved(x: KerasTensor, number: int, filters: tuple[int, int]) -> KerasTensor:
    shortcut = layers.Conv2D(filters[1], 1, strides=2, padding="same", use_bias=False)(x)
    shortcut = normalized(shortcut)
    for place, width in enumerate(filters, 1):
        name = f"block{number}_sepconv{place}"
        # The first of these blocks follows an activation.
        x = _separated(x if number == 2 and place == 1 else _relu(x, name), width, name)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"block{number}_pool")(x)
    return layers.Add()([x, shortcut])


@constructor(
    "xception",
    tf_kernels("xception", "xception", "0a58e3b7378bc2990ea3b43d5981f1f6", "b0042744bf5b25fce3cb969f33bebb97"),
    size=299,
    smallest=71,
)
def Xception(image: KerasTensor, request: Request) -> KerasTensor:
    """Xception, for images of 299x299 (Chollet, 2016, arXiv:1610.02357)."""
    x = _convolved(image, 32, "block1_conv1", strides=2)
    x = _convolved(x, 64, "block1_conv2")
    for number, filters in _HALVING:
        x = _halved(x, number, filters)
    for number in range(5, 13):
        shortcut = x
        for place in (1, 2, 3):
            name = f"block{number}_sepconv{place}"
            x = _separated(_relu(x, name), 728, name)
        x = layers.Add()([x, shortcut])
    x = _halved(x, *_LAST_HALVING)
    for place, width in enumerate((1536, 2048), 1):
        name = f"block14_sepconv{place}"
        x = _relu(_separated(x, width, name), name)
    return ended(x, request, named=False)
