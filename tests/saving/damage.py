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

import h5py
import numpy as np

import keraburn as keras

warnings.simplefilter("ignore")
count = int(sys.argv[1])
folder = tempfile.mkdtemp()
L = keras.layers


def make():
    i = keras.Input((4,), name="i")
    x = L.BatchNormalization(name="norm")(L.Dense(6, activation="relu", kernel_regularizer="l2", name="first")(i))
    x = L.Bidirectional(L.LSTM(2, name="lstm"), name="both")(L.Reshape((3, 2), name="shape")(x))
    model = keras.Model(i, L.Dense(2, name="last")(x) * 2.0, name="damaged")
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.9)), "mse", metrics=["mae"]
    )
    return model


model = make()
model.train_on_batch(np.ones((2, 4)), np.ones((2, 2)))
paths = {name: os.path.join(folder, name) for name in ("a.keras", "a.weights.h5", "a.h5")}
model.save(paths["a.keras"])
model.save(paths["a.h5"])
model.save_weights(paths["a.weights.h5"])
sound = {name: pathlib.Path(path).read_bytes() for name, path in paths.items()}


def by_the_library(data):
    # The same contents as the HDF5 library writes them unless told otherwise: as Keras does.
    out = io.BytesIO()
    with h5py.File(io.BytesIO(data)) as old, h5py.File(out, "w", libver="earliest") as new:

        def copy(source, target):
            target.attrs.update(source.attrs)
            for name, item in source.items():
                if isinstance(item, h5py.Group):
                    copy(item, target.create_group(name))
                else:
                    target.create_dataset(name, data=item[()])

        copy(old, new)
    return out.getvalue()


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


members = {name: zipfile.ZipFile(paths["a.keras"]).read(name) for name in ("config.json", "model.weights.h5")}
old = {name: by_the_library(sound[name]) for name in ("a.h5", "a.weights.h5")}
# What is damaged, and how a file is made of the result.
KINDS = {
    "archive": (sound["a.keras"], "a.keras", None),
    "config": (members["config.json"], "a.keras", lambda data: zipped({**members, "config.json": data})),
    "weights": (members["model.weights.h5"], "a.keras", lambda data: zipped({**members, "model.weights.h5": data})),
    "weights of the library": (
        old["a.weights.h5"],
        "a.keras",
        lambda data: zipped({**members, "model.weights.h5": data}),
    ),
    "weights file": (sound["a.weights.h5"], "a.weights.h5", None),
    "weights file of the library": (old["a.weights.h5"], "a.weights.h5", None),
    "legacy": (sound["a.h5"], "a.h5", None),
    "legacy of the library": (old["a.h5"], "a.h5", None),
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


def load(path):
    if path.endswith(".weights.h5"):
        target.load_weights(path)
    else:
        keras.models.load_model(path)


target = make()
target.optimizer.build(target.trainable_variables)
for data, name, finish in KINDS.values():
    path = os.path.join(folder, "sound." + name.partition(".")[2])
    pathlib.Path(path).write_bytes(finish(data) if finish else data)
    load(path)

rng = random.Random(0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
results = collections.defaultdict(collections.Counter)
wrong = []
for number in range(count):
    kind = list(KINDS)[number % len(KINDS)]
    data, name, finish = KINDS[kind]
    data = damaged(data, KINDS[rng.choice(list(KINDS))][0], rng)
    path = os.path.join(folder, f"{number}." + name.partition(".")[2])
    pathlib.Path(path).write_bytes(finish(data) if finish else data)
    signal.alarm(20)
    try:
        load(path)
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
