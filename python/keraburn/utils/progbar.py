"""The progress bar, as Keras draws it."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from keraburn.utils.console import print_message

_BOLD = "\x1b[1m"
_GREEN = "\x1b[32m"
_WHITE = "\x1b[37m"
_PLAIN = "\x1b[0m"


class Progbar:
    """A line that shows how far a loop has come, how long it still takes and the values it has reached.

    Args:
        target: number of steps, None when unknown.
        width: cells of the bar.
        verbose: 1 draws the bar, 2 one line at the end, 0 nothing.
        interval: least seconds between two drawings.
        stateful_metrics: names whose values are shown as they come; all others are averaged over the steps.
        stateless_metrics: names that are averaged; all others are shown as they come. Give only one of the two.
        unit_name: what a step is called.

    Raises:
        ValueError: if both `stateful_metrics` and `stateless_metrics` are given.

    Example:

    >>> import keraburn as keras
    >>> bar = keras.utils.Progbar(2, verbose=2)
    >>> bar.update(1, [("loss", 2.0)])
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "Only one of `stateful_metrics` or `stateless_metrics` can be provided. "
                f"Received: stateful_metrics={stateful_metrics}, stateless_metrics={stateless_metrics}"
            )
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self.stateful_metrics = None if stateless_metrics is not None else set(stateful_metrics or ())
        self.stateless_metrics = None if stateless_metrics is None else set(stateless_metrics)
        # Whether the line can be drawn over: terminals, notebooks, and every POSIX output.
        self._dynamic_display = (
            (hasattr(sys.stdout, "isatty") and sys.stdout.isatty())
            or "ipykernel" in sys.modules
            or "posix" in sys.modules
            or "PYCHARM_HOSTED" in os.environ
        )
        self._seen_so_far = 0
        # Name to [sum, count], in order of arrival.
        self._values: dict[str, list[Any]] = {}
        self._start = time.time()
        self._last_update = 0.0
        self._time_after_first_step: float | None = None
        self._prev_total_width = 0

    def add(self, n: int, values: Sequence[tuple[str, Any]] | None = None) -> None:
        """Move `n` steps on."""
        self.update(self._seen_so_far + n, values)

    def update(
        self, current: int, values: Sequence[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """Show step `current`.

        Args:
            current: steps done so far.
            values: pairs of a name and its value at this step.
            finalize: whether this is the last drawing; when None, whether `target` is reached.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        self._record(current, values or (), finalize)
        now = time.time()
        per_step = self._seconds_per_step(current, now)
        if self.verbose == 1:
            if now - self._last_update < self.interval and not finalize:
                return
            self._draw(current, now, per_step, finalize)
        elif self.verbose == 2 and finalize and self.target:
            line = f"{self._count(current)} - {now - self._start:.0f}s -{self._speed(per_step)}"
            print_message(f"{line}{self._shown(absolute=False)}\n", line_break=False)
        self._last_update = now

    def _record(self, current: int, values: Iterable[tuple[str, Any]], finalize: bool) -> None:
        for name, value in values:
            if self.stateful_metrics is not None:
                averaged = name not in self.stateful_metrics
            else:
                averaged = name in (self.stateless_metrics or ())
            if finalize or not averaged:
                # The closing values are those of the whole pass.
                self._values[name] = [value, 1]
                continue
            steps = max(current - self._seen_so_far, 1)
            total, count = self._values.get(name, (0.0, 0))
            self._values[name] = [total + value * steps, count + steps]
        self._seen_so_far = current

    def _draw(self, current: int, now: float, per_step: float, finalize: bool) -> None:
        invisible = 8
        if self.target:
            done = int(self.width * (float(current) / self.target))
            bar = f"{_BOLD}{self._count(current)}{_PLAIN} "
            if done > 0:
                bar += f"{_GREEN}{'━' * done}{_PLAIN}"
                invisible += 9
            bar += f"{_WHITE}{'━' * (self.width - done)}{_PLAIN}"
            invisible += 17
        else:
            bar = f"{current:7d}/Unknown"
        if self.target and not finalize:
            clock = _duration(per_step * (self.target - current))
        else:
            clock = f"{now - self._start:.0f}s"
        info = f" {_BOLD}{clock}{_PLAIN}{self._speed(per_step)}{self._shown(absolute=True)}"
        width = len(bar) + len(info) - invisible
        back = "\b" * self._prev_total_width + "\r" if self._dynamic_display else "\n"
        blanks = " " * max(0, self._prev_total_width - width)
        print_message(f"{back}{bar}{info}{blanks}{chr(10) if finalize else ''}", line_break=False)
        self._prev_total_width = width

    def _count(self, current: int) -> str:
        digits = int(math.log10(self.target or 1)) + 1
        return f"{current:{digits}d}/{self.target}"

    def _shown(self, absolute: bool) -> str:
        text = ""
        for name, (total, count) in self._values.items():
            mean = (total if isinstance(total, float) else np.mean(total)) / max(1, count)
            text += f" - {name}: {mean:.4f}" if (abs(mean) if absolute else mean) > 1e-3 else f" - {name}: {mean:.4e}"
        return text

    def _speed(self, per_step: float) -> str:
        if per_step >= 1 or per_step == 0:
            return f" {per_step:.0f}s/{self.unit_name}"
        if per_step >= 1e-3:
            return f" {per_step * 1e3:.0f}ms/{self.unit_name}"
        return f" {per_step * 1e6:.0f}us/{self.unit_name}"

    def _seconds_per_step(self, current: int, now: float) -> float:
        """The mean duration of a step, without the first one, which also compiles."""
        if not current:
            return 0
        if self._time_after_first_step is not None and current > 1:
            return (now - self._time_after_first_step) / (current - 1)
        if current == 1:
            self._time_after_first_step = now
        return (now - self._start) / current


def _duration(seconds: float) -> str:
    if seconds > 3600:
        return f"{int(seconds // 3600)}:{int(seconds % 3600 // 60):02d}:{int(seconds % 60):02d}"
    if seconds > 60:
        return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
    return f"{int(seconds)}s"
