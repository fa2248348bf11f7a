"""What both Inceptions are made of: branches of convolutions side by side, written as tables."""

from __future__ import annotations

from typing import Any

from keraburn import layers
from keraburn.applications.pieces import normalized
from keraburn.tensor import KerasTensor

# Filters, and rows and columns of the kernel; then stride 2 without padding where a third number says so.
Step = tuple[int, ...]
# "mean" stands for 3x3 means that keep the size, "max" for 3x3 maxima that halve it.
Branch = tuple[Any, ...]


def convolved(
    x: KerasTensor,
    filters: int,
    rows: int,
    columns: int,
    stride: int = 1,
    padding: str = "same",
    name: str | None = None,
) -> KerasTensor:
    """A convolution without biases, normalized and rectified."""
    x = layers.Conv2D(filters, (rows, columns), strides=stride, padding=padding, use_bias=False, name=name)(x)
    x = normalized(x, name and f"{name}_bn", scale=False)
    return layers.Activation("relu", name=name and f"{name}_ac")(x)


def branch(x: KerasTensor, steps: Branch) -> KerasTensor:
    """The steps, one after the other."""
    for step in steps:
        if step == "mean":
            x = layers.AveragePooling2D(3, strides=1, padding="same")(x)
        elif step == "max":
            x = layers.MaxPooling2D(3, strides=2)(x)
        else:
            filters, rows, columns, *halving = step
            x = convolved(x, filters, rows, columns, 2 if halving else 1, "valid" if halving else "same")
    return x


def branches(x: KerasTensor, table: tuple[Branch, ...]) -> list[KerasTensor]:
    """What each branch makes of the image."""
    return [branch(x, steps) for steps in table]


def stem(image: KerasTensor) -> KerasTensor:
    """Five convolutions and two poolings, after which the image has an eighth of its rows and columns."""
    x = convolved(image, 32, 3, 3, stride=2, padding="valid")
    x = convolved(x, 32, 3, 3, padding="valid")
    x = branch(x, ((64, 3, 3), "max"))
    x = convolved(x, 80, 1, 1, padding="valid")
    x = convolved(x, 192, 3, 3, padding="valid")
    return branch(x, ("max",))
