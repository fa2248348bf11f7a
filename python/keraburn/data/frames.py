"""Tables and columns of pandas and polars as numpy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np


def is_frame(value: Any) -> bool:
    """Whether `value` is a frame or series, of pandas or polars."""
    return hasattr(value, "to_numpy") and (hasattr(value, "iloc") or hasattr(value, "to_arrow"))


def to_numpy(value: Any, name: str) -> np.ndarray:
    """A frame as a table of numbers; a pandas series as a table of one column, a polars one as a vector, as Keras does.

    Args:
        value: a frame or series.
        name: of the argument, for errors.

    Raises:
        ValueError: if a column holds no numbers.
    """
    is_pandas = hasattr(value, "iloc")
    if not hasattr(value, "columns"):
        array = _column(value, name, getattr(value, "name", None))
        return array[:, None] if is_pandas and array.ndim == 1 else array
    array = value.to_numpy()
    if array.dtype.kind in "biuf":
        return array
    columns = [value[column] for column in value.columns]
    table = np.empty((len(value), len(columns)), np.float64)
    for i, column in enumerate(columns):
        table[:, i] = _column(column, name, value.columns[i])
    return table


def _column(column: Any, name: str, label: Any) -> np.ndarray:
    array = column.to_numpy()
    if array.dtype.kind in "biuf":
        return array
    if array.dtype.kind == "O" and getattr(column.dtype, "kind", "O") in "biuf":
        # A nullable pandas column: what is missing is NaN.
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    try:
        if array.dtype.kind != "O":
            raise ValueError
        # Numbers and None, or numbers in a column of objects.
        return _objects(array)
    except (TypeError, ValueError):
        raise ValueError(
            f"`{name}` should hold numbers: floats, integers or booleans. Convert text and categories to numbers "
            f"first. Received: {name} with column {label!r} of dtype {column.dtype}"
        ) from None


def _objects(array: np.ndarray) -> np.ndarray:
    if any(isinstance(item, (str, bytes)) for item in array):
        raise TypeError
    return array.astype(np.float64)
