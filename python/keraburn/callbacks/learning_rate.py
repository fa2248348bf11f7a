"""Callbacks that change the learning rate."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from keraburn.callbacks.callback import Callback
from keraburn.callbacks.monitor import MonitorCallback
from keraburn.utils.console import print_message


def _optimizers(model: Any) -> Iterator[tuple[str, Any]]:
    """The optimizers at work, each with its name where there are several."""
    several = getattr(model.optimizer, "optimizers", None)
    if several is None:
        yield "", model.optimizer
    else:
        for optimizer in several:
            yield optimizer.name, optimizer


def _rate(optimizer: Any) -> float:
    if not hasattr(optimizer, "learning_rate"):
        raise ValueError(f'Optimizer must have a "learning_rate" attribute. Received: {optimizer!r}')
    return float(np.asarray(optimizer.learning_rate))


def _log_rates(model: Any, logs: dict[str, Any]) -> None:
    for name, optimizer in _optimizers(model):
        logs[f"learning_rate_{name}" if name else "learning_rate"] = _rate(optimizer)


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch.

    Args:
        schedule: a function of the epoch (from 0) and the present rate, or of the epoch alone, that returns a float.
        verbose: 1 prints the rate.

    Raises:
        ValueError: during training, if `schedule` returns no float.

    Example:

    >>> import keraburn as keras
    >>> halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        if not callable(schedule):
            raise ValueError(f"`schedule` should be a function of the epoch. Received: schedule={schedule!r}")
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        for name, optimizer in _optimizers(self.model):
            present = _rate(optimizer)
            try:
                rate = self.schedule(epoch, present)
            except TypeError:
                rate = self.schedule(epoch)
            if not isinstance(rate, (float, np.float32, np.float64)):
                raise ValueError(f"The output of the `schedule` function should be a float. Received: {rate!r}")
            optimizer.learning_rate = rate
            if self.verbose > 0:
                which = f"{name} " if name else ""
                print_message(f"\nEpoch {epoch + 1}: LearningRateScheduler setting {which}learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        _log_rates(self.model, {} if logs is None else logs)


class ReduceLROnPlateau(MonitorCallback):
    """Lowers the learning rate when a value has not improved for some epochs: `rate = max(rate * factor, min_lr)`.

    Args:
        monitor: name of the value in the logs.
        factor: what the rate is multiplied with, below 1.
        patience: epochs without improvement after which the rate is lowered.
        verbose: 1 prints when it lowers the rate.
        mode: `"min"`, `"max"` or `"auto"`.
        min_delta: a change smaller than this is no improvement.
        cooldown: epochs after a change in which it does not count.
        min_lr: the least rate.

    Raises:
        ValueError: if `factor` is 1 or more.

    Example:

    >>> import keraburn as keras
    >>> slower = keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=2)
    """

    state_attributes = ("best", "cooldown_counter", "wait")

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau does not support a factor >= 1.0. Received: factor={factor}")
        self.factor = factor
        self.min_lr = min_lr
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0

    def in_cooldown(self) -> bool:
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.monitor_op is None:
            self._set_monitor_op()
        logs = {} if logs is None else logs
        _log_rates(self.model, logs)
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(
                f"Learning rate reduction is conditioned on metric `{self.monitor}` which is not available. "
                f"Available metrics are: {','.join(logs)}.",
                stacklevel=2,
            )
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter = self.cooldown
                self.wait = 0

    def _reduce(self, epoch: int) -> bool:
        reduced = False
        for name, optimizer in _optimizers(self.model):
            present = _rate(optimizer)
            if present <= np.float32(self.min_lr):
                continue
            rate = max(present * self.factor, self.min_lr)
            optimizer.learning_rate = rate
            reduced = True
            if self.verbose > 0:
                which = f" {name}" if name else ""
                print_message(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing{which} learning rate to {rate}.")
        return reduced
