"""TensorBoard's event files, by the `tensorboard` package and without TensorFlow."""

from __future__ import annotations

import io
import itertools
import os
import time
from types import ModuleType
from typing import Any

import numpy as np

_BUCKETS = 30
# How TensorBoard handles the values of a tag.
_SCALAR, _TENSOR, _BLOBS = 1, 2, 3

# Bytes that wait to be written.
_MOST_WAITING = 1 << 16

_files = itertools.count()


def _module(name: str) -> ModuleType:
    """A module of the `tensorboard` package, or of Pillow.

    Raises:
        ImportError: if the package is not installed.
    """
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = {"PIL": "pillow"}.get(name.partition(".")[0], "tensorboard")
        raise ImportError(f"Event files for TensorBoard need the package {package}: pip install {package}") from error


def _to_bytes(pixels: np.ndarray) -> np.ndarray:
    if pixels.dtype.kind == "f":
        # As TensorFlow converts them: the largest value is reached by 1.0 alone.
        return np.clip(np.nan_to_num(pixels) * 255.5, 0, 255).astype(np.uint8)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def encode_png(pixels: np.ndarray) -> bytes:
    """A picture as the bytes of a PNG file.

    Args:
        pixels: shape (height, width, channels), uint8, 1 to 4 channels.

    Raises:
        ImportError: if Pillow is not installed.
        ValueError: if it is something else.
    """
    if pixels.ndim != 3 or not 1 <= pixels.shape[2] <= 4 or pixels.dtype != np.uint8 or pixels.size == 0:
        raise ValueError(
            "A picture should have shape (height, width, channels), with 1 to 4 channels, and dtype uint8. "
            f"Received: shape {pixels.shape}, dtype {pixels.dtype}"
        )
    out = io.BytesIO()
    image = _module("PIL.Image").fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    image.save(out, "PNG")
    return out.getvalue()


class EventFile:
    """An event file in a folder; it is made when the first values are written, and open only while they are.

    Args:
        folder: where to; made if need be.

    Raises:
        ImportError: when values are added and the package `tensorboard` is not installed.

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
        self._waiting = io.BytesIO()

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Add a number to the curve of that name."""
        self._add(_module("tensorboard.plugins.scalar.summary_v2").scalar_pb(tag, value), step, _SCALAR)

    def histogram(self, tag: str, values: np.ndarray, step: int, buckets: int = _BUCKETS) -> None:
        """Add a histogram of some values; those that are not finite are left out."""
        flat = np.asarray(values, np.float64).ravel()
        plugin = _module("tensorboard.plugins.histogram.summary_v2")
        self._add(plugin.histogram_pb(tag, flat[np.isfinite(flat)], buckets), step, _TENSOR)

    def text(self, tag: str, text: str, step: int) -> None:
        """Add a text, in Markdown."""
        self._add(_module("tensorboard.plugins.text.summary_v2").text_pb(tag, text), step, _TENSOR)

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
        metadata = _module("tensorboard.plugins.image.metadata").create_summary_metadata("", "")
        parts = [str(width).encode(), str(height).encode(), *pictures]
        self._add(_summary(tag, metadata, np.array(parts, dtype=object)), step, _BLOBS)

    def keras_model(self, tag: str, text: str, step: int) -> None:
        """Add a model's JSON, which the page of graphs shows."""
        metadata = _module("tensorboard.compat.proto.summary_pb2").SummaryMetadata()
        metadata.plugin_data.plugin_name = "graph_keras_model"
        metadata.plugin_data.content = b"1"
        self._add(_summary(tag, metadata, np.array(text.encode(), dtype=object)), step, 0)

    def flush(self) -> None:
        """Write what was added, so that readers find it."""
        if not self._waiting.tell():
            return
        if self._path is None:
            self._path = self._new_path()
        with open(self._path, "ab") as file:
            file.write(self._waiting.getvalue())
        self._waiting = io.BytesIO()

    def _add(self, summary: Any, step: int, data_class: int) -> None:
        for value in summary.value:
            value.metadata.data_class = data_class
        if self._path is None and not self._waiting.tell():
            first = {"file_version": "brain.Event:2", "source_metadata": {"writer": "keraburn"}}
            self._write(first)
        self._write({"step": int(step), "summary": summary})
        if self._waiting.tell() > _MOST_WAITING:
            self.flush()

    def _write(self, fields: dict[str, Any]) -> None:
        event = _module("tensorboard.compat.proto.event_pb2").Event(wall_time=time.time(), **fields)
        records = _module("tensorboard.summary.writer.record_writer")
        records.RecordWriter(self._waiting).write(event.SerializeToString())

    def _new_path(self) -> str:
        import platform

        os.makedirs(self.folder, exist_ok=True)
        began = int(time.time())
        name = f"events.out.tfevents.{began:010d}.{platform.node()}.{os.getpid()}.{next(_files)}.v2"
        return os.path.join(self.folder, name)


def _summary(tag: str, metadata: Any, values: np.ndarray) -> Any:
    summary = _module("tensorboard.compat.proto.summary_pb2").Summary()
    tensor = _module("tensorboard.util.tensor_util").make_tensor_proto(values)
    summary.value.add(tag=tag, metadata=metadata, tensor=tensor)
    return summary
