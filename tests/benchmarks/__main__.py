"""`make bench`: every benchmark as one table; names given as arguments choose some of them."""

from __future__ import annotations

import argparse
import os
import platform

import keraburn as keras
from tests.benchmarks import custom, images, kernels, networks, startup, text
from tests.benchmarks.timing import HEADING

GROUPS = {
    "training": networks.training,
    "predicting": networks.predicting,
    "customs": custom.customs,
    "startup": startup.starting,
    "products": kernels.products,
    "convolutions": kernels.convolutions,
    "elementwise": kernels.elementwise,
    "images": images.transformations,
    "texts": text.vectorizing,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="group", help=f"any of {', '.join(GROUPS)}; all unless given")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each benchmark is repeated")
    arguments = parser.parse_args()
    unknown = set(arguments.groups) - set(GROUPS)
    if unknown:
        parser.error(f"unknown group {sorted(unknown)}; expected some of {list(GROUPS)}")

    threads = os.environ.get("KERABURN_NUM_THREADS", os.cpu_count())
    print(f"keraburn {keras.__version__}, {threads} threads, {platform.machine()}, Python {platform.python_version()}")
    print(HEADING)
    for name in arguments.groups or GROUPS:
        for line in GROUPS[name](arguments.seconds):
            print(line, flush=True)


if __name__ == "__main__":
    main()
