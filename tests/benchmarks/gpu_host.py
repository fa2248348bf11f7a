"""`python -m tests.benchmarks.gpu_host`: what a step on a GPU costs the host, by a GPU that takes no time."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile

from tests.benchmarks.gpu import NETWORKS, step_time
from tests.benchmarks.timing import duration
from tests.gpu import driver

ROWS, BATCH = 512, 64


def main() -> None:
    order = os.environ.get("DRIVER_IDLE")
    if order is None:
        # Drivers are looked for when a program starts.
        with tempfile.TemporaryDirectory() as folder:
            environment = {"CUBECL_AUTOTUNE_LEVEL": "minimal", **os.environ, **driver.build(pathlib.Path(folder))}
            command = [sys.executable, "-m", "tests.benchmarks.gpu_host"]
            sys.exit(subprocess.run(command, env=environment, check=False).returncode)
    idle = pathlib.Path(order)
    for build in NETWORKS:
        idle.unlink(missing_ok=True)
        seconds = step_time(build, ROWS, BATCH, "gpu:software", 2.0, once_warm=idle.touch)
        print(f"{build.__name__:<14}{duration(seconds):>12} a step of {BATCH}", flush=True)


if __name__ == "__main__":
    main()
