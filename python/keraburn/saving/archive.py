"""The zip archive of a `.keras` file: members that are checked before they are believed."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from keraburn.saving.errors import naming
from keraburn.saving.hdf5.limits import FREE_BYTES, MOST_EXPANSION, check_expansion

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

ASSETS = "assets"
_BLOCK = 1 << 20


@contextmanager
def opened(file: IO[bytes], filepath: Any) -> Iterator[ZipFile]:
    """An archive that is open for reading.

    Args:
        file: a seekable binary file.
        filepath: the name for errors.

    Raises:
        ValueError: if it is no archive, or its list of members is damaged.
    """
    # Only those who load models pay for the import.
    import zipfile

    try:
        archive = zipfile.ZipFile(file)
    except Exception as error:
        raise ValueError(
            f"The file is no zip archive, or it is damaged: {error}. Received: filepath={filepath}"
        ) from None
    with archive, naming(filepath):
        yield archive


def size_of(archive: ZipFile, name: str) -> int:
    """How many bytes a member holds.

    Raises:
        ValueError: if there is none, or it declares far more bytes than are stored.
    """
    return _find(archive, name).file_size


def read_member(archive: ZipFile, name: str) -> bytes:
    """The bytes of a member, whose checksum is verified.

    Raises:
        ValueError: if there is none, or it declares far more bytes than are stored.
    """
    info = _find(archive, name)
    with archive.open(info) as member:
        data = member.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise ValueError(f"Member '{name}' of the archive holds {len(data)} bytes instead of {info.file_size}")
    return data


@contextmanager
def stretch(file: IO[bytes], archive: ZipFile, name: str) -> Iterator[tuple[IO[bytes], int, int]]:
    """A binary file, and where in it the bytes of a member lie; its checksum is verified.

    A member that is stored as it is is not copied.

    Raises:
        ValueError: if there is none, or it declares far more bytes than are stored.
    """
    info = _find(archive, name)
    if info.compress_type or info.flag_bits & 1:
        yield io.BytesIO(read_member(archive, name)), 0, info.file_size
        return
    with archive.open(info) as member:
        while member.read(_BLOCK):
            pass
    file.seek(info.header_offset)
    # The header's length is in it: that of a name, and of extra fields.
    lengths = file.read(30)[26:30]
    start = info.header_offset + 30 + int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
    yield file, start, info.file_size


def _find(archive: ZipFile, name: str) -> ZipInfo:
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise ValueError(f"The archive has no member '{name}'. It holds {archive.namelist()[:20]}") from None
    check_expansion(f"member '{name}' of the archive", info.file_size, info.compress_size)
    return info


def extract_assets(archive: ZipFile, folder: str) -> None:
    """Write the members below `assets/` into a folder.

    Raises:
        ValueError: if a name leads out of the folder, or a member declares far more bytes than are stored.
    """
    left = max(FREE_BYTES, MOST_EXPANSION * sum(info.compress_size for info in archive.infolist()))
    for info in archive.infolist():
        name = info.filename.replace("\\", "/")
        if not name.startswith(f"{ASSETS}/") or name.endswith("/"):
            continue
        parts = name.split("/")[1:]
        if any(part in ("", ".", "..") or ":" in part or "\0" in part for part in parts):
            raise ValueError(f"Invalid asset path: '{info.filename}' escapes the asset directory.")
        check_expansion(f"member '{info.filename}' of the archive", info.file_size, info.compress_size)
        left -= info.file_size
        if left < 0:
            raise ValueError("Not allowed: the assets of the archive declare far more bytes than are stored for them")
        target = os.path.join(folder, *parts)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with archive.open(info) as member, open(target, "xb") as file:
            while block := member.read(_BLOCK):
                file.write(block)


def add_folder(archive: ZipFile, folder: str, name: str) -> None:
    """Add the files below a folder under `name/`, in the order of their names."""
    for parent, folders, files in os.walk(folder):
        folders.sort()
        inner = os.path.relpath(parent, folder).replace(os.sep, "/")
        for each in sorted(files):
            archive.write(os.path.join(parent, each), f"{name}/{each}" if inner == "." else f"{name}/{inner}/{each}")
