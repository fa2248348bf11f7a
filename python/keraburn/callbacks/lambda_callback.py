"""Callbacks made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keraburn.callbacks.callback import Callback


class LambdaCallback(Callback):
    """A callback whose methods are given as functions.

    Args:
        on_epoch_begin: called with `(epoch, logs)`.
        on_epoch_end: called with `(epoch, logs)`.
        on_train_begin: called with `(logs)`.
        on_train_end: called with `(logs)`.
        on_train_batch_begin: called with `(batch, logs)`.
        on_train_batch_end: called with `(batch, logs)`.
        kwargs: any other method of `Callback`, by its name.

    Example:

    >>> import keraburn as keras
    >>> shout = keras.callbacks.LambdaCallback(on_train_end=lambda logs: print("done"))
    >>> shout.on_train_end({})
    done
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **kwargs: Callable[..., Any],
    ) -> None:
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        for name, function in given.items():
            if function is None:
                continue
            if not callable(function):
                raise ValueError(f"`{name}` should be a function. Received: {name}={function!r}")
            setattr(self, name, function)
