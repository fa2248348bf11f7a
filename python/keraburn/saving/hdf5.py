"""HDF5 files: read with distrust, and the store of variables that Keras lays out in them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

# What a dataset or a member of an archive may unpack to, when it is packed.
_FREE_BYTES = 1 << 24
_MOST_EXPANSION = 100


def import_h5py() -> Any:
    """The HDF5 library.

    Raises:
        ImportError: if it is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise ImportError(
            "Keras's files hold their weights in HDF5, which needs the h5py package. "
            "You can install it via `pip install h5py`"
        ) from error
    return h5py


def check_expansion(what: str, declared: int, stored: int) -> None:
    """Raise if something declares far more bytes than are stored for it."""
    if declared > _FREE_BYTES and declared > _MOST_EXPANSION * stored:
        raise ValueError(
            f"Not allowed: {what} declares {declared} bytes, but only {stored} are stored for it; it may be made to "
            "use up the memory."
        )


@contextmanager
def reading(file: Any, filepath: Any) -> Iterator[Any]:
    """An HDF5 file that is open for reading; what is wrong with it becomes a ValueError.

    Args:
        file: a path or a file object.
        filepath: the name for errors.
    """
    h5py = import_h5py()
    try:
        opened = h5py.File(file, "r")
    except FileNotFoundError:
        raise
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise ValueError(
            f"The file is no HDF5 file, or it is damaged: {error}. Received: filepath={filepath}"
        ) from None
    with opened:
        yield opened


@contextmanager
def writing(file: Any) -> Iterator[Any]:
    """A new HDF5 file.

    Args:
        file: a path or a file object.
    """
    # Since this version HDF5 keeps checksums of all its structures.
    with import_h5py().File(file, "w", libver=("v108", "v110")) as file:
        yield file


def _check_link(parent: Any, name: str) -> None:
    h5py = import_h5py()
    kind = parent.get(name, getlink=True, getclass=True)
    if kind is not h5py.HardLink:
        raise ValueError(f"Not allowed: H5 file with {getattr(kind, '__name__', kind)} at '{name}'")


def get_group(parent: Any, path: str) -> Any:
    """A group below another, None if there is none.

    Raises:
        ValueError: if the path leads over a link out of the file or to another place, or to no group.
    """
    h5py = import_h5py()
    current = parent
    for name in path.split("/"):
        if name not in current:
            return None
        _check_link(current, name)
        current = current[name]
        if not isinstance(current, h5py.Group):
            raise ValueError(f"Invalid H5 file, expected Group but received {type(current)} at '{path}'")
    return current


def get_array(parent: Any, path: str) -> np.ndarray:
    """The values of a dataset below a group.

    Raises:
        KeyError: if there is none.
        ValueError: if it is a link, lies outside the file, holds no numbers or declares more than it stores.
    """
    h5py = import_h5py()
    folder, _, name = path.rpartition("/")
    group = get_group(parent, folder) if folder else parent
    if group is None or name not in group:
        raise KeyError(path)
    _check_link(group, name)
    dataset = group[name]
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"Invalid H5 file, expected Dataset, received {type(dataset)} at '{path}'")
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"Not allowed: H5 file with a Dataset whose values lie outside it, at '{path}'")
    is_bfloat16 = str(dataset.attrs.get("dtype", "")) == "bfloat16" and dataset.dtype.itemsize == 2
    if dataset.shape is None or not (is_bfloat16 or dataset.dtype.kind in "biuf"):
        raise ValueError(f"Invalid H5 file, expected numbers, received {dataset.dtype} at '{path}'")
    stored = dataset.id.get_storage_size()
    if stored > dataset.file.id.get_filesize():
        raise ValueError(f"Invalid H5 file, the Dataset at '{path}' is larger than the file")
    check_expansion(f"H5 dataset '{path}'", math.prod(dataset.shape) * dataset.dtype.itemsize, stored)
    if is_bfloat16:
        raw = np.asarray(dataset[()])
        return (raw.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    return np.asarray(dataset[()])


class Writer:
    """Where objects put their variables: the group `<path>/vars`, made when it is first needed."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def at(self, path: str, name: str | None) -> _Entries:
        """The entries of the object at `path`.

        Args:
            path: such as `"layers/dense"`; empty for the model itself.
            name: the object's name; kept beside its variables.
        """
        entries = _Entries(self._file, f"{path}/vars" if path else "vars")
        if name is not None:
            entries.group.attrs["name"] = name
        return entries


class _Entries:
    def __init__(self, file: Any, path: str) -> None:
        self._file = file
        self._path = path

    @property
    def group(self) -> Any:
        return self._file.require_group(self._path)

    def __setitem__(self, key: str, value: Any) -> None:
        self.group[key] = np.asarray(value.numpy() if hasattr(value, "numpy") else value)

    def keys(self) -> list[str]:
        return list(self.group)


class Reader:
    """The variables in a file, by the paths of the objects that own them."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def has(self, path: str) -> bool:
        return path in self._file

    def at(self, path: str) -> _Stored:
        """The variables of the object at `path`; empty if the file has none."""
        return _Stored(get_group(self._file, f"{path}/vars" if path else "vars"))


class _Stored:
    """A dict of arrays that are read when they are asked for."""

    def __init__(self, group: Any) -> None:
        self._group = group

    def keys(self) -> list[str]:
        return [] if self._group is None else list(self._group)

    def __len__(self) -> int:
        return len(self.keys())

    def __contains__(self, key: object) -> bool:
        return key in self.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __getitem__(self, key: str) -> np.ndarray:
        if self._group is None:
            raise KeyError(key)
        return get_array(self._group, key)
