"""What the benchmarks share: repeated timing and one row of the table."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Row:
    """One measurement: the median, the fastest, and a remark such as a rate."""

    name: str
    median: float
    fastest: float
    remark: str = ""

    def __str__(self) -> str:
        return f"{self.name:<28}{duration(self.median):>12}{duration(self.fastest):>12}  {self.remark}"


HEADING = f"{'benchmark':<28}{'median':>12}{'fastest':>12}"


def duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def repeat(function: Callable[[], object], seconds: float, at_least: int = 5) -> list[float]:
    """Times of single calls for about `seconds`, after a few that do not count."""
    for _ in range(3):
        function()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < at_least or time.perf_counter() < end:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return times


def row(name: str, times: list[float], per: float = 1, remark: Callable[[float], str] | None = None) -> Row:
    """A row from times of calls, each divided by `per` (steps or rows a call)."""
    median, fastest = statistics.median(times) / per, min(times) / per
    return Row(name, median, fastest, remark(median) if remark else "")
