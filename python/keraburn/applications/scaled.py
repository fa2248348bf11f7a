"""What both EfficientNets share: how layers are initialized, channels weighed, blocks dropped and counted."""

from __future__ import annotations

import math
from typing import Any

from keraburn import layers
from keraburn.applications.pieces import channel_axis, channels
from keraburn.tensor import KerasTensor

KERNEL = {
    "class_name": "VarianceScaling",
    "config": {"scale": 2.0, "mode": "fan_out", "distribution": "truncated_normal"},
}
DENSE = {"class_name": "VarianceScaling", "config": {"scale": 1 / 3, "mode": "fan_out", "distribution": "uniform"}}

# Share of the rows that leave out a block in training, at the end of the network; it grows from 0.
DROP = 0.2


def convolved(x: KerasTensor, filters: int, kernel: int, name: str, **arguments: Any) -> KerasTensor:
    """A convolution without biases."""
    arguments = {"padding": "same", "use_bias": False, **arguments}
    return layers.Conv2D(filters, kernel, kernel_initializer=KERNEL, name=name, **arguments)(x)


def weighed(x: KerasTensor, narrow: int, name: str) -> KerasTensor:
    """Each channel times a weight that comes from the means of all (squeeze and excitation).

    Args:
        x: the image.
        narrow: between the means and the weights are a quarter as many channels.
        name: how the names of the layers begin.
    """
    wide = channels(x)
    weights = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    shape = (wide, 1, 1) if channel_axis() == 1 else (1, 1, wide)
    weights = layers.Reshape(shape, name=f"{name}se_reshape")(weights)
    few = max(1, int(narrow * 0.25))
    weights = convolved(weights, few, 1, f"{name}se_reduce", use_bias=True, activation="swish")
    weights = convolved(weights, wide, 1, f"{name}se_expand", use_bias=True, activation="sigmoid")
    return layers.Multiply(name=f"{name}se_excite")([x, weights])


def added(x: KerasTensor, shortcut: KerasTensor, drop: float, name: str) -> KerasTensor:
    """What a block gives for its input, in training for some of the rows only."""
    if drop > 0:
        x = layers.Dropout(drop, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return layers.Add(name=f"{name}add")([x, shortcut])


def repeats(count: int, depth: float) -> int:
    """How often a block comes in a network of this depth."""
    return math.ceil(depth * count)


def letter(place: int) -> str:
    """`a` for the first block of a stage."""
    return chr(ord("a") + place)
