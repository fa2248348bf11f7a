"""Images as batches with their channels last, and what is said of those that are none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from keraburn.ops.shaping import permuted, reshaped
from keraburn.ops.spatial import from_channels_last, to_channels_last
from keraburn.tensor import Tensor


def check_rank(shape: Sequence[int], name: str = "images", received: str = "Received input with shape") -> None:
    """Refuse what is neither an image nor a batch of images."""
    if len(shape) not in (3, 4):
        raise ValueError(
            f"Invalid {name} rank: expected rank 3 (single image) or rank 4 (batch of images). "
            f"{received}: {name}.shape={tuple(shape)}"
        )


def check_one_of(value: Any, allowed: Collection[Any], name: str, expected: str = "Expected of one") -> None:
    """Refuse the value of an argument that is not among those allowed."""
    if value not in allowed:
        raise ValueError(f"Invalid value for argument `{name}`. {expected} {tuple(allowed)}. Received: {name}={value}")


def height_and_width(data_format: str) -> tuple[int, int]:
    """The axes of height and width, counted from the last."""
    return (-3, -2) if data_format == "channels_last" else (-2, -1)


def channels_axis(data_format: str) -> int:
    """The axis of the channels, counted from the last."""
    return -1 if data_format == "channels_last" else -3


def to_batch(images: Tensor, data_format: str) -> Tensor:
    """An image or a batch of them, as shape `(batch, height, width, channels)`."""
    batch = reshaped(images, [1, *images.shape]) if images.ndim == 3 else images
    return to_channels_last(batch, data_format)


def from_batch(batch: Tensor, rank: int, data_format: str) -> Tensor:
    """What `to_batch` made, in the form that the image of that rank had."""
    images = from_channels_last(batch, data_format)
    return reshaped(images, images.shape[1:]) if rank == 3 else images


def by_planes(images: Tensor, data_format: str) -> list[Tensor]:
    """Each channel of an image or a batch, without the axis of channels."""
    axis = images.ndim + channels_axis(data_format)
    last = (
        images if axis == images.ndim - 1 else permuted(images, [*(a for a in range(images.ndim) if a != axis), axis])
    )
    return [last[..., number] for number in range(last.shape[-1])]
