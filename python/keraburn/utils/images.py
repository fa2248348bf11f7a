"""Images between files, Pillow's objects and arrays."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from keraburn import config
from keraburn.ops.image import resize

_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
COLORS = {"grayscale": ("L", ("L", "I;16", "I")), "rgb": ("RGB", ("RGB",)), "rgba": ("RGBA", ("RGBA",))}


def pillow_for(function: str) -> Any:
    """The module `PIL.Image`.

    Raises:
        ImportError: if it is not installed, naming the `function` that needs it.
    """
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(
            f"Could not import PIL.Image. The use of `{function}` requires PIL: `pip install pillow`."
        ) from None
    return Image


def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None) -> Any:
    """An array as an image of Pillow.

    Args:
        x: one image: height, width and 1, 3 or 4 channels.
        data_format: `"channels_last"` or `"channels_first"`; the setting if None.
        scale: whether the lowest number becomes 0 and the highest 255.
        dtype: in which to compute; `config.floatx()` if None.

    Raises:
        ImportError: if Pillow is not installed.
        ValueError: if the array has another rank or number of channels.
    """
    data_format = config.standardize_data_format(data_format)
    pillow = pillow_for("array_to_img")
    x = np.asarray(x, dtype=config.floatx() if dtype is None else dtype)
    if x.ndim != 3:
        raise ValueError(f"Expected image array to have rank 3 (single image). Got array with shape: {x.shape}")
    if data_format == "channels_first":
        x = x.transpose(1, 2, 0)
    if x.shape[2] not in (1, 3, 4):
        raise ValueError(f"Unsupported channel number: {x.shape[2]}. Received: x of shape {x.shape}")
    if scale:
        x = x - x.min()
        highest = x.max()
        x = 255 * (x / highest if highest else x)
    if x.shape[2] == 1:
        wide = x.max() > 255
        return pillow.fromarray(x[:, :, 0].astype("int32" if wide else "uint8"))
    return pillow.fromarray(x.astype("uint8"))


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """An image of Pillow as an array of three dimensions.

    Args:
        img: the image, or an array of two or three dimensions.
        data_format: `"channels_last"` or `"channels_first"`; the setting if None.
        dtype: of the array; `config.floatx()` if None.

    Raises:
        ValueError: if it has another rank.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.utils.img_to_array(np.zeros((4, 6))).shape
    (4, 6, 1)
    """
    data_format = config.standardize_data_format(data_format)
    x = np.asarray(img, dtype=config.floatx() if dtype is None else dtype)
    if x.ndim not in (2, 3):
        raise ValueError(f"Unsupported image shape: {x.shape}. Received: an image of {x.ndim} dimensions")
    if x.ndim == 2:
        x = x[:, :, None]
    return x.transpose(2, 0, 1) if data_format == "channels_first" else x


def save_img(
    path: Any,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Write an array as a file of an image.

    Args:
        path: where to, or an open file.
        x: one image.
        data_format: `"channels_last"` or `"channels_first"`; the setting if None.
        file_format: such as `"png"`; what the path ends in if None.
        scale: whether the lowest number becomes 0 and the highest 255.
        **kwargs: for Pillow's `save`.

    Raises:
        ImportError: if Pillow is not installed.
    """
    data_format = config.standardize_data_format(data_format)
    if file_format is None and isinstance(path, (str, os.PathLike)):
        file_format = os.path.splitext(os.fspath(path))[1][1:].lower()
    if file_format and file_format.lower() == "jpg":
        file_format = "jpeg"
    image = array_to_img(x, data_format=data_format, scale=scale)
    if image.mode == "RGBA" and file_format == "jpeg":
        warnings.warn("The JPEG format does not support RGBA images, converting to RGB.", stacklevel=2)
        image = image.convert("RGB")
    image.save(path, format=file_format, **kwargs)


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: Any = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Read an image with Pillow.

    Args:
        path: the file, or its bytes in a BytesIO.
        color_mode: `"grayscale"`, `"rgb"` or `"rgba"`.
        target_size: height and width to resize to; its own if None.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"`, `"hamming"`, `"box"` or `"lanczos"`.
        keep_aspect_ratio: whether the middle of the image, in the wanted ratio, is taken instead of distorting it.

    Returns:
        An image of Pillow.

    Raises:
        ImportError: if Pillow is not installed.
        OSError: if the file cannot be read, or is damaged.
        TypeError: if `path` is neither a path nor a BytesIO.
        ValueError: if `color_mode` or `interpolation` is another word.
    """
    pillow = pillow_for("load_img")
    if color_mode not in COLORS:
        raise ValueError(f'color_mode must be "grayscale", "rgb", or "rgba". Received: color_mode={color_mode}')
    if not isinstance(path, (str, bytes, os.PathLike)) and not hasattr(path, "read"):
        raise TypeError(f"path should be path-like or io.BytesIO, not {type(path)}. Received: path={path}")
    image = read_image(pillow, path, color_mode)
    if target_size is None or image.size == (target_size[1], target_size[0]):
        return image
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(
            f"Invalid interpolation method {interpolation} specified. Supported methods are "
            f"{', '.join(_INTERPOLATIONS)}. Received: interpolation={interpolation}"
        )
    resample = getattr(pillow.Resampling, interpolation.upper())
    size = (target_size[1], target_size[0])
    return image.resize(size, resample, box=_middle(image.size, size) if keep_aspect_ratio else None)


def read_image(pillow: Any, path: Any, color_mode: str) -> Any:
    """An image of Pillow with the channels of `color_mode`; the first one of an animation.

    Raises:
        OSError: if the file cannot be read, or is damaged.
    """
    mode, fitting = COLORS[color_mode]
    try:
        with pillow.open(path) as file:
            file.load()
            return file if file.mode in fitting else file.convert(mode)
    except (MemoryError, pillow.UnidentifiedImageError):
        raise
    except Exception as error:
        # Errors of the system name the file; Pillow's decoders do not, and raise whatever they stumble over.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise OSError(f"The image file is damaged: {error}. Received: path={path}") from error


def _middle(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest box of the target's ratio in the middle of an image, as left, upper, right and lower."""
    width, height = size
    box_height = min(height, width * target[1] // target[0])
    box_width = min(width, height * target[0] // target[1])
    left, upper = (width - box_width) // 2, (height - box_height) // 2
    return left, upper, left + box_width, upper + box_height


def smart_resize(
    x: Any, size: Any, interpolation: str = "bilinear", data_format: str = "channels_last", **kwargs: Any
) -> Any:
    """The largest middle part of images that has the ratio of `size`, resized.

    Args:
        x: an image `(height, width, channels)`, or a batch of them.
        size: height and width.
        interpolation: `"bilinear"`, `"nearest"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: none; Keras passes its backend to itself.

    Returns:
        An array for an array, else a tensor.

    Raises:
        TypeError: for other arguments.
        ValueError: if `x` has another rank, or `size` is no pair.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.preprocessing.image.smart_resize(np.zeros((40, 60, 3)), (20, 20)).shape
    (20, 20, 3)
    """
    kwargs.pop("backend_module", None)
    if kwargs:
        raise TypeError(f"smart_resize() got unexpected keyword arguments: {list(kwargs)}")
    if len(size) != 2:
        raise ValueError(f"Expected `size` to be a tuple of 2 integers, but got: {size}.")
    rank = len(x.shape) if hasattr(x, "shape") else np.ndim(x)
    if rank not in (3, 4):
        raise ValueError(
            "Expected an image array with shape `(height, width, channels)`, or `(batch_size, height, width, "
            f"channels)`, but got input with incorrect rank {rank}. Received: x={x!r:.100}"
        )
    found = resize(x, size, interpolation, crop_to_aspect_ratio=True, data_format=data_format)
    return found.numpy() if isinstance(x, np.ndarray) else found
