"""What networks were trained to see: pixels of 0 to 255 brought to the range of each family."""

from __future__ import annotations

from typing import Any

from keraburn.applications.imagenet_utils import preprocess_input


def between_one_and_minus_one(x: Any, data_format: str | None = None) -> Any:
    """Pixels between -1 and 1: `x / 127.5 - 1`.

    Args:
        x: images, an array or tensor of shape `(rows, columns, channels)` or with a batch before. An array of floats
            is written over.
        data_format: `"channels_last"` or `"channels_first"`; `keras.config.image_data_format()` if None.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.applications.mobilenet_v2.preprocess_input(np.full((1, 1, 3), 255)).ravel()
    array([1., 1., 1.], dtype=float32)
    """
    return preprocess_input(x, data_format, mode="tf")


def centered(x: Any, data_format: str | None = None) -> Any:
    """Blue, green and red, in this order, less the means of ImageNet.

    Args:
        x: images, an array or tensor of shape `(rows, columns, channels)` or with a batch before. An array of floats
            is written over.
        data_format: `"channels_last"` or `"channels_first"`; `keras.config.image_data_format()` if None.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.applications.vgg16.preprocess_input(np.array([[[0, 0, 255]]])).round(2).ravel()
    array([ 151.06, -116.78, -123.68], dtype=float32)
    """
    return preprocess_input(x, data_format, mode="caffe")


def standardized(x: Any, data_format: str | None = None) -> Any:
    """Pixels between 0 and 1, less the means of ImageNet and divided by its deviations, for each channel.

    Args:
        x: images, an array or tensor of shape `(rows, columns, channels)` or with a batch before. An array of floats
            is written over.
        data_format: `"channels_last"` or `"channels_first"`; `keras.config.image_data_format()` if None.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.applications.densenet.preprocess_input(np.full((1, 1, 3), 255)).round(2).ravel()
    array([2.25, 2.43, 2.64], dtype=float32)
    """
    return preprocess_input(x, data_format, mode="torch")


def unchanged(x: Any, data_format: str | None = None) -> Any:
    """The pixels as they are: the network brings them to scale itself.

    Args:
        x: images.
        data_format: without effect.

    Example:

    >>> import keraburn as keras
    >>> keras.applications.efficientnet.preprocess_input(255.0)
    255.0
    """
    return x
