"""What the callbacks that watch a value share."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable
from typing import Any

from keraburn.callbacks.callback import Callback


class MonitorCallback(Callback):
    """Base of callbacks that compare a value of each epoch with its best so far.

    Args:
        monitor: name of the value in the logs.
        mode: `"min"` (smaller is better), `"max"` (larger is better) or `"auto"` (as the metric itself says).
        baseline: the first value to beat.
        min_delta: a change smaller than this is no improvement.
    """

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", baseline: float | None = None, min_delta: float = 0
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{type(self).__name__} mode '{mode}' is unknown, fallback to auto mode.",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self.monitor_op: Callable[[Any, Any], bool] | None = None

    def _set_monitor_op(self) -> None:
        """Find out which direction is better; metrics are known only once training has begun."""
        if self.mode == "min":
            self.monitor_op = operator.lt
        elif self.mode == "max":
            self.monitor_op = operator.gt
        else:
            self.monitor_op = self._direction(self.monitor.removeprefix("val_"))
        if self.monitor_op is operator.lt:
            self.min_delta *= -1

    def _direction(self, name: str) -> Callable[[Any, Any], bool]:
        for metric in getattr(self.model, "metrics", ()):
            for each in getattr(metric, "metrics", ()):
                if each.name == name and hasattr(each, "_direction"):
                    return operator.gt if each._direction == "up" else operator.lt
        if name == "loss":
            return operator.lt
        raise ValueError(
            f"{type(self).__name__} callback received monitor={self.monitor}, but Keras isn't able to automatically "
            "determine whether that metric should be maximized or minimized. Pass `mode='max'` in order to monitor "
            "based on the highest metric value, or pass `mode='min'` in order to use the lowest value. "
            f"Received: monitor={self.monitor}"
        )

    def _is_improvement(self, value: Any, reference: Any) -> bool:
        if reference is None:
            return True
        assert self.monitor_op is not None
        return bool(self.monitor_op(value - self.min_delta, reference))
