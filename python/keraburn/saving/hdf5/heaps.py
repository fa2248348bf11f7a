"""Heaps of messages, in which the newest writers keep the names of large groups and many attributes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from keraburn.saving.hdf5.checksum import checked
from keraburn.saving.hdf5.source import UNDEFINED, Cursor, Source

_MOST_LEVELS = 8


def heap_objects(source: Source, heap: int, tree: int, skipped: int, width: int) -> Iterator[bytes]:
    """The messages in a heap, found by the tree that lists them by name.

    Args:
        source: the file.
        heap: address of the heap.
        tree: address of the tree.
        skipped: bytes before the message's number in an entry of the tree.
        width: bytes of that number.

    Raises:
        ValueError: if the file is damaged.
    """
    if heap == UNDEFINED or tree == UNDEFINED:
        return
    found = _read_heap(source, heap)
    for entry in _tree_entries(source, tree):
        yield found.message(entry[skipped : skipped + width])


def _bytes_for(limit: int) -> int:
    """How many bytes a number up to `limit` takes."""
    return (max(limit, 1).bit_length() - 1) // 8 + 1


# The tree.


def _tree_entries(source: Source, address: int) -> Iterator[bytes]:
    cursor = Cursor(checked(source.read(address, 38)))
    cursor.expect(b"BTHD")
    cursor.skip(2)
    size, record, depth = cursor.number(4), cursor.number(2), cursor.number(2)
    cursor.skip(2)
    root, count, total = cursor.number(8), cursor.number(2), cursor.number(8)
    if depth > _MOST_LEVELS or not 0 < record < size or total * record > source.size:
        raise ValueError("The HDF5 file is damaged: a tree of names that cannot be")
    most = (size - 10) // record
    # Sizes of the numbers in a pointer to a child: its own entries, and all below it where it has children.
    own, below, sums = _bytes_for(most), [0], most
    for level in range(1, depth + 1):
        pointer = 8 + own + below[level - 1]
        here = max(size - 10 - pointer, 0) // (record + pointer)
        sums = (here + 1) * sums + here
        below.append(_bytes_for(sums))
    yield from _node(source, root, count, depth, record, own, below)


def _node(
    source: Source, address: int, count: int, level: int, record: int, own: int, below: list[int]
) -> Iterator[bytes]:
    if address == UNDEFINED or not count:
        return
    pointer = 8 + own + below[level - 1] if level else 0
    size = 6 + count * record + (count + 1) * pointer + 4
    cursor = Cursor(checked(source.read(address, size)))
    cursor.expect(b"BTIN" if level else b"BTLF")
    cursor.skip(2)
    for _ in range(count):
        yield cursor.take(record)
    for _ in range(count + 1 if level else 0):
        child, entries = cursor.number(8), cursor.number(own)
        cursor.skip(below[level - 1])
        yield from _node(source, child, entries, level - 1, record, own, below)


# The heap.


@dataclasses.dataclass
class _Heap:
    source: Source
    width: int
    first: int
    largest: int
    offset_size: int
    length_size: int
    root: int
    rows: int

    def message(self, number: bytes) -> bytes:
        """The message of a number: where it lies in the heap, and how long it is."""
        cursor = Cursor(number)
        if cursor.number(1) >> 4:
            raise ValueError("Not supported: H5 file with messages too large for their heap")
        place, length = cursor.number(self.offset_size), cursor.number(self.length_size)
        address, start, size = self._block(self.root, 0, self.rows, place)
        if place + length > start + size:
            raise ValueError("The HDF5 file is damaged: a message that does not fit into its heap")
        return self.source.read(address + place - start, length)

    def _block(self, address: int, start: int, rows: int, place: int) -> tuple[int, int, int]:
        """Address, beginning and size of the block around a place of the heap."""
        if not rows:
            return address, start, self.first
        for _ in range(_MOST_LEVELS):
            row, column, begin, size = self._entry(place - start)
            if row >= rows:
                break
            head = self.source.cursor(address, 4)
            head.expect(b"FHIB")
            entry = address + 13 + self.offset_size + 8 * (row * self.width + column)
            address, start = self.source.cursor(entry, 8).number(8), start + begin
            if size <= self.largest:
                return address, start, size
            rows = (size // (self.first * self.width)).bit_length()
        raise ValueError("The HDF5 file is damaged: a message outside its heap")

    def _entry(self, place: int) -> tuple[int, int, int, int]:
        """Row and column of the entry for a place, where it begins and how large it is: rows double from the third."""
        begin, size, row = 0, self.first, 0
        while place >= begin + size * self.width and row < 64:
            begin += size * self.width
            row += 1
            size = self.first << max(row - 1, 0)
        column = (place - begin) // size
        return row, column, begin + column * size, size


def _read_heap(source: Source, address: int) -> _Heap:
    cursor = Cursor(checked(source.read(address, 146)))
    cursor.expect(b"FRHP")
    cursor.skip(3)
    filters = cursor.number(2)
    cursor.skip(1)
    managed = cursor.number(4)
    cursor.skip(8 * 12)
    width, first, largest, bits = cursor.number(2), cursor.number(8), cursor.number(8), cursor.number(2)
    cursor.skip(2)
    root, rows = cursor.number(8), cursor.number(2)
    if filters or not width or not first or not largest or bits > 64:
        raise ValueError("Not supported: H5 file with names in a heap of another kind")
    length = min(max(largest.bit_length() - 1 + 7, 8) // 8, _bytes_for(managed))
    return _Heap(source, width, first, largest, (bits + 7) // 8, length, root, rows)
