"""The base class of callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

M = TypeVar("M", bound=Callable[..., Any])


def default(method: M) -> M:
    """Mark a method that does nothing of its own, so that nobody needs to call it."""
    method._is_default = True  # type: ignore[attr-defined]
    return method


def now_and_then(method: M) -> M:
    """Mark a batch-level method that need not be called after every single batch."""
    method._now_and_then = True  # type: ignore[attr-defined]
    return method


def only_when(attribute: str) -> Callable[[M], M]:
    """Mark a batch-level method that does nothing unless an attribute of its callback is true."""

    def mark(method: M) -> M:
        method._only_when = attribute  # type: ignore[attr-defined]
        return method

    return mark


class Callback:
    """Something that is told what training, evaluation and prediction are doing, and may step in.

    Override the methods you need. As long as no callback overrides a batch-level method, whole stretches of an epoch
    run without Python.

    Attributes:
        params: a dict with `verbose`, `epochs` and `steps`.
        model: the model at work; set `model.stop_training = True` to end training after this batch or epoch.
        state_attributes: names of the attributes, set by the class, that `BackupAndRestore` keeps and brings back;
            numbers, texts, arrays, and lists and dicts of these.

    Example:

    >>> import keraburn as keras
    >>> class Report(keras.callbacks.Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, sorted(logs))
    >>> Report().on_epoch_end(0, {"loss": 1.0})
    0 ['loss']
    """

    state_attributes: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.params: dict[str, Any] | None = None
        self._model: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def set_model(self, model: Any) -> None:
        self._model = model

    @property
    def model(self) -> Any:
        return self._model

    @default
    def on_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Another name for `on_train_batch_begin`."""

    @default
    def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Another name for `on_train_batch_end`."""

    @default
    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Called before an epoch of `fit`; `epoch` counts from 0."""

    @default
    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Called after an epoch of `fit` and its validation; `logs` holds the values of both."""

    @default
    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Called before a batch of `fit`; `batch` counts from 0 in each epoch."""
        self.on_batch_begin(batch, logs=logs)

    @default
    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Called after a batch of `fit`; `logs` holds the values of the epoch so far."""
        self.on_batch_end(batch, logs=logs)

    @default
    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Called before a batch of `evaluate`, and of the validation inside `fit`."""

    @default
    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Called after a batch of `evaluate`, and of the validation inside `fit`."""

    @default
    def on_predict_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Called before a batch of `predict`."""

    @default
    def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Called after a batch of `predict`; `logs["outputs"]` holds what it gave."""

    @default
    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Called when `fit` begins."""

    @default
    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Called when `fit` ends, with the values of the last epoch."""

    @default
    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Called when an evaluation begins."""

    @default
    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Called when an evaluation ends, with its values."""

    @default
    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Called when `predict` begins."""

    @default
    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        """Called when `predict` ends."""
