"""Bytes of a file, never more than it has."""

from __future__ import annotations

import io
import os
from typing import IO, Any

UNDEFINED = (1 << 64) - 1


class Source:
    """A stretch of a file that is read at any place.

    Args:
        file: a seekable binary file.
        start: where the stretch begins.
        size: its length; up to the end of the file if None.
    """

    def __init__(self, file: IO[bytes], start: int = 0, size: int | None = None) -> None:
        self._file = file
        self._start = start
        end = file.seek(0, os.SEEK_END)
        self.size = end - start if size is None else size
        if start + self.size > end:
            raise ValueError(f"The file ends after {end} bytes, before the {self.size} bytes that begin at {start}")

    def _seek(self, offset: int, count: int) -> None:
        if offset < 0 or count < 0 or offset + count > self.size:
            raise ValueError(
                f"The HDF5 file is cut off or damaged: it has {self.size} bytes and names {count} bytes at {offset}"
            )
        self._file.seek(self._start + offset)

    def read(self, offset: int, count: int) -> bytes:
        """`count` bytes.

        Raises:
            ValueError: if they do not lie inside.
        """
        self._seek(offset, count)
        data = self._file.read(count)
        if len(data) != count:
            raise ValueError(f"The file ended while {count} bytes at {offset} were read")
        return data

    def read_into(self, offset: int, target: Any) -> None:
        """Fill a buffer.

        Raises:
            ValueError: if there are not as many bytes.
        """
        view = memoryview(target).cast("B")
        self._seek(offset, len(view))
        done = 0
        while done < len(view):
            count = self._file.readinto(view[done:])  # type: ignore[attr-defined]
            if not count:
                raise ValueError(f"The file ended while {len(view)} bytes at {offset} were read")
            done += count

    def cursor(self, offset: int, count: int) -> Cursor:
        """A cursor over `count` bytes."""
        return Cursor(self.read(offset, count))


class Cursor:
    """Little-endian fields, one after the other.

    Args:
        data: the bytes.
    """

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)
        self._size = len(data)

    @property
    def place(self) -> int:
        return self._data.tell()

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return self._size - self._data.tell()

    def take(self, count: int) -> bytes:
        """The next bytes.

        Raises:
            ValueError: if there are not as many.
        """
        data = self._data.read(count)
        if len(data) != count:
            raise ValueError(f"The HDF5 file is damaged: a structure ends {count - len(data)} bytes too early")
        return data

    def number(self, count: int) -> int:
        """An unsigned number of `count` bytes."""
        return int.from_bytes(self.take(count), "little")

    def skip(self, count: int) -> None:
        self.take(count)

    def expect(self, *signatures: bytes) -> bytes:
        """A signature.

        Raises:
            ValueError: if something else comes.
        """
        found = self.take(len(signatures[0]))
        if found not in signatures:
            raise ValueError(f"The HDF5 file is damaged: {found!r} stands in place of {signatures[0]!r}")
        return found

    def align(self, size: int = 8) -> None:
        """Go on at a multiple of `size`, as far as there is something."""
        self.take(min(-self.place % size, self.left))

    def text(self) -> str:
        """Characters up to a zero byte."""
        found = bytearray()
        while (byte := self.take(1)) != b"\0":
            found += byte
        return found.decode("utf-8", "surrogateescape")
