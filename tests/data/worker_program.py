"""What worker processes do, in a Python of its own: forks do not go together with the libraries that tests load."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import traceback

import numpy as np

import keraburn as keras
from keraburn.data.workers import in_order

LARGE = np.ones((600, 600), "float32")


def square(x):
    return x * x


def fail_at_three(x):
    if x == 3:
        raise KeyError("three")
    return x


def die_at_three(x):
    if x == 3:
        os._exit(1)
    return x


def who(x):
    return os.getpid()


def draw(x):
    return np.random.rand()


def product(x):
    return float(keras.ops.sum(keras.ops.matmul(LARGE, LARGE)))


class Squares(keras.utils.PyDataset):
    """Batches of three numbers and their squares."""

    def __len__(self):
        return 5

    def __getitem__(self, index):
        x = np.arange(3.0)[:, None] + index
        return x, x**2


def losses(**arguments):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.001), "mse")
    return model.fit(Squares(**arguments), epochs=2, shuffle=False, verbose=0).history["loss"]


def traceback_of(call):
    """The text of the error that a call ends with."""
    try:
        call()
    except (KeyError, RuntimeError):
        return traceback.format_exc()
    return "no error"


def main(method):
    multiprocessing.set_start_method(method)
    expected = product(0)
    before = threading.active_count()
    assert list(in_order(square, range(20), 3, 5, True)) == [x * x for x in range(20)]
    assert os.getpid() not in set(in_order(who, range(8), 2, 8, True))
    drawn = list(in_order(draw, range(16), 2, 16, True))
    assert len(set(drawn)) == 16, drawn
    assert list(in_order(product, range(2), 2, 2, True)) == [expected] * 2

    results = in_order(fail_at_three, range(6), 2, 2, True)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    assert "in fail_at_three" in traceback_of(lambda: next(results))

    assert "A worker process ended" in traceback_of(lambda: list(in_order(die_at_three, range(6), 2, 2, True)))

    alone = losses()
    assert losses(workers=2, use_multiprocessing=True) == alone
    assert losses(workers=2) == alone
    assert threading.active_count() == before, threading.enumerate()
    assert not multiprocessing.active_children()
    print("done")


if __name__ == "__main__":
    main(sys.argv[1])
