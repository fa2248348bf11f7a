"""The variables of objects in an HDF5 file, where Keras puts them: in the group `vars` of each object's path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np

from keraburn.saving.hdf5.reader import Dataset, Group
from keraburn.saving.hdf5.writer import NewGroup


def get_group(parent: Group, path: str) -> Group | None:
    """A group below another, None if there is none.

    Raises:
        ValueError: if the path leads over a link out of the file or to another place, or to no group.
    """
    found = parent.find(path)
    if found is not None and not isinstance(found, Group):
        raise ValueError(f"Invalid H5 file, expected Group but received Dataset at '{path}'")
    return found


def get_array(parent: Group, path: str) -> np.ndarray:
    """The values of a dataset below a group.

    Raises:
        KeyError: if there is none.
        ValueError: if it is a link, lies outside the file, holds no numbers or declares more than it stores.
    """
    found = parent.find(path)
    if found is None:
        raise KeyError(path)
    if not isinstance(found, Dataset):
        raise ValueError(f"Invalid H5 file, expected Dataset, received Group at '{path}'")
    values = found.read()
    if values.dtype.kind in "biuf":
        return values
    if values.dtype.itemsize == 2 and found.attributes.get("dtype") == "bfloat16":
        return (values.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    raise ValueError(f"Invalid H5 file, expected numbers, received {values.dtype} at '{path}'")


class Writer:
    """Where objects put their variables: the group `<path>/vars`.

    Args:
        file: the file to be written.
    """

    def __init__(self, file: NewGroup) -> None:
        self._file = file

    def at(self, path: str, name: str | None) -> Entries:
        """The entries of the object at `path`.

        Args:
            path: such as `"layers/dense"`; empty for the model itself.
            name: the object's name; kept beside its variables.
        """
        return Entries(self._file, f"{path}/vars" if path else "vars", name)


class Entries(MutableMapping[str, Any]):
    """A dict of variables, which become datasets of a group; the group is made for the first of them, or for a name."""

    def __init__(self, file: NewGroup, path: str, name: str | None) -> None:
        self._file = file
        self._path = path
        self._values: dict[str, Any] = {}
        if name is not None:
            file.group(path).attributes["name"] = name

    def __setitem__(self, key: str, value: Any) -> None:
        self._file.put(f"{self._path}/{key}", value)
        self._values[key] = value

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __delitem__(self, key: str) -> None:
        del self._values[key]
        del self._file.group(self._path).members[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Reader:
    """The variables in a file, by the paths of the objects that own them.

    Args:
        file: the file.
    """

    def __init__(self, file: Group) -> None:
        self._file = file

    def has(self, path: str) -> bool:
        return self._file.find(path) is not None

    def at(self, path: str) -> Stored:
        """The variables of the object at `path`; empty if the file has none."""
        return Stored(get_group(self._file, f"{path}/vars" if path else "vars"))


class Stored(Mapping[str, np.ndarray]):
    """A dict of arrays that are read when they are asked for.

    Args:
        *groups: where they are; None for a group that is not there.
    """

    def __init__(self, *groups: Group | None) -> None:
        self._groups = {name: group for group in groups if group is not None for name in group.links}

    def __getitem__(self, key: str) -> np.ndarray:
        return get_array(self._groups[str(key)], str(key))

    def __iter__(self) -> Iterator[str]:
        return iter(self._groups)

    def __len__(self) -> int:
        return len(self._groups)
