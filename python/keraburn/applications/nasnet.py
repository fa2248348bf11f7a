"""NASNet: two cells found by search, of which networks of any size are stacked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keraburn import config, layers
from keraburn.applications.assembling import Request, assemble, named_as
from keraburn.applications.files import SERVER, File, Files
from keraburn.applications.imagenet_utils import decode_predictions as decode_predictions
from keraburn.applications.pieces import channels, ended, halving_pad, joined, normalized
from keraburn.applications.preprocessing import between_one_and_minus_one
from keraburn.applications.sizes import check_channels_last
from keraburn.models import Functional
from keraburn.tensor import KerasTensor

preprocess_input = between_one_and_minus_one


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return normalized(x, name, momentum=0.9997, epsilon=1e-3)


def _relu(x: KerasTensor, name: str | None = None) -> KerasTensor:
    return layers.Activation("relu", name=name)(x)


def _pointwise(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    return layers.Conv2D(filters, 1, padding="same", use_bias=False, kernel_initializer="he_normal", name=name)(x)


def _mean(x: KerasTensor, name: str, size: int = 3, stride: int = 1) -> KerasTensor:
    padding = "same" if stride == 1 else "valid"
    return layers.AveragePooling2D(size, strides=stride, padding=padding, name=name)(x)


def _maximum(x: KerasTensor, name: str) -> KerasTensor:
    return layers.MaxPooling2D(3, strides=2, name=name)(x)


def _separated(x: KerasTensor, filters: int, kernel: int, name: str, stride: int = 1) -> KerasTensor:
    """Two separable convolutions; the first has the stride."""
    with config.name_scope(f"separable_conv_block_{name}"):
        for number in (1, 2):
            x, stride = _relu(x), stride if number == 1 else 1
            if stride > 1:
                x = layers.ZeroPadding2D(halving_pad(x, kernel), name=f"separable_conv_{number}_pad_{name}")(x)
            x = layers.SeparableConv2D(
                filters,
                kernel,
                strides=stride,
                padding="same" if stride == 1 else "valid",
                use_bias=False,
                name=f"separable_conv_{number}_{name}",
            )(x)
            x = _normalized(x, f"separable_conv_{number}_bn_{name}")
    return x


def _fitted(past: KerasTensor | None, x: KerasTensor, filters: int, name: str) -> KerasTensor:
    """The features of the cell before the last, in the size of the last and with so many channels."""
    with config.name_scope("adjust_block"):
        if past is None:
            return x
        if past.shape[-2] != x.shape[-2]:
            with config.name_scope(f"adjust_reduction_block_{name}"):
                return _halved(past, filters, name)
        if channels(past) == filters:
            return past
        with config.name_scope(f"adjust_projection_block_{name}"):
            return _normalized(_pointwise(_relu(past), filters, f"adjust_conv_projection_{name}"), f"adjust_bn_{name}")


def _halved(past: KerasTensor, filters: int, name: str) -> KerasTensor:
    """Every second pixel, and every second of the image moved by one, so that none is lost."""
    past = _relu(past, f"adjust_relu_1_{name}")
    moved = layers.Cropping2D(((1, 0), (1, 0)))(layers.ZeroPadding2D(((0, 1), (0, 1)))(past))
    parts = [
        _pointwise(_mean(part, f"adjust_avg_pool_{number}_{name}", 1, 2), filters // 2, f"adjust_conv_{number}_{name}")
        for number, part in enumerate((past, moved), 1)
    ]
    return _normalized(joined(parts), f"adjust_bn_{name}")


def _begun(
    kind: str, x: KerasTensor, past: KerasTensor | None, filters: int, name: str
) -> tuple[KerasTensor, KerasTensor]:
    """What a cell computes with: the last features and those before, with so many channels."""
    past = _fitted(past, x, filters, name)
    return _normalized(_pointwise(_relu(x), filters, f"{kind}_conv_1_{name}"), f"{kind}_bn_1_{name}"), past


def _normal_cell(x: KerasTensor, past: KerasTensor | None, filters: int, name: str) -> KerasTensor:
    """The cell that keeps the size of the image."""
    with config.name_scope(f"normal_A_block_{name}"):
        h, p = _begun("normal", x, past, filters, name)

        def separated(of: KerasTensor, kernel: int, side: str) -> KerasTensor:
            return _separated(of, filters, kernel, f"normal_{side}_{name}")

        def added(number: int, *parts: KerasTensor) -> KerasTensor:
            return layers.Add(name=f"normal_add_{number}_{name}")(list(parts))

        with config.name_scope("block_1"):
            first = added(1, separated(h, 5, "left1"), separated(p, 3, "right1"))
        with config.name_scope("block_2"):
            second = added(2, separated(p, 5, "left2"), separated(p, 3, "right2"))
        with config.name_scope("block_3"):
            third = added(3, _mean(h, f"normal_left3_{name}"), p)
        with config.name_scope("block_4"):
            fourth = added(4, _mean(p, f"normal_left4_{name}"), _mean(p, f"normal_right4_{name}"))
        with config.name_scope("block_5"):
            fifth = added(5, separated(h, 3, "left5"), h)
        return joined([p, first, second, third, fourth, fifth], f"normal_concat_{name}")


def _reduction_cell(x: KerasTensor, past: KerasTensor | None, filters: int, name: str) -> KerasTensor:
    """The cell that halves the image."""
    with config.name_scope(f"reduction_A_block_{name}"):
        h, p = _begun("reduction", x, past, filters, name)
        padded = layers.ZeroPadding2D(halving_pad(h, 3), name=f"reduction_pad_1_{name}")(h)

        def separated(of: KerasTensor, kernel: int, side: str, stride: int = 2) -> KerasTensor:
            return _separated(of, filters, kernel, f"reduction_{side}_{name}", stride)

        def added(number: str, *parts: KerasTensor) -> KerasTensor:
            return layers.Add(name=f"reduction_add{number}_{name}")(list(parts))

        with config.name_scope("block_1"):
            first = added("_1", separated(h, 5, "left1"), separated(p, 7, "right1"))
        with config.name_scope("block_2"):
            second = added("_2", _maximum(padded, f"reduction_left2_{name}"), separated(p, 7, "right2"))
        with config.name_scope("block_3"):
            third = added("3", _mean(padded, f"reduction_left3_{name}", stride=2), separated(p, 5, "right3"))
        with config.name_scope("block_4"):
            fourth = layers.Add()([second, _mean(first, f"reduction_left4_{name}")])
        with config.name_scope("block_5"):
            fifth = added("4", separated(first, 3, "left4", 1), _maximum(padded, f"reduction_right5_{name}"))
        return joined([second, third, fourth, fifth], f"reduction_concat_{name}")


@dataclass(frozen=True)
class _Network:
    """A stack of cells; called with an image.

    Args:
        cells: normal cells of each of the three stages.
        filters: of the first stage; each next one has twice as many.
        stem_filters: of the convolution before all cells.
        skips: whether the first cell of a stage sees what went into the last reduction rather than what went before.
    """

    cells: int
    filters: int
    stem_filters: int
    skips: bool

    def __call__(self, image: KerasTensor, request: Request) -> KerasTensor:
        x = layers.Conv2D(
            self.stem_filters, 3, strides=2, use_bias=False, kernel_initializer="he_normal", name="stem_conv1"
        )(image)
        x, past = _normalized(x, "stem_bn1"), None
        for number, share in ((1, 4), (2, 2)):
            x, past = _reduction_cell(x, past, self.filters // share, f"stem_{number}"), x
        filters = self.filters
        for stage in range(3):
            if stage:
                filters *= 2
                before, x = x, _reduction_cell(x, past, filters, f"reduce_{stage * self.cells}")
                past = past if self.skips else before
            for number in range(self.cells):
                # Reductions are counted too, but for the first.
                cell = stage * self.cells + number + (1 if stage else 0)
                x, past = _normal_cell(x, past, filters, str(cell)), x
        return ended(_relu(x), request, mean_name=None, named=False)


def _files(kind: str, with_top: str, without: str) -> Files:
    begin, name = f"{SERVER}nasnet/NASNet-{kind}", f"nasnet_{kind}"
    return File(f"{begin}.h5", with_top, f"{name}.h5"), File(f"{begin}-no-top.h5", without, f"{name}_no_top.h5")


def _constructor(
    size: int, files: Files, network: _Network
) -> Callable[[Callable[[], None]], Callable[..., Functional]]:
    """Put the function that makes a network's models in the place of what is decorated.

    Args:
        size: rows and columns of the images that it was made for.
        files: the trained weights.
        network: the stack of cells.
    """

    def decorate(described: Callable[[], None]) -> Callable[..., Functional]:
        def construct(
            input_shape: Any = None,
            include_top: bool = True,
            weights: Any = "imagenet",
            input_tensor: Any = None,
            pooling: str | None = None,
            classes: int = 1000,
            classifier_activation: Any = "softmax",
            name: str | None = (files[0].name or "").removesuffix(".h5"),
        ) -> Functional:
            check_channels_last("NASNet")
            if size == 224 and not include_top and input_shape is None:
                input_shape = (224, 224, 3)
            request = Request(
                include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
            )
            if request.is_trained and isinstance(input_shape, (tuple, list)) and None in input_shape:
                raise ValueError(
                    "When specifying the input shape of a NASNet and loading `ImageNet` weights, the input_shape "
                    f"argument must be static (no None entries). Received: input_shape={input_shape}"
                )
            return assemble(request, request.shape(size, smallest=32), network, files)

        return named_as(described, construct)

    return decorate


@_constructor(
    224,
    _files("mobile", "020fb642bf7360b370c678b08e0adf61", "1ed92395b5b598bdda52abe5c0dbfd63"),
    _Network(4, 44, 32, skips=False),
)
def NASNetMobile() -> None:
    """The small NASNet, for images of 224x224 (Zoph et al., 2017, arXiv:1707.07012)."""


@_constructor(
    331,
    _files("large", "11577c9a518f0070763c2b964a382f17", "d81d89dc07e6e56530c4e77faddd61b5"),
    _Network(6, 168, 96, skips=True),
)
def NASNetLarge() -> None:
    """The large NASNet, for images of 331x331 (Zoph et al., 2017, arXiv:1707.07012)."""
