"""Reading HDF5: groups, datasets and attributes, by Python alone, which cannot crash on a damaged file."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from keraburn.saving.hdf5 import headers
from keraburn.saving.hdf5.checksum import checked
from keraburn.saving.hdf5.heaps import heap_objects
from keraburn.saving.hdf5.limits import check_expansion
from keraburn.saving.hdf5.links import Link, read_links, tree_entries
from keraburn.saving.hdf5.source import UNDEFINED, Cursor, Source
from keraburn.saving.hdf5.types import Type, decode_shape, decode_type

Messages = list[tuple[int, bytes]]
_SIGNATURE = b"\x89HDF\r\n\x1a\n"


class Object:
    """A group or a dataset.

    Args:
        file: the file that it is in.
        address: of its header.
        path: for errors.
        messages: of the header.
    """

    def __init__(self, file: File, address: int, path: str, messages: Messages) -> None:
        self.file = file
        self.path = path
        self.address = address
        self.messages = messages
        self._attributes: dict[str, Any] | None = None

    @property
    def attributes(self) -> dict[str, Any]:
        """Values by name: arrays, numbers and strings."""
        if self._attributes is None:
            self._attributes = {}
            for kind, data in self.messages:
                if kind == headers.ATTRIBUTE:
                    name, value = _attribute(self.file, Cursor(data))
                    self._attributes[name] = value
                elif kind == headers.ATTRIBUTE_INFO:
                    for message in _dense(self.file.source, Cursor(data)):
                        name, value = _attribute(self.file, Cursor(message))
                        self._attributes[name] = value
        return self._attributes


def _dense(source: Source, info: Cursor) -> Iterator[bytes]:
    """Attributes in a heap, where there are many."""
    info.skip(1)
    info.skip(2 if info.number(1) & 1 else 0)
    return heap_objects(source, info.number(8), info.number(8), 0, 8)


class Group(Object):
    """Names of groups and datasets."""

    def __init__(self, file: File, address: int, path: str, messages: Messages) -> None:
        super().__init__(file, address, path, messages)
        links = read_links(file.source, self.messages)
        if links is None:
            raise ValueError(f"Invalid H5 file, expected Group but received Dataset at '{path}'")
        self.links: dict[str, Link] = links

    def child(self, name: str) -> Object:
        """The group or dataset of that name.

        Raises:
            KeyError: if there is none.
            ValueError: if it is a link to another place or file, or it is damaged.
        """
        link = self.links[name]
        path = f"{self.path}/{name}" if self.path else name
        if link.kind != "HardLink":
            raise ValueError(f"Not allowed: H5 file with {link.kind} at '{path}'")
        return self.file.object_at(link.address, path)

    def find(self, path: str) -> Object | None:
        """What lies below under a path of names; None if there is nothing."""
        current: Object = self
        for name in path.split("/"):
            if not isinstance(current, Group) or name not in current.links:
                return None
            current = current.child(name)
        return current


class Dataset(Object):
    """An array in a file."""

    def __init__(self, file: File, address: int, path: str, messages: Messages) -> None:
        super().__init__(file, address, path, messages)
        found = dict(self.messages)
        if not {headers.TYPE, headers.SHAPE, headers.LAYOUT} <= found.keys():
            raise ValueError(f"Invalid H5 file, neither Group nor Dataset at '{path}'")
        if headers.EXTERNAL in found:
            raise ValueError(f"Not allowed: H5 file with a Dataset whose values lie outside it, at '{path}'")
        self.type: Type = decode_type(Cursor(found[headers.TYPE]))
        self.shape = decode_shape(Cursor(found[headers.SHAPE]))
        self._layout = found[headers.LAYOUT]
        self._filters = _filters(Cursor(found[headers.FILTERS])) if headers.FILTERS in found else []

    def read(self) -> np.ndarray:
        """The values, in this machine's byte order.

        Raises:
            ValueError: if they lie outside the file, are no numbers, or are declared larger than what is stored.
        """
        if self.shape is None or self.type.text:
            raise ValueError(f"Invalid H5 file, expected numbers at '{self.path}'")
        dtype = self.type.dtype
        raw = self._raw(dtype, self.shape)
        if dtype.kind == "b":
            return raw.view(np.uint8).astype(bool)
        return raw.astype(dtype.newbyteorder("="), copy=False)

    def _raw(self, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
        cursor = Cursor(self._layout)
        version, kind = cursor.number(1), cursor.number(1)
        if version not in (3, 4, 5):
            raise ValueError(f"Not supported: H5 file with a layout of version {version}, at '{self.path}'")
        size = math.prod(shape) * dtype.itemsize
        source = self.file.source
        if kind == 0:
            data = cursor.take(cursor.number(2))
            if len(data) < size:
                raise ValueError(f"Invalid H5 file, the Dataset at '{self.path}' is cut off")
            return np.frombuffer(data[:size], dtype).reshape(shape).copy()
        if kind == 1:
            address, stored = cursor.number(8), cursor.number(8)
            if address == UNDEFINED:
                # Nothing was ever written: all zeros, however many.
                check_expansion(f"H5 dataset '{self.path}'", size, 0)
                return np.zeros(shape, dtype)
            if stored < size or address + size > source.size:
                raise ValueError(f"Invalid H5 file, the Dataset at '{self.path}' is larger than what is stored")
            values = np.empty(shape, dtype)
            if size:
                source.read_into(address, values.reshape(-1).view(np.uint8))
            return values
        if kind == 2 and version == 3:
            return self._pieces(cursor, dtype, shape, size)
        raise ValueError(f"Not supported: H5 file with a Dataset of layout {kind} (version {version}) at '{self.path}'")

    def _pieces(self, cursor: Cursor, dtype: np.dtype, shape: tuple[int, ...], size: int) -> np.ndarray:
        """Values that are stored in pieces, which may be compressed."""
        rank = cursor.number(1) - 1
        address = cursor.number(8)
        piece = tuple(cursor.number(4) for _ in range(rank))
        if rank != len(shape) or not all(piece):
            raise ValueError(f"Invalid H5 file, the Dataset at '{self.path}' is in pieces of a wrong shape")
        source = self.file.source
        entries = [] if address == UNDEFINED else list(tree_entries(source, address, 1, 8 + 8 * (rank + 1)))
        stored = sum(int.from_bytes(key[:4], "little") for key, _ in entries)
        if stored > source.size:
            raise ValueError(f"Invalid H5 file, the Dataset at '{self.path}' is larger than the file")
        one = math.prod(piece) * dtype.itemsize
        check_expansion(f"H5 dataset '{self.path}'", max(size, one * len(entries)), stored)
        values = np.zeros(shape, dtype)
        for key, place in entries:
            fields = Cursor(key)
            count, skipped = fields.number(4), fields.number(4)
            start = tuple(fields.number(8) for _ in range(rank))
            data = _unfiltered(source.read(place, count), self._filters, skipped, dtype.itemsize, one)
            if len(data) != one or any(first >= most for first, most in zip(start, shape, strict=True)):
                raise ValueError(f"Invalid H5 file, a piece of the Dataset at '{self.path}' does not fit")
            within = tuple(slice(first, first + length) for first, length in zip(start, piece, strict=True))
            part = values[within]
            block = np.frombuffer(data, dtype).reshape(piece)
            part[...] = block[tuple(slice(length) for length in part.shape)]
        return values


def _filters(cursor: Cursor) -> list[int]:
    version, count = cursor.number(1), cursor.number(1)
    cursor.skip(6 if version == 1 else 0)
    found = []
    for _ in range(count):
        kind = cursor.number(2)
        length = cursor.number(2) if version == 1 or kind >= 256 else 0
        cursor.skip(2)
        values = cursor.number(2)
        cursor.skip(length + (-length % 8 if version == 1 else 0))
        cursor.skip(4 * values + (4 if version == 1 and values % 2 else 0))
        found.append(kind)
    return found


def _unfiltered(data: bytes, filters: list[int], skipped: int, width: int, size: int) -> bytes:
    """The values of a piece: what the filters did is undone, the last one first."""
    for index in reversed(range(len(filters))):
        if skipped >> index & 1:
            continue
        if filters[index] == 1:
            data = zlib.decompressobj().decompress(data, size + 64)
        elif filters[index] == 2:
            data = np.frombuffer(data[: len(data) // width * width], np.uint8).reshape(width, -1).T.tobytes()
        elif filters[index] == 3:
            data = data[:-4]
        else:
            raise ValueError(f"Not supported: H5 file with filter {filters[index]}")
    return data


class File(Group):
    """An HDF5 file, or a stretch of a file that is one.

    Args:
        file: a seekable binary file.
        start: where HDF5's bytes begin.
        size: how many there are; all if None.

    Raises:
        ValueError: if it is no HDF5 file, or it is damaged.
    """

    def __init__(self, file: IO[bytes], start: int = 0, size: int | None = None) -> None:
        self.source = Source(file, start, size)
        self._groups: dict[int, Object] = {}
        self._heaps: dict[int, dict[int, tuple[int, int]]] = {}
        root = _root(self.source)
        super().__init__(self, root, "", headers.read_messages(self.source, root))

    def object_at(self, address: int, path: str) -> Object:
        """The group or dataset whose header is at an address."""
        found = self._groups.get(address)
        if found is None:
            messages = headers.read_messages(self.source, address)
            is_group = any(kind in (headers.SYMBOLS, headers.LINK_INFO, headers.LINK) for kind, _ in messages)
            found = (Group if is_group else Dataset)(self, address, path, messages)
            if is_group:
                self._groups[address] = found
        return found

    def text_at(self, address: int, index: int) -> bytes:
        """A string of any length, from the heap at an address."""
        if address not in self._heaps:
            self._heaps[address] = dict(_heap_entries(self.source, address))
        if index not in self._heaps[address]:
            raise ValueError(f"The HDF5 file is damaged: there is no string {index} at {address}")
        return self.source.read(*self._heaps[address][index])


def _heap_entries(source: Source, address: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """Numbers, places and lengths of the strings in a heap."""
    head = source.cursor(address, 16)
    head.expect(b"GCOL")
    head.skip(4)
    place, end = address + 16, address + head.number(8)
    while place + 16 <= end:
        entry = source.cursor(place, 16)
        number = entry.number(2)
        entry.skip(6)
        length = entry.number(8)
        if number == 0:
            return
        yield number, (place + 16, length)
        place += 16 + length + -length % 8


def _root(source: Source) -> int:
    """The address of the root group's header."""
    if source.size < 12 or source.read(0, 8) != _SIGNATURE:
        raise ValueError("The file is no HDF5 file: it does not begin as one")
    version = source.read(8, 1)[0]
    if version in (0, 1):
        cursor = source.cursor(0, 96 if version == 0 else 100)
        cursor.skip(13)
        sizes = cursor.take(2)
        cursor.skip(9 if version == 0 else 13)
        base, _, end, _ = (cursor.number(8) for _ in range(4))
        cursor.skip(8)
        root = cursor.number(8)
    elif version in (2, 3):
        cursor = Cursor(checked(source.read(0, 48)))
        cursor.skip(9)
        sizes = cursor.take(2)
        cursor.skip(1)
        base, _, end, root = (cursor.number(8) for _ in range(4))
    else:
        raise ValueError(f"Not supported: an HDF5 file of version {version}")
    if sizes != b"\x08\x08" or base != 0:
        raise ValueError("Not supported: an HDF5 file with addresses of other sizes, or another beginning")
    if end > source.size:
        raise ValueError(f"The HDF5 file is cut off: it should have {end} bytes, and has {source.size}")
    return root


def _attribute(file: File, cursor: Cursor) -> tuple[str, Any]:
    version, flags = cursor.number(1), cursor.number(1)
    if version not in (1, 2, 3) or (version > 1 and flags & 3):
        raise ValueError(f"The HDF5 file is damaged: an attribute of version {version}")
    sizes = [cursor.number(2) for _ in range(3)]
    if version == 3:
        cursor.skip(1)
    parts = []
    for size in sizes:
        parts.append(cursor.take(size))
        if version == 1:
            cursor.skip(min(-size % 8, cursor.left))
    name = parts[0].split(b"\0")[0].decode("utf-8", "surrogateescape")
    kind, shape = decode_type(Cursor(parts[1])), decode_shape(Cursor(parts[2]))
    if shape is None:
        return name, np.zeros(0, np.dtype("f8"))
    data = cursor.take(math.prod(shape) * kind.dtype.itemsize)
    values = np.frombuffer(data, kind.dtype).reshape(shape)
    if kind.text:
        texts = [_text(file, *(int(each) for each in reference)) for reference in values.reshape(-1).tolist()]
        return name, np.array([*texts, None], dtype=object)[:-1].reshape(shape) if shape else texts[0]
    if kind.dtype.kind == "S":
        texts = [bytes(each).split(b"\0")[0].decode("utf-8") for each in values.reshape(-1).tolist()]
        return name, np.array([*texts, None], dtype=object)[:-1].reshape(shape) if shape else texts[0]
    return name, values if shape else values[()]


def _text(file: File, count: int, address: int, index: int) -> str:
    data = b"" if address in (0, UNDEFINED) else file.text_at(address, index)
    if len(data) < count:
        raise ValueError("The HDF5 file is damaged: a string is shorter than it should be")
    return data[:count].split(b"\0")[0].decode("utf-8")
