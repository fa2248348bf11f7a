"""Stopping at a loss that is no number."""

from __future__ import annotations

import math
from typing import Any

from keraburn.callbacks.callback import Callback
from keraburn.utils.console import print_message


class TerminateOnNaN(Callback):
    """Ends training at the first batch whose loss is NaN or infinite.

    Args:
        raise_error: whether it raises instead of ending quietly.

    Raises:
        RuntimeError: during training, with `raise_error=True`.

    Example:

    >>> import keraburn as keras
    >>> guard = keras.callbacks.TerminateOnNaN()
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                f"NaN or Inf loss encountered at batch {batch}. Loss value: {loss}. Terminating training immediately."
            )
        print_message(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
