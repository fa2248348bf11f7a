"""Saving the model while it is trained."""

from __future__ import annotations

import os
import warnings
from typing import Any

from keraburn.callbacks.callback import only_when
from keraburn.callbacks.monitor import MonitorCallback
from keraburn.utils.console import print_message


class BatchCounter:
    """Counts batches across epochs and says when so many have passed; batches that ran at once count together.

    Args:
        frequency: batches from one time to the next.
    """

    def __init__(self, frequency: int) -> None:
        self.frequency = frequency
        self.seen = 0
        self.last: int | None = None

    def is_due(self, batch: int) -> bool:
        """Take in the batches up to this index of its epoch."""
        is_new_epoch = self.last is None or batch <= self.last
        self.seen += batch + 1 if is_new_epoch else batch - (self.last or 0)
        self.last = batch
        if self.seen < self.frequency:
            return False
        self.seen = 0
        return True

    @property
    def state(self) -> list[int | None]:
        return [self.seen, self.last]

    @state.setter
    def state(self, state: list[int | None]) -> None:
        self.seen, self.last = state[0] or 0, state[1]


def check_frequency(save_freq: Any) -> bool:
    """Whether `save_freq` is "epoch" or a positive number of batches."""
    is_number = isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq > 0
    return save_freq == "epoch" or is_number


class ModelCheckpoint(MonitorCallback):
    """Saves the model, or its weights, after every epoch or every so many batches.

    A file is replaced at once or not at all, so that a run that is killed while it saves leaves a whole file.

    Args:
        filepath: where to; `{epoch}` (from 1), `{batch}` (from 1, where batches are counted) and names of the logs are
            filled in, with formats such as `{epoch:02d}` and `{val_loss:.2f}`. Ends in `.keras` or `.h5`, or in
            `.weights.h5` with `save_weights_only`.
        monitor: name of the value that `save_best_only` watches.
        verbose: 1 prints what is saved.
        save_best_only: whether a model is saved only if it is better than all before.
        save_weights_only: whether only weights and the optimizer's state are saved.
        mode: `"min"`, `"max"` or `"auto"`.
        save_freq: `"epoch"`, or the number of batches from one file to the next.
        initial_value_threshold: the value to be beaten by the first file that `save_best_only` writes.

    Raises:
        ValueError: if `filepath` ends otherwise or `save_freq` is neither.
        KeyError: during training, if `filepath` names what is not in the logs.

    Example:

    >>> import keraburn as keras
    >>> best = keras.callbacks.ModelCheckpoint("{epoch:02d}.keras", monitor="loss", save_best_only=True)
    """

    state_attributes = ("best", "_counted")

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.verbose = verbose
        self.filepath = os.fspath(filepath)
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        if not check_frequency(save_freq):
            raise ValueError(
                f"Unrecognized save_freq: {save_freq}. Expected save_freq are 'epoch' or positive integer values. "
                f"Received: save_freq={save_freq!r}"
            )
        self._saves_batches = save_freq != "epoch"
        self._counter = BatchCounter(save_freq if isinstance(save_freq, int) else 0)
        self._current_epoch = 0
        if save_weights_only and not self.filepath.endswith(".weights.h5"):
            raise ValueError(
                "When using `save_weights_only=True` in `ModelCheckpoint`, the filepath provided must end in "
                f"`.weights.h5` (Keras weights format). Received: filepath={self.filepath}"
            )
        if not save_weights_only and not self.filepath.endswith((".keras", ".h5")):
            raise ValueError(
                f"The filepath provided must end in `.keras` (Keras model format). Received: filepath={self.filepath}"
            )

    @property
    def _counted(self) -> list[int | None]:
        return self._counter.state

    @_counted.setter
    def _counted(self, state: list[int | None]) -> None:
        self._counter.state = state

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._current_epoch = epoch

    @only_when("_saves_batches")
    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self._saves_batches and self._counter.is_due(batch):
            self._save(self._current_epoch, batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.monitor_op is None:
            self._set_monitor_op()
        if self.save_freq == "epoch":
            self._save(epoch, None, logs or {})

    def _save(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> None:
        filepath = self._path(epoch, batch, logs)
        if not self._is_wanted(epoch, logs, filepath):
            return
        folder = os.path.dirname(filepath)
        if folder:
            os.makedirs(folder, exist_ok=True)
        try:
            if self.save_weights_only:
                self.model.save_weights(filepath, overwrite=True)
            else:
                self.model.save(filepath, overwrite=True)
        except IsADirectoryError:
            raise OSError(
                "Please specify a non-directory filepath for ModelCheckpoint. Filepath used is an existing "
                f"directory: {filepath}"
            ) from None
        self._say(epoch, f"finished saving model to {filepath}")

    def _say(self, epoch: int, message: str) -> None:
        if self.verbose > 0:
            print_message(f"\nEpoch {epoch + 1}: {message}")

    def _path(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> str:
        values: dict[str, Any] = {} if batch is None else {"batch": batch + 1}
        try:
            return self.filepath.format(epoch=epoch + 1, **{**values, **logs})
        except KeyError as error:
            raise KeyError(
                f'Failed to format this callback filepath: "{self.filepath}". Reason: {error}. '
                f"Received: logs of {sorted(logs)}"
            ) from None

    def _is_wanted(self, epoch: int, logs: dict[str, Any], filepath: str) -> bool:
        if not self.save_best_only:
            self._say(epoch, f"saving model to {filepath}")
            return True
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(f"Can save best model only with {self.monitor} available.", stacklevel=4)
            return True
        if getattr(current, "shape", ()):
            warnings.warn(
                f"Can save best model only when `monitor` is a scalar value. Received: {current}. "
                "Falling back to `save_best_only=False`.",
                stacklevel=4,
            )
            return True
        if self.monitor_op is None:
            # Batches come before the first epoch's end.
            self._set_monitor_op()
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self._is_improvement(current, self.best):
            self._say(epoch, f"{self.monitor} did not improve from {best}")
            return False
        self._say(epoch, f"{self.monitor} improved from {best} to {current:.5f}, saving model to {filepath}")
        self.best = current
        return True
