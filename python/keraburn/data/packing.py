"""A batch as `x`, `(x, y)` or `(x, y, sample_weight)`, and its parts."""

from __future__ import annotations

from typing import Any


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """`(x, y, sample_weight)` of `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`; what is absent is None.

    Args:
        data: the batch that a `train_step` is given.

    Raises:
        ValueError: if `data` is a longer tuple.

    Example:

    >>> import keraburn as keras
    >>> keras.utils.unpack_x_y_sample_weight((1, 2))
    (1, 2, None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`. "
            f"Received: a tuple of {len(data)} values"
        )
    return (*data, None, None)[:3]


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """The inverse of `unpack_x_y_sample_weight`.

    Args:
        x: inputs; alone, they stay as they are, and a list or tuple is put into a tuple.
        y: targets.
        sample_weight: weights of the samples.

    Example:

    >>> import keraburn as keras
    >>> keras.utils.pack_x_y_sample_weight(1, 2)
    (1, 2)
    """
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)
