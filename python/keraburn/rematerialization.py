"""Marks for what other frameworks compute twice to keep less.

A step here is one graph, whose values share memory as soon as they are used up; what is marked is computed once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

_MODES = ("full", "activations", "larger_than", "list_of_layers")


class RematScope:
    """Accepts Keras's wishes for what to compute again in the backward pass; values are the same with and without.

    Args:
        mode: `"full"`, `"activations"`, `"larger_than"`, `"list_of_layers"` or None.
        output_size_threshold: for `"larger_than"`.
        layer_names: for `"list_of_layers"`.

    Raises:
        ValueError: if there is no such mode.

    Example:

    >>> import keraburn as keras
    >>> with keras.RematScope(mode="full"):
    ...     layer = keras.layers.Dense(2)
    """

    def __init__(
        self, mode: str | None = "full", output_size_threshold: int = 1024, layer_names: Sequence[str] | None = None
    ) -> None:
        if mode is not None and mode not in _MODES:
            raise ValueError(
                f"Invalid mode '{mode}'. Supported modes are: {', '.join(map(repr, _MODES))}, or None. "
                f"Received: mode={mode!r}"
            )
        self.mode = mode
        self.output_size_threshold = output_size_threshold
        self.layer_names = list(layer_names or [])

    def __enter__(self) -> RematScope:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def remat(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function with the values and gradients of `f`.

    Args:
        f: a function of tensors.

    Example:

    >>> import keraburn as keras
    >>> float(keras.remat(keras.ops.square)(3.0))
    9.0
    """

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return f(*args, **kwargs)

    return wrapped
