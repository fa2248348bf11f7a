"""Weights spread over several files: an index, `<name>.weights.json`, says which holds what.

The files of a new set have numbers that the old set does not use, and the index is replaced when they are complete, so
that one of the two sets is whole at any time. Keras opens number 0 first; it stays empty.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any

from keraburn.saving.atomic import replacing
from keraburn.saving.errors import naming
from keraburn.saving.hdf5 import File, NewDataset, NewFile, NewGroup, Reader, Stored, Writer, get_group
from keraburn.saving.state import load_state, save_state

_ENDING = ".weights.json"


def save_shards(model: Any, filepath: Any, max_shard_size: float, skipped: Iterable[Any] = ()) -> None:
    """Write a model's weights and its optimizer's state into several files.

    Args:
        model: a built model.
        filepath: of the index; ends in `.weights.json`.
        max_shard_size: largest size of the arrays in a file, in GB.
        skipped: objects to leave out.

    Raises:
        ValueError: if one array alone is larger.
    """
    index = _index_path(filepath, "Saving")
    whole = NewFile()
    save_state(model, Writer(whole), skipped=skipped)
    shards, places = _spread(whole, float(max_shard_size) * 1024**3)
    used = _used(index)
    free = (number for number in range(1, len(shards) + len(used) + 2) if _name(index, number) not in used)
    names = [_name(index, next(free)) for _ in shards]
    _write(NewFile(), os.path.join(os.path.dirname(index), _name(index, 0)))
    for shard, name in zip(shards, names, strict=True):
        _write(shard, os.path.join(os.path.dirname(index), name))
    weight_map = {path: [names[each] for each in sorted(inside)] for path, inside in places.items()}
    total = float(sum(dataset.size for _, _, dataset in _datasets(whole, "")))
    with replacing(index) as path, open(path, "w", encoding="utf-8") as file:
        json.dump({"metadata": {"total_size": total}, "weight_map": weight_map}, file, indent=4)
    for name in used - set(names):
        path = os.path.join(os.path.dirname(index), name)
        if name != _name(index, 0) and os.path.isfile(path):
            os.unlink(path)


def _index_path(filepath: Any, doing: str) -> str:
    path = os.fspath(filepath)
    if path.endswith(".json"):
        return path
    renamed = os.path.splitext(path)[0] + ".json"
    warnings.warn(
        f"{doing} sharded weights requires `*.json` as the extension. The original path: {path} will be renamed to "
        f"{renamed}.",
        stacklevel=4,
    )
    return renamed


def _name(index: str, number: int) -> str:
    return f"{os.path.basename(index).removesuffix(_ENDING)}_{number:05}.weights.h5"


def _used(index: str) -> set[str]:
    """The files that the index there names; none if it is no index."""
    try:
        with open(index, encoding="utf-8") as file:
            return {name for names in _weight_map(json.load(file)).values() for name in names}
    except (OSError, ValueError):
        return set()


def _weight_map(index: Any) -> dict[str, list[str]]:
    """Paths of groups, and the files that hold their variables.

    Raises:
        ValueError: if it is no index, or names a file elsewhere.
    """
    found = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(found, dict):
        raise ValueError("The file is no index of files of weights: it has no 'weight_map'")
    result = {path: [names] if isinstance(names, str) else list(names) for path, names in found.items()}
    for names in result.values():
        for name in names:
            if not isinstance(name, str) or name != os.path.basename(name) or not name.endswith(".weights.h5"):
                raise ValueError(f"Not allowed: an index that names a file '{name}'")
    return result


def _datasets(group: NewGroup, path: str) -> Iterator[tuple[str, str, NewDataset]]:
    """Groups' paths, names and arrays, in the order in which they were put."""
    for name, item in group.members.items():
        if isinstance(item, NewGroup):
            yield from _datasets(item, f"{path}/{name}")
        else:
            yield path, name, item


def _spread(whole: NewFile, most: float) -> tuple[list[NewFile], dict[str, set[int]]]:
    """The files, and for each group in which of them its arrays are."""
    shards = [NewFile()]
    places: dict[str, set[int]] = {}
    left = most
    for path, name, dataset in _datasets(whole, ""):
        if dataset.size > most:
            raise ValueError(
                f"The size of {path}/{name} is {dataset.size} bytes which exceeds the maximum shard size {most:.0f} "
                "bytes. You can increase the `max_shard_size` parameter to accommodate the size. "
                f"Received: max_shard_size={most / 1024**3}"
            )
        if dataset.size > left:
            shards.append(NewFile())
            left = most
        left -= dataset.size
        group = shards[-1].group(path[1:])
        group.attributes.update(whole.group(path[1:]).attributes)
        group.members[name] = dataset
        places.setdefault(path, set()).add(len(shards) - 1)
    return shards, places


def _write(file: NewFile, filepath: str) -> None:
    with replacing(filepath) as path, open(path, "wb") as stream:
        file.write(stream)


def load_shards(model: Any, filepath: Any, skip_mismatch: bool = False, skipped: Iterable[Any] = ()) -> None:
    """Set a model's weights to those in several files.

    Args:
        model: a built model.
        filepath: of the index; ends in `.weights.json`.
        skip_mismatch: load what fits and warn of the rest.
        skipped: objects to leave alone.

    Raises:
        ValueError: if a file is damaged or missing, or the weights are not those of the model.
    """
    index = _index_path(filepath, "Loading")
    with open(index, encoding="utf-8") as stream, naming(index), ExitStack() as opened:
        reader = _Shards(_weight_map(json.load(stream)), os.path.dirname(index), opened)
        load_state(model, reader, index, skip_mismatch, skipped=skipped)


class _Shards(Reader):
    """The variables in several files."""

    def __init__(self, weight_map: dict[str, list[str]], folder: str, opened: ExitStack) -> None:
        self._map = weight_map
        self._folder = folder
        self._opened = opened
        self._files: dict[str, File] = {}

    def has(self, path: str) -> bool:
        return any(known == f"/{path}" or known.startswith(f"/{path}/") for known in self._map)

    def at(self, path: str) -> Stored:
        place = f"{path}/vars" if path else "vars"
        return Stored(*(get_group(self._shard(name), place) for name in self._map.get(f"/{place}", ())))

    def _shard(self, name: str) -> File:
        if name not in self._files:
            path = os.path.join(self._folder, name)
            if not os.path.isfile(path):
                raise ValueError(f"The file '{name}', which the index names, is missing")
            stream = open(path, "rb")  # noqa: SIM115 closed with all others
            self._files[name] = File(self._opened.enter_context(stream))
        return self._files[name]
