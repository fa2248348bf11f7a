"""Going on after an interruption as if there had been none."""

from __future__ import annotations

import glob
import os
from typing import Any

from keraburn.callbacks.callback import Callback, only_when
from keraburn.callbacks.model_checkpoint import BatchCounter, check_frequency
from keraburn.callbacks.state_file import read_state, write_state


class BackupAndRestore(Callback):
    """Keeps the state of training in a file, so that a run that was killed goes on where it stood.

    Start the same program again: `fit` goes on from the last backup and ends with the weights, bit for bit, that it
    would have had without the interruption. A backup holds the weights, the state of the optimizer, of the metrics and
    of the random generators, the order of the samples, the place in the epoch, and the state of the other callbacks
    (see `Callback.state_attributes`). It is taken when all other callbacks have been called, and takes the place of the
    one before at once or not at all. Generators must give the same batches again; those that are past are passed over.

    Args:
        backup_dir: folder for the backup, for this alone; made if need be.
        save_freq: `"epoch"`, or the number of batches from one backup to the next; False makes none.
        double_checkpoint: whether the backup before the last one is kept too, in case that the last is damaged.
        delete_checkpoint: whether the backup is deleted when training has ended.

    Raises:
        ValueError: if `backup_dir` is empty or `save_freq` is something else; when training begins, if the backup is
            damaged or of another model.

    Example:

    >>> import keraburn as keras
    >>> safe = keras.callbacks.BackupAndRestore("backup", save_freq=100)
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        if not backup_dir:
            raise ValueError(f"Empty `backup_dir` argument passed. Received: backup_dir={backup_dir!r}")
        if save_freq is not False and not check_frequency(save_freq):
            raise ValueError(
                f"Invalid value for argument `save_freq`. Received: save_freq={save_freq}. "
                "Expected either 'epoch' or a positive integer value."
            )
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        # The callbacks of this run, once a list holds them; it then calls `after_all`.
        self.peers: list[Any] | None = None
        self._path = os.path.join(self.backup_dir, "latest.npz")
        self._previous_path = f"{self._path}.bkp"
        self._saves_batches = save_freq not in ("epoch", False)
        self._counter = BatchCounter(save_freq if isinstance(save_freq, int) else 0)
        self._last_batch_seen = 0
        self._current_epoch = 0
        # What waits until all callbacks have been called: a backup to be made, inside an epoch (True) or between two
        # (False), and one to be put back.
        self._due: bool | None = None
        self._resumed: dict[str, Any] | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if not self.model.built:
            raise ValueError(
                "To use the BackupAndRestore callback, you model must be built before you call `fit()`. "
                f"Model {self.model} is unbuilt. You can build it beforehand by calling it on a batch of data."
            )
        self._due = None
        self._resumed = self._read()
        if self._resumed is not None:
            self._counter.state = self._resumed["counted"]
            self._current_epoch = self._resumed["epoch"]
            self._restore()
            state = self._resumed["model"]
            # A run that was told to stop after an epoch has no other one.
            has_stopped = state["stop_training"] and not state["inside"]
            self.model._initial_epoch = (self.params or {})["epochs"] if has_stopped else self._current_epoch

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._current_epoch = epoch

    @only_when("_saves_batches")
    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if not self._saves_batches:
            return
        self._last_batch_seen = batch
        if self._counter.is_due(batch):
            self._plan(inside=True)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._current_epoch = epoch + 1
        self._last_batch_seen = 0
        if self.save_freq == "epoch":
            self._plan(inside=False)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._due = None
        if not self.delete_checkpoint:
            if self.model.stop_training and os.path.exists(self._path):
                # The next run may go on.
                state = read_state(self._path)
                state["model"]["stop_training"] = False
                write_state(self._path, state)
        elif os.path.isdir(self.backup_dir):
            for path in (self._path, self._previous_path, *self._unfinished()):
                if os.path.exists(path):
                    os.unlink(path)
            if not os.listdir(self.backup_dir):
                os.rmdir(self.backup_dir)

    def after_all(self, method: str) -> None:
        """Called by the list of callbacks when all of them have been called."""
        if self._due is not None:
            inside, self._due = self._due, None
            self._write(inside)
        if self._resumed is not None and method == "on_train_begin":
            self._restore_peers()
        if self._resumed is not None and method == "on_epoch_begin":
            if self._resumed["model"]["inside"]:
                # Inside an epoch: whatever callbacks did when it began, they had done before.
                self._restore()
                self._restore_peers()
            self._resumed = None

    def _plan(self, inside: bool) -> None:
        self._due = inside
        if self.peers is None:
            self.after_all("")

    def _write(self, inside: bool) -> None:
        os.makedirs(self.backup_dir, exist_ok=True)
        state = {
            "epoch": self._current_epoch,
            "counted": self._counter.state,
            "model": self.model._training_state(inside),
            "callbacks": [
                [type(callback).__name__, {name: getattr(callback, name) for name in callback.state_attributes}]
                for callback in self._stateful()
            ],
        }
        write_state(self._path, state, self._previous_path if self.double_checkpoint else None)

    def _read(self) -> dict[str, Any] | None:
        """The last backup, else the one before it; None if there is none."""
        for path in self._unfinished():
            os.unlink(path)
        if not os.path.exists(self._previous_path):
            return read_state(self._path) if os.path.exists(self._path) else None
        try:
            return read_state(self._path)
        except (FileNotFoundError, ValueError):
            return read_state(self._previous_path)

    def _unfinished(self) -> list[str]:
        """What a killed run left of a backup that it was writing."""
        folder, name = os.path.split(self._path)
        return glob.glob(os.path.join(glob.escape(folder), f".{name}.*.tmp"))

    def _restore(self) -> None:
        assert self._resumed is not None
        self.model._set_training_state(self._resumed["model"])

    def _stateful(self) -> list[Any]:
        return [callback for callback in self.peers or () if getattr(callback, "state_attributes", ())]

    def _restore_peers(self) -> None:
        assert self._resumed is not None
        known = self._stateful()
        for (kind, state), callback in zip(self._resumed["callbacks"], known, strict=False):
            if kind == type(callback).__name__:
                for name, value in state.items():
                    setattr(callback, name, value)
