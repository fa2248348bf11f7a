"""The names in a group, in the forms that HDF5 has for them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from keraburn.saving.hdf5 import headers
from keraburn.saving.hdf5.heaps import heap_objects
from keraburn.saving.hdf5.source import UNDEFINED, Cursor, Source

_MOST_LEVELS = 16


@dataclasses.dataclass(frozen=True)
class Link:
    """What a name stands for.

    Args:
        kind: `"HardLink"`, or the kind of a link that is not followed.
        address: of the object's header.
    """

    kind: str
    address: int = UNDEFINED


def read_links(source: Source, messages: list[tuple[int, bytes]]) -> dict[str, Link] | None:
    """The links of a group by their names; None if the object is no group.

    Raises:
        ValueError: if the file is damaged.
    """
    found: dict[str, Link] = {}
    is_group = False
    for kind, data in messages:
        if kind == headers.SYMBOLS:
            cursor = Cursor(data)
            found.update(_symbols(source, cursor.number(8), cursor.number(8)))
        elif kind == headers.LINK_INFO:
            found.update(_dense(source, Cursor(data)))
        elif kind == headers.LINK:
            name, link = _link(Cursor(data))
            found[name] = link
        else:
            continue
        is_group = True
    return found if is_group else None


def _name(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _link(cursor: Cursor) -> tuple[str, Link]:
    version, flags = cursor.number(1), cursor.number(1)
    if version != 1:
        raise ValueError(f"The HDF5 file is damaged: a link of version {version}")
    kind = cursor.number(1) if flags & 8 else 0
    cursor.skip((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
    name = _name(cursor.take(cursor.number(1 << (flags & 3))))
    if kind == 0:
        return name, Link("HardLink", cursor.number(8))
    return name, Link({1: "SoftLink", 64: "ExternalLink"}.get(kind, f"link of kind {kind}"))


# Names in a tree whose leaves are tables, as all but the newest writers keep them.


def _symbols(source: Source, tree: int, heap: int) -> Iterator[tuple[str, Link]]:
    head = source.cursor(heap, 32)
    head.expect(b"HEAP")
    head.skip(4)
    size = head.number(8)
    head.skip(8)
    names = source.read(head.number(8), size)
    left = source.size
    for _, table in tree_entries(source, tree, 0, 8):
        cursor = source.cursor(table, 8)
        cursor.expect(b"SNOD")
        cursor.skip(2)
        count = cursor.number(2)
        entries = source.cursor(table + 8, 40 * count)
        left -= 40 * count
        if left < 0:
            raise ValueError("The HDF5 file is damaged: a group with more names than fit into the file")
        for _ in range(count):
            place, address, kind = entries.number(8), entries.number(8), entries.number(4)
            entries.skip(20)
            end = names.find(b"\0", place)
            if end < 0:
                raise ValueError("The HDF5 file is damaged: a name that never ends")
            yield _name(names[place:end]), Link("SoftLink") if kind == 2 else Link("HardLink", address)


def tree_entries(source: Source, address: int, kind: int, key: int) -> Iterator[tuple[bytes, int]]:
    """Keys and places of the leaves of a tree of the first version.

    Args:
        source: the file.
        address: of the root.
        kind: 0 for groups, 1 for pieces of a dataset.
        key: size of a key.
    """
    waiting = [(address, _MOST_LEVELS)]
    seen: set[int] = set()
    while waiting:
        place, above = waiting.pop()
        if place in seen:
            raise ValueError("The HDF5 file is damaged: a tree that grows into itself")
        seen.add(place)
        cursor = source.cursor(place, 24)
        cursor.expect(b"TREE")
        found, level, count = cursor.number(1), cursor.number(1), cursor.number(2)
        if found != kind or level >= above:
            raise ValueError("The HDF5 file is damaged: a tree of the wrong kind")
        entries = source.cursor(place + 24, (key + 8) * count)
        pairs = [(entries.take(key), entries.number(8)) for _ in range(count)]
        if level:
            waiting.extend((child, level) for _, child in reversed(pairs))
        else:
            yield from pairs


def _dense(source: Source, info: Cursor) -> Iterator[tuple[str, Link]]:
    """Names in a heap, as the newest writers keep those of large groups."""
    info.skip(1)
    info.skip(8 if info.number(1) & 1 else 0)
    for data in heap_objects(source, info.number(8), info.number(8), 4, 7):
        yield _link(Cursor(data))
