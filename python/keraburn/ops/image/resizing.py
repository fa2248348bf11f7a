"""Images at another size, and scaled and moved along some axes."""

from __future__ import annotations

import operator
from typing import Any

from keraburn import config, dtypes
from keraburn.ops.apply import operation
from keraburn.ops.convert import convert, floating
from keraburn.ops.elementwise import round
from keraburn.ops.image.layout import check_one_of, check_rank, height_and_width
from keraburn.ops.joining import section
from keraburn.ops.repetition import pad
from keraburn.ops.resampling import KERNELS, resample, weigh, weights
from keraburn.ops.selection import saturate_cast
from keraburn.tensor import Tensor

INTERPOLATIONS = ("nearest", *KERNELS)

# Keras's names of kernels along any number of axes.
METHODS = {
    **dict.fromkeys(("linear", "bilinear", "trilinear"), "bilinear"),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), "bicubic"),
    **{name: name for name in ("lanczos3", "lanczos5")},
}


def _target(size: Any) -> tuple[int, int]:
    try:
        height, width = (operator.index(each) for each in size)
    except (TypeError, ValueError):
        raise ValueError(f"Expected `size` to be a tuple of 2 integers. Received: size={size}") from None
    if height <= 0 or width <= 0:
        raise ValueError(f"`size` must have positive height and width. Received: size={size}")
    return height, width


def _part_of_shape(images: Tensor, axes: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """The largest part in the middle that has the sides of `size`."""
    height, width = images.shape[axes[0]], images.shape[axes[1]]
    rows = max(min(height, int(float(width * size[0]) / size[1])), 1)
    columns = max(min(width, int(float(height * size[1]) / size[0])), 1)
    for axis, whole, part in ((axes[0], height, rows), (axes[1], width, columns)):
        start = (whole - part) // 2
        images = section(images, images.ndim + axis, start, start + part)
    return images


def _padded_to_shape(images: Tensor, axes: tuple[int, int], size: tuple[int, int], fill_value: float) -> Tensor:
    """The images with equal borders on two sides, so that they have the sides of `size` but for a pixel."""
    height, width = images.shape[axes[0]], images.shape[axes[1]]
    rows = (max(height, int(float(width * size[0]) / size[1])) - height) // 2
    columns = (max(width, int(float(height * size[1]) / size[0])) - width) // 2
    around = [[0, 0] for _ in images.shape]
    if rows > 0:
        around[axes[0]] = [rows, rows]
    elif columns > 0:
        around[axes[1]] = [columns, columns]
    return pad(images, around, constant_values=fill_value)


@operation
def resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Tensor:
    """Images at another size.

    Args:
        images: shape `(height, width, channels)` or `(batch, height, width, channels)`, or the channels first.
        size: the new height and width.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        antialias: whether pixels between those of a smaller result count.
        crop_to_aspect_ratio: whether to cut off what does not fit the new sides, instead of distorting.
        pad_to_aspect_ratio: whether to add borders where the new sides have more, instead of distorting.
        fill_mode: "constant", what the borders are.
        fill_value: the borders' value.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.

    Returns:
        Images of the same dtype; of integers, what was computed in floats is rounded.

    Raises:
        ValueError: for another rank, a size below one, an unknown interpolation or fill mode, or if images are to be
            both cut and padded.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.image.resize(keras.ops.ones((2, 4, 4, 3)), (2, 8)).shape
    (2, 2, 8, 3)
    """
    height, width = _target(size)
    images = convert(images)
    check_rank(images.shape)
    if pad_to_aspect_ratio and crop_to_aspect_ratio:
        raise ValueError(
            "Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`. "
            f"Received: pad_to_aspect_ratio={pad_to_aspect_ratio}, crop_to_aspect_ratio={crop_to_aspect_ratio}"
        )
    check_one_of(interpolation, INTERPOLATIONS, "interpolation")
    if fill_mode != "constant":
        raise ValueError(
            f"Invalid value for argument `fill_mode`. Only `'constant'` is supported. Received: fill_mode={fill_mode}"
        )
    axes = height_and_width(config.standardize_data_format(data_format))
    if crop_to_aspect_ratio:
        images = _part_of_shape(images, axes, (height, width))
    elif pad_to_aspect_ratio:
        images = _padded_to_shape(images, axes, (height, width), fill_value)
    whole = interpolation != "nearest" and not dtypes.is_float(images.dtype)
    result = floating(images) if whole else images
    # First the axis that shrinks more, so that less is left for the other.
    sizes = sorted(zip(axes, (height, width), strict=True), key=lambda each: each[1] / max(images.shape[each[0]], 1))
    for axis, new_size in sizes:
        if images.shape[axis] < 1:
            raise ValueError(f"Images must have at least one pixel. Received: images.shape={images.shape}")
        result = resample(result, images.ndim + axis, new_size, interpolation, antialias)
    return saturate_cast(round(result), images.dtype) if whole else result


@operation
def scale_and_translate(
    images: Any,
    output_shape: Any,
    scale: Any,
    translation: Any,
    spatial_dims: Any,
    method: str,
    antialias: bool = True,
) -> Tensor:
    """Images scaled and moved along some axes; what comes from outside of them is zero.

    Along an axis, the pixel at `x` of the images comes to `(x + 1/2) * scale + translation - 1/2`.

    Args:
        images: of any rank.
        output_shape: shape of the result, the same along other axes, where it may be None.
        scale: a number for each axis in `spatial_dims`.
        translation: pixels of the result, a number for each axis in `spatial_dims`.
        spatial_dims: the axes.
        method: "linear" (or "bilinear", "trilinear"), "cubic" (or "bicubic", "tricubic"), "lanczos3" or "lanczos5".
        antialias: whether pixels between those of a smaller result count.

    Returns:
        Shape `output_shape`, floats.

    Raises:
        ValueError: for an unknown method, or if the shapes do not fit.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> x = np.array([[1.0], [2.0]], "float32")
    >>> keras.ops.image.scale_and_translate(x, (4, 1), [2.0], [0.0], (0,), "linear").numpy().ravel()
    array([1.  , 1.25, 1.75, 2.  ], dtype=float32)
    """
    check_one_of(method, METHODS, "method")
    images = floating(images)
    dims = [operator.index(each) for each in spatial_dims]
    rank = images.ndim
    if any(not -rank <= dim < rank for dim in dims) or len({dim % rank for dim in dims}) < len(dims):
        raise ValueError(f"Argument `spatial_dims` must be different axes of the images. Received: {spatial_dims=}")
    dims = [dim % rank for dim in dims]
    # What is not known when a model is described is the same in both.
    known = [size if new is None else new for new, size in zip(output_shape, images.shape, strict=False)]
    shape = tuple(operator.index(each) for each in known) if len(output_shape) == rank else ()
    kept = len(shape) == rank and all(shape[axis] == images.shape[axis] for axis in range(rank) if axis not in dims)
    if not kept or min(shape, default=1) < 1:
        raise ValueError(
            "Argument `output_shape` must differ from the images' shape in `spatial_dims` alone, and be positive. "
            f"Received: output_shape={output_shape}, images.shape={images.shape}, spatial_dims={spatial_dims}"
        )
    scale, translation = floating(scale), floating(translation)
    for name, each in (("scale", scale), ("translation", translation)):
        if each.shape != (len(dims),):
            raise ValueError(
                f"Argument `{name}` must have a number for each of `spatial_dims`. "
                f"Received: {name} of shape {each.shape}, spatial_dims={spatial_dims}"
            )
    for number, axis in enumerate(dims):
        shares = weights(
            images.shape[axis], shape[axis], METHODS[method], antialias, scale[number], translation[number]
        )
        images = weigh(images, axis, shares)
    return images
