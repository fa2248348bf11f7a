"""Object headers: the messages that say what a group or a dataset is."""

from __future__ import annotations

from collections.abc import Iterator

from keraburn.saving.hdf5.checksum import checked
from keraburn.saving.hdf5.source import Cursor, Source

SHAPE, LINK_INFO, TYPE, LINK, EXTERNAL, LAYOUT = 0x01, 0x02, 0x03, 0x06, 0x07, 0x08
FILTERS, ATTRIBUTE, CONTINUATION, SYMBOLS, ATTRIBUTE_INFO = 0x0B, 0x0C, 0x10, 0x11, 0x15
_SHARED = 2
# A header in one piece or few is what all writers make.
_MOST_BLOCKS = 1 << 12


def read_messages(source: Source, address: int) -> list[tuple[int, bytes]]:
    """Types and contents of the messages of an object.

    Args:
        source: the file.
        address: of the object's header.

    Raises:
        ValueError: if there is no header, or it is damaged.
    """
    if source.read(address, 4) == b"OHDR":
        return list(_new_style(source, address))
    return list(_old_style(source, address))


def _old_style(source: Source, address: int) -> Iterator[tuple[int, bytes]]:
    cursor = source.cursor(address, 16)
    version = cursor.number(1)
    if version != 1:
        raise ValueError(f"The HDF5 file is damaged: there is no object at {address}")
    cursor.skip(1)
    count = cursor.number(2)
    cursor.skip(4)
    waiting = [(address + 16, cursor.number(4))]
    seen = {address + 16}
    while waiting and count > 0:
        place, size = waiting.pop(0)
        block = source.cursor(place, size)
        while block.left >= 8 and count > 0:
            kind, size, flags = block.number(2), block.number(2), block.number(1)
            block.skip(3)
            data = block.take(size)
            count -= 1
            if kind == CONTINUATION:
                waiting.append(_next(data, seen))
            else:
                yield _usable(kind, flags, data)


def _new_style(source: Source, address: int) -> Iterator[tuple[int, bytes]]:
    start = source.cursor(address, 6)
    start.skip(4)
    version, flags = start.number(1), start.number(1)
    if version != 2:
        raise ValueError(f"The HDF5 file is damaged: an object header of version {version}")
    before = 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    size = source.cursor(address + before, width).number(width)
    before += width
    waiting = [(address, before + size + 4, before)]
    seen = {address}
    while waiting:
        place, size, before = waiting.pop(0)
        block = Cursor(checked(source.read(place, size)))
        if place != address:
            block.expect(b"OCHK")
        block.skip(before - block.place)
        least = 6 if flags & 4 else 4
        while block.left >= least:
            kind, size, own = block.number(1), block.number(2), block.number(1)
            block.skip(2 if flags & 4 else 0)
            data = block.take(size)
            if kind == CONTINUATION:
                waiting.append((*_next(data, seen), 4))
            else:
                yield _usable(kind, own, data)


def _next(data: bytes, seen: set[int]) -> tuple[int, int]:
    cursor = Cursor(data)
    place, size = cursor.number(8), cursor.number(8)
    if place in seen or len(seen) > _MOST_BLOCKS:
        raise ValueError("The HDF5 file is damaged: an object header that never ends")
    seen.add(place)
    return place, size


def _usable(kind: int, flags: int, data: bytes) -> tuple[int, bytes]:
    if flags & _SHARED and kind in (SHAPE, TYPE, LAYOUT, FILTERS, ATTRIBUTE):
        raise ValueError("Not allowed: H5 file with shared header messages")
    return kind, data
