"""Nested structures of lists, tuples and dicts (leaves are everything else)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any


def is_nested(structure: Any) -> bool:
    return isinstance(structure, (list, tuple, dict))


def flatten(structure: Any) -> list[Any]:
    """The leaves, depth first; dicts in the order of their sorted keys. None is a node without leaves."""
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in flatten(item)]
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    return [] if structure is None else [structure]


def pack_sequence_as(structure: Any, flat: Sequence[Any]) -> Any:
    """A structure like `structure` whose leaves are those of `flat`."""
    leaves = iter(flat)
    packed = _pack(structure, leaves)
    if next(leaves, _pack) is not _pack:
        raise ValueError(f"Too many leaves for the structure. Received: {len(flat)} for structure={structure}")
    return packed


def _pack(structure: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(structure, dict):
        filled = {key: _pack(structure[key], leaves) for key in sorted(structure)}
        return type(structure)((key, filled[key]) for key in structure)
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(_pack(item, leaves) for item in structure))
    if isinstance(structure, (list, tuple)):
        return type(structure)(_pack(item, leaves) for item in structure)
    return None if structure is None else next(leaves)


def map_structure(function: Callable[..., Any], *structures: Any) -> Any:
    """`function` of corresponding leaves, in the first structure's form."""
    columns = [flatten(structure) for structure in structures]
    if len({len(column) for column in columns}) > 1:
        raise ValueError(f"The structures have different numbers of leaves. Received: {structures}")
    return pack_sequence_as(structures[0], [function(*leaves) for leaves in zip(*columns, strict=True)])
