"""TensorBoard's event files, written without TensorFlow."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Sequence

import numpy as np

from keraburn.utils.png import encode_png
from keraburn.utils.records import block, double, integer, message, record

_BUCKETS = 30
# Numbers of TensorFlow's element types.
_FLOAT32, _FLOAT64, _STRING = 1, 2, 7
# How TensorBoard handles the values of a tag.
_SCALAR, _TENSOR, _BLOBS = 1, 2, 3

# Bytes that wait to be written.
_MOST_WAITING = 1 << 16

_files = itertools.count()


def _shape(dimensions: Sequence[int]) -> bytes:
    return block(2, message(block(2, integer(1, size)) for size in dimensions))


def _numbers(array: np.ndarray) -> bytes:
    kind = {"float32": _FLOAT32, "float64": _FLOAT64}[array.dtype.name]
    little = array.astype(array.dtype.newbyteorder("<"))
    return message((integer(1, kind), _shape(array.shape), block(4, little.tobytes())))


def _texts(values: Sequence[bytes | str], shape: Sequence[int]) -> bytes:
    return message((integer(1, _STRING), _shape(shape), *(block(8, value) for value in values)))


def histogram_buckets(values: np.ndarray, buckets: int = _BUCKETS) -> np.ndarray:
    """Left edge, right edge and count of buckets of equal width; not finite values are left out.

    Args:
        values: any shape.
        buckets: how many.

    Returns:
        Shape (buckets, 3), float64. If all values are equal, the last bucket holds them.
    """
    flat = np.asarray(values, np.float64).ravel()
    flat = flat[np.isfinite(flat)]
    if flat.size == 0:
        return np.zeros((buckets, 3))
    least, most = flat.min(), flat.max()
    if least == most:
        index = np.full(flat.size, buckets - 1)
    else:
        index = np.minimum(np.floor((flat - least) / ((most - least) / buckets)).astype(np.int64), buckets - 1)
    counts = np.bincount(index, minlength=buckets)
    edges = np.linspace(least, most, buckets + 1)
    return np.stack([edges[:-1], edges[1:], counts], axis=1)


def _to_bytes(pixels: np.ndarray) -> np.ndarray:
    if pixels.dtype.kind == "f":
        # As TensorFlow converts them: the largest value is reached by 1.0 alone.
        return np.clip(np.nan_to_num(pixels) * 255.5, 0, 255).astype(np.uint8)
    return np.clip(pixels, 0, 255).astype(np.uint8)


class EventFile:
    """An event file in a folder; it is made when the first values are written, and open only while they are.

    Args:
        folder: where to; made if need be.

    Example:

    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = EventFile(folder)
    ...     file.scalar("loss", 0.5, step=0)
    ...     file.flush()
    ...     len(os.listdir(folder))
    1
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._path: str | None = None
        self._waiting = bytearray()

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Add a number to the curve of that name."""
        self._add(tag, step, "scalars", _SCALAR, _numbers(np.array(value, np.float32)))

    def histogram(self, tag: str, values: np.ndarray, step: int, buckets: int = _BUCKETS) -> None:
        """Add a histogram of some values."""
        self._add(tag, step, "histograms", _TENSOR, _numbers(histogram_buckets(values, buckets)))

    def text(self, tag: str, text: str, step: int) -> None:
        """Add a text, in Markdown."""
        self._add(tag, step, "text", _TENSOR, _texts([text], ()))

    def images(self, tag: str, pixels: np.ndarray, step: int, most: int = 3) -> None:
        """Add pictures.

        Args:
            tag: their name.
            pixels: shape (pictures, height, width, channels); floats go from 0 to 1, integers from 0 to 255.
            step: their step.
            most: no more than these are kept.
        """
        _, height, width, _ = pixels.shape
        pictures = [encode_png(picture) for picture in _to_bytes(pixels[:most])]
        parts: list[bytes | str] = [str(width), str(height), *pictures]
        self._add(tag, step, "images", _BLOBS, _texts(parts, (len(parts),)))

    def keras_model(self, tag: str, text: str, step: int) -> None:
        """Add a model's JSON, which the page of graphs shows."""
        self._add(tag, step, "graph_keras_model", 0, _texts([text], ()), content=b"1")

    def flush(self) -> None:
        """Write what was added, so that readers find it."""
        if not self._waiting:
            return
        if self._path is None:
            self._path = self._new_path()
        with open(self._path, "ab") as file:
            file.write(self._waiting)
        self._waiting.clear()

    def _add(self, tag: str, step: int, plugin: str, data_class: int, tensor: bytes, content: bytes = b"") -> None:
        data = message((block(1, plugin), block(2, content) if content else b""))
        metadata = message((block(1, data), integer(4, data_class)))
        value = message((block(1, tag), block(9, metadata), block(8, tensor)))
        self._write(message((integer(2, int(step)), block(5, block(1, value)))))

    def _write(self, event: bytes) -> None:
        now = double(1, time.time())
        if self._path is None and not self._waiting:
            self._waiting += record(message((now, block(3, "brain.Event:2"), block(10, block(1, "keraburn")))))
        self._waiting += record(message((now, event)))
        if len(self._waiting) > _MOST_WAITING:
            self.flush()

    def _new_path(self) -> str:
        import platform

        os.makedirs(self.folder, exist_ok=True)
        began = int(time.time())
        name = f"events.out.tfevents.{began:010d}.{platform.node()}.{os.getpid()}.{next(_files)}.v2"
        return os.path.join(self.folder, name)
