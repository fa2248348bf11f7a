"""Nested plain data with arrays in it, in one file that is replaced whole."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from keraburn.saving.atomic import replacing

_DATA = "data"


def _pack(value: Any, arrays: list[np.ndarray]) -> Any:
    """`value` as JSON; arrays go into the list, and their positions into the JSON."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [_pack(item, arrays) for item in value]
    if isinstance(value, dict):
        return {"items": [[_pack(key, arrays), _pack(item, arrays)] for key, item in value.items()]}
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        if array.dtype.name == "bfloat16":
            # Not numpy's own, so that files do not know it; these values are float32's too.
            array = array.astype(np.float32)
        if array.dtype.kind in "biufc":
            arrays.append(array)
            return {"array": len(arrays) - 1}
    raise TypeError(
        "State should be made of numbers, texts, arrays, and lists and dicts of these. "
        f"Received: {value!r} (of type {type(value).__name__})"
    )


def _unpack(value: Any, arrays: dict[int, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_unpack(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[value["array"]]
    return {_unpack(key, arrays): _unpack(item, arrays) for key, item in value["items"]}


def write_state(filepath: str, state: Any, keep: str | None = None) -> None:
    """Write a file, or leave the old one as it is.

    Args:
        filepath: where to.
        state: plain data with arrays in it; tuples are read back as lists.
        keep: where the file that was there before goes.

    Raises:
        TypeError: if there is something else in it.
    """
    arrays: list[np.ndarray] = []
    text = json.dumps(_pack(state, arrays))
    members: dict[str, Any] = {str(index): array for index, array in enumerate(arrays)}
    members[_DATA] = np.frombuffer(text.encode(), np.uint8)
    with replacing(filepath) as path:
        with open(path, "wb") as file:
            np.savez(file, **members)
        if keep is not None and os.path.exists(filepath):
            os.replace(filepath, keep)


def read_state(filepath: str) -> Any:
    """Read what `write_state` wrote.

    Raises:
        ValueError: if the file is damaged.
    """
    with open(filepath, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as found:
                text = found[_DATA].tobytes().decode()
                arrays = {int(name): found[name] for name in found.files if name != _DATA}
            return _unpack(json.loads(text), arrays)
        except Exception as error:
            # Archives break in many ways, each with an exception of its own.
            raise ValueError(f"The file is damaged: {error}. Received: filepath={filepath}") from None
