"""EfficientNet V2: the first stages convolve all channels at once, which is faster on most devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from keraburn import layers
from keraburn.applications.assembling import Request, assemble, named_as
from keraburn.applications.files import SERVER, File
from keraburn.applications.imagenet_utils import decode_predictions as decode_predictions
from keraburn.applications.pieces import channel_axis, channels, ended, normalized
from keraburn.applications.preprocessing import unchanged
from keraburn.applications.scaled import DENSE, DROP, KERNEL, added, convolved, letter, repeats, weighed
from keraburn.models import Functional
from keraburn.tensor import KerasTensor

preprocess_input = unchanged

_HASHES = {
    "b0": ("21ecbf6da12460d5c40bb2f29ceb2188", "893217f2bb855e2983157299931e43ff"),
    "b1": ("069f0534ff22adf035c89e2d9547a9dc", "0e80663031ca32d657f9caa404b6ec37"),
    "b2": ("424e49f28180edbde1e94797771950a7", "1dfe2e7a5d45b6632553a8961ea609eb"),
    "b3": ("1f1fc43bd98a6e4fd8fdfd551e02c7a0", "f6abf7b5849ac99a89b50dd3fd532856"),
    "s": ("e1d88a8495beba45748fedd0cecbe016", "af0682fb74e8c54910f2d4393339c070"),
    "m": ("a3bf6aa3276309f4fc6a34aa114c95cd", "1b8dc055df72dde80d614482840fe342"),
    "l": ("27e6d408b53c7ebc868fefa357689935", "b0b66b5c863aef5b46e8608fe1711615"),
}


class _Stage(NamedTuple):
    """Blocks of one kind; the first of them has the stride."""

    blocks: int
    filters: int
    expansion: int
    stride: int
    fused: bool


# Filters of the first convolution, and the stages.
_Table = tuple[int, tuple[_Stage, ...]]

_BASE: _Table = (
    32,
    (
        _Stage(1, 16, 1, 1, True),
        _Stage(2, 32, 4, 2, True),
        _Stage(2, 48, 4, 2, True),
        _Stage(3, 96, 4, 2, False),
        _Stage(5, 112, 6, 1, False),
        _Stage(8, 192, 6, 2, False),
    ),
)
_SMALL: _Table = (
    24,
    (
        _Stage(2, 24, 1, 1, True),
        _Stage(4, 48, 4, 2, True),
        _Stage(4, 64, 4, 2, True),
        _Stage(6, 128, 4, 2, False),
        _Stage(9, 160, 6, 1, False),
        _Stage(15, 256, 6, 2, False),
    ),
)
_MEDIUM: _Table = (
    24,
    (
        _Stage(3, 24, 1, 1, True),
        _Stage(5, 48, 4, 2, True),
        _Stage(5, 80, 4, 2, True),
        _Stage(7, 160, 4, 2, False),
        _Stage(14, 176, 6, 1, False),
        _Stage(18, 304, 6, 2, False),
        _Stage(5, 512, 6, 1, False),
    ),
)
_LARGE: _Table = (
    32,
    (
        _Stage(4, 32, 1, 1, True),
        _Stage(7, 64, 4, 2, True),
        _Stage(7, 96, 4, 2, True),
        _Stage(10, 192, 4, 2, False),
        _Stage(19, 224, 6, 1, False),
        _Stage(25, 384, 6, 2, False),
        _Stage(7, 640, 6, 1, False),
    ),
)


def _rounded(filters: float) -> int:
    """The nearest multiple of 8; unlike in V1 it may be smaller by any share."""
    return max(8, int(filters + 4) // 8 * 8)


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return normalized(x, name, momentum=0.9)


def _active(x: KerasTensor, name: str, normalization: str, activation: str) -> KerasTensor:
    return layers.Activation("swish", name=f"{name}{activation}")(_normalized(x, f"{name}{normalization}"))


def _block(x: KerasTensor, name: str, stage: _Stage, filters: int, stride: int, drop: float) -> KerasTensor:
    """Widened, each channel convolved by itself, weighed, and narrowed again; fused, the first two are one."""
    shortcut, narrow = x, channels(x)
    wide = narrow * stage.expansion
    if not stage.fused:
        x = _active(convolved(x, wide, 1, f"{name}expand_conv"), name, "expand_bn", "expand_activation")
        x = layers.DepthwiseConv2D(
            3, strides=stride, padding="same", use_bias=False, depthwise_initializer=KERNEL, name=f"{name}dwconv2"
        )(x)
        x = weighed(_active(x, name, "bn", "activation"), narrow, name)
    elif stage.expansion > 1:
        x = convolved(x, wide, 3, f"{name}expand_conv", strides=stride)
        x = _active(x, name, "expand_bn", "expand_activation")
    if stage.expansion > 1:
        x = _normalized(convolved(x, filters, 1, f"{name}project_conv"), f"{name}project_bn")
    else:
        x = convolved(x, filters, 3, f"{name}project_conv", strides=stride)
        x = _active(x, name, "project_bn", "project_activation")
    return added(x, shortcut, drop, name) if stride == 1 and narrow == filters else x


def _scaled_pixels(image: KerasTensor, is_base: bool) -> KerasTensor:
    """Pixels of 0 to 255 as the variants were trained to see them."""
    if is_base and channels(image) == 3:
        x = layers.Rescaling(1 / 255)(image)
        deviations = (0.229, 0.224, 0.225)
        variance = [deviation**2 for deviation in deviations]
        return layers.Normalization(mean=[0.485, 0.456, 0.406], variance=variance, axis=channel_axis())(x)
    return layers.Rescaling(1 / 128, offset=-1)(image)


class _Variant(NamedTuple):
    """A network; called with an image."""

    variant: str
    table: _Table
    size: int
    width: float = 1.0
    depth: float = 1.0

    @property
    def name(self) -> str:
        return f"efficientnetv2-{self.variant}"

    def make(self, request: Request, include_preprocessing: bool) -> Functional:
        """The model that the user wants."""
        is_base = self.variant.startswith("b")

        def network(image: KerasTensor, request: Request) -> KerasTensor:
            return self._features(_scaled_pixels(image, is_base) if include_preprocessing else image, request)

        begin, (with_top, without) = f"{SERVER}efficientnet_v2/{self.name}", _HASHES[self.variant]
        files = File(f"{begin}.h5", with_top), File(f"{begin}_notop.h5", without)
        return assemble(request, request.shape(self.size, 32), network, files)

    def _features(self, x: KerasTensor, request: Request) -> KerasTensor:
        first, stages = self.table
        x = _active(convolved(x, _rounded(first * self.width), 3, "stem_conv", strides=2), "stem_", "bn", "activation")
        # As Keras counts them: before the network is made deeper.
        total, done = sum(stage.blocks for stage in stages), 0
        for number, stage in enumerate(stages, 1):
            filters = _rounded(stage.filters * self.width)
            for place in range(repeats(stage.blocks, self.depth)):
                name, drop = f"block{number}{letter(place)}_", DROP * done / total
                x = _block(x, name, stage, filters, 1 if place else stage.stride, drop)
                done += 1
        x = _active(convolved(x, _rounded(1280 * self.width), 1, "top_conv"), "top_", "bn", "activation")
        return ended(x, request, dropout=0.2, kernel_initializer=DENSE)


_FURTHER = """
        include_preprocessing: whether the model takes pixels of 0 to 255 and not of -1 to 1."""


def _constructor(variant: _Variant) -> Callable[[Callable[[], None]], Callable[..., Functional]]:
    """Put the function that makes a variant's models in the place of what is decorated."""

    def decorate(described: Callable[[], None]) -> Callable[..., Functional]:
        def construct(
            include_top: bool = True,
            weights: Any = "imagenet",
            input_tensor: Any = None,
            input_shape: Any = None,
            pooling: str | None = None,
            classes: int = 1000,
            classifier_activation: Any = "softmax",
            include_preprocessing: bool = True,
            name: str = variant.name,
        ) -> Functional:
            request = Request(
                include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
            )
            return variant.make(request, include_preprocessing)

        return named_as(described, construct, _FURTHER)

    return decorate


@_constructor(_Variant("b0", _BASE, 224))
def EfficientNetV2B0() -> None:
    """EfficientNetV2-B0, for images of 224x224 (Tan and Le, 2021, arXiv:2104.00298)."""


@_constructor(_Variant("b1", _BASE, 240, depth=1.1))
def EfficientNetV2B1() -> None:
    """EfficientNetV2-B1, for images of 240x240 (Tan and Le, 2021, arXiv:2104.00298)."""


@_constructor(_Variant("b2", _BASE, 260, 1.1, 1.2))
def EfficientNetV2B2() -> None:
    """EfficientNetV2-B2, for images of 260x260 (Tan and Le, 2021, arXiv:2104.00298)."""


@_constructor(_Variant("b3", _BASE, 300, 1.2, 1.4))
def EfficientNetV2B3() -> None:
    """EfficientNetV2-B3, for images of 300x300 (Tan and Le, 2021, arXiv:2104.00298)."""


@_constructor(_Variant("s", _SMALL, 384))
def EfficientNetV2S() -> None:
    """EfficientNetV2-S, for images of 384x384 (Tan and Le, 2021, arXiv:2104.00298)."""


@_constructor(_Variant("m", _MEDIUM, 480))
def EfficientNetV2M() -> None:
    """EfficientNetV2-M, for images of 480x480 (Tan and Le, 2021, arXiv:2104.00298)."""


@_constructor(_Variant("l", _LARGE, 480))
def EfficientNetV2L() -> None:
    """EfficientNetV2-L, for images of 480x480 (Tan and Le, 2021, arXiv:2104.00298)."""
