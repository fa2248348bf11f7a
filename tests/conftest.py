"""Fixtures of all tests."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator

import pytest

import keraburn
from keraburn import _core

ROOT = pathlib.Path(__file__).resolve().parents[1]

# A program of its own, run by a test.
collect_ignore = ["saving/damage.py"]


# A shell's background job is started without Ctrl-C, which some tests send themselves.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The adapter in software is the default: what CI has.
GPU = os.environ.get("KERABURN_TEST_GPU", "gpu:software")
if GPU == "gpu:software":
    # Each candidate is compiled for seconds there.
    os.environ.setdefault("CUBECL_AUTOTUNE_LEVEL", "minimal")


@pytest.fixture(
    params=[pytest.param(GPU, marks=pytest.mark.gpu) if name == "gpu" else name for name in _core.devices()]
)
def device(request: pytest.FixtureRequest) -> Iterator[str]:
    """The test runs once on every device that is built, as the current device."""
    with keraburn.device(request.param):
        yield keraburn.config.device()


@pytest.fixture
def gpu() -> str:
    """The name of the GPU that tests run on."""
    if "gpu" not in _core.devices():
        pytest.fail("This core is built without GPUs: `make test-gpu` builds it with them.")
    return _core.find_device(GPU)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if item.get_closest_marker("gpu"):
        report.user_properties.append(("gpu", True))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases ran on which adapter."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    cases = sum(report.when == "call" and ("gpu", True) in report.user_properties for report in reports)
    if cases:
        adapter = next(each for each in keraburn.config.list_devices() if each.name == _core.find_device(GPU))
        terminalreporter.write_line(f"{cases} cases on {adapter.adapter} by {adapter.api} ({adapter.driver})")


@pytest.fixture
def run_python() -> Callable[..., str]:
    """Run code or a file in a Python of its own and give what it printed; if it fails, so does the test."""

    def run(*arguments: str, timeout: float = 300, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
            cwd=ROOT,
            timeout=timeout,
        )
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


@pytest.fixture
def shared_examples() -> pathlib.Path:
    """The folder of the documents' programs: $KERABURN_EXAMPLES, or shared/examples beside the clone."""
    folder = pathlib.Path(os.environ.get("KERABURN_EXAMPLES", ROOT.parent / "shared" / "examples"))
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"the documents' programs are missing: {folder}")
        pytest.skip(f"the documents' programs are not here: {folder}")
    return folder
