"""A run that is killed again and again ends with the weights of one that was not."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest

import keraburn as keras
from keraburn.callbacks.state_file import read_state, write_state
from tests.callbacks import backup_program
from tests.conftest import ROOT
from tests.training.helpers import data, linear


def start(folder, **arguments):
    folder.mkdir(exist_ok=True)
    text = json.dumps({"folder": str(folder), **arguments})
    program = [sys.executable, "-m", "tests.callbacks.backup_program", text]
    return subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE)


def finish(folder, rng, **arguments):
    """Start the program again until it ends; returns how often it was killed."""
    killed = 0
    while True:
        # An epoch has about 16 events. The second run must not end, the last one must not be killed.
        at = rng.randint(2, 8 if killed == 1 else 22) if killed < 8 else 0
        with start(folder, kill_at=at, **arguments) as program:
            code = program.wait(120)
        if code == 0:
            return killed
        assert code == -signal.SIGKILL
        killed += 1


def result(folder):
    with np.load(folder / "result.npz") as found:
        return [found[str(index)] for index in range(len(found.files))]


def assert_equal_results(one, other):
    first, second = result(one), result(other)
    assert len(first) == len(second) > 10
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def assert_same_end(one, other):
    """The epochs that the resumed run saw have the values of the whole run."""
    whole, part = (json.loads((folder / "record.json").read_text()) for folder in (one, other))
    assert part["epoch"] == whole["epoch"][len(whole["epoch"]) - len(part["epoch"]) :]
    for name, values in part.items():
        assert values == whole[name][len(whole[name]) - len(values) :]


@pytest.mark.parametrize(
    ("kind", "save_freq"),
    [
        ("arrays", "epoch"),
        ("arrays", 3),
        ("steps", 3),
        ("index", 3),
        ("generator", 3),
        ("PyDataset", 3),
        ("pipeline", 3),
        *(
            pytest.param(kind, save_freq, marks=pytest.mark.slow)
            for kind in ("arrays", "steps", "index", "generator", "PyDataset", "pipeline")
            for save_freq in (1, "epoch")
        ),
        *(
            pytest.param(kind, save_freq, marks=pytest.mark.slow)
            for kind in ("within", "unknown", "repeated", "iterable")
            for save_freq in (3, "epoch")
        ),
    ],
)
def test_killed_at_random_moments(tmp_path, kind, save_freq):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        backup_program.train(_folder(tmp_path / "whole"), save_freq, kind)
    seed = f"{kind} {save_freq}"
    killed = finish(tmp_path / "killed", random.Random(seed), data=kind, save_freq=save_freq)
    assert killed > 1
    assert_equal_results(tmp_path / "whole", tmp_path / "killed")
    assert_same_end(tmp_path / "whole", tmp_path / "killed")
    assert not (tmp_path / "killed" / "backup").exists()


def _folder(path):
    path.mkdir()
    return path


def test_several_steps_at_once(tmp_path):
    arguments = {"save_freq": 2, "steps_per_execution": 3, "sgd": True}
    backup_program.train(_folder(tmp_path / "whole"), **arguments)
    assert finish(tmp_path / "killed", random.Random(5), **arguments) > 1
    assert_equal_results(tmp_path / "whole", tmp_path / "killed")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_killed_from_outside(tmp_path, seed):
    """Also while a backup is being written."""
    rng = random.Random(seed)
    backup_program.train(_folder(tmp_path / "whole"), 1)
    codes = []
    while len(codes) < 25 and 0 not in codes:
        with start(tmp_path / "killed", save_freq=1, double=bool(seed % 2), pause=0.002) as program:
            assert program.stdout.readline() == b"training\n"
            # A whole run pauses for longer.
            time.sleep(rng.uniform(0, 0.05))
            program.kill()
            codes.append(program.wait())
    assert codes[0] == -signal.SIGKILL
    if 0 not in codes:
        with start(tmp_path / "killed", save_freq=1) as program:
            assert program.wait(120) == 0
    assert_equal_results(tmp_path / "whole", tmp_path / "killed")


class Interrupting(keras.callbacks.Callback):
    """Raises at an event."""

    def __init__(self, method, index):
        super().__init__()
        self.index = index
        setattr(self, method, self.interrupt)

    def interrupt(self, index, logs=None):
        if index == self.index:
            raise RuntimeError("interrupted")


def interrupted(folder, interruption, **arguments):
    """A run that an exception ended after its backup, then the next run in the same process."""
    x, y = data(10)
    model = linear()
    safe = keras.callbacks.BackupAndRestore(folder, **arguments)
    with pytest.raises(RuntimeError, match="interrupted"):
        model.fit(x, y, batch_size=4, epochs=6, verbose=0, callbacks=[safe, interruption])
    before = safe._current_epoch, safe._last_batch_seen
    record = model.fit(x, y, batch_size=4, epochs=6, verbose=0, callbacks=[safe])
    return model, before, record.epoch


@pytest.mark.parametrize(
    ("interruption", "arguments", "before", "epochs"),
    [
        # Listed after it, an exception at the end of an epoch finds the epoch backed up.
        (Interrupting("on_epoch_end", 2), {}, (3, 0), [3, 4, 5]),
        (Interrupting("on_epoch_begin", 4), {}, (4, 0), [4, 5]),
        (Interrupting("on_train_batch_end", 1), {"save_freq": 1}, (0, 1), [0, 1, 2, 3, 4, 5]),
        (Interrupting("on_epoch_begin", 4), {"save_freq": 1}, (4, 0), [3, 4, 5]),
        (Interrupting("on_epoch_end", 2), {"save_freq": False}, (3, 0), [0, 1, 2, 3, 4, 5]),
        (Interrupting("on_epoch_end", 2), {"double_checkpoint": True}, (3, 0), [3, 4, 5]),
    ],
)
def test_an_exception_is_an_interruption(tmp_path, interruption, arguments, before, epochs):
    keras.utils.set_random_seed(1)
    whole = linear()
    x, y = data(10)
    whole.fit(x, y, batch_size=4, epochs=6, verbose=0)
    keras.utils.set_random_seed(1)
    model, found, run = interrupted(tmp_path / "backup", interruption, **arguments)
    assert (found, run) == (before, epochs)
    if arguments.get("save_freq") is not False:
        for a, b in zip(model.get_weights(), whole.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("damage", [b"0", b"", "cut"])
def test_a_damaged_backup(tmp_path, damage):
    x, y = data(10)
    for double in (False, True):
        folder = tmp_path / str(double)
        safe = keras.callbacks.BackupAndRestore(folder, double_checkpoint=double)
        with pytest.raises(RuntimeError):
            linear().fit(x, y, epochs=6, verbose=0, callbacks=[safe, Interrupting("on_epoch_end", 2)])
        path = folder / "latest.npz"
        content = bytearray(path.read_bytes())
        if damage == "cut":
            content = content[: len(content) // 2]
        else:
            content = damage
        path.write_bytes(content)
        if double:
            assert linear().fit(x, y, epochs=6, verbose=0, callbacks=[safe]).epoch == [2, 3, 4, 5]
        else:
            with pytest.raises(ValueError, match="damaged"):
                linear().fit(x, y, epochs=6, verbose=0, callbacks=[safe])


def test_a_flipped_bit_is_noticed_or_of_no_consequence(tmp_path):
    path = str(tmp_path / "state.npz")
    state = {"a": np.arange(12, dtype="float32").reshape(3, 4), "list": [1, 2.5, None, "text", {3: np.int64(4)}]}
    write_state(path, state)
    whole = (tmp_path / "state.npz").read_bytes()
    np.testing.assert_equal(read_state(path), state)
    noticed = []
    for position in range(0, len(whole), 3):
        content = bytearray(whole)
        content[position] ^= 1 << position % 8
        (tmp_path / "state.npz").write_bytes(content)
        try:
            found = read_state(path)
        except ValueError as error:
            noticed.append(str(error))
        else:
            np.testing.assert_equal(found, state)
    assert len(noticed) > len(whole) // 6
    assert all("damaged" in message for message in noticed)


def test_only_plain_data_is_kept(tmp_path):
    with pytest.raises(TypeError, match="State should be made of"):
        write_state(str(tmp_path / "state.npz"), {"a": [object()]})
    assert not list(tmp_path.iterdir())


def test_what_a_killed_write_left_is_swept(tmp_path):
    x, y = data(10)
    left = tmp_path / ".latest.npz.0123.tmp"
    left.write_bytes(b"half")
    (tmp_path / "other").write_bytes(b"mine")
    linear().fit(x, y, verbose=0, callbacks=[keras.callbacks.BackupAndRestore(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_another_model_or_other_data(tmp_path):
    x, y = data(10)
    safe = keras.callbacks.BackupAndRestore(tmp_path, save_freq=1)
    with pytest.raises(RuntimeError):
        linear().fit(x, y, batch_size=2, verbose=0, callbacks=[safe, Interrupting("on_train_batch_end", 2)])
    other = linear(2)
    before = other.get_weights()
    with pytest.raises(ValueError, match="not of this model"):
        other.fit(x[:, :2], y, verbose=0, callbacks=[safe])
    np.testing.assert_array_equal(other.get_weights()[0], before[0])
    with pytest.raises(ValueError, match="a pass over 5 batches"):
        linear().fit(x, y, batch_size=5, verbose=0, callbacks=[safe])


def test_a_kept_backup_is_gone_on_from(tmp_path):
    x, y = data(10)
    model = linear()
    safe = keras.callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)
    assert model.fit(x, y, epochs=2, verbose=0, callbacks=[safe]).epoch == [0, 1]
    assert model.fit(x, y, epochs=4, verbose=0, callbacks=[safe]).epoch == [2, 3]
    # The next run without it begins with the first epoch.
    assert model.fit(x, y, epochs=2, verbose=0).epoch == [0, 1]


def test_a_run_that_was_stopped_stays_so(tmp_path):
    x, y = data(10)

    class Stops(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    class Dies(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            raise RuntimeError

    safe = keras.callbacks.BackupAndRestore(tmp_path / "a")
    with pytest.raises(RuntimeError):
        linear().fit(x, y, epochs=5, verbose=0, callbacks=[Dies(), safe, Stops()])
    assert linear().fit(x, y, epochs=5, verbose=0, callbacks=[safe]).epoch == []
    safe = keras.callbacks.BackupAndRestore(tmp_path / "b", delete_checkpoint=False)
    linear().fit(x, y, epochs=5, verbose=0, callbacks=[safe, Stops()])
    assert linear().fit(x, y, epochs=5, verbose=0, callbacks=[safe]).epoch == [2, 3, 4]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"backup_dir": ""}, "Empty `backup_dir` argument passed"),
        ({"backup_dir": None}, "Empty `backup_dir` argument passed"),
        ({"backup_dir": "b", "save_freq": "batch"}, "Invalid value for argument `save_freq`"),
        ({"backup_dir": "b", "save_freq": 0.15}, "Invalid value for argument `save_freq`"),
        ({"backup_dir": "b", "save_freq": 0}, "Invalid value for argument `save_freq`"),
    ],
)
def test_mistakes(arguments, message):
    with pytest.raises(ValueError, match=message):
        keras.callbacks.BackupAndRestore(**arguments)


def test_a_callback_of_ones_own_names_its_state(tmp_path):
    class Counts(keras.callbacks.Callback):
        state_attributes = ("seen",)

        def __init__(self):
            super().__init__()
            self.seen = {"epochs": [], "sum": np.zeros(2)}

        def on_epoch_end(self, epoch, logs=None):
            self.seen["epochs"].append(epoch)
            self.seen["sum"] = self.seen["sum"] + epoch

    x, y = data(10)
    with pytest.raises(RuntimeError):
        linear().fit(
            x,
            y,
            epochs=6,
            verbose=0,
            callbacks=[keras.callbacks.BackupAndRestore(tmp_path), Counts(), Interrupting("on_epoch_end", 2)],
        )
    counts = Counts()
    linear().fit(x, y, epochs=6, verbose=0, callbacks=[keras.callbacks.BackupAndRestore(tmp_path), counts])
    assert counts.seen["epochs"] == [0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(counts.seen["sum"], [15, 15])


def test_a_run_that_was_stopped_inside_an_epoch_stays_so(tmp_path):
    x, y = data(10)

    class Stops(keras.callbacks.Callback):
        def __init__(self, dies):
            super().__init__()
            self.dies, self.epoch, self.batches = dies, 0, []

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_end(self, batch, logs=None):
            self.batches.append(batch)
            if (self.epoch, batch) == (1, 2):
                self.model.stop_training = True

        def on_epoch_end(self, epoch, logs=None):
            if self.dies and epoch == 1:
                raise RuntimeError("interrupted")

    def run(*callbacks):
        keras.utils.set_random_seed(2)
        model = linear()
        return model, model.fit(x, y, batch_size=2, epochs=4, verbose=0, callbacks=list(callbacks))

    whole, expected = run(Stops(False))
    with pytest.raises(RuntimeError, match="interrupted"):
        run(Stops(True), keras.callbacks.BackupAndRestore(tmp_path, save_freq=1))
    stops = Stops(False)
    resumed, found = run(stops, keras.callbacks.BackupAndRestore(tmp_path, save_freq=1))
    assert (stops.batches, found.epoch) == ([], [1])
    assert found.history["loss"] == expected.history["loss"][1:]
    np.testing.assert_array_equal(resumed.get_weights()[0], whole.get_weights()[0])


def test_a_fit_inside_a_callback(tmp_path):
    x, y = data(10)

    class Trains(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.fit(x[:4], y[:4], verbose=0)

    def run(*callbacks):
        keras.utils.set_random_seed(2)
        model = linear()
        model.fit(x, y, batch_size=2, epochs=3, verbose=0, callbacks=[Trains(), *callbacks])
        return model

    whole = run()
    safe = keras.callbacks.BackupAndRestore(tmp_path, save_freq=1)
    with pytest.raises(RuntimeError, match="interrupted"):
        run(safe, Interrupting("on_train_batch_end", 3))
    resumed = run(keras.callbacks.BackupAndRestore(tmp_path, save_freq=1))
    np.testing.assert_array_equal(resumed.get_weights()[0], whole.get_weights()[0])
