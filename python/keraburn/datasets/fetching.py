"""Files of data sets: where they are, and how they are read without running anything in them."""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np

from keraburn.utils.download import get_file

SERVER = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

# What arrays in pickles are made of; everything else is refused.
_ALLOWED = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "scalar"),
    # How Python 2 wrote bytes.
    ("_codecs", "encode"),
}


class ArrayUnpickler(pickle.Unpickler):
    """Reads pickles of arrays, lists, dicts, numbers and strings.

    Raises:
        UnpicklingError: where a pickle names anything else.
    """

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(
                f"A file of a data set holds arrays and nothing else. Received: {module}.{name}"
            )
        return super().find_class(module, name)


def fetch(path: str, source: str, **arguments: Any) -> str:
    """The path of a file of the server, in the cache.

    Raises:
        OSError: if it is not in the cache and cannot be fetched.
    """
    return get_file(path, origin=source if "://" in source else SERVER + source, **arguments)


def _array(content: bytes) -> np.ndarray:
    """An array of a `.npy` file, of objects too."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    if not dtype.hasobject:
        return np.load(io.BytesIO(content), allow_pickle=False)
    array = ArrayUnpickler(file).load()
    if not isinstance(array, np.ndarray) or array.shape != shape:
        raise ValueError(f"A file of a data set is damaged. Received: an array that is not of shape {shape}")
    return array


def load_npz(path: str) -> dict[str, np.ndarray]:
    """The arrays of a `.npz` file, by name."""
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return {name.removesuffix(".npy"): _array(archive.read(name)) for name in archive.namelist()}


def shuffled(seed: int, *arrays: np.ndarray) -> list[np.ndarray]:
    """The rows of all arrays in one random order, that of Keras."""
    order = np.arange(len(arrays[0]))
    np.random.RandomState(seed).shuffle(order)
    return [array[order] for array in arrays]
