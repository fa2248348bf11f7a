"""Make files of every kind, damage each of them many times, and count what loading them gives; run by test_damage."""

from __future__ import annotations

import collections
import io
import json
import os
import pathlib
import random
import resource
import signal
import sys
import tempfile
import warnings
import zipfile

import numpy as np

import keraburn as keras

CONFIG, WEIGHTS = "config.json", "model.weights.h5"


def make():
    layers = keras.layers
    i = keras.Input((4,), name="i")
    x = layers.Dense(6, activation="relu", kernel_regularizer="l2", name="first")(i)
    x = layers.Reshape((3, 2), name="shape")(layers.BatchNormalization(name="norm")(x))
    x = layers.Bidirectional(layers.LSTM(2, name="lstm"), name="both")(x)
    model = keras.Model(i, layers.Dense(2, name="last")(x) * 2.0, name="damaged")
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.9)
    model.compile(keras.optimizers.Adam(rate), "mse", metrics=["mae"])
    model.optimizer.build(model.trainable_variables)
    return model


def by_the_library(data):
    """The same contents as the HDF5 library writes them unless told otherwise: as Keras does."""
    import h5py

    out = io.BytesIO()

    def copy(source, target):
        target.attrs.update(source.attrs)
        for name, item in source.items():
            if isinstance(item, h5py.Group):
                copy(item, target.create_group(name))
            else:
                target.create_dataset(name, data=item[()])

    with h5py.File(io.BytesIO(data)) as old, h5py.File(out, "w", libver="earliest") as new:
        copy(old, new)
    return out.getvalue()


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def sound_files(folder):
    """By kind: what is damaged, the ending of the file, and how a file is made of the result."""
    model = make()
    model.train_on_batch(np.ones((2, 4)), np.ones((2, 2)))
    paths = [os.path.join(folder, name) for name in ("a.keras", "a.weights.h5", "a.h5")]
    model.save(paths[0])
    model.save_weights(paths[1])
    model.save(paths[2])
    archive, weights, legacy = (pathlib.Path(path).read_bytes() for path in paths)
    with zipfile.ZipFile(paths[0]) as opened:
        members = {name: opened.read(name) for name in (CONFIG, WEIGHTS)}

    def whole(data):
        return data

    def with_config(data):
        return zipped({**members, CONFIG: data})

    def with_weights(data):
        return zipped({**members, WEIGHTS: data})

    return {
        "archive": (archive, "keras", whole),
        "config": (members[CONFIG], "keras", with_config),
        "weights": (members[WEIGHTS], "keras", with_weights),
        "weights of the library": (by_the_library(weights), "keras", with_weights),
        "weights file": (weights, "weights.h5", whole),
        "weights file of the library": (by_the_library(weights), "weights.h5", whole),
        "legacy": (legacy, "h5", whole),
        "legacy of the library": (by_the_library(legacy), "h5", whole),
    }


def damaged(data, other, rng):
    data = bytearray(data)
    way = rng.random()
    if way < 0.6:
        for _ in range(rng.choice([1, 1, 2, 4, 16])):
            place = rng.randrange(len(data))
            data[place] = rng.choice([0, 255, data[place] ^ 1 << rng.randrange(8), rng.randrange(256), 57])
    elif way < 0.75:
        del data[rng.randrange(len(data)) :]
    elif way < 0.85:
        start, end = sorted(rng.randrange(len(data)) for _ in range(2))
        place = rng.randrange(len(data))
        data[place : place + end - start] = data[start:end]
    elif way < 0.95:
        place, length = rng.randrange(len(data)), rng.randrange(1, 400)
        start = rng.randrange(len(other))
        data[place : place + length] = other[start : start + length]
    else:
        del data[(place := rng.randrange(len(data))) : place + rng.randrange(1, 200)]
    return bytes(data)


def load(path, target):
    if path.endswith(".weights.h5"):
        target.load_weights(path)
    else:
        keras.models.load_model(path)


def main(count):
    warnings.simplefilter("ignore")
    folder = tempfile.mkdtemp()
    kinds = sound_files(folder)
    target = make()
    for data, ending, finish in kinds.values():
        path = os.path.join(folder, f"sound.{ending}")
        pathlib.Path(path).write_bytes(finish(data))
        load(path, target)
    rng = random.Random(0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    results = collections.defaultdict(collections.Counter)
    wrong = []
    for number in range(count):
        kind = list(kinds)[number % len(kinds)]
        data, ending, finish = kinds[kind]
        data = damaged(data, kinds[rng.choice(list(kinds))][0], rng)
        path = os.path.join(folder, f"{number}.{ending}")
        pathlib.Path(path).write_bytes(finish(data))
        # A load that hangs ends the program.
        signal.alarm(20)
        try:
            load(path, target)
            results[kind]["loaded"] += 1
        except (ValueError, TypeError, OSError) as error:
            results[kind]["refused"] += 1
            if path not in str(error):
                wrong.append(f"{kind} {number} does not name the file: {error!r:.200}")
        except BaseException as error:
            wrong.append(f"{kind} {number}: {error!r:.200}")
        signal.alarm(0)
        os.unlink(path)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"results": results, "wrong": wrong, "grown": grown}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
