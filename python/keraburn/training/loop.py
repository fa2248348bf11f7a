"""One pass over the data: Rust runs stretches of batches, Python wakes for callbacks, progress and Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keraburn.training.feed import FOREVER

# Seconds after which Python looks up: often enough for a progress bar and for Ctrl-C.
_STRETCH = 0.1


def run_pass(
    feed: Any,
    callbacks: Any,
    kind: str,
    stopped: Callable[[], bool],
    logs: Callable[[int, int], dict[str, Any]],
    at_once: int = 1,
    fetch: bool = False,
) -> int:
    """Run an epoch; returns how many batches were run.

    Args:
        feed: where batches come from.
        callbacks: the callbacks to call.
        kind: "train", "test" or "predict".
        stopped: whether a callback has asked to stop.
        logs: the logs for callbacks, after the batches from the first to the second number, which is not included.
        at_once: batches between two calls of callbacks that want every batch.
        fetch: whether `logs` must be called after every batch, also without callbacks.
    """
    total = feed.begin()
    single = callbacks.wants_each_batch(kind)
    shown = single or callbacks.wants_batches(kind)
    begin = getattr(callbacks, f"on_{kind}_batch_begin")
    end = getattr(callbacks, f"on_{kind}_batch_end")
    first = done = feed.done
    # Whoever asks to stop before the first execution gets that one all the same.
    while (total is None or done < total) and (done == 0 or not stopped()) and feed.more():
        left = -1 if total is None else total - done
        if single or fetch or stopped():
            if single:
                begin(done)
            now = feed.run(FOREVER, at_once if left < 0 else min(at_once, left))
        else:
            # The first batch alone is where the progress bar starts its clock.
            now = feed.run(_STRETCH, 1 if shown and done == first else left)
        if shown or fetch:
            values = logs(done, now)
            if shown:
                # Keras counts the steps of an execution even where the data ended before.
                end(done + at_once - 1 if single else now - 1, values)
        done = now
    return done
