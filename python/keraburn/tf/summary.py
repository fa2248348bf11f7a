"""`tf.summary`: values written for TensorBoard by loops of one's own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from keraburn import ops
from keraburn.utils.event_file import EventFile


class _State(threading.local):
    """The writer, the step and the condition that hold where none is given."""

    def __init__(self) -> None:
        self.writer: SummaryWriter | None = None
        self.step: Any = None
        self.condition: Any = True


_state = _State()


class SummaryWriter:
    """Writes into one folder.

    Args:
        logdir: the folder.
    """

    def __init__(self, logdir: Any) -> None:
        self.file = EventFile(str(logdir))

    @contextlib.contextmanager
    def as_default(self, step: Any = None) -> Iterator[SummaryWriter]:
        """Let the functions here write into this folder for a while.

        Args:
            step: of the values for which none is given.
        """
        outer = _state.writer, _state.step
        _state.writer = self
        if step is not None:
            _state.step = step
        try:
            yield self
        finally:
            self.flush()
            _state.writer, _state.step = outer

    def set_as_default(self, step: Any = None) -> None:
        """Let the functions here write into this folder from now on."""
        _state.writer = self
        if step is not None:
            _state.step = step

    def flush(self) -> None:
        """Write what was added, so that readers find it."""
        self.file.flush()

    def close(self) -> None:
        """Write what was added."""
        self.flush()


def create_file_writer(
    logdir: Any,
    max_queue: int | None = None,
    flush_millis: int | None = None,
    filename_suffix: str | None = None,
    name: str | None = None,
) -> SummaryWriter:
    """A writer of event files.

    Args:
        logdir: folder for them; made when there is something to write.
        max_queue: not used.
        flush_millis: not used; values are written when a `with` block ends, at `flush`, and when there are many.
        filename_suffix: not used.
        name: not used.

    Example:

    >>> import tempfile
    >>> import keraburn as tf
    >>> writer = tf.summary.create_file_writer(tempfile.mkdtemp())
    >>> with writer.as_default():
    ...     tf.summary.scalar("loss", 0.5, step=1)
    True
    """
    return SummaryWriter(logdir)


@contextlib.contextmanager
def record_if(condition: bool | Callable[[], bool]) -> Iterator[None]:
    """Write only where the condition, or what it returns, is true."""
    outer, _state.condition = _state.condition, condition
    try:
        yield
    finally:
        _state.condition = outer


def set_step(step: Any) -> None:
    """The step of values for which none is given; a variable is looked at each time."""
    _state.step = step


def get_step() -> Any:
    """What `set_step` was given, or the writer's `as_default`."""
    return _state.step


def _write(add: Callable[[EventFile, int], None], step: Any) -> bool:
    condition = _state.condition() if callable(_state.condition) else _state.condition
    if _state.writer is None or not bool(condition):
        return False
    step = _state.step if step is None else step
    if step is None:
        raise ValueError("No step set. Pass one, or use `set_step` or `as_default(step=...)`. Received: step=None")
    add(_state.writer.file, int(step))
    return True


def scalar(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """Add a number to a curve.

    Args:
        name: of the curve.
        data: one number.
        step: where it stands.
        description: not used.

    Returns:
        Whether it was written: not without a writer.

    Raises:
        ValueError: if there is no step, or more than one number.
    """
    value = ops.convert_to_numpy(data)
    if value.size != 1:
        raise ValueError(f"`data` should be one number. Received: data of shape {value.shape}")
    return _write(lambda file, at: file.scalar(name, value.item(), at), step)


def histogram(
    name: str, data: Any, step: Any = None, buckets: int | None = None, description: str | None = None
) -> bool:
    """Add a histogram of all elements; arguments and results are as for `scalar`, `buckets` is how many to count in."""
    value = ops.convert_to_numpy(data)
    return _write(lambda file, at: file.histogram(name, value, at, 30 if buckets is None else buckets), step)


def image(name: str, data: Any, step: Any = None, max_outputs: int = 3, description: str | None = None) -> bool:
    """Add pictures of shape (pictures, height, width, channels): floats from 0 to 1, integers from 0 to 255."""
    value = ops.convert_to_numpy(data)
    if value.ndim != 4:
        raise ValueError(
            f"`data` should have shape (pictures, height, width, channels). Received: data of shape {value.shape}"
        )
    return _write(lambda file, at: file.images(name, value, at, max_outputs), step)


def text(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """Add a text in Markdown, or a list of them."""
    parts = data if isinstance(data, (list, tuple)) else [data]
    lines = [part.decode() if isinstance(part, bytes) else str(np.asarray(part)) for part in parts]
    return _write(lambda file, at: file.text(name, "\n\n".join(lines), at), step)


def flush(writer: SummaryWriter | None = None) -> None:
    """Write what was added with this writer, or with the one that holds now."""
    writer = writer or _state.writer
    if writer is not None:
        writer.flush()
