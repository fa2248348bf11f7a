"""Images seen through affine maps of the plane, and through perspectives."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import config
from keraburn.ops.apply import operation
from keraburn.ops.convert import cast_to, constant, convert, floating
from keraburn.ops.elimination import solve
from keraburn.ops.image.layout import check_one_of, check_rank, from_batch, to_batch
from keraburn.ops.image.sampling import FILL_MODES, INTERPOLATIONS, sample
from keraburn.ops.joining import concatenate, stack
from keraburn.ops.shaping import expand_dims, reshaped
from keraburn.tensor import Tensor, TracedTensor


def pixel_grid(height: int, width: int) -> tuple[Tensor, Tensor]:
    """The rows, shape `(1, height, 1)`, and the columns, shape `(1, 1, width)`, of an image's pixels."""
    rows = np.arange(height, dtype=np.float32).reshape(1, height, 1)
    return constant(rows), constant(np.arange(width, dtype=np.float32).reshape(1, 1, width))


def _precision(images: Tensor) -> str:
    """In what places are computed; half types are too coarse for them."""
    return "float64" if images.dtype == "float64" else "float32"


def _entries(maps: Tensor) -> list[Tensor]:
    """The numbers of each map, shape `(maps, 1, 1)`, to be met with the pixels."""
    return [reshaped(maps[:, number], [maps.shape[0], 1, 1]) for number in range(maps.shape[1])]


def _fits_batch(maps: Tensor, batch: Tensor, name: str) -> None:
    if maps.shape[0] not in (1, batch.shape[0]):
        raise ValueError(
            f"There must be one of `{name}` for each image, or one for all. "
            f"Received: {name} for {maps.shape[0]} images, {batch.shape[0]} images"
        )


def affine(batch: Tensor, maps: Tensor, interpolation: str, fill_mode: str, fill_value: Any) -> Tensor:
    """Images as `affine_transform` has them.

    Args:
        batch: shape `(batch, height, width, channels)`.
        maps: shape `(batch, 6)`, or `(batch, 8)` with the two numbers of a perspective.
        interpolation: "nearest" or "bilinear".
        fill_mode: what is beyond the border.
        fill_value: with "constant", the value there.
    """
    y, x = pixel_grid(*batch.shape[1:3])
    a0, a1, a2, b0, b1, b2, *c = _entries(cast_to(maps, _precision(batch)))
    columns, rows = a0 * x + a1 * y + a2, b0 * x + b1 * y + b2
    if c:
        depth = c[0] * x + c[1] * y + 1
        columns, rows = columns / depth, rows / depth
    return sample(batch, [rows, columns], interpolation, fill_mode, fill_value)


@operation
def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Images seen through maps of the plane.

    With a transform `[a0, a1, a2, b0, b1, b2, c0, c1]`, the pixel `(x, y)` of the result is what the image has at
    `((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)`, where `k = c0 x + c1 y + 1`.

    Args:
        images: shape `(height, width, channels)` or `(batch, height, width, channels)`, or the channels first.
        transform: shape `(8,)`, or `(batch, 8)`.
        interpolation: "nearest" or "bilinear".
        fill_mode: what is beyond the border: "constant", "nearest", "wrap", "mirror" or "reflect", as for
            `map_coordinates`.
        fill_value: with "constant", the value there.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Returns:
        Images of the same shape and dtype.

    Raises:
        ValueError: for other ranks or shapes, or an unknown interpolation or fill mode.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> row = np.array([[[1.0], [2.0], [3.0]]], "float32")
    >>> keras.ops.image.affine_transform(row, [1, 0, 1, 0, 1, 0, 0, 0]).numpy().ravel()
    array([2., 3., 0.], dtype=float32)
    """
    data_format = config.standardize_data_format(data_format)
    check_one_of(interpolation, INTERPOLATIONS, "interpolation")
    check_one_of(fill_mode, FILL_MODES, "fill_mode")
    images, transform = convert(images), floating(transform)
    check_rank(images.shape)
    if transform.ndim not in (1, 2):
        raise ValueError(
            "Invalid transform rank: expected rank 1 (single transform) or rank 2 (batch of transforms). "
            f"Received input with shape: transform.shape={transform.shape}"
        )
    if transform.shape[-1] != 8:
        raise ValueError(f"A transform must have eight numbers. Received: transform.shape={transform.shape}")
    batch, maps = to_batch(images, data_format), transform if transform.ndim == 2 else reshaped(transform, [1, 8])
    _fits_batch(maps, batch, "transform")
    if not isinstance(maps, TracedTensor) and not maps.numpy()[:, 6:].any():
        maps = maps[:, :6]
    return from_batch(affine(batch, maps, interpolation, fill_mode, fill_value), images.ndim, data_format)


def homography(start_points: Tensor, end_points: Tensor) -> Tensor:
    """The perspective maps that take four points to four others.

    Args:
        start_points: shape `(batch, 4, 2)`, of `x` and `y`.
        end_points: the points that come to lie there.

    Returns:
        Shape `(batch, 8)`: what `affine_transform` takes.
    """
    x, y = end_points[..., 0], end_points[..., 1]
    none, one = x * 0, x * 0 + 1

    def equations(seen: Tensor, first: list[Tensor]) -> Tensor:
        return stack([*first, -seen * x, -seen * y], axis=-1)

    left, right = start_points[..., 0], start_points[..., 1]
    matrix = concatenate(
        [equations(left, [x, y, one, none, none, none]), equations(right, [none, none, none, x, y, one])], axis=1
    )
    found = solve(matrix, expand_dims(concatenate([left, right], axis=-1), -1))
    return found[..., 0]


@operation
def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Images with four points moved to four others, as a plane seen from another side.

    Args:
        images: shape `(height, width, channels)` or `(batch, height, width, channels)`, or the channels first.
        start_points: shape `(4, 2)` or `(batch, 4, 2)`: `x` and `y` of the points in the images.
        end_points: of the same shape: where they are to lie.
        interpolation: "nearest" or "bilinear".
        fill_value: what is beyond the border.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Returns:
        Images of the same shape and dtype.

    Raises:
        ValueError: for other ranks or shapes, or an unknown interpolation.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], "float32")
    >>> image = np.array([[[1.0], [2.0]], [[3.0], [4.0]]], "float32")
    >>> keras.ops.image.perspective_transform(image, corners, corners[::-1]).numpy()[..., 0].round(3)
    array([[4., 3.],
           [2., 1.]], dtype=float32)
    """
    data_format = config.standardize_data_format(data_format)
    check_one_of(interpolation, INTERPOLATIONS, "interpolation")
    images = convert(images)
    check_rank(images.shape)
    start, end = (convert(points, _precision(images)) for points in (start_points, end_points))
    for name, points in (("start_points", start), ("end_points", end)):
        if points.shape[-2:] != (4, 2) or points.ndim not in (2, 3):
            raise ValueError(
                f"Invalid {name} shape: expected (4,2) for a single image or (N,4,2) for a batch. "
                f"Received shape: {points.shape}"
            )
    if start.shape != end.shape:
        raise ValueError(
            "start_points and end_points must have the same shape. "
            f"Received start_points.shape={start.shape}, end_points.shape={end.shape}"
        )
    batch = to_batch(images, data_format)
    maps = homography(*(points if points.ndim == 3 else reshaped(points, [1, 4, 2]) for points in (start, end)))
    _fits_batch(maps, batch, "start_points")
    return from_batch(affine(batch, maps, interpolation, "constant", fill_value), images.ndim, data_format)
