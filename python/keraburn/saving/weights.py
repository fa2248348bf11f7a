"""The weights of a model and the state of its optimizer, in a file of their own."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from keraburn.saving.atomic import replacing
from keraburn.saving.errors import naming
from keraburn.saving.hdf5 import File, NewFile, Reader, Writer
from keraburn.saving.legacy import load_legacy_weights
from keraburn.saving.native import load_native_weights
from keraburn.saving.shards import load_shards, save_shards
from keraburn.saving.state import load_state, save_state
from keraburn.utils.console import may_overwrite


def _check_built(model: Any, doing: str) -> None:
    if not model.built:
        raise ValueError(
            f"You are {doing} a model that has not yet been built. Try building the model first by calling it on some "
            f"data or by using `build()`. Received: model={model}"
        )


def save_weights(
    model: Any, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None, **kwargs: Any
) -> None:
    """Write a model's weights and its optimizer's state; an older file is replaced at once or not at all.

    Args:
        model: a built model.
        filepath: where to; ends in `.weights.h5`, or with `max_shard_size` in `.weights.json`.
        overwrite: whether an older file may be replaced without asking.
        max_shard_size: largest size of a file, in GB; the weights are then spread over several.
        **kwargs: `objects_to_skip`, a list of layers to leave out.

    Raises:
        ValueError: if the path ends otherwise or the model is not built.

    Example:

    >>> import os, tempfile
    >>> import keraburn as keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> path = os.path.join(tempfile.mkdtemp(), "model.weights.h5")
    >>> keras.saving.save_weights(model, path)
    >>> keras.saving.load_weights(model, path)
    """
    path = os.fspath(filepath)
    if max_shard_size is None and not path.endswith(".weights.h5"):
        raise ValueError(f"The filename must end in `.weights.h5`. Received: filepath={path}")
    if max_shard_size is not None and not path.endswith((".weights.h5", ".weights.json")):
        raise ValueError(
            f"The filename must end in `.weights.json` when `max_shard_size` is specified. Received: filepath={path}"
        )
    skipped = _left_out(kwargs)
    if kwargs:
        raise ValueError(f"Invalid keyword arguments: {kwargs}. Received: filepath={path}")
    if os.path.exists(path) and not overwrite and not may_overwrite(path):
        return
    _check_built(model, "saving")
    if max_shard_size is not None:
        save_shards(model, path, max_shard_size, skipped)
        return
    file = NewFile()
    save_state(model, Writer(file), skipped=skipped)
    with replacing(filepath) as temporary, open(temporary, "wb") as stream:
        file.write(stream)


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
    """Set a model's weights to those that `save_weights`, `save_model` or Keras wrote; all of them or none.

    Args:
        model: a built model.
        filepath: a file that ends in `.weights.h5`, `.weights.json`, `.keras` or `.h5`.
        skip_mismatch: load what fits and warn of the rest.
        **kwargs: `objects_to_skip`, a list of layers to leave alone; `by_name`, for `.h5`: whether layers are found by
            their names rather than by their order.

    Raises:
        ValueError: if the file is damaged, or its weights are not those of the model.

    Example:

    >>> import os, tempfile
    >>> import keraburn as keras
    >>> small = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    >>> large = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    >>> path = os.path.join(tempfile.mkdtemp(), "model.weights.h5")
    >>> small.save_weights(path)
    >>> keras.saving.load_weights(large, path, objects_to_skip=[large.layers[1]])
    >>> bool((large.layers[0].kernel.numpy() == small.layers[0].kernel.numpy()).all())
    True
    """
    path = os.fspath(filepath)
    skipped = _left_out(kwargs)
    by_name = kwargs.pop("by_name", None)
    if kwargs:
        raise ValueError(f"Invalid keyword arguments: {kwargs}. Received: filepath={path}")
    if skipped and not path.endswith((".weights.h5", ".weights.json")):
        raise ValueError(f"`objects_to_skip` only supports loading '.weights.h5' files. Received: filepath={path}")
    is_legacy = path.endswith((".h5", ".hdf5")) and not path.endswith(".weights.h5")
    if by_name is not None and not is_legacy:
        raise ValueError(f"`by_name` only supports loading legacy '.h5' or '.hdf5' files. Received: filepath={path}")
    if path.endswith(".keras"):
        _check_built(model, "loading weights into")
        load_native_weights(model, path, skip_mismatch)
    elif path.endswith(".weights.h5"):
        _check_built(model, "loading weights into")
        with open(path, "rb") as file, naming(path):
            load_state(model, Reader(File(file)), path, skip_mismatch, skipped=skipped)
    elif path.endswith(".weights.json"):
        _check_built(model, "loading weights into")
        load_shards(model, path, skip_mismatch, skipped)
    elif is_legacy:
        load_legacy_weights(model, path, skip_mismatch, bool(by_name))
    else:
        raise ValueError(
            f"File format not supported: filepath={path}. Keras 3 only supports V3 `.keras` files, `.weights.h5` "
            "files, or legacy H5 format files (`.h5` extension)."
        )


def _left_out(kwargs: dict[str, Any]) -> Iterable[Any]:
    return kwargs.pop("objects_to_skip", None) or ()
