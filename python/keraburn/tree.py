"""Nested structures of lists, tuples and dicts (leaves are everything else).

Dicts are gone through in the order of their sorted keys. In `flatten`, `map_structure` and `pack_sequence_as` None is a
structure without leaves, unlike in Keras; in the other functions it is a leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

_DIFFERENT = "Structures don't have the same nested structure."


class MAP_TO_NONE:
    """What a function given to `traverse` returns to put None in the place of a part."""


def is_nested(structure: Any) -> bool:
    return isinstance(structure, (list, tuple, dict))


def flatten(structure: Any) -> list[Any]:
    """The leaves, depth first; dicts in the order of their sorted keys. None is a node without leaves."""
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in flatten(item)]
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    return [] if structure is None else [structure]


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """Pairs of the keys and places that lead to a leaf, and the leaf.

    Example:

    >>> flatten_with_path({"a": [1, 2], "b": 3})
    [(('a', 0), 1), (('a', 1), 2), (('b',), 3)]
    """
    if not is_nested(structure):
        return [((), structure)]
    return [((key, *path), leaf) for key, part in _parts(structure) for path, leaf in flatten_with_path(part)]


def _parts(structure: Any) -> list[tuple[Any, Any]]:
    """Keys or places, and what is there."""
    if isinstance(structure, dict):
        return [(key, structure[key]) for key in sorted(structure)]
    return list(enumerate(structure))


def _made(structure: Any, parts: Sequence[Any]) -> Any:
    """A structure like `structure` with other parts, which are given in the order of `_parts`."""
    if isinstance(structure, dict):
        filled = dict(zip(sorted(structure), parts, strict=True))
        return type(structure)((key, filled[key]) for key in structure)
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*parts)
    return type(structure)(parts)


def pack_sequence_as(structure: Any, flat_sequence: Sequence[Any]) -> Any:
    """A structure like `structure` whose leaves are those of `flat_sequence`."""
    leaves = iter(flat_sequence)
    packed = _pack(structure, leaves)
    if next(leaves, _pack) is not _pack:
        raise ValueError(f"Too many leaves for the structure. Received: {len(flat_sequence)} for structure={structure}")
    return packed


def _pack(structure: Any, leaves: Iterator[Any]) -> Any:
    if is_nested(structure):
        return _made(structure, [_pack(part, leaves) for _, part in _parts(structure)])
    return None if structure is None else next(leaves)


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = False) -> Any:
    """`func` of corresponding leaves, in the first structure's form.

    Args:
        func: a function of as many leaves as there are structures.
        *structures: structures of one form.
        none_is_leaf: whether `func` is given None too.

    Raises:
        ValueError: if the structures have different forms, or there is none.
    """
    if not structures:
        raise ValueError("Must provide at least one structure. Received: no structures")
    if none_is_leaf:
        return map_structure_up_to(structures[0], func, *_same(structures))
    columns = [flatten(structure) for structure in structures]
    if len({len(column) for column in columns}) > 1:
        raise ValueError(f"The structures have different numbers of leaves. Received: {structures}")
    return pack_sequence_as(structures[0], [func(*leaves) for leaves in zip(*columns, strict=True)])


def _same(structures: Sequence[Any]) -> Sequence[Any]:
    for structure in structures[1:]:
        assert_same_structure(structures[0], structure)
    return structures


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """`func` of the parts of structures that stand where the leaves of another do, in its form.

    Args:
        shallow_structure: says how deep to go.
        func: a function of as many parts as there are structures.
        *structures: structures of the same form up to there, or deeper.

    Raises:
        ValueError: if a structure has another form, or there is none.

    Example:

    >>> map_structure_up_to((0, 0), len, ([1, 2, 3], [4]))
    (3, 1)
    """
    if not structures:
        raise ValueError("Must provide at least one structure. Received: no structures")
    if not is_nested(shallow_structure):
        return func(*structures)
    columns = [_parts(structure) if _alike(shallow_structure, structure) else None for structure in structures]
    parts = _parts(shallow_structure)
    if any(column is None or [key for key, _ in column] != [key for key, _ in parts] for column in columns):
        raise ValueError(f"{_DIFFERENT} Received: {shallow_structure} and {structures}")
    return _made(
        shallow_structure,
        [
            map_structure_up_to(part, func, *(column[place][1] for column in columns if column is not None))
            for place, (_, part) in enumerate(parts)
        ],
    )


def _alike(first: Any, second: Any) -> bool:
    """Whether two structures are of one kind: dicts of any class, or lists, or tuples."""
    return any(isinstance(first, kind) and isinstance(second, kind) for kind in (list, tuple, dict))


def map_shape_structure(func: Callable[[Any], Any], structure: Any) -> Any:
    """`func` of every shape in a structure of shapes, which are lists or tuples of sizes and None.

    Example:

    >>> map_shape_structure(len, {"a": (None, 3), "b": [(2,), ()]})
    {'a': 2, 'b': [1, 0]}
    """
    if isinstance(structure, (list, tuple)) and all(size is None or isinstance(size, int) for size in structure):
        return func(structure)
    if not is_nested(structure):
        return func(structure)
    return _made(structure, [map_shape_structure(func, part) for _, part in _parts(structure)])


def flatten_shapes(structure: Any) -> list[tuple[Any, ...]]:
    """The shapes in a structure of shapes, in the order in which `flatten` gives the tensors that have them.

    Example:

    >>> flatten_shapes({"a": (None, 3), "b": [(2,), ()]})
    [(None, 3), (2,), ()]
    """
    shapes: list[tuple[Any, ...]] = []
    map_shape_structure(lambda shape: shapes.append(tuple(shape)), structure)
    return shapes


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """A structure whose parts are replaced by what `func` gives for them, where that is not None.

    Args:
        func: a function of a part or leaf; None leaves it as it is, `MAP_TO_NONE` puts None there.
        structure: the structure.
        top_down: whether parts are seen before what is in them, which is then left out if they are replaced.

    Example:

    >>> traverse(lambda part: tuple(part) if isinstance(part, list) else None, [1, [2]], top_down=False)
    (1, (2,))
    """
    if not top_down and is_nested(structure):
        structure = _made(structure, [traverse(func, part, top_down) for _, part in _parts(structure)])
    result = func(structure)
    if result is MAP_TO_NONE:
        return None
    if result is not None:
        return result
    if top_down and is_nested(structure):
        return _made(structure, [traverse(func, part, top_down) for _, part in _parts(structure)])
    return structure


def lists_to_tuples(structure: Any) -> Any:
    """The structure with tuples in the place of lists."""
    return traverse(lambda part: tuple(part) if isinstance(part, list) else None, structure, top_down=False)


def assert_same_structure(a: Any, b: Any, check_types: Any = None) -> None:
    """Raise a ValueError unless two structures have one form; `check_types` is accepted as in Keras."""
    if is_nested(a) != is_nested(b):
        raise ValueError(f"{_DIFFERENT} Received: {a} and {b}")
    if is_nested(a):
        first, second = _parts(a), _parts(b)
        if not _alike(a, b) or [key for key, _ in first] != [key for key, _ in second]:
            raise ValueError(f"{_DIFFERENT} Received: {a} and {b}")
        for (_, one), (_, other) in zip(first, second, strict=True):
            assert_same_structure(one, other)


def assert_same_paths(a: Any, b: Any) -> None:
    """Raise a ValueError unless the same keys and places lead to the leaves of two structures."""
    first, second = ({path for path, _ in flatten_with_path(structure)} for structure in (a, b))
    if first != second:
        raise ValueError(
            "`a` and `b` don't have the same paths.\n"
            f"Paths in `a` missing in `b`:\n{first - second}\nPaths in `b` missing in `a`:\n{second - first}"
        )
