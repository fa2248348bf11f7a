"""The zip archive of a `.keras` file: members that are checked before they are believed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from keraburn.saving.hdf5 import check_expansion

if TYPE_CHECKING:
    from zipfile import ZipFile

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
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise ValueError(
            f"The file is no zip archive, or it is damaged: {error}. Received: filepath={filepath}"
        ) from None
    with archive:
        try:
            yield archive
        except zipfile.BadZipFile as error:
            raise ValueError(f"The archive is damaged: {error}. Received: filepath={filepath}") from error


def read_member(archive: ZipFile, name: str) -> bytes:
    """The bytes of a member, whose checksum is verified.

    Raises:
        ValueError: if there is none, or it declares far more bytes than are stored.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise ValueError(f"The archive has no member '{name}'. It holds {archive.namelist()[:20]}") from None
    check_expansion(f"member '{name}' of the archive", info.file_size, info.compress_size)
    with archive.open(info) as member:
        data = member.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise ValueError(f"Member '{name}' of the archive holds {len(data)} bytes instead of {info.file_size}")
    return data


def extract_assets(archive: ZipFile, folder: str) -> None:
    """Write the members below `assets/` into a folder.

    Raises:
        ValueError: if a name leads out of the folder, or a member declares far more bytes than are stored.
    """
    for info in archive.infolist():
        name = info.filename.replace("\\", "/")
        if not name.startswith(f"{ASSETS}/") or name.endswith("/"):
            continue
        parts = name.split("/")[1:]
        if any(part in ("", ".", "..") or ":" in part or "\0" in part for part in parts):
            raise ValueError(f"Invalid asset path: '{info.filename}' escapes the asset directory.")
        check_expansion(f"member '{info.filename}' of the archive", info.file_size, info.compress_size)
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
