"""Workers keep the order, run side by side, report errors with their tracebacks, and end."""

from __future__ import annotations

import gc
import multiprocessing
import threading
import time
import traceback

import pytest

from keraburn.data.workers import in_order
from tests.data.worker_program import fail_at_three, square


def test_results_are_in_order():
    before = threading.active_count()
    assert list(in_order(square, range(20), 3, 5)) == [x * x for x in range(20)]
    assert list(in_order(square, [], 3, 5)) == []
    assert threading.active_count() == before


def test_errors_come_with_the_traceback_of_the_worker():
    before = threading.active_count()
    results = in_order(fail_at_three, range(6), 2, 2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(KeyError, match="three") as caught:
        next(results)
    assert "in fail_at_three" in "".join(traceback.format_exception(caught.value))
    assert threading.active_count() == before


def test_no_more_is_done_ahead_than_asked_for():
    taken, done = [], []

    def items():
        for i in range(100):
            taken.append(i)
            yield i

    results = in_order(done.append, items(), 2, 4)
    next(results)
    assert len(taken) == 5
    results.close()
    assert len(done) <= 5


@pytest.mark.parametrize("ending", ["close", "forget"])
def test_workers_end_with_their_reader(ending):
    before = threading.active_count()
    results = in_order(square, iter(range(1000)), 4, 8)
    next(results)
    if ending == "close":
        results.close()
    else:
        del results
        gc.collect()
    assert threading.active_count() == before


def test_reading_goes_on_while_workers_are_slow():
    def slow(x):
        time.sleep(0.01 * (x % 3))
        return x

    assert list(in_order(slow, range(12), 4, 6)) == list(range(12))


@pytest.mark.parametrize(
    "method",
    [pytest.param(m, marks=[] if m == "fork" else pytest.mark.slow) for m in multiprocessing.get_all_start_methods()],
)
def test_processes(run_python, method):
    assert run_python("-m", "tests.data.worker_program", method).endswith("done\n")


def test_what_cannot_be_pickled_is_served_by_threads(monkeypatch):
    context = multiprocessing.get_context("spawn")
    monkeypatch.setattr(multiprocessing, "get_context", lambda: context)
    with pytest.warns(UserWarning, match="threads are used in their place(.|\n)*lambda"):
        assert list(in_order(lambda x: x + 1, range(3), 2, 2, processes=True)) == [1, 2, 3]
