"""What all applications share: their arguments, the checks of these, and the way from a network to a model."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from keraburn import activations, backend, layers
from keraburn.applications.files import Files, fetch
from keraburn.applications.sizes import Shape, arranged, channel_place, check_size, of_three
from keraburn.models import Functional
from keraburn.tensor import KerasTensor
from keraburn.utils import get_source_inputs

ARGUMENTS = """

    Args:
        include_top: whether the model ends with the layers that classify.
        weights: None for random ones, `"imagenet"` for those trained on ImageNet, or the path of a file of weights.
        input_tensor: a KerasTensor to use as the image; a new input if None.
        input_shape: shape of an image, with the channels where `keras.config.image_data_format()` says.
        pooling: without the top, `"avg"` or `"max"` for one value of each channel; None for all of them.
        classes: number of classes, if the top is included.
        classifier_activation: activation of the top; None for logits.
        name: name of the model.

    Raises:
        ValueError: if an argument is none of these, or does not go with the trained weights.
        OSError: if the trained weights are not in the cache and cannot be fetched.
    """


@dataclass(frozen=True)
class Request:
    """The arguments that all applications take."""

    include_top: bool
    weights: Any
    input_tensor: Any
    input_shape: Any
    pooling: str | None
    classes: int
    classifier_activation: Any
    name: str | None

    def __post_init__(self) -> None:
        weights, trained = self.weights, self.is_trained
        if not (weights is None or trained or (isinstance(weights, (str, os.PathLike)) and os.path.exists(weights))):
            raise ValueError(
                "The `weights` argument should be either `None` (random initialization), 'imagenet' (pre-training on "
                f"ImageNet), or the path to the weights file to be loaded. Received: weights={weights}"
            )
        if trained and self.include_top and self.classes != 1000:
            raise ValueError(
                "If using `weights='imagenet'` with `include_top=True`, `classes` should be 1000. "
                f"Received: classes={self.classes}"
            )
        if self.pooling not in (None, "avg", "max"):
            raise ValueError(f"The `pooling` argument should be None, 'avg' or 'max'. Received: pooling={self.pooling}")
        if self.include_top and weights is not None:
            activation = activations.get(self.classifier_activation)
            if activation not in (activations.get("softmax"), activations.get(None)):
                raise ValueError(
                    "Only `None` and `softmax` activations are allowed for the `classifier_activation` argument when "
                    "using pretrained weights, with `include_top=True`. "
                    f"Received: classifier_activation={self.classifier_activation}"
                )

    @property
    def is_trained(self) -> bool:
        """Whether the weights are those trained on ImageNet."""
        return isinstance(self.weights, str) and self.weights == "imagenet"

    def shape(self, size: int | None, smallest: int) -> Shape:
        """The shape of an image, checked.

        Args:
            size: rows and columns of what the top was made for; None if it takes images of any size.
            smallest: fewest rows and columns that the network can halve as often as it does.
        """
        is_fixed = self.include_top and size is not None
        given = None if self.input_shape is None else of_three(self.input_shape)
        channels = 3 if given is None or self.is_trained else given[channel_place()]
        usual = arranged(size, size, channels)
        if self.is_trained and is_fixed:
            if given is not None and given != usual:
                raise ValueError(
                    "When setting `include_top=True` and loading `imagenet` weights, `input_shape` should be "
                    f"{usual}. Received: input_shape={given}"
                )
            return usual
        if given is None:
            return usual if is_fixed else arranged(None, None, 3)
        self._check_channels(given[channel_place()])
        check_size(given, smallest)
        if is_fixed and None in given:
            raise ValueError(
                f"If `include_top` is True, you should specify a static `input_shape`. Received: input_shape={given}"
            )
        return given

    def _check_channels(self, channels: int | None) -> None:
        if self.is_trained and channels != 3:
            raise ValueError(f"The input must have 3 channels. Received: input_shape={self.input_shape}")
        if channels not in (1, 3):
            warnings.warn(
                "This model usually expects 1 or 3 input channels. However, it was passed an input_shape with "
                f"{channels} input channels.",
                stacklevel=4,
            )


# A network, from the image to the features or to the top.
Network = Callable[[KerasTensor, Request], KerasTensor]


def assemble(
    request: Request, shape: Shape, network: Network, files: Files | None, name: str | None = None
) -> Functional:
    """The model of a network, with its weights.

    Args:
        request: the user's arguments.
        shape: of an image, as `Request.shape` gives it.
        network: what lies between image and output.
        files: the trained weights.
        name: name of the model where the user gave none.
    """
    weights = request.weights
    if request.is_trained:
        if files is None:
            raise ValueError(f"There are no weights trained on ImageNet for this model. Received: {request}")
        weights = fetch(files[0] if request.include_top else files[1])
    given = request.input_tensor
    image = given if backend.is_keras_tensor(given) else layers.Input(shape=shape, tensor=given)
    inputs = image if given is None else get_source_inputs(image)
    model = Functional(inputs, network(image, request), name=request.name or name)
    if weights is not None:
        model.load_weights(weights)
    return model


class Constructor(Protocol):
    """A function that makes the model of a network."""

    __name__: str

    def __call__(
        self,
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Any = None,
        input_shape: Any = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Any = "softmax",
        name: str = ...,
    ) -> Functional: ...


def constructor(name: str, files: Files, size: int = 224, smallest: int = 32) -> Callable[[Network], Constructor]:
    """Decorate a network; what takes its place takes the arguments of an application and makes a model.

    Args:
        name: the model's, if the user gives none.
        files: the trained weights.
        size: rows and columns of the images that it was made for.
        smallest: fewest rows and columns.
    """
    usual = name

    def decorate(network: Network) -> Constructor:
        def construct(
            include_top: bool = True,
            weights: Any = "imagenet",
            input_tensor: Any = None,
            input_shape: Any = None,
            pooling: str | None = None,
            classes: int = 1000,
            classifier_activation: Any = "softmax",
            name: str = usual,
        ) -> Functional:
            request = Request(
                include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
            )
            return assemble(request, request.shape(size, smallest), network, files)

        return named_as(network, construct)

    return decorate


def named_as(network: Any, construct: Any, more: str = "") -> Any:
    """A constructor under its network's name, described by the network's docstring and the arguments.

    Args:
        network: the decorated function.
        construct: what takes its place.
        more: lines about further arguments.
    """
    construct.__name__, construct.__qualname__ = network.__name__, network.__qualname__
    construct.__module__ = network.__module__
    construct.__doc__ = (network.__doc__ or "") + ARGUMENTS.replace("\n        name:", f"{more}\n        name:")
    return construct
