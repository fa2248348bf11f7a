"""Inception-ResNet V2: a share of what a module's branches make is added to its input."""

from __future__ import annotations

from typing import NamedTuple

from keraburn import layers
from keraburn.applications.assembling import Request, constructor
from keraburn.applications.branches import Branch, branches, convolved, stem
from keraburn.applications.files import tf_kernels
from keraburn.applications.imagenet_utils import decode_predictions as decode_predictions
from keraburn.applications.pieces import channels, ended, joined
from keraburn.applications.preprocessing import between_one_and_minus_one
from keraburn.layers.residual import CustomScaleLayer
from keraburn.tensor import KerasTensor

preprocess_input = between_one_and_minus_one

_FIRST = (
    ((96, 1, 1),),
    ((48, 1, 1), (64, 5, 5)),
    ((64, 1, 1), (96, 3, 3), (96, 3, 3)),
    ("mean", (64, 1, 1)),
)
_HALVING = (((384, 3, 3, 2),), ((256, 1, 1), (256, 3, 3), (384, 3, 3, 2)), ("max",))
_HALVING_AGAIN = (
    ((256, 1, 1), (384, 3, 3, 2)),
    ((256, 1, 1), (288, 3, 3, 2)),
    ((256, 1, 1), (288, 3, 3), (320, 3, 3, 2)),
    ("max",),
)


class _Stage(NamedTuple):
    """Blocks of one kind after a module that widens or halves."""

    module: tuple[Branch, ...]
    module_name: str
    block: tuple[Branch, ...]
    block_name: str
    blocks: int
    share: float


_STAGES = (
    _Stage(
        _FIRST,
        "mixed_5b",
        (((32, 1, 1),), ((32, 1, 1), (32, 3, 3)), ((32, 1, 1), (48, 3, 3), (64, 3, 3))),
        "block35",
        10,
        0.17,
    ),
    _Stage(_HALVING, "mixed_6a", (((192, 1, 1),), ((128, 1, 1), (160, 1, 7), (192, 7, 1))), "block17", 20, 0.1),
    _Stage(_HALVING_AGAIN, "mixed_7a", (((192, 1, 1),), ((192, 1, 1), (224, 1, 3), (256, 3, 1))), "block8", 10, 0.2),
)


def _block(x: KerasTensor, table: tuple[Branch, ...], share: float, name: str, is_last: bool) -> KerasTensor:
    mixed = joined(branches(x, table), f"{name}_mixed")
    residual = layers.Conv2D(channels(x), 1, padding="same", name=f"{name}_conv")(mixed)
    x = CustomScaleLayer(share)([x, residual])
    return x if is_last else layers.Activation("relu", name=f"{name}_ac")(x)


@constructor(
    "inception_resnet_v2",
    tf_kernels(
        "inception_resnet_v2",
        "inception_resnet_v2",
        "e693bd0210a403b3192acc6073ad2e96",
        "d19885ff4a710c122648d3b5c3b684e4",
    ),
    size=299,
    smallest=75,
)
def InceptionResNetV2(image: KerasTensor, request: Request) -> KerasTensor:
    """Inception-ResNet V2, for images of 299x299 (Szegedy et al., 2016, arXiv:1602.07261)."""
    x = stem(image)
    for stage in _STAGES:
        x = joined(branches(x, stage.module), stage.module_name)
        for number in range(1, stage.blocks + 1):
            is_last = stage is _STAGES[-1] and number == stage.blocks
            share = 1.0 if is_last else stage.share
            x = _block(x, stage.block, share, f"{stage.block_name}_{number}", is_last)
    x = convolved(x, 1536, 1, 1, name="conv_7b")
    return ended(x, request, named=False)
