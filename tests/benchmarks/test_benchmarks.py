"""The benchmarks run; what they measure is for `make bench` on a quiet machine."""

from __future__ import annotations

import pytest


@pytest.mark.slow
def test_every_benchmark_runs(run_python):
    lines = run_python("-m", "tests.benchmarks", "--seconds", "0.01").splitlines()
    assert len(lines) > 25
    for name in ("seed_mlp step", "tiny_mlp step", "mnist_mlp step", "predict, one row", "import keraburn"):
        assert any(line.startswith(name) for line in lines), name
