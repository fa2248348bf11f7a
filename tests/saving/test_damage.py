"""Damaged files: each loads, or is an error that names the file; none takes the process down, its memory or time."""

from __future__ import annotations

import json
import pathlib

import pytest

pytest.importorskip("h5py")
PROGRAM = pathlib.Path(__file__).with_name("damage.py")


def check(count, run_python, timeout):
    found = json.loads(run_python(str(PROGRAM), str(count), timeout=timeout).splitlines()[-1])
    assert found["wrong"] == []
    # Kilobytes.
    assert found["grown"] < 200_000
    for kind, results in found["results"].items():
        assert sum(results.values()) >= count // 8, kind
        assert results.get("refused", 0) > count // 60, f"{kind} is hardly damaged: {results}"


def test_a_few_damaged_files(run_python):
    check(160, run_python, 100)


@pytest.mark.slow
def test_a_thousand_damaged_files(run_python):
    check(1600, run_python, 300)
