"""Keras's public names and ours, and how they differ."""

from __future__ import annotations

import ast
import fnmatch
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

import keraburn
from tests.parity.harness import keras

Lines = dict[str, str]


def public_names() -> dict[str, Any]:
    """Everything that `keras` shows, by its dotted name without the leading `keras`."""
    found: dict[str, Any] = {}

    def walk(module: Any, prefix: str, depth: int) -> None:
        for name in sorted(dir(module)):
            if name.startswith("_") or name == "src":
                continue
            item = getattr(module, name)
            if not inspect.ismodule(item):
                found[prefix + name] = item
            elif item.__name__.startswith("keras") and depth < 4:
                walk(item, f"{prefix}{name}.", depth + 1)

    walk(keras, "", 0)
    assert len(found) > 1400
    return found


def ours(name: str) -> Any:
    """What stands under a dotted name here; raises AttributeError where nothing does."""
    item = keraburn
    for part in name.split("."):
        item = getattr(item, part)
    return item


def is_here(name: str) -> bool:
    try:
        ours(name)
    except AttributeError:
        return False
    return True


def canonical(names: dict[str, Any]) -> dict[str, Any]:
    """The objects that are here, each under one name: the shortest."""
    shortest: dict[int, str] = {}
    for name, item in names.items():
        if is_here(name) and callable(item):
            known = shortest.get(id(item))
            if known is None or (name.count("."), len(name), name) < (known.count("."), len(known), known):
                shortest[id(item)] = name
    return {name: names[name] for name in sorted(shortest.values())}


def patterns(lines: Lines) -> Iterator[str]:
    """The names, with wildcards, of a list of reasons; each once."""
    every = [pattern for text in lines.values() for pattern in text.split()]
    assert len(every) == len(set(every)), sorted({each for each in every if every.count(each) > 1})
    yield from every


def check_against(lines: Lines, found: dict[str, str] | set[str], what: str) -> None:
    """What is found is what the list allows, and each line of the list allows something."""
    allowed = list(patterns(lines))
    unlisted = sorted(name for name in found if not any(fnmatch.fnmatchcase(name, each) for each in allowed))
    details = [f"{name}  {found[name]}" if isinstance(found, dict) else name for name in unlisted]
    assert not unlisted, f"{what}:\n" + "\n".join(details)
    unused = [each for each in allowed if not any(fnmatch.fnmatchcase(name, each) for name in found)]
    assert not unused, f"no longer needed in the list: {unused}"


def parameters(item: Any) -> list[tuple[str, str, Any]] | None:
    """Names, kinds and defaults; None for what has no signature."""
    try:
        found = inspect.signature(item).parameters.values()
    except (ValueError, TypeError):
        return None
    return [(each.name, each.kind.name, each.default) for each in found]


def _same_default(mine: Any, original: Any) -> bool:
    if mine is original or (type(mine) is type(original) and mine == original):
        return True
    # Functions and dtypes of the two packages are different objects of one name.
    if callable(mine) and callable(original):
        return getattr(mine, "__name__", 0) == getattr(original, "__name__", 1)
    return type(mine).__name__ == type(original).__name__ and repr(mine) == repr(original)


def difference(mine: Any, original: Any) -> str | None:
    """How two signatures differ, None if they are equal name by name, in kinds and defaults."""
    first, second = parameters(mine), parameters(original)
    if first is None or second is None:
        return None if first == second else f"signature: {first} here, {second} in Keras"
    names, others = [each[0] for each in first], [each[0] for each in second]
    if names != others:
        return f"({', '.join(names)}) here, ({', '.join(others)}) in Keras"
    for (name, kind, default), (_, other_kind, other_default) in zip(first, second, strict=True):
        if kind != other_kind:
            return f"{name} is {kind} here, {other_kind} in Keras"
        if not _same_default(default, other_default):
            return f"{name}={default!r} here, {other_default!r} in Keras"
    return None


def members(cls: type) -> list[str]:
    """Public methods, properties and class attributes."""
    return [name for name in dir(cls) if not name.startswith("_")]


def _assigned(cls: type) -> set[str]:
    """Attributes that methods of a class, or of those it is made from, give their object."""
    found: set[str] = set()
    for base in cls.__mro__:
        if not base.__module__.startswith("keraburn"):
            continue
        found |= set(getattr(base, "__annotations__", ())) | set(getattr(base, "__slots__", ()))
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(base)))):
            stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
            if stored and isinstance(node.value, ast.Name) and node.value.id == "self":
                found.add(node.attr)
    return found


def compared_members(name: str, mine: type, original: type, public: set[Any]) -> Iterator[tuple[str, str]]:
    """`(Class.member, how it differs)`, for what a class has that no public class below it has in the same way."""
    assigned: set[str] | None = None
    below = [base for base in original.__mro__[1:] if base in public]
    for member in members(original):
        if any(getattr(base, member, None) is getattr(original, member) for base in below):
            continue
        theirs = inspect.getattr_static(original, member)
        if isinstance(theirs, classmethod) and any(hasattr(base, member) for base in below):
            continue
        label = f"{name.rpartition('.')[2]}.{member}"
        if not hasattr(mine, member):
            assigned = _assigned(mine) if assigned is None else assigned
            if member not in assigned:
                yield label, "is not here"
        elif isinstance(theirs, (staticmethod, classmethod)) or inspect.isfunction(theirs):
            different = difference(getattr(mine, member), getattr(original, member))
            if different:
                yield label, different


def mentioned(paths: Any) -> set[str]:
    """Every word that the sources use as an attribute or write as a string."""
    words: set[str] = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                words.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.update(node.value.split())
    return words
