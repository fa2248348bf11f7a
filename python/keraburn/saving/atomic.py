"""Files are replaced whole: whoever reads a path finds the old file or the new one, never a part."""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Seconds in which a new file is left alone, as its writer may not have locked it yet.
_NEW = 60.0


@contextmanager
def replacing(filepath: Any) -> Iterator[str]:
    """The path of a new file in the same folder, which takes the place of `filepath` when the block ends well.

    The new file is on the disk before it takes its name, so a crash, a full disk or an exception leaves the old one.

    Args:
        filepath: what to write; a link is followed.

    Raises:
        OSError: if the folder does not exist, the path is a folder, or the disk is full.
    """
    target = os.path.realpath(os.fspath(filepath))
    folder, name = os.path.split(target)
    if os.path.isdir(target):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(filepath))
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(filepath))
    temporary = os.path.join(folder, f".{name[:100]}.{os.urandom(6).hex()}.tmp")
    # Made as any new file is, so that it has the usual permissions.
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    _claim(descriptor)
    try:
        if os.path.exists(target):
            shutil.copymode(target, temporary)
        yield temporary
        _to_disk(temporary)
        os.replace(temporary, target)
        _remove_orphans(folder, name)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    finally:
        os.close(descriptor)
    if os.name == "posix":
        # The name itself is on the disk once the folder is.
        _to_disk(folder)


@contextmanager
def replacing_folder(filepath: Any) -> Iterator[str]:
    """The path of a new folder, which takes the place of the folder `filepath` when the block ends well.

    Where the system cannot exchange two folders at once, the old one has the ending `.old` for a moment.

    Args:
        filepath: the folder to write.
    """
    target = os.path.realpath(os.fspath(filepath))
    parent, name = os.path.split(target)
    if os.path.isfile(target):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), os.fspath(filepath))
    os.makedirs(parent, exist_ok=True)
    temporary = os.path.join(parent, f".{name[:100]}.{os.urandom(6).hex()}.tmp")
    os.mkdir(temporary)
    try:
        yield temporary
        for folder, _, files in os.walk(temporary):
            for each in (*(os.path.join(folder, file) for file in files), *([folder] if os.name == "posix" else [])):
                _to_disk(each)
        if not os.path.isdir(target):
            os.rename(temporary, target)
        elif not _exchange(temporary, target):
            os.rename(target, f"{temporary}.old")
            os.rename(temporary, target)
            shutil.rmtree(f"{temporary}.old")
    finally:
        # After an exchange this is the old one.
        if os.path.isdir(temporary):
            shutil.rmtree(temporary)
    if os.name == "posix":
        _to_disk(parent)


def _claim(descriptor: int) -> bool:
    """Lock a new file as long as its writer lives; False if another holds it, or files cannot be locked here."""
    if os.name != "posix":
        return False
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_orphans(folder: str, name: str) -> None:
    """Remove what writers of the same file left when they were killed: new files that nobody holds any more."""
    unfinished = re.compile(re.escape(f".{name[:100]}.") + "[0-9a-f]{12}[.]tmp")
    for each in os.listdir(folder):
        path = os.path.join(folder, each)
        if not unfinished.fullmatch(each) or not os.path.isfile(path) or _age(path) < _NEW:
            continue
        descriptor = os.open(path, os.O_RDONLY)
        try:
            if _claim(descriptor):
                os.unlink(path)
        except OSError:
            # Someone else's, or gone already: what is left over is no reason for a save to fail.
            pass
        finally:
            os.close(descriptor)


def _age(path: str) -> float:
    return time.time() - os.stat(path).st_mtime


def _exchange(one: str, other: str) -> bool:
    """Let two paths change places at once; False where that cannot be done."""
    import ctypes
    import sys

    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    here, exchange = -100, 2
    return rename is not None and rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0


def _to_disk(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
