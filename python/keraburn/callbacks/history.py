"""The record of a training run."""

from __future__ import annotations

from typing import Any

from keraburn.callbacks.callback import Callback


class History(Callback):
    """What `fit` returns: the values of every epoch.

    Attributes:
        history: a dict from the name of a value to its list over the epochs.
        epoch: the epochs' indices.

    Example:

    >>> import numpy as np, keraburn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> record = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=3, verbose=0)
    >>> record.epoch, list(record.history)
    ([0, 1, 2], ['loss'])
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self
