"""Writing is all or nothing: a process that dies, or finds no room, at any point leaves the old file whole."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest

import keraburn
from keraburn.saving import atomic, weights

KINDS = ["model.keras", "model.weights.h5", "model.h5", "folder"]

# Children write over an old file and die: at the n-th byte of a file, or before or after the n-th step of replacing it.
KILLS = r"""
import os, resource, shutil, signal, sys, warnings
import numpy as np
import keraburn

warnings.simplefilter("ignore")
kind, path = sys.argv[1], sys.argv[2]
model = keraburn.Sequential([keraburn.Input((40,)), keraburn.layers.Dense(30), keraburn.layers.Dense(7)])
model.compile("adam", "mse")
model.train_on_batch(np.ones((2, 40)), np.ones((2, 7)))


def save():
    if kind == "model.weights.h5":
        model.save_weights(path)
    else:
        model.save(path, zipped=kind != "folder")


def contents():
    if not os.path.isdir(path):
        return open(path, "rb").read()
    return {name: open(os.path.join(path, name), "rb").read() for name in sorted(os.listdir(path))}


def values_in(path):
    if kind == "model.weights.h5":
        loaded = keraburn.models.clone_model(model)
        loaded.load_weights(path)
    else:
        loaded = keraburn.models.load_model(path)
    return float(loaded.get_weights()[0][0, 0])


model.layers[0].kernel.assign(np.zeros((40, 30)))
save()
old = contents()
model.layers[0].kernel.assign(np.ones((40, 30)))


def at_byte(count):
    def arm():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (count, count))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return arm


def at_step(name, count, after):
    def arm():
        real, calls = getattr(os, name), [0]
        def dying(*args, **kwargs):
            calls[0] += 1
            if calls[0] == count and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = real(*args, **kwargs)
            if calls[0] == count:
                os.kill(os.getpid(), signal.SIGKILL)
            return result
        setattr(os, name, dying)
    return arm


size = len(old) if isinstance(old, bytes) else max(map(len, old.values()))
points = [at_byte(count) for count in sorted({0, 1, 40, size - 1, *range(0, size, max(1, size // 25))})]
points += [
    at_step(name, count, after)
    for name in ("open", "close", "fsync", "replace", "rename", "mkdir")
    for count in (1, 2, 3)
    for after in (False, True)
]
killed = replaced = 0
for arm in points:
    child = os.fork()
    if child == 0:
        arm()
        save()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    killed += os.WIFSIGNALED(status)
    found = contents()
    if found != old:
        # It was complete when the process died, and is the new one.
        assert values_in(path) == 1.0
        replaced += 1
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        kernel = model.layers[0].kernel
        kernel.assign(np.zeros((40, 30)))
        save()
        old = contents()
        kernel.assign(np.ones((40, 30)))
    else:
        assert values_in(path) == 0.0
print(len(points), killed, replaced)
"""


@pytest.mark.skipif(os.name != "posix", reason="processes are killed by signals")
@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_any_point(kind, tmp_path, run_python):
    points, killed, replaced = map(int, run_python("-c", KILLS, kind, str(tmp_path / kind)).split())
    assert killed > 30
    assert points > killed
    assert replaced >= 1


def make(value):
    model = keraburn.Sequential([keraburn.Input((3,)), keraburn.layers.Dense(2)])
    model.set_weights([np.full((3, 2), value), np.zeros(2)])
    return model


def write(model, path):
    if path.name.endswith(".weights.h5"):
        model.save_weights(path)
    else:
        model.save(path, zipped=path.name != "folder")


def snapshot(path):
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [(file.name, file.read_bytes()) for file in files]


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_no_room(kind, call, tmp_path, monkeypatch):
    path = tmp_path / kind
    write(make(0.0), path)
    before = snapshot(path)

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if kind == "folder" and call == "replace":
        monkeypatch.setattr(atomic, "_exchange", full)
    elif kind == "folder" and call == "open":
        monkeypatch.setattr(os, "mkdir", full)
    else:
        monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space left"):
        write(make(1.0), path)
    monkeypatch.undo()
    assert snapshot(path) == before
    assert os.listdir(tmp_path) == [kind], "nothing is left behind"


def test_no_room_in_the_middle(tmp_path, monkeypatch):
    path = tmp_path / "model.weights.h5"
    write(make(0.0), path)
    before = snapshot(path)

    class Full:
        """A file on a disk with room for a hundred bytes."""

        def __init__(self, file):
            self.file, self.left = file, 100

        def write(self, data):
            self.left -= len(data)
            if self.left < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self.file.write(data)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

    monkeypatch.setattr(weights, "open", lambda *args: Full(open(*args)), raising=False)  # noqa: SIM115
    with pytest.raises(OSError, match="No space left"):
        write(make(1.0), path)
    assert snapshot(path) == before
    assert os.listdir(tmp_path) == ["model.weights.h5"]


def test_an_error_while_saving_leaves_the_old_file(tmp_path):
    class Failing(keraburn.layers.Dense):
        def save_own_variables(self, store):
            raise RuntimeError("no")

    path = tmp_path / "model.keras"
    write(make(0.0), path)
    before = snapshot(path)
    model = keraburn.Sequential([keraburn.Input((3,)), Failing(2)])
    with pytest.raises(RuntimeError, match="no"):
        model.save(path)
    assert snapshot(path) == before
    assert os.listdir(tmp_path) == ["model.keras"]


@pytest.mark.skipif(os.name != "posix", reason="locks as on Unix")
def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path):
    fcntl = pytest.importorskip("fcntl")
    path = tmp_path / "model.keras"
    left, held, fresh, other = (
        tmp_path / f".{name}.tmp"
        for name in (
            "model.keras." + "0" * 12,
            "model.keras." + "1" * 12,
            "model.keras." + "2" * 12,
            "other.keras." + "0" * 12,
        )
    )
    for each in (left, held, fresh, other):
        each.write_bytes(b"part")
        if each is not fresh:
            os.utime(each, (0, 0))
    with open(held) as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        write(make(0.0), path)
        assert sorted(os.listdir(tmp_path)) == sorted(each.name for each in (held, fresh, other, path))
    write(make(1.0), path)
    assert sorted(os.listdir(tmp_path)) == sorted(each.name for each in (fresh, other, path))


def test_folders_without_an_exchange(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "_exchange", lambda *_: False)
    path = tmp_path / "folder"
    for value in (0.0, 1.0):
        write(make(value), path)
        assert keraburn.models.load_model(path).get_weights()[0][0, 0] == value
    assert os.listdir(tmp_path) == ["folder"]


@pytest.mark.skipif(os.name != "posix", reason="permissions and links as on Unix")
def test_permissions_and_links_stay(tmp_path):
    target, link = tmp_path / "target.keras", tmp_path / "link.keras"
    write(make(0.0), target)
    os.chmod(target, 0o640)
    link.symlink_to(target)
    write(make(1.0), link)
    assert link.is_symlink()
    assert os.stat(target).st_mode & 0o777 == 0o640
    assert keraburn.models.load_model(target).get_weights()[0][0, 0] == 1.0
