"""Image files in folders as a data set."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn import config
from keraburn.utils.file_datasets import Kind, Split, check_format, checked_labels, dataset_of_files
from keraburn.utils.images import COLORS, pillow_for, read_image
from keraburn.utils.resampling import METHODS, cropped, fitted, resized

_IMAGES = Kind("image", "images", "images", (".bmp", ".gif", ".jpeg", ".jpg", ".png"))
_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
    skip_damaged: bool = False,
) -> Any:
    """The images of `.bmp`, `.gif`, `.jpeg`, `.jpg` and `.png` files, with a label each: that of the file's folder.

    Files are read and resized by several threads while a model trains on the batches before. Of an animation the
    first image counts.

    Args:
        directory: a folder with a folder of files for each class.
        labels: "inferred" from the folders; None; or integers in the order of the files' paths.
        label_mode: "int" for int32 `(batch,)`; "binary" for float32 `(batch, 1)` of two classes; "categorical" for
            one-hot float32 `(batch, classes)`; None for images alone.
        class_names: the folders in the order of their labels; all in alphabetical order if None.
        color_mode: "grayscale", "rgb" or "rgba", for 1, 3 or 4 channels.
        batch_size: images of a batch; single ones if None.
        image_size: height and width to resize to, or one number for both.
        shuffle: whether images come in random order, else in that of their paths.
        seed: of that order.
        validation_split: part of the files that is held out.
        subset: "training", "validation", or "both" for a list of two data sets.
        interpolation: "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian" or "mitchellcubic".
        follow_links: whether links to folders are followed.
        crop_to_aspect_ratio: whether the largest middle part with the wanted ratio is taken, rather than distorting.
        pad_to_aspect_ratio: whether there are borders of zeros around an image of another ratio, rather than
            distorting.
        data_format: `"channels_last"` or `"channels_first"`; the setting if None.
        format: "tf" or "grain", which give the same here.
        verbose: whether to print how many files there are.
        skip_damaged: whether files that cannot be decoded are left out with a warning, rather than refused. How many
            batches there are is then not known before they have been read.

    Returns:
        A `keraburn.data.Dataset` of float32 images `(batch, height, width, channels)` from 0 to 255, or of images and
        labels, with the attributes `class_names` and `file_paths`.

    Raises:
        ImportError: if Pillow is not installed.
        ValueError: if arguments do not go together, there is no file, or, while iterating, a file is damaged.

    Example:

    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> import keraburn as keras
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> for name in ("dark", "light"):
    ...     (folder / name).mkdir()
    ...     keras.utils.save_img(folder / name / "1.png", np.full((4, 6, 3), 200 * (name == "light")), scale=False)
    >>> data = keras.utils.image_dataset_from_directory(folder, image_size=(2, 2), shuffle=False, verbose=False)
    >>> for images, labels in data:
    ...     print(images.shape, images.numpy()[:, 0, 0, 0], labels.numpy(), data.class_names)
    (2, 2, 2, 3) [  0. 200.] [0 1] ['dark', 'light']
    """
    wanted = checked_labels(labels, label_mode, class_names, _IMAGES)
    if color_mode not in COLORS:
        raise ValueError(
            f'`color_mode` must be one of {{"rgb", "rgba", "grayscale"}}. Received: color_mode={color_mode}'
        )
    size = _checked_size(image_size)
    interpolation = interpolation.lower()
    if interpolation not in METHODS:
        raise ValueError(
            f"Argument `interpolation` should be one of {METHODS}. Received: interpolation={interpolation}"
        )
    check_format(format)
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            "Only one of `pad_to_aspect_ratio`, `crop_to_aspect_ratio` can be set to `True`. Received: both"
        )
    pillow = pillow_for("image_dataset_from_directory")
    first = config.standardize_data_format(data_format) == "channels_first"

    def decode(path: str) -> np.ndarray:
        image = np.asarray(read_image(pillow, path, color_mode))
        image = image.reshape(*image.shape[:2], _CHANNELS[color_mode])
        if pad_to_aspect_ratio:
            image = fitted(image, size, interpolation)
        else:
            image = resized(cropped(image, size) if crop_to_aspect_ratio else image, size, interpolation)
        return np.ascontiguousarray(image.transpose(2, 0, 1)) if first else image

    return dataset_of_files(
        _reader(decode, skip_damaged),
        _IMAGES,
        directory,
        wanted,
        Split(shuffle, seed, validation_split, subset),
        batch_size,
        follow_links,
        verbose,
        parallel=True,
        keep=_is_there if skip_damaged else None,
    )


def _checked_size(image_size: Any) -> tuple[int, int]:
    if isinstance(image_size, int):
        image_size = (image_size, image_size)
    fits = isinstance(image_size, (list, tuple)) and len(image_size) == 2
    if not fits or not all(hasattr(length, "__index__") and length.__index__() > 0 for length in image_size):
        raise ValueError(
            f"Invalid `image_size` value. Expected a tuple of 2 integers. Received: image_size={image_size}"
        )
    return image_size[0].__index__(), image_size[1].__index__()


def _reader(decode: Callable[[str], np.ndarray], skip: bool) -> Callable[..., Any]:
    """From a path and perhaps a label to the image and the label; an empty image for a file to be left out."""

    def read(path: Any, *label: Any) -> Any:
        file = os.fspath(str(path))
        try:
            image = decode(file)
        except OSError as error:
            if error.errno is not None:
                raise
            if not skip:
                raise ValueError(
                    f"An image file cannot be decoded; `skip_damaged=True` leaves such files out. {error}. "
                    f"Received: file {file}"
                ) from error
            warnings.warn(f"An image file cannot be decoded and is left out: {file} ({error})", stacklevel=2)
            image = np.zeros((0, 0, 0), dtype="float32")
        return (image, *label) if label else image

    return read


def _is_there(image: Any, *_: Any) -> bool:
    return image.shape[0] > 0
