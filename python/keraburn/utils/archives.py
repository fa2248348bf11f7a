"""Archives unpacked so that nothing is written outside of the folder that they are unpacked into."""

from __future__ import annotations

import os
import shutil
import stat
import warnings
from collections.abc import Iterator
from typing import Any


def _inside(root: str, *parts: str) -> bool:
    """Whether a path below `root` stays there, links followed."""
    path = os.path.realpath(os.path.join(root, *parts))
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def _is_safe(member: Any, root: str) -> bool:
    """Whether a member of a tar archive is a file, folder or link that stays in `root`."""
    if not _inside(root, member.name):
        return False
    if member.issym():
        return not os.path.isabs(member.linkname) and _inside(root, os.path.dirname(member.name), member.linkname)
    if member.islnk():
        return _inside(root, member.linkname)
    return member.isfile() or member.isdir()


def _skipped(name: str) -> None:
    warnings.warn(f"Skipping invalid path during archive extraction: '{name}'.", stacklevel=5)


def _members(archive: Any, root: str) -> Iterator[Any]:
    # One at a time, so that links made by members before are seen.
    for member in archive:
        if _is_safe(member, root):
            yield member
        else:
            _skipped(member.name)


def _unpack_tar(path: str, root: str) -> None:
    import tarfile

    with tarfile.open(path) as archive:
        for member in _members(archive, root):
            # Neither owners nor special bits come along.
            member.mode = stat.S_IMODE(member.mode) & 0o755 | 0o600
            if hasattr(tarfile, "data_filter"):
                archive.extract(member, root, filter="data")
            else:
                archive.extract(member, root)


def _unpack_zip(path: str, root: str) -> None:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if _inside(root, member.filename) and not os.path.isabs(member.filename):
                archive.extract(member, root)
            else:
                _skipped(member.filename)


def _kind(path: str, formats: list[str]) -> str | None:
    import tarfile
    import zipfile

    known = {"tar": tarfile.is_tarfile, "zip": zipfile.is_zipfile}
    for name in formats:
        if name not in known:
            raise NotImplementedError(
                f"Archives of this format cannot be unpacked; expected one of {sorted(known)}. "
                f"Received: archive_format={name}"
            )
        if known[name](path):
            return name
    return None


def unpack(path: str, folder: str, archive_format: Any = "auto") -> bool:
    """Unpack an archive into a folder, wholly or not at all.

    Members that would lie outside of it are left out with a warning. What is in the folder already stays, unless
    the archive has it too.

    Args:
        path: the archive.
        folder: where to.
        archive_format: `"tar"` (also compressed), `"zip"`, `"auto"` for both, a list of them, or None for none.

    Returns:
        Whether it is an archive of such a format.

    Raises:
        NotImplementedError: if a format is not known.
    """
    formats = {"auto": ["tar", "zip"], None: []}.get(archive_format) if not isinstance(archive_format, list) else None
    if formats is None:
        formats = [archive_format] if isinstance(archive_format, str) else list(archive_format)
    kind = _kind(path, formats)
    if kind is None:
        return False
    import tempfile

    parent = os.path.dirname(os.path.abspath(folder))
    fresh = tempfile.mkdtemp(prefix=os.path.basename(folder) + ".", dir=parent)
    try:
        (_unpack_tar if kind == "tar" else _unpack_zip)(path, os.path.realpath(fresh))
        os.chmod(fresh, 0o755)
        if os.path.isdir(folder):
            shutil.copytree(fresh, folder, dirs_exist_ok=True, symlinks=True)
        else:
            os.replace(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return True
