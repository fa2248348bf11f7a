"""Texts to integers: `Tokenizer` and `TextVectorization`.

`python -m tests.benchmarks.text` takes a million short sentences; with `--tensorflow`, run where that is, TensorFlow's
own classes take the same ones.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.benchmarks.timing import Row, duration, repeat, row


def sentences(count: int, words: int = 8, vocabulary: int = 30_000) -> list[str]:
    """Sentences of words as frequent as words are."""
    rng = np.random.default_rng(0)
    letters = rng.integers(97, 123, (vocabulary, 9), dtype=np.uint8)
    known = [bytes(row[:length]).decode() for row, length in zip(letters, rng.integers(2, 10, vocabulary), strict=True)]
    shares = 1 / np.arange(1, vocabulary + 1)
    chosen = rng.choice(vocabulary, (count, words), p=shares / shares.sum())
    return [" ".join(known[i] for i in line).capitalize() + "." for line in chosen.tolist()]


def calls(texts: list[str], tokenizer: Any, vectorization: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is measured, by name."""
    fitted, adapted = tokenizer(), vectorization(max_tokens=20_000)
    yield "Tokenizer.fit_on_texts", lambda: fitted.fit_on_texts(texts)
    yield "texts_to_sequences", lambda: fitted.texts_to_sequences(texts)
    yield "TextVectorization.adapt", lambda: adapted.adapt(texts)
    yield "TextVectorization call", lambda: adapted(texts)


def vectorizing(seconds: float) -> Iterator[Row]:
    import keraburn as keras

    texts = sentences(50_000)
    for name, call in calls(texts, keras.preprocessing.text.Tokenizer, keras.layers.TextVectorization):
        yield row(f"{name}, 50,000", repeat(call, seconds), remark=lambda median: f"{50 / median:,.0f} thousand/s")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.text", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="how many sentences")
    parser.add_argument("--tensorflow", action="store_true", help="measure TensorFlow's classes")
    arguments = parser.parse_args()
    if arguments.tensorflow:
        import keras
        import tensorflow

        tokenizer = tensorflow.keras.preprocessing.text.Tokenizer
    else:
        import keraburn as keras

        tokenizer = keras.preprocessing.text.Tokenizer
    print(f"{'benchmark':<28}{'median':>12}{'processors':>12}")
    for name, call in calls(sentences(arguments.count), tokenizer, keras.layers.TextVectorization):
        times, busy = [], []
        for _ in range(3):
            # What others do on the machine shows less in the time of the processors, summed over threads.
            start = time.perf_counter(), time.process_time()
            call()
            times.append(time.perf_counter() - start[0])
            busy.append(time.process_time() - start[1])
        print(f"{name:<28}{duration(sorted(times)[1]):>12}{duration(sorted(busy)[1]):>12}", flush=True)


if __name__ == "__main__":
    main()
