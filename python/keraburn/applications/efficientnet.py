"""EfficientNet: one network found by search, and larger ones made from it by three numbers."""

from __future__ import annotations

import math

from keraburn import layers
from keraburn.applications.assembling import Request, constructor
from keraburn.applications.files import File, Files
from keraburn.applications.imagenet_utils import decode_predictions as decode_predictions
from keraburn.applications.pieces import channel_axis, channels, ended, halving_pad, normalized, rounded
from keraburn.applications.preprocessing import unchanged
from keraburn.applications.scaled import DENSE, DROP, KERNEL, added, convolved, letter, repeats, weighed
from keraburn.tensor import KerasTensor

preprocess_input = unchanged

_DEVIATIONS = (0.229, 0.224, 0.225)

# Kernel, number of blocks, filters, expansion, and stride of the first block.
_STAGES = (
    (3, 1, 16, 1, 1),
    (3, 2, 24, 6, 2),
    (5, 2, 40, 6, 2),
    (3, 3, 80, 6, 2),
    (5, 3, 112, 6, 1),
    (5, 4, 192, 6, 2),
    (3, 1, 320, 6, 1),
)


def _active(x: KerasTensor, name: str, normalization: str, activation: str) -> KerasTensor:
    return layers.Activation("swish", name=f"{name}{activation}")(normalized(x, f"{name}{normalization}"))


def _block(
    x: KerasTensor, name: str, kernel: int, filters: int, expansion: int, stride: int, drop: float
) -> KerasTensor:
    """Widened, each channel convolved by itself, weighed, and narrowed again."""
    shortcut, narrow = x, channels(x)
    if expansion != 1:
        x = convolved(x, narrow * expansion, 1, f"{name}expand_conv")
        x = _active(x, name, "expand_bn", "expand_activation")
    if stride == 2:
        x = layers.ZeroPadding2D(halving_pad(x, kernel), name=f"{name}dwconv_pad")(x)
    x = layers.DepthwiseConv2D(
        kernel,
        strides=stride,
        padding="valid" if stride == 2 else "same",
        use_bias=False,
        depthwise_initializer=KERNEL,
        name=f"{name}dwconv",
    )(x)
    x = weighed(_active(x, name, "bn", "activation"), narrow, name)
    x = normalized(convolved(x, filters, 1, f"{name}project_conv"), f"{name}project_bn")
    return added(x, shortcut, drop, name) if stride == 1 and narrow == filters else x


def _network(
    image: KerasTensor, request: Request, width: float = 1.0, depth: float = 1.0, dropout: float = 0.2
) -> KerasTensor:
    x = layers.Rescaling(1 / 255)(image)
    x = layers.Normalization(axis=channel_axis())(x)
    if request.is_trained:
        # The trained weights expect a division by the variance, and the layer before divides by its root.
        x = layers.Rescaling([1 / math.sqrt(deviation) for deviation in _DEVIATIONS])(x)
    x = layers.ZeroPadding2D(halving_pad(x, 3), name="stem_conv_pad")(x)
    x = convolved(x, rounded(32 * width), 3, "stem_conv", strides=2, padding="valid")
    x = _active(x, "stem_", "bn", "activation")
    total, done = sum(repeats(stage[1], depth) for stage in _STAGES), 0
    for number, (kernel, count, filters, expansion, stride) in enumerate(_STAGES, 1):
        for place in range(repeats(count, depth)):
            name, drop = f"block{number}{letter(place)}_", DROP * done / total
            x = _block(x, name, kernel, rounded(filters * width), expansion, 1 if place else stride, drop)
            done += 1
    x = _active(convolved(x, rounded(1280 * width), 1, "top_conv"), "top_", "bn", "activation")
    return ended(x, request, dropout=dropout, kernel_initializer=DENSE)


def _files(variant: str, with_top: str, without: str) -> Files:
    begin = f"https://storage.googleapis.com/keras-applications/efficientnet{variant}"
    return File(f"{begin}.h5", with_top), File(f"{begin}_notop.h5", without)


@constructor(
    "efficientnetb0", _files("b0", "902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d"), size=224
)
def EfficientNetB0(image: KerasTensor, request: Request) -> KerasTensor:
    """EfficientNet-B0, for images of 224x224 (Tan and Le, 2019, arXiv:1905.11946)."""
    return _network(image, request)


@constructor(
    "efficientnetb1", _files("b1", "1d254153d4ab51201f1646940f018540", "74c4e6b3e1f6a1eea24c589628592432"), size=240
)
def EfficientNetB1(image: KerasTensor, request: Request) -> KerasTensor:
    """EfficientNet-B1, for images of 240x240 (Tan and Le, 2019, arXiv:1905.11946)."""
    return _network(image, request, depth=1.1)


@constructor(
    "efficientnetb2", _files("b2", "b15cce36ff4dcbd00b6dd88e7857a6ad", "111f8e2ac8aa800a7a99e3239f7bfb39"), size=260
)
def EfficientNetB2(image: KerasTensor, request: Request) -> KerasTensor:
    """EfficientNet-B2, for images of 260x260 (Tan and Le, 2019, arXiv:1905.11946)."""
    return _network(image, request, 1.1, 1.2, dropout=0.3)


@constructor(
    "efficientnetb3", _files("b3", "ffd1fdc53d0ce67064dc6a9c7960ede0", "af6d107764bb5b1abb91932881670226"), size=300
)
def EfficientNetB3(image: KerasTensor, request: Request) -> KerasTensor:
    """EfficientNet-B3, for images of 300x300 (Tan and Le, 2019, arXiv:1905.11946)."""
    return _network(image, request, 1.2, 1.4, dropout=0.3)


@constructor(
    "efficientnetb4", _files("b4", "18c95ad55216b8f92d7e70b3a046e2fc", "ebc24e6d6c33eaebbd558eafbeedf1ba"), size=380
)
def EfficientNetB4(image: KerasTensor, request: Request) -> KerasTensor:
    """EfficientNet-B4, for images of 380x380 (Tan and Le, 2019, arXiv:1905.11946)."""
    return _network(image, request, 1.4, 1.8, dropout=0.4)


@constructor(
    "efficientnetb5", _files("b5", "ace28f2a6363774853a83a0b21b9421a", "38879255a25d3c92d5e44e04ae6cec6f"), size=456
)
def EfficientNetB5(image: KerasTensor, request: Request) -> KerasTensor:
    """EfficientNet-B5, for images of 456x456 (Tan and Le, 2019, arXiv:1905.11946)."""
    return _network(image, request, 1.6, 2.2, dropout=0.4)


@constructor(
    "efficientnetb6", _files("b6", "165f6e37dce68623721b423839de8be5", "9ecce42647a20130c1f39a5d4cb75743"), size=528
)
def EfficientNetB6(image: KerasTensor, request: Request) -> KerasTensor:
    """EfficientNet-B6, for images of 528x528 (Tan and Le, 2019, arXiv:1905.11946)."""
    return _network(image, request, 1.8, 2.6, dropout=0.5)


@constructor(
    "efficientnetb7", _files("b7", "8c03f828fec3ef71311cd463b6759d99", "cbcfe4450ddf6f3ad90b1b398090fe4a"), size=600
)
def EfficientNetB7(image: KerasTensor, request: Request) -> KerasTensor:
    """EfficientNet-B7, for images of 600x600 (Tan and Le, 2019, arXiv:1905.11946)."""
    return _network(image, request, 2.0, 3.1, dropout=0.5)
