"""The sizes of images that networks take."""

from __future__ import annotations

import warnings
from typing import Any

from keraburn import config

# Of an image, without the batch.
Shape = tuple[int | None, ...]


def channel_place() -> int:
    """Where the channels stand in a shape."""
    return 0 if config.image_data_format() == "channels_first" else -1


def arranged(rows: int | None, columns: int | None, channels: int | None) -> Shape:
    """A shape with the channels in their place."""
    return (channels, rows, columns) if channel_place() == 0 else (rows, columns, channels)


def rows_and_columns(shape: Any) -> tuple[int | None, int | None]:
    """What is left of a shape without the channels."""
    rows, columns = shape[1:] if channel_place() == 0 else shape[:2]
    return rows, columns


def of_three(shape: Any) -> Shape:
    """The user's shape of an image, checked."""
    found = tuple(shape) if isinstance(shape, (tuple, list)) else ()
    if len(found) != 3 or not all(size is None or (isinstance(size, int) and size > 0) for size in found):
        raise ValueError(f"`input_shape` must be a tuple of three integers. Received: input_shape={shape}")
    return found


def check_size(shape: Shape, smallest: int) -> None:
    """Refuse images too small for a network."""
    if any(size is not None and size < smallest for size in rows_and_columns(shape)):
        raise ValueError(f"Input size must be at least {smallest}x{smallest}. Received: input_shape={shape}")


def check_alpha(alpha: Any) -> None:
    """Refuse what numbers of filters cannot be multiplied by."""
    if isinstance(alpha, bool) or not isinstance(alpha, (int, float)) or not alpha > 0:
        raise ValueError(f"`alpha` must be a positive number. Received: alpha={alpha}")


def check_channels_last(name: str) -> None:
    """Refuse the other order, where a family of networks knows only this one."""
    if channel_place() == 0:
        raise ValueError(
            f"{name} does not support the `channels_first` image data format. Switch to `channels_last` by editing "
            "your local config file at ~/.keras/keras.json. Received: image_data_format='channels_first'"
        )


def check_same_shape(input_tensor: Any, input_shape: Any) -> None:
    """Refuse a shape that is not that of the symbol given with it."""
    if input_tensor is None or input_shape is None:
        return
    found = getattr(input_tensor, "shape", None)
    if found is None or tuple(found[1:]) != tuple(input_shape):
        raise ValueError(
            "`input_tensor` must be a KerasTensor of images of `input_shape`. "
            f"Received: input_tensor={input_tensor}, input_shape={input_shape}"
        )


def usual_size(shape: Any, sizes: tuple[int, ...]) -> int:
    """The size of square images in a shape, if there are weights trained with it; 224 else."""
    is_shape = isinstance(shape, (tuple, list)) and len(shape) == 3
    rows, columns = rows_and_columns(shape) if is_shape else (None, None)
    return rows if rows is not None and rows == columns and rows in sizes else 224


def trained_size(shape: Shape, sizes: tuple[int, ...]) -> int:
    """The size of images whose trained weights fit best; a warning if that is not theirs."""
    rows, columns = rows_and_columns(shape)
    if rows is not None and rows == columns and rows in sizes:
        return rows
    known = "224" if sizes == (224,) else f"in {list(sizes)}"
    warnings.warn(
        f"`input_shape` is undefined or non-square, or `rows` is not {known}. Weights for input shape (224, 224) will "
        "be loaded as the default.",
        stacklevel=3,
    )
    return 224
