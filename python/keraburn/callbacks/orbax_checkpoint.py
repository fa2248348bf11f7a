"""What stands in for Orbax's checkpoints."""

from __future__ import annotations

from typing import Any

from keraburn.callbacks.callback import Callback


class OrbaxCheckpoint(Callback):
    """Not available, as Orbax saves the arrays of JAX; making one says what to use instead.

    Raises:
        NotImplementedError: always.

    Example:

    >>> import keraburn as keras
    >>> keras.callbacks.OrbaxCheckpoint("checkpoints")
    Traceback (most recent call last):
    ...
    NotImplementedError: OrbaxCheckpoint is not available, ...
    """

    def __init__(self, directory: Any, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            "OrbaxCheckpoint is not available, as Orbax saves the arrays of JAX. Use `keras.callbacks.ModelCheckpoint` "
            "for files of the model or its weights, or `keras.callbacks.BackupAndRestore` to go on after an "
            f"interruption. Received: directory={directory!r}"
        )
