"""From nothing to a trained epoch: the import, and the whole process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from tests.benchmarks.timing import Row, duration, row

IMPORT = """
import time, numpy
start = time.perf_counter()
import keraburn
print(time.perf_counter() - start)
"""

FIRST_EPOCH = """
from tests.benchmarks.networks import seed_mlp
model, x, y, batch = seed_mlp()
model.fit(x, y, batch_size=batch, verbose=0)
"""


def python(code: str) -> str:
    # Installed packages have bytecode; a setting that keeps Python from writing it would time the compiler.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return done.stdout


def wall(code: str) -> float:
    start = time.perf_counter()
    python(code)
    return time.perf_counter() - start


def starting(seconds: float) -> Iterator[Row]:
    runs = max(3, min(10, round(seconds * 5)))

    def times(measure: Callable[[], float]) -> list[float]:
        measure()
        return [measure() for _ in range(runs)]

    empty = min(times(lambda: wall("import numpy")))
    yield row("import keraburn, over numpy", times(lambda: float(python(IMPORT))))
    whole = times(lambda: wall(FIRST_EPOCH))
    yield row("process and first epoch", whole, remark=lambda _: f"{duration(empty)} of it Python and numpy")
