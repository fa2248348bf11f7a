"""A training run that can be killed and started again: `python -m tests.callbacks.backup_program '{"folder": ...}'`."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import sys
import time

import numpy as np

import keraburn as keras

ROWS, EPOCHS = 50, 4


class Killer(keras.callbacks.Callback):
    """Kills the process without notice at the event of that number."""

    def __init__(self, at, pause):
        super().__init__()
        self.left, self.pause = at, pause

    def _event(self, *args, **kwargs):
        time.sleep(self.pause)
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def on_train_begin(self, logs=None):
        print("training", flush=True)

    on_epoch_begin = on_epoch_end = on_train_batch_begin = on_train_batch_end = on_test_batch_end = _event


class Batches:
    """A data set by index."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return 6

    def __getitem__(self, index):
        rows = slice(index * 8, index * 8 + 8)
        return self.x[rows], self.y[rows]


class Iterated:
    """Batches in an order that depends on how often they were iterated over."""

    def __init__(self, x, y):
        self.x, self.y, self.rng = x, y, np.random.default_rng(5)

    def __iter__(self):
        for rows in np.split(self.rng.permutation(48), 6):
            yield self.x[rows], self.y[rows]


class Shuffled(keras.utils.PyDataset):
    """A data set with workers, which also orders its rows anew after every epoch."""

    def __init__(self, x, y):
        super().__init__(workers=2)
        self.x, self.y, self.rows = x, y, np.arange(48)

    def __len__(self):
        return 6

    def __getitem__(self, index):
        rows = self.rows[index * 8 : index * 8 + 8]
        return self.x[rows], self.y[rows]

    def on_epoch_end(self):
        np.random.shuffle(self.rows)


def endless(x, y):
    while True:
        for index in range(6):
            yield x[index * 8 : index * 8 + 8], y[index * 8 : index * 8 + 8]


def train(folder, save_freq="epoch", data="arrays", kill_at=0, pause=0.0, double=False, sgd=False, **options):
    keras.utils.set_random_seed(3)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 6)).astype("float32")
    y = (x[:, :1] * x[:, 1:2] + 0.1 * rng.normal(size=(ROWS, 1))).astype("float32")
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(16, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(16, activation="tanh"),
            layers.Dropout(0.2),
            layers.Dense(1),
        ]
    )
    model.compile("sgd" if sgd else keras.optimizers.Adam(0.01, use_ema=True), "mse", metrics=["mae"], **options)
    callbacks = [
        keras.callbacks.EarlyStopping("loss", patience=1, min_delta=0.01, restore_best_weights=True),
        keras.callbacks.BackupAndRestore(folder / "backup", save_freq=save_freq, double_checkpoint=double),
        keras.callbacks.ReduceLROnPlateau("val_loss", patience=1, factor=0.7),
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
        Killer(kill_at, pause),
    ]
    fit = {"epochs": EPOCHS, "verbose": 0, "callbacks": callbacks, "validation_data": (x[:20], y[:20])}
    if data == "arrays":
        record = model.fit(x, y, batch_size=8, **fit)
    elif data == "steps":
        # Epochs of 3 batches of a pass of 7.
        record = model.fit(x, y, batch_size=8, steps_per_epoch=3, **{**fit, "epochs": 2 * EPOCHS})
    elif data == "within":
        record = model.fit(x, y, batch_size=8, shuffle="batch", **fit)
    elif data == "index":
        record = model.fit(Batches(x, y), **fit)
    elif data == "iterable":
        record = model.fit(Iterated(x, y), **fit)
    elif data == "PyDataset":
        record = model.fit(Shuffled(x, y), **fit)
    elif data == "pipeline":
        rows = keras.data.Dataset.from_tensor_slices((x, y)).shuffle(20)
        record = model.fit(rows.batch(8), shuffle=False, **{**fit, "validation_data": rows.take(20).batch(8)})
    elif data == "unknown":
        rows = keras.data.Dataset.from_tensor_slices((x, y)).shuffle(20).filter(lambda x, y: x[0] > -1)
        record = model.fit(rows.batch(8), shuffle=False, **{**fit, "validation_data": rows.batch(8)})
    elif data == "repeated":
        rows = keras.data.Dataset.from_tensor_slices((x, y)).shuffle(20).batch(8).repeat()
        record = model.fit(rows, shuffle=False, steps_per_epoch=5, **fit)
    else:
        record = model.fit(endless(x, y), steps_per_epoch=5, shuffle=False, **fit)
    variables = [*model.variables, *model.optimizer.variables]
    partial = folder / "partial.npz"
    np.savez(partial, **{str(index): variable.numpy() for index, variable in enumerate(variables)})
    (folder / "record.json").write_text(json.dumps({"epoch": record.epoch, **record.history}))
    partial.replace(folder / "result.npz")


if __name__ == "__main__":
    arguments = json.loads(sys.argv[1])
    train(pathlib.Path(arguments.pop("folder")), **arguments)
