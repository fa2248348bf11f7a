"""ConvNeXt: a convolutional network with the habits of transformers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from keraburn import layers
from keraburn.applications.assembling import Request, assemble, named_as
from keraburn.applications.files import SERVER, File
from keraburn.applications.imagenet_utils import decode_predictions as decode_predictions
from keraburn.applications.pieces import channels, pooled
from keraburn.applications.preprocessing import unchanged
from keraburn.applications.sizes import check_channels_last
from keraburn.layers.residual import LayerScale
from keraburn.models import Functional, Sequential
from keraburn.tensor import KerasTensor

preprocess_input = unchanged

_HASHES = {
    "tiny": (
        "8ae6e78ce2933352b1ef4008e6dd2f17bc40771563877d156bc6426c7cf503ff",
        "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
    ),
    "small": (
        "ce1277d8f1ee5a0ef0e171469089c18f5233860ceaf9b168049cb9263fd7483c",
        "6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab",
    ),
    "base": (
        "52cbb006d3dadd03f6e095a8ca1aca47aecdd75acb4bc74bce1f5c695d0086e6",
        "40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45",
    ),
    "large": (
        "070c5ed9ed289581e477741d3b34beffa920db8cf590899d6d2c67fba2a198a6",
        "96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd",
    ),
    "xlarge": (
        "c1f5ccab661354fc3a79a10fa99af82f0fbf10ec65cb894a3ae0815f17a889ee",
        "de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05",
    ),
}
_MEANS, _DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def _normalization(name: str | None = None) -> layers.Layer:
    return layers.LayerNormalization(epsilon=1e-6, name=name)


def _block(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    """A convolution of each channel by itself, then two dense layers for each pixel."""
    shortcut = x
    x = layers.Conv2D(filters, 7, padding="same", groups=filters, name=f"{name}_depthwise_conv")(x)
    x = _normalization(f"{name}_layernorm")(x)
    x = layers.Dense(4 * filters, name=f"{name}_pointwise_conv_1")(x)
    x = layers.Activation("gelu", name=f"{name}_gelu")(x)
    x = layers.Dense(filters, name=f"{name}_pointwise_conv_2")(x)
    x = LayerScale(1e-6, filters, name=f"{name}_layer_scale")(x)
    return shortcut + layers.Activation("linear", name=f"{name}_identity")(x)


def _smaller(stage: int, filters: int, name: str) -> Sequential:
    """What comes before the blocks of a stage: patches of 4x4 in the first, else of 2x2."""
    if stage == 0:
        convolution = layers.Conv2D(filters, 4, strides=4, name=f"{name}_stem_conv")
        return Sequential([convolution, _normalization(f"{name}_stem_layernorm")], name=f"{name}_stem")
    number = stage - 1
    convolution = layers.Conv2D(filters, 2, strides=2, name=f"{name}_downsampling_conv_{number}")
    normalization = _normalization(f"{name}_downsampling_layernorm_{number}")
    return Sequential([normalization, convolution], name=f"{name}_downsampling_block_{number}")


class _Variant(NamedTuple):
    """A network; its layers' names begin with the model's."""

    variant: str
    depths: tuple[int, ...]
    filters: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"convnext_{self.variant}"

    def make(self, request: Request, include_preprocessing: bool) -> Functional:
        """The model that the user wants."""
        check_channels_last("ConvNeXt")
        begin = f"{SERVER}convnext/{self.name}"
        with_top, without = _HASHES[self.variant]
        files = File(f"{begin}.h5", with_top), File(f"{begin}_notop.h5", without)
        name = request.name or self.name

        def network(image: KerasTensor, request: Request) -> KerasTensor:
            x = image
            if include_preprocessing and channels(x) == 3:
                mean = [255 * value for value in _MEANS]
                variance = [(255 * value) ** 2 for value in _DEVIATIONS]
                x = layers.Normalization(mean=mean, variance=variance, name=f"{name}_prestem_normalization")(x)
            return self._features(x, request, name)

        return assemble(request, request.shape(224, 32), network, files, name)

    def _features(self, x: KerasTensor, request: Request, name: str) -> KerasTensor:
        for stage, (depth, filters) in enumerate(zip(self.depths, self.filters, strict=True)):
            x = _smaller(stage, filters, name)(x)
            for block in range(depth):
                x = _block(x, filters, f"{name}_stage_{stage}_block_{block}")
        if not request.include_top:
            return _normalization()(pooled(x, request, named=False))
        x = layers.GlobalAveragePooling2D(name=f"{name}_head_gap")(x)
        x = _normalization(f"{name}_head_layernorm")(x)
        return layers.Dense(request.classes, activation=request.classifier_activation, name=f"{name}_head_dense")(x)


_FURTHER = """
        include_preprocessing: whether the model takes pixels of 0 to 255 and not standardized ones."""


def _constructor(variant: _Variant) -> Callable[[Callable[[], None]], Callable[..., Functional]]:
    """Put the function that makes a variant's models in the place of what is decorated."""

    def decorate(described: Callable[[], None]) -> Callable[..., Functional]:
        def construct(
            include_top: bool = True,
            include_preprocessing: bool = True,
            weights: Any = "imagenet",
            input_tensor: Any = None,
            input_shape: Any = None,
            pooling: str | None = None,
            classes: int = 1000,
            classifier_activation: Any = "softmax",
            name: str = variant.name,
        ) -> Functional:
            request = Request(
                include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
            )
            return variant.make(request, include_preprocessing)

        return named_as(described, construct, _FURTHER)

    return decorate


@_constructor(_Variant("tiny", (3, 3, 9, 3), (96, 192, 384, 768)))
def ConvNeXtTiny() -> None:
    """The smallest ConvNeXt, for images of 224x224 (Liu et al., 2022, arXiv:2201.03545)."""


@_constructor(_Variant("small", (3, 3, 27, 3), (96, 192, 384, 768)))
def ConvNeXtSmall() -> None:
    """The small ConvNeXt, for images of 224x224 (Liu et al., 2022, arXiv:2201.03545)."""


@_constructor(_Variant("base", (3, 3, 27, 3), (128, 256, 512, 1024)))
def ConvNeXtBase() -> None:
    """The ConvNeXt of middle size, for images of 224x224 (Liu et al., 2022, arXiv:2201.03545)."""


@_constructor(_Variant("large", (3, 3, 27, 3), (192, 384, 768, 1536)))
def ConvNeXtLarge() -> None:
    """The large ConvNeXt, for images of 224x224 (Liu et al., 2022, arXiv:2201.03545)."""


@_constructor(_Variant("xlarge", (3, 3, 27, 3), (256, 512, 1024, 2048)))
def ConvNeXtXLarge() -> None:
    """The largest ConvNeXt, for images of 224x224 (Liu et al., 2022, arXiv:2201.03545)."""
