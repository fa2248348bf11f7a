"""MobileNet V3: the blocks of V2, some of which weigh their channels, found by search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from keraburn import backend, layers
from keraburn.applications.assembling import Request, assemble, named_as
from keraburn.applications.files import SERVER, File, Files
from keraburn.applications.imagenet_utils import decode_predictions as decode_predictions
from keraburn.applications.pieces import channels, halving_pad, normalized, pooled, rounded
from keraburn.applications.preprocessing import unchanged
from keraburn.applications.sizes import check_alpha, check_same_shape, check_size, trained_size
from keraburn.models import Functional
from keraburn.tensor import KerasTensor

preprocess_input = unchanged

_HASHES = {
    "large_224_0.75": ("765b44a33ad4005b3ac83185abf1d0eb", "40af19a13ebea4e2ee0c676887f69a2e"),
    "large_224_1.0": ("59e551e166be033d707958cf9e29a6a7", "07fb09a5933dd0c8eaafa16978110389"),
    "large_minimalistic_224_1.0": ("675e7b876c45c57e9e63e6d90a36599c", "ec5221f64a2f6d1ef965a614bdae7973"),
    "small_224_0.75": ("cb65d4e5be93758266aa0a7f2c6708b7", "ebdb5cc8e0b497cd13a7c275d475c819"),
    "small_224_1.0": ("8768d4c2e7dee89b9d02b2d03d65d862", "d3e8ec802a04aa4fc771ee12a9a9b836"),
    "small_minimalistic_224_1.0": ("99cd97fb2fcdad2bf028eb838de69e37", "cde8136e733e811080d9fcd8a252f7e4"),
}


class _Block(NamedTuple):
    """A row of the paper's tables."""

    expansion: float
    filters: int
    kernel: int
    stride: int
    weighs: bool
    swish: bool

    def plain(self) -> _Block:
        """The same without what is slow on some devices."""
        return self._replace(kernel=3, weighs=False, swish=False)


_SMALL = (
    _Block(1, 16, 3, 2, True, False),
    _Block(72 / 16, 24, 3, 2, False, False),
    _Block(88 / 24, 24, 3, 1, False, False),
    _Block(4, 40, 5, 2, True, True),
    _Block(6, 40, 5, 1, True, True),
    _Block(6, 40, 5, 1, True, True),
    _Block(3, 48, 5, 1, True, True),
    _Block(3, 48, 5, 1, True, True),
    _Block(6, 96, 5, 2, True, True),
    _Block(6, 96, 5, 1, True, True),
    _Block(6, 96, 5, 1, True, True),
)
_LARGE = (
    _Block(1, 16, 3, 1, False, False),
    _Block(4, 24, 3, 2, False, False),
    _Block(3, 24, 3, 1, False, False),
    _Block(3, 40, 5, 2, True, False),
    _Block(3, 40, 5, 1, True, False),
    _Block(3, 40, 5, 1, True, False),
    _Block(6, 80, 3, 2, False, True),
    _Block(2.5, 80, 3, 1, False, True),
    _Block(2.3, 80, 3, 1, False, True),
    _Block(2.3, 80, 3, 1, False, True),
    _Block(6, 112, 3, 1, True, True),
    _Block(6, 112, 3, 1, True, True),
    _Block(6, 160, 5, 2, True, True),
    _Block(6, 160, 5, 1, True, True),
    _Block(6, 160, 5, 1, True, True),
)


def _active(x: KerasTensor, swish: bool) -> KerasTensor:
    return layers.Activation("hard_swish")(x) if swish else layers.ReLU()(x)


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return normalized(x, name, epsilon=1e-3, momentum=0.999)


def _pointwise(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=name)(x)
    return _normalized(x, f"{name}_bn")


def _weighed(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    """Each channel times a weight that comes from the means of all (squeeze and excitation)."""
    name = f"{name}squeeze_excite_"
    weights = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}avg_pool")(x)
    weights = layers.Conv2D(rounded(filters * 0.25), 1, padding="same", name=f"{name}conv")(weights)
    weights = layers.ReLU(name=f"{name}relu")(weights)
    weights = layers.Conv2D(filters, 1, padding="same", name=f"{name}conv_1")(weights)
    weights = layers.ReLU(6.0)(weights + 3.0) * (1.0 / 6.0)
    return layers.Multiply(name=f"{name}mul")([x, weights])


def _block(x: KerasTensor, number: int, block: _Block, filters: int) -> KerasTensor:
    shortcut, narrow = x, channels(x)
    wide = rounded(narrow * block.expansion)
    name = f"expanded_conv_{number}_" if number else "expanded_conv_"
    if number:
        x = _active(_pointwise(x, wide, f"{name}expand"), block.swish)
    if block.stride == 2:
        x = layers.ZeroPadding2D(halving_pad(x, block.kernel), name=f"{name}depthwise_pad")(x)
    x = layers.DepthwiseConv2D(
        block.kernel,
        strides=block.stride,
        padding="same" if block.stride == 1 else "valid",
        use_bias=False,
        name=f"{name}depthwise",
    )(x)
    x = _active(_normalized(x, f"{name}depthwise_bn"), block.swish)
    if block.weighs:
        x = _weighed(x, wide, name)
    x = _pointwise(x, filters, f"{name}project")
    return layers.Add(name=f"{name}add")([shortcut, x]) if block.stride == 1 and narrow == filters else x


@dataclass(frozen=True)
class _Network:
    """A variant as the user wants it; called with an image."""

    blocks: tuple[_Block, ...]
    last: int
    alpha: float
    minimalistic: bool
    dropout: float
    rescales: bool

    def __call__(self, image: KerasTensor, request: Request) -> KerasTensor:
        x = layers.Rescaling(1 / 127.5, offset=-1.0)(image) if self.rescales else image
        x = layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False, name="conv")(x)
        x = _active(_normalized(x, "conv_bn"), not self.minimalistic)
        for number, block in enumerate(self.blocks):
            block = block.plain() if self.minimalistic else block
            x = _block(x, number, block, rounded(block.filters * self.alpha))
        x = _active(_pointwise(x, rounded(channels(x) * 6), "conv_1"), not self.minimalistic)
        return self._top(x, request) if request.include_top else pooled(x, request)

    def _top(self, x: KerasTensor, request: Request) -> KerasTensor:
        # The last convolution is never narrower than in the paper.
        last = rounded(self.last * self.alpha) if self.alpha > 1 else self.last
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        x = layers.Conv2D(last, 1, padding="same", name="conv_2")(x)
        x = _active(x, not self.minimalistic)
        if self.dropout > 0:
            x = layers.Dropout(self.dropout)(x)
        x = layers.Conv2D(request.classes, 1, padding="same", name="logits")(x)
        return layers.Activation(request.classifier_activation, name="predictions")(layers.Flatten()(x))


def _files(kind: str, network: _Network) -> Files:
    """The trained weights of a variant.

    Raises:
        ValueError: if there are none.
    """
    variant = f"{kind}{'_minimalistic' if network.minimalistic else ''}_224_{float(network.alpha)}"
    if variant not in _HASHES:
        raise ValueError(
            "If imagenet weights are being loaded, alpha can be one of `0.75`, `1.0` for non minimalistic or `1.0` "
            f"for minimalistic only. Received: alpha={network.alpha}, minimalistic={network.minimalistic}"
        )
    begin = f"{SERVER}mobilenet_v3/weights_mobilenet_v3_{variant}_float"
    with_top, without = _HASHES[variant]
    return File(f"{begin}.h5", with_top), File(f"{begin}_no_top_v2.h5", without)


def _model(kind: str, request: Request, network: _Network) -> Functional:
    check_alpha(network.alpha)
    given = request.input_tensor
    check_same_shape(given, request.input_shape)
    shape = request.shape(None, smallest=32)
    if request.input_shape is None and backend.is_keras_tensor(given):
        shape = tuple(given.shape[1:])
        check_size(shape, 32)
    files = None
    if request.is_trained:
        files = _files(kind, network)
        trained_size(shape, (224,))
    return assemble(request, shape, network, files)


def _constructor(blocks: tuple[_Block, ...], last: int) -> Callable[[Callable[[], None]], Callable[..., Functional]]:
    """Put the function that makes the models of a table in the place of what is decorated.

    Args:
        blocks: the table.
        last: filters of the last convolution.
    """

    def decorate(described: Callable[[], None]) -> Callable[..., Functional]:
        title = described.__name__

        def construct(
            input_shape: Any = None,
            alpha: float = 1.0,
            minimalistic: bool = False,
            include_top: bool = True,
            weights: Any = "imagenet",
            input_tensor: Any = None,
            classes: int = 1000,
            pooling: str | None = None,
            dropout_rate: float = 0.2,
            classifier_activation: Any = "softmax",
            include_preprocessing: bool = True,
            name: str | None = title,
        ) -> Functional:
            request = Request(
                include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
            )
            network = _Network(blocks, last, alpha, minimalistic, dropout_rate, include_preprocessing)
            return _model(title.removeprefix("MobileNetV3").lower(), request, network)

        return named_as(described, construct, _FURTHER)

    return decorate


_FURTHER = """
        alpha: what all numbers of filters are multiplied by.
        minimalistic: whether to do without large kernels, weights of channels and hard swish.
        dropout_rate: share of the features that are left out in training, before the top.
        include_preprocessing: whether the model takes pixels of 0 to 255 and not of -1 to 1."""


@_constructor(_SMALL, 1024)
def MobileNetV3Small() -> None:
    """The small MobileNet V3, for images of 224x224 (Howard et al., 2019, arXiv:1905.02244)."""


@_constructor(_LARGE, 1280)
def MobileNetV3Large() -> None:
    """The large MobileNet V3, for images of 224x224 (Howard et al., 2019, arXiv:1905.02244)."""
