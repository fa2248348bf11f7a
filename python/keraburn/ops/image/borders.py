"""Images with zeros around them, and parts of images."""

from __future__ import annotations

import numbers
from typing import Any

from keraburn import config
from keraburn.ops.apply import operation
from keraburn.ops.convert import convert
from keraburn.ops.image.layout import check_rank, height_and_width
from keraburn.ops.joining import section
from keraburn.ops.repetition import pad
from keraburn.tensor import Tensor
from keraburn.trace import current


def _amounts(before: Any, after: Any, target: Any, size: int, names: tuple[str, str, str], sign: int) -> list[int]:
    """The pixels before and after an axis, of which two of three arguments are given.

    Args:
        before: pixels before, or None.
        after: pixels after, or None.
        target: size of the result, or None.
        size: size of the axis.
        names: the three arguments' names, in this order.
        sign: 1 where pixels are added, -1 where they are left out.
    """
    given = dict(zip(names, (before, after, target), strict=True))
    if list(given.values()).count(None) != 1:
        received = ", ".join(f"{name}={value}" for name, value in given.items())
        raise ValueError(f"Must specify exactly two of {', '.join(names)}. Received: {received}")
    wrong = [name for name, value in given.items() if value is not None and not isinstance(value, numbers.Integral)]
    if wrong:
        raise TypeError(f"Argument `{wrong[0]}` must be an integer. Received: {wrong[0]}={given[wrong[0]]}")
    amounts: dict[str, Any] = {name: None if value is None else int(value) for name, value in given.items()}
    _not_negative(amounts)
    first, second, third = (amounts[name] for name in names)
    if first is None:
        amounts[names[0]] = sign * (third - size) - second
    elif second is None:
        amounts[names[1]] = sign * (third - size) - first
    else:
        amounts[names[2]] = size + sign * (first + second)
    _not_negative(amounts)
    return [amounts[names[0]], amounts[names[1]]]


def _not_negative(amounts: dict[str, Any]) -> None:
    for name, value in amounts.items():
        if value is not None and value < 0:
            raise ValueError(f"{name} must be >= 0. Received: {name}={value}")


def _fitting(images: Tensor, axis: int, target: Any, *paddings: Any) -> Tensor:
    """Images of a model that is being described, whose unknown size is taken for one that fits into the target."""
    active = current()
    if active is None or images.shape[axis] != active.probe or not isinstance(target, int):
        return images
    room = target - sum(each for each in paddings if each is not None)
    return section(images, images.ndim + axis, 0, min(max(room, 0), images.shape[axis]))


@operation
def pad_images(
    images: Any,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Images with rows and columns of zeros around them.

    Two of `top_padding`, `bottom_padding` and `target_height` are given, and likewise for the width.

    Args:
        images: shape `(height, width, channels)` or `(batch, height, width, channels)`, or the channels first.
        top_padding: rows above.
        left_padding: columns to the left.
        bottom_padding: rows below.
        right_padding: columns to the right.
        target_height: height of the result.
        target_width: width of the result.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Raises:
        ValueError: for another rank, too few or too many sizes, or less than none of a padding.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.image.pad_images(keras.ops.ones((15, 25, 3)), 2, 3, target_height=20, target_width=30).shape
    (20, 30, 3)
    """
    images = convert(images)
    check_rank(images.shape, received="Received")
    height, width = height_and_width(config.standardize_data_format(data_format))
    images = _fitting(images, height, target_height, top_padding, bottom_padding)
    images = _fitting(images, width, target_width, left_padding, right_padding)
    amounts = [[0, 0] for _ in images.shape]
    rows = ("top_padding", "bottom_padding", "target_height")
    amounts[height] = _amounts(top_padding, bottom_padding, target_height, images.shape[height], rows, 1)
    columns = ("left_padding", "right_padding", "target_width")
    amounts[width] = _amounts(left_padding, right_padding, target_width, images.shape[width], columns, 1)
    return pad(images, amounts)


@operation
def crop_images(
    images: Any,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """A part of images.

    Two of `top_cropping`, `bottom_cropping` and `target_height` are given, and likewise for the width.

    Args:
        images: shape `(height, width, channels)` or `(batch, height, width, channels)`, or the channels first.
        top_cropping: rows left out above.
        left_cropping: columns left out on the left.
        bottom_cropping: rows left out below.
        right_cropping: columns left out on the right.
        target_height: height of the result.
        target_width: width of the result.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Raises:
        ValueError: for another rank, too few or too many sizes, or a part that is not inside.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.image.crop_images(keras.ops.ones((28, 28, 3)), 5, 5, target_height=10, target_width=12).shape
    (10, 12, 3)
    """
    images = convert(images)
    check_rank(images.shape, received="Received")
    height, width = height_and_width(config.standardize_data_format(data_format))
    sizes = images.shape[height], images.shape[width]
    rows = ("top_cropping", "bottom_cropping", "target_height")
    top, bottom = _amounts(top_cropping, bottom_cropping, target_height, sizes[0], rows, -1)
    columns = ("left_cropping", "right_cropping", "target_width")
    left, right = _amounts(left_cropping, right_cropping, target_width, sizes[1], columns, -1)
    part = section(images, images.ndim + height, top, sizes[0] - bottom)
    return section(part, images.ndim + width, left, sizes[1] - right)
