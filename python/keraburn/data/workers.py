"""Work done ahead of time by threads or processes, its results in order."""

from __future__ import annotations

import itertools
import random
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np


def in_order(
    function: Callable[[Any], Any], items: Iterable[Any], workers: int, ahead: int, processes: bool = False
) -> Iterator[Any]:
    """`function(item)` of each item, in order, with up to `ahead` results computed before they are asked for.

    The workers end with the iterator: when it is exhausted, closed or forgotten, and when `function` raises, whose
    error reaches the caller with the worker's own traceback.

    Args:
        function: called in the workers.
        items: read by the caller's thread only.
        workers: how many threads or processes.
        ahead: how many results may wait or be in the making.
        processes: whether the workers are processes. `function` then has to reach them: it is inherited where
            processes are forked and pickled where they are spawned; if it cannot be pickled, threads do the work.
    """
    pool = (_processes(function, workers) if processes else None) or _threads(function, workers)
    submit, close = pool
    waiting: deque[Any] = deque()
    try:
        remaining = iter(items)
        for item in itertools.islice(remaining, max(ahead, 1)):
            waiting.append(submit(item))
        while waiting:
            result = _result(waiting.popleft())
            for item in itertools.islice(remaining, 1):
                waiting.append(submit(item))
            yield result
    finally:
        close()


def _result(future: Any) -> Any:
    """What a worker found.

    Raises:
        RuntimeError: if a worker process died.
    """
    try:
        return future.result()
    except RuntimeError as error:
        if type(error).__name__ != "BrokenProcessPool":
            raise
        raise RuntimeError(
            "A worker process ended before its work was done: it was killed, ran out of memory, or could not start. "
            'Where processes are spawned, the script\'s own work must stand under `if __name__ == "__main__":`. '
            f"Received: {error}"
        ) from error


# A way to hand in an item, and a way to end.
Pool = tuple[Callable[[Any], Any], Callable[[], None]]


def _threads(function: Callable[[Any], Any], workers: int) -> Pool:
    from concurrent.futures import ThreadPoolExecutor  # only paid for where there are workers

    executor = ThreadPoolExecutor(workers, thread_name_prefix="keraburn-data")
    return (lambda item: executor.submit(function, item)), lambda: executor.shutdown(wait=True, cancel_futures=True)


# What a worker process calls, set once when it starts.
_function: Callable[[Any], Any] | None = None


def _start(function: Callable[[Any], Any], seed: int, started: Any) -> None:
    """Prepare a worker process: its own random numbers, and no Ctrl-C, which is for the main process to handle."""
    import signal

    global _function
    _function = function
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with started.get_lock():
        started.value += 1
        number = started.value
    random.seed(seed + number)
    # The generator that users' code draws from.
    np.random.seed((seed + number) % 2**32)  # noqa: NPY002


def _call(item: Any) -> Any:
    assert _function is not None
    return _function(item)


def _processes(function: Callable[[Any], Any], workers: int) -> Pool | None:
    """A pool of processes, None where the function cannot reach them."""
    import multiprocessing  # only paid for where there are processes
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context()
    if context.get_start_method() != "fork":
        obstacle = _obstacle(function)
        if obstacle:
            warnings.warn(
                f"Worker processes are started by '{context.get_start_method()}' here, which needs a picklable data "
                f"set; threads are used in their place. The obstacle: {obstacle}",
                stacklevel=2,
            )
            return None
    started = context.Value("i", 0)
    seed = random.randrange(2**31)
    executor = ProcessPoolExecutor(workers, context, _start, (function, seed, started))
    return (lambda item: executor.submit(_call, item)), lambda: executor.shutdown(wait=True, cancel_futures=True)


def _obstacle(function: Callable[[Any], Any]) -> str | None:
    """Why a new process could not be given the function, None if it could."""
    import pickle

    import __main__

    try:
        pickle.dumps(function)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    owner = type(getattr(function, "__self__", function))
    if owner.__module__ == "__main__" and not getattr(__main__, "__file__", None):
        return f"class '{owner.__qualname__}' was defined interactively, where a new process cannot import it"
    return None
