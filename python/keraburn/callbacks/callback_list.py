"""The callbacks of one run, called as one."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import tree
from keraburn.callbacks.callback import Callback
from keraburn.callbacks.history import History
from keraburn.callbacks.progbar_logger import ProgbarLogger

# Batch-level methods whose default only calls another one.
_ALIASES = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


def plain_logs(logs: dict[str, Any] | None) -> dict[str, Any]:
    """`logs` in alphabetical order, nested dicts flattened, with Python floats wherever a value is one number."""
    plain: dict[str, Any] = {}
    for name, value in sorted((logs or {}).items()):
        if isinstance(value, dict):
            plain.update(plain_logs(value))
        elif type(value) is float:
            plain[name] = value
        else:
            is_number = isinstance(value, (int, float, np.generic)) or getattr(value, "shape", None) == ()
            plain[name] = float(value) if is_number else value
    return plain


def _is_own(callback: Any, name: str) -> bool:
    """Whether the callback does something of its own in the method `name`."""
    method = getattr(callback, name, None)
    if method is None:
        return False
    if not getattr(method, "_is_default", False):
        condition = getattr(method, "_only_when", None)
        return condition is None or bool(getattr(callback, condition))
    alias = _ALIASES.get(name)
    return alias is not None and _is_own(callback, alias)


class CallbackList(Callback):
    """A list of callbacks that is one callback; every method calls theirs in order, with one shared dict of logs.

    Args:
        callbacks: a callback or a structure of callbacks.
        add_history: whether a `History` is added if there is none.
        add_progbar: whether a `ProgbarLogger` is added if there is none.
        model: the model at work.
        params: what `Callback.params` holds.

    Raises:
        ValueError: if something in `callbacks` is not a callback.
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        self.callbacks: list[Any] = tree.flatten(callbacks)
        for callback in self.callbacks:
            if isinstance(callback, type) or not hasattr(callback, "set_model"):
                raise ValueError(
                    "`callbacks` should hold instances of `keras.callbacks.Callback`. "
                    f"Received: {callback!r} (of type {type(callback)})"
                )
        self._history: History | None = next((c for c in self.callbacks if isinstance(c, History)), None)
        if self._history is None and add_history:
            self._history = History()
            self.callbacks.append(self._history)
        if add_progbar and not any(isinstance(c, ProgbarLogger) for c in self.callbacks):
            self.callbacks.append(ProgbarLogger())
        # Those that act on what all others have done.
        self._last = [c for c in self.callbacks if hasattr(c, "after_all")]
        for callback in self._last:
            callback.peers = self.callbacks
        self.params = params
        self._model = None
        # For a kind of batch, whether each one or any at all is to be reported.
        self._wished: dict[str, tuple[bool, bool]] = {}
        self.set_model(model)
        if params:
            self.set_params(params)

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        if model is None:
            return
        self._model = model
        if self._history is not None:
            model.history = self._history
        for callback in self.callbacks:
            callback.set_model(model)

    def wants_each_batch(self, kind: str) -> bool:
        """Whether a callback must be called for each single batch of `kind` ("train", "test" or "predict")."""
        return self._wishes(kind)[0]

    def wants_batches(self, kind: str) -> bool:
        """Whether a callback wants to hear of batches of `kind` at all."""
        return self._wishes(kind)[1]

    def _wishes(self, kind: str) -> tuple[bool, bool]:
        found = self._wished.get(kind)
        if found is None:
            methods = [
                getattr(callback, name)
                for name in (f"on_{kind}_batch_begin", f"on_{kind}_batch_end")
                for callback in self.callbacks
                if _is_own(callback, name)
            ]
            each = any(not getattr(method, "_now_and_then", False) for method in methods)
            found = self._wished[kind] = (each, bool(methods))
        return found

    def on_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._batch("on_batch_begin", batch, logs)

    def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._batch("on_batch_end", batch, logs)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._call("on_epoch_begin", epoch, plain_logs(logs))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._call("on_epoch_end", epoch, plain_logs(logs))

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._batch("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._batch("on_train_batch_end", batch, logs)

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._batch("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._batch("on_test_batch_end", batch, logs)

    def on_predict_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._batch("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._batch("on_predict_batch_end", batch, logs)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._run("on_train_begin", logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._run("on_train_end", logs)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._run("on_test_begin", logs)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        self._run("on_test_end", logs)

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._run("on_predict_begin", logs)

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        self._run("on_predict_end", logs)

    def _batch(self, name: str, batch: int, logs: dict[str, Any] | None) -> None:
        self._call(name, batch, logs=plain_logs(logs))

    def _run(self, name: str, logs: dict[str, Any] | None) -> None:
        self._call(name, plain_logs(logs))

    def _call(self, name: str, *args: Any, **kwargs: Any) -> None:
        try:
            for callback in self.callbacks:
                getattr(callback, name)(*args, **kwargs)
        finally:
            # Also when one of the callbacks ends the run by an exception.
            for callback in self._last:
                callback.after_all(name)
