"""Images on their way into networks trained on ImageNet, and the names of what comes out."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from keraburn import config, ops
from keraburn.applications.files import File, fetch
from keraburn.dtypes import is_float
from keraburn.tensor import KerasTensor, Tensor

# Whatever file of that form is in the cache will do.
_CLASSES = File("https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json")

# By mode: what all pixels are divided by, then what is taken from each channel, and what that is divided by.
_MODES: dict[str, tuple[float, tuple[float, ...], tuple[float, ...]]] = {
    "caffe": (1.0, (103.939, 116.779, 123.68), ()),
    "tf": (127.5, (1.0,), ()),
    "torch": (255.0, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Bring pixels of 0 to 255 to the range that a network was trained with.

    Args:
        x: images, an array or tensor of shape `(rows, columns, channels)` or with a batch before. An array of floats
            is written over.
        data_format: `"channels_last"` or `"channels_first"`; `keras.config.image_data_format()` if None.
        mode: `"caffe"` for blue, green and red less the means of ImageNet, `"tf"` for pixels between -1 and 1,
            `"torch"` for pixels between 0 and 1 standardized with the means and deviations of ImageNet.

    Returns:
        An array for an array, else a tensor; floats.

    Raises:
        ValueError: if the mode or the format is none of these, or the images do not have 3 channels where the mode
            needs them.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.applications.imagenet_utils.preprocess_input(np.full((1, 1, 3), 255), mode="tf").ravel()
    array([1., 1., 1.], dtype=float32)
    """
    if mode not in _MODES:
        raise ValueError(f"Expected mode to be one of `caffe`, `tf` or `torch`. Received: mode={mode}")
    data_format = config.image_data_format() if data_format is None else data_format
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(
            "Expected data_format to be one of `channels_first` or `channels_last`. "
            f"Received: data_format={data_format}"
        )
    axis = -3 if data_format == "channels_first" else -1
    if not isinstance(x, (np.ndarray, Tensor, KerasTensor)):
        x = ops.convert_to_tensor(x)
    if len(x.shape) < 3 or (mode != "tf" and x.shape[axis] not in (3, None)):
        raise ValueError(
            f"`preprocess_input` expects images of {'any' if mode == 'tf' else '3'} channels, in the format "
            f"'{data_format}'. Received: x.shape={tuple(x.shape)}"
        )
    if isinstance(x, np.ndarray):
        return _in_place(x, axis, mode)
    divisor, shift, deviations = _MODES[mode]
    x = x if is_float(x.dtype) else ops.cast(x, config.floatx())
    if mode == "caffe":
        x = ops.flip(x, axis=axis)
    x = x / divisor - _along(shift, axis)
    return x / _along(deviations, axis) if deviations else x


def _along(values: tuple[float, ...], axis: int) -> np.ndarray:
    """One value for each channel, to be broadcast over an image."""
    return np.asarray(values, "float32").reshape((-1,) + (1,) * (-axis - 1))


def _in_place(x: np.ndarray, axis: int, mode: str) -> np.ndarray:
    """Keras writes over arrays of floats, and gives the flipped channels as a view."""
    divisor, shift, deviations = _MODES[mode]
    if not np.issubdtype(x.dtype, np.floating):
        x = x.astype(config.floatx())
    elif not x.flags.writeable:
        x = x.copy()
    if mode == "caffe":
        x = np.flip(x, axis)
    else:
        x /= divisor
    x -= _along(shift, axis)
    if deviations:
        x /= _along(deviations, axis)
    return x


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, Any]]]:
    """The likeliest classes of ImageNet, by name.

    Args:
        preds: array or tensor of shape `(n, 1000)`: a score for each class.
        top: how many classes of each row.

    Returns:
        For each row `(id, name, score)` of the classes of the highest scores, the highest first.

    Raises:
        ValueError: if the scores are not of 1000 classes, or `imagenet_class_index.json` in the cache is damaged.
        OSError: if that file is not in the cache and cannot be fetched.
    """
    shape = tuple(np.shape(preds))
    if len(shape) != 2 or shape[1] != 1000:
        raise ValueError(
            "`decode_predictions` expects a batch of predictions (i.e. a 2D array of shape (samples, 1000)). "
            f"Received: array with shape {shape}"
        )
    if not isinstance(top, (int, np.integer)) or top < 1:
        raise ValueError(f"`top` must be a positive integer. Received: top={top}")
    names = _class_index()
    scores = ops.convert_to_numpy(preds)
    best = scores.argsort(axis=1)[:, : -top - 1 : -1]
    return [[(*names[index], row[index]) for index in order] for row, order in zip(scores, best, strict=True)]


def _class_index() -> list[tuple[str, str]]:
    """Id and name of every class."""
    path = fetch(_CLASSES, "`decode_predictions` needs it for the names of the classes: connect to the network")
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        index = [(str(identity), str(name)) for identity, name in (found[str(number)] for number in range(1000))]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"The names of ImageNet's classes are damaged; remove the file, and it is fetched again. Received: {path}"
        ) from error
    return index
