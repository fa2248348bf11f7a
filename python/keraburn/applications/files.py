"""The files of weights trained on ImageNet, and how they come into the cache."""

from __future__ import annotations

from dataclasses import dataclass

from keraburn.utils import get_file

SERVER = "https://storage.googleapis.com/tensorflow/keras-applications/"


@dataclass(frozen=True)
class File:
    """A file on the server.

    Args:
        url: where it is.
        file_hash: md5 or sha256 of its bytes; None if it is not known.
        name: its name in the cache; that on the server if None.
    """

    url: str
    file_hash: str | None = None
    name: str | None = None


# With the layers that classify, and without.
Files = tuple[File, File]


def tf_kernels(folder: str, network: str, with_top: str, without: str) -> Files:
    """The two files of a network that is named as most are.

    Args:
        folder: where they are on the server.
        network: how their names begin.
        with_top: hash of the first.
        without: hash of the second.
    """
    begin = f"{SERVER}{folder}/{network}_weights_tf_dim_ordering_tf_kernels"
    return File(f"{begin}.h5", with_top), File(f"{begin}_notop.h5", without)


def fetch(file: File, needed: str = "Pass `weights=None`, or the path of a file of weights") -> str:
    """The path of a file in the cache.

    Args:
        file: which one.
        needed: what a user can do who has no network.

    Raises:
        OSError: if it is not there and cannot be fetched.
    """
    name = file.name or file.url.rpartition("/")[2]
    try:
        return get_file(name, origin=file.url, cache_subdir="models", file_hash=file.file_hash)
    except OSError as error:
        raise OSError(
            f"'{name}' is not in the cache ($KERAS_HOME/models, or ~/.keras/models) and could not be fetched: {error}. "
            f"{needed}, or put the file there."
        ) from error
