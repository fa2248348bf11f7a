"""Inception V3: modules of branches with kernels of several sizes."""

from __future__ import annotations

from keraburn.applications.assembling import Request, constructor
from keraburn.applications.branches import Branch, branch, branches, stem
from keraburn.applications.files import tf_kernels
from keraburn.applications.imagenet_utils import decode_predictions as decode_predictions
from keraburn.applications.pieces import ended, joined
from keraburn.applications.preprocessing import between_one_and_minus_one
from keraburn.tensor import KerasTensor

preprocess_input = between_one_and_minus_one


def _five(pooled: int) -> tuple[Branch, ...]:
    """Kernels of up to 5x5."""
    return (
        ((64, 1, 1),),
        ((48, 1, 1), (64, 5, 5)),
        ((64, 1, 1), (96, 3, 3), (96, 3, 3)),
        ("mean", (pooled, 1, 1)),
    )


def _seven(inner: int) -> tuple[Branch, ...]:
    """Kernels of 7x7, each made of a row and a column."""
    return (
        ((192, 1, 1),),
        ((inner, 1, 1), (inner, 1, 7), (192, 7, 1)),
        ((inner, 1, 1), (inner, 7, 1), (inner, 1, 7), (inner, 7, 1), (192, 1, 7)),
        ("mean", (192, 1, 1)),
    )


_HALVING = (((384, 3, 3, 2),), ((64, 1, 1), (96, 3, 3), (96, 3, 3, 2)), ("max",))
_HALVING_AGAIN = (
    ((192, 1, 1), (320, 3, 3, 2)),
    ((192, 1, 1), (192, 1, 7), (192, 7, 1), (192, 3, 3, 2)),
    ("max",),
)
_MODULES = (*map(_five, (32, 64, 64)), _HALVING, *map(_seven, (128, 160, 160, 192)), _HALVING_AGAIN)

_FORK = (((384, 1, 3),), ((384, 3, 1),))


def _wide(x: KerasTensor, number: int) -> KerasTensor:
    """The last modules: branches that fork at their ends."""
    single = branch(x, ((320, 1, 1),))
    forked = branch(x, ((384, 1, 1),))
    forked = joined(branches(forked, _FORK), f"mixed9_{number}")
    longer = branch(x, ((448, 1, 1), (384, 3, 3)))
    longer = joined(branches(longer, _FORK))
    pooled = branch(x, ("mean", (192, 1, 1)))
    return joined([single, forked, longer, pooled], f"mixed{9 + number}")


@constructor(
    "inception_v3",
    tf_kernels("inception_v3", "inception_v3", "9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63"),
    size=299,
    smallest=75,
)
def InceptionV3(image: KerasTensor, request: Request) -> KerasTensor:
    """Inception V3, for images of 299x299 (Szegedy et al., 2015, arXiv:1512.00567)."""
    x = stem(image)
    for number, table in enumerate(_MODULES):
        x = joined(branches(x, table), f"mixed{number}")
    x = _wide(_wide(x, 0), 1)
    return ended(x, request, named=False)
