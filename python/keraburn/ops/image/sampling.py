"""Values of images between their pixels, and beyond their borders."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keraburn import dtypes
from keraburn.ops.apply import emit, operation
from keraburn.ops.arithmetic import clip, floor_divide, mod
from keraburn.ops.convert import cast_to, constant, convert, floating
from keraburn.ops.elementwise import abs, floor, sign, trunc
from keraburn.ops.image.layout import check_one_of
from keraburn.ops.joining import unstack
from keraburn.ops.repetition import pad
from keraburn.ops.selection import saturate_cast, where
from keraburn.ops.shaping import expand_dims, reshaped
from keraburn.tensor import Tensor


def _mirrored(index: Tensor, size: int) -> Tensor:
    """Back and forth between the first and the last pixel, which come once."""
    last = size - 1
    return abs(mod(index + last, 2 * last) - last) if last else index * 0


def _reflected(index: Tensor, size: int) -> Tensor:
    """Back and forth, with the first and the last pixel twice."""
    return floor_divide(_mirrored(2 * index + 1, 2 * size + 1) - 1, 2)


# Which pixel is seen at an index beyond the border.
_FIXERS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "nearest": lambda index, size: clip(index, 0, size - 1),
    "wrap": mod,
    "mirror": _mirrored,
    "reflect": _reflected,
}
FILL_MODES = ("constant", *_FIXERS)

# By their order.
INTERPOLATIONS = ("nearest", "bilinear")

# Twice as much is an int32 still.
_FARTHEST = 1e9


def _rows(images: Tensor, fixed: Sequence[Tensor]) -> Tensor:
    """The pixels at whole places inside the images."""
    batch, *sizes, channels = images.shape
    # Counted row by row, image by image.
    index = constant(np.arange(batch, dtype=np.int32).reshape([batch] + [1] * (fixed[0].ndim - 1)))
    for place, size in zip(fixed, sizes, strict=True):
        index = index * size + place
    return emit("take", reshaped(images, [math.prod(images.shape[:-1]), channels]), index, axis=0)


def _nearest(images: Tensor, places: Sequence[Tensor], fill_mode: str, origin: int) -> Tensor:
    indices = []
    for place, size in zip(places, images.shape[1:-1], strict=True):
        # Halves are rounded away from zero.
        whole = trunc(place)
        index = cast_to(whole + where(abs(place - whole) >= 0.5, sign(place), 0.0), "int32")
        indices.append(_FIXERS[fill_mode](index + origin, size))
    return _rows(images, indices)


def _linear(images: Tensor, places: Sequence[Tensor], fill_mode: str, origin: int) -> Tensor:
    near, shares = [], []
    for place, size in zip(places, images.shape[1:-1], strict=True):
        lower = floor(place)
        index = cast_to(lower, "int32") + origin
        near.append([_FIXERS[fill_mode](each, size) for each in (index, index + 1)])
        shares.append(expand_dims(place - lower, -1))
    values = [cast_to(_rows(images, corner), places[0].dtype) for corner in itertools.product(*near)]
    # Corners that differ in the last direction stand next to each other.
    for share in reversed(shares):
        values = [low + share * (high - low) for low, high in zip(values[::2], values[1::2], strict=True)]
    return values[0]


def sample(images: Tensor, places: Sequence[Any], interpolation: str, fill_mode: str, fill_value: Any) -> Tensor:
    """The values of images at places between their pixels.

    Args:
        images: shape `(batch, *sizes, channels)`.
        places: for each of the sizes, floats of one shape `(batch, *outputs)`, or ones that make it when broadcast, in
            pixels.
        interpolation: "nearest", or "bilinear" for linear interpolation in all directions.
        fill_mode: one of `FILL_MODES`: what is beyond the border.
        fill_value: with "constant", the value there.

    Returns:
        Shape `(batch, *outputs, channels)`, of the images' dtype.
    """
    dtype = images.dtype if images.dtype == "float64" else "float32"
    near = [clip(convert(place, dtype), -_FARTHEST, _FARTHEST) for place in places]
    if min(images.shape[1:-1], default=0) < 1:
        raise ValueError(f"Images must have at least one pixel. Received: images.shape={images.shape}")
    origin = 0
    if fill_mode == "constant":
        # The same as the nearest pixel of images with one more all around.
        around = [[0, 0], *([1, 1] for _ in near), [0, 0]]
        images = pad(images, around, constant_values=fill_value)
        fill_mode, origin = "nearest", 1
    if interpolation == "nearest":
        return _nearest(images, near, fill_mode, origin)
    values = _linear(images, near, fill_mode, origin)
    if dtypes.is_float(images.dtype):
        return cast_to(values, images.dtype)
    return saturate_cast(sign(values) * floor(abs(values) + 0.5), images.dtype)


@operation
def map_coordinates(
    inputs: Any, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Tensor:
    """The values of an array at places between its elements.

    Args:
        inputs: the array, of any rank.
        coordinates: shape `(rank, *outputs)`: for each axis, the places along it, in elements.
        order: 0 for the nearest element, 1 for linear interpolation in all directions.
        fill_mode: what is beyond the border: "constant" for `fill_value`; "nearest", the elements at the border
            (a a | a b c | c c); "wrap", the array again (b c | a b c | a b); "mirror" (c b | a b c | b a);
            "reflect" (b a | a b c | c b).
        fill_value: with "constant", the value there.

    Returns:
        Shape `outputs`, of the inputs' dtype; of integers, what was computed in floats is rounded.

    Raises:
        ValueError: for an unknown order or fill mode, or coordinates that do not fit the array.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> x = np.array([[0.0, 1.0], [2.0, 3.0]], "float32")
    >>> keras.ops.image.map_coordinates(x, [[0.5], [0.5]], order=1).numpy()
    array([1.5], dtype=float32)
    """
    inputs = convert(inputs)
    coordinates = floating(coordinates)
    if coordinates.ndim < 2:
        raise ValueError(
            f"Invalid coordinates rank: expected at least rank 2. Received input with shape: {coordinates.shape}"
        )
    if coordinates.shape[0] != inputs.ndim or not inputs.ndim:
        raise ValueError(
            "First dim of `coordinates` must be the same as the rank of `inputs`. "
            f"Received inputs with shape: {inputs.shape} and coordinate leading dim of {coordinates.shape[0]}"
        )
    check_one_of(fill_mode, FILL_MODES, "fill_mode", "Expected one of")
    check_one_of(order, (0, 1), "order", "Expected one of")
    image = reshaped(inputs, [1, *inputs.shape, 1])
    places = [reshaped(each, [1, *each.shape]) for each in unstack(coordinates)]
    result = sample(image, places, INTERPOLATIONS[order], fill_mode, fill_value)
    return reshaped(result, coordinates.shape[1:])
