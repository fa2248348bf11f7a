"""Parts of which more than one family is made."""

from __future__ import annotations

from typing import Any

from keraburn import config, layers
from keraburn.applications.assembling import Request
from keraburn.tensor import KerasTensor


def channel_axis() -> int:
    """The axis of the channels."""
    return 1 if config.image_data_format() == "channels_first" else -1


def channels(x: KerasTensor) -> Any:
    """How many channels a symbol has."""
    return x.shape[channel_axis()]


def normalized(x: KerasTensor, name: str | None = None, **arguments: Any) -> KerasTensor:
    """Batch normalization of the channels."""
    return layers.BatchNormalization(axis=channel_axis(), name=name, **arguments)(x)


def joined(parts: list[KerasTensor], name: str | None = None) -> KerasTensor:
    """The channels of all parts, one after the other."""
    return layers.Concatenate(axis=channel_axis(), name=name)(parts)


def halving_pad(x: KerasTensor, kernel: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Zeros around an image so that a convolution of stride 2 needs no padding of its own.

    Args:
        x: the image.
        kernel: rows and columns of the convolution's kernel.
    """
    first = 2 if config.image_data_format() == "channels_first" else 1
    rows, columns = x.shape[first : first + 2]
    half = kernel // 2
    # An unknown number of rows is taken for an even one, and the columns with them.
    before = [half - (1 if rows is None or size is None else 1 - size % 2) for size in (rows, columns)]
    return (before[0], half), (before[1], half)


def rounded(filters: float, divisor: int = 8) -> int:
    """The nearest multiple of `divisor`, the next one where that would take away more than a tenth."""
    found = max(divisor, int(filters + divisor / 2) // divisor * divisor)
    return found + divisor if found < 0.9 * filters else found


def pooled(x: KerasTensor, request: Request, named: bool = True) -> KerasTensor:
    """The features as the user wants them: all, or the mean or maximum of each channel.

    Args:
        x: the features.
        request: the user's arguments.
        named: whether the layer has a name of its own.
    """
    if request.pooling == "avg":
        return layers.GlobalAveragePooling2D(name="avg_pool" if named else None)(x)
    if request.pooling == "max":
        return layers.GlobalMaxPooling2D(name="max_pool" if named else None)(x)
    return x


def classified(
    x: KerasTensor,
    request: Request,
    mean_name: str | None = "avg_pool",
    dropout: float = 0.0,
    **dense: Any,
) -> KerasTensor:
    """The mean of each channel, and a layer that classifies it.

    Args:
        x: the features.
        request: the user's arguments.
        mean_name: name of the layer of means.
        dropout: share of the means that are left out in training.
        **dense: more arguments of the last layer.
    """
    x = layers.GlobalAveragePooling2D(name=mean_name)(x)
    if dropout > 0:
        x = layers.Dropout(dropout, name="top_dropout")(x)
    activation = request.classifier_activation
    return layers.Dense(request.classes, activation=activation, name="predictions", **dense)(x)


def ended(
    x: KerasTensor, request: Request, mean_name: str | None = "avg_pool", named: bool = True, **top: Any
) -> KerasTensor:
    """`classified` or `pooled`, as the user wants."""
    return classified(x, request, mean_name, **top) if request.include_top else pooled(x, request, named)
