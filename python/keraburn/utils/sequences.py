"""Sequences of different lengths as one array."""

from __future__ import annotations

from typing import Any

import numpy as np


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Sequences made equally long, as one array.

    Args:
        sequences: lists or arrays; their items may be arrays of one shape.
        maxlen: length of all, that of the longest if None.
        dtype: dtype of the result.
        padding: where `value` is put into short ones, `"pre"` or `"post"`.
        truncating: where long ones are cut, `"pre"` or `"post"`.
        value: what is put there.

    Returns:
        An array of shape `(len(sequences), maxlen, ...)`.

    Raises:
        ValueError: if something is no sequence, items have different shapes, or a word is not known.

    Example:

    >>> import keraburn as keras
    >>> keras.utils.pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
    array([[0, 1],
           [2, 3],
           [5, 6]], dtype=int32)
    """
    if not hasattr(sequences, "__len__"):
        raise ValueError(f"`sequences` must be iterable. Received: sequences={sequences}")
    for kind, where in (("Truncating", truncating), ("Padding", padding)):
        if where not in ("pre", "post"):
            raise ValueError(f'{kind} type "{where}" not understood. Expected "pre" or "post". Received: {where!r}')
    for sequence in sequences:
        if not hasattr(sequence, "__len__"):
            raise ValueError(f"`sequences` must be a list of iterables. Found non-iterable: {sequence}")
    if maxlen is not None and (not isinstance(maxlen, (int, np.integer)) or maxlen < 0):
        raise ValueError(f"`maxlen` must be a non-negative integer. Received: maxlen={maxlen!r}")
    if maxlen is None:
        maxlen = max(map(len, sequences), default=0)
    is_text = np.issubdtype(dtype, np.str_) or np.issubdtype(dtype, np.bytes_)
    if isinstance(value, str) and dtype is not object and not is_text:
        raise ValueError(
            f"`dtype` {dtype} is not compatible with `value`'s type: {type(value)}\n"
            "You should set `dtype=object` for variable length strings."
        )
    item_shape = next((np.asarray(sequence).shape[1:] for sequence in sequences if len(sequence)), ())
    padded = np.full((len(sequences), maxlen, *item_shape), value, dtype=dtype)
    if maxlen == 0:
        return padded
    for position, sequence in enumerate(sequences):
        if not len(sequence):
            continue
        try:
            kept = np.asarray(sequence[-maxlen:] if truncating == "pre" else sequence[:maxlen], dtype=dtype)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"The sequence at position {position} does not hold values of dtype {dtype}: {error}. "
                f"Received: {sequence!r:.100}"
            ) from None
        if kept.shape[1:] != item_shape:
            raise ValueError(
                f"Shape of sample {kept.shape[1:]} of sequence at position {position} is different from expected "
                f"shape {item_shape}"
            )
        if padding == "post":
            padded[position, : len(kept)] = kept
        else:
            padded[position, -len(kept) :] = kept
    return padded
