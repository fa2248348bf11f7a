"""`make bench-gpu`: training steps and a large product on a GPU, beside PyTorch with CUDA where it is installed."""

from __future__ import annotations

import argparse
import importlib.util
import math
from collections.abc import Callable

import numpy as np

import keraburn as keras
from keraburn.keras import layers
from tests.benchmarks import torch_networks
from tests.benchmarks.networks import EpochTimes
from tests.benchmarks.timing import duration, repeat

SEQUENCE, VOCABULARY, WIDTH, HEADS = 64, 5000, 128, 4


def mnist_mlp(rows: int) -> tuple[keras.Model, np.ndarray]:
    hidden = [layers.Dense(units, activation="relu") for units in (512, 256)]
    model = keras.Sequential([keras.Input((784,)), *hidden, layers.Dense(10, activation="softmax")])
    return model, np.random.default_rng(0).random((rows, 784), dtype="float32")


def mnist_cnn(rows: int) -> tuple[keras.Model, np.ndarray]:
    body = []
    for filters in (32, 64):
        body += [layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D(2)]
    head = [layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *body, *head])
    return model, np.random.default_rng(0).random((rows, 28, 28, 1), dtype="float32")


def transformer(rows: int) -> tuple[keras.Model, np.ndarray]:
    tokens = keras.Input((SEQUENCE,), dtype="int32")
    x = layers.Embedding(VOCABULARY, WIDTH)(tokens)
    attended = layers.MultiHeadAttention(num_heads=HEADS, key_dim=WIDTH // HEADS)(x, x)
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, attended]))
    wide = layers.Dense(WIDTH)(layers.Dense(4 * WIDTH, activation="relu")(x))
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, wide]))
    outputs = layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling1D()(x))
    return keras.Model(tokens, outputs), np.random.default_rng(0).integers(0, VOCABULARY, (rows, SEQUENCE), "int32")


def step_time(
    build: Callable[[int], tuple[keras.Model, np.ndarray]],
    rows: int,
    batch: int,
    device: str,
    seconds: float,
    once_warm: Callable[[], object] = lambda: None,
) -> float:
    """The shortest mean time of a training step among the epochs of one `fit`, after another one."""
    with keras.device(device):
        keras.utils.set_random_seed(0)
        model, x = build(rows)
        y = np.random.default_rng(1).integers(0, 10, rows).astype("int32")
        model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        warm = EpochTimes()
        model.fit(x, y, batch_size=batch, epochs=2, verbose=0, callbacks=[warm])
        once_warm()
        epochs = EpochTimes()
        count = max(2, min(20, int(seconds / warm.times[-1])))
        model.fit(x, y, batch_size=batch, epochs=count, verbose=0, callbacks=[epochs])
    return min(epochs.times) / math.ceil(rows / batch)


def product_time(size: int, device: str, seconds: float) -> float:
    """A product of two square matrices and the mean of the result, which the host waits for."""
    with keras.device(device):
        x = keras.random.normal((size, size), seed=0)
        return min(repeat(lambda: float(keras.ops.mean(keras.ops.matmul(x, x))), seconds))


NETWORKS = (mnist_mlp, mnist_cnn, transformer)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gpu", description=__doc__)
    parser.add_argument("--device", default="gpu", help='as `keraburn.config.set_device` takes it; "gpu" unless given')
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each benchmark is repeated")
    parser.add_argument("--batches", type=int, nargs="*", default=[64, 1024])
    parser.add_argument("--rows", type=int, default=8192, help="how many there are in an epoch; few for a slow device")
    parser.add_argument("--size", type=int, default=4096, help="rows and columns of the matrices that are multiplied")
    parser.add_argument("--without-cpu", action="store_true", help="leave the processor's column out")
    arguments = parser.parse_args()
    devices = [arguments.device] if arguments.without_cpu else ["cpu", arguments.device]
    peer = torch_networks.ask("name") if importlib.util.find_spec("torch") else ""

    with keras.device(arguments.device):
        name = keras.config.device()
    adapter = next(each for each in keras.config.list_devices() if each.name == name)
    print(f"{adapter.adapter} by {adapter.api}, driver {adapter.driver}")
    print(f"{'a step of':<24}" + "".join(f"{each:>14}" for each in [*devices, peer or "no PyTorch"]))

    def line(what: str, times: list[float]) -> None:
        print(f"{what:<24}" + "".join(f"{duration(each):>14}" for each in times), flush=True)

    for build in NETWORKS:
        for batch in arguments.batches:
            times = [step_time(build, arguments.rows, batch, device, arguments.seconds) for device in devices]
            if peer:
                times.append(float(torch_networks.ask("step", build.__name__, batch, arguments.seconds)))
            line(f"{build.__name__}, batch {batch}", times)
    times = [product_time(arguments.size, device, arguments.seconds) for device in devices]
    if peer:
        times.append(float(torch_networks.ask("product", arguments.size, arguments.seconds)))
    line(f"product of {arguments.size} cubed", times)


if __name__ == "__main__":
    main()
