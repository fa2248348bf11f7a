"""Where symbols of models come from."""

from __future__ import annotations

from typing import Any


def get_source_inputs(tensor: Any) -> list[Any]:
    """The inputs of a model that a symbol depends on, each once.

    Args:
        tensor: a KerasTensor.

    Example:

    >>> import keraburn as keras
    >>> a, b = keras.Input((2,)), keras.Input((2,))
    >>> [x is y for x, y in zip(keras.utils.get_source_inputs(a + b), [a, b])]
    [True, True]
    """
    if getattr(tensor, "history", None) is None:
        return [tensor]
    found: dict[int, Any] = {}
    seen: set[int] = set()
    waiting = [tensor]
    while waiting:
        symbol = waiting.pop()
        node = None if symbol.history is None else symbol.history.node
        if node is None or node.is_input:
            found.setdefault(id(symbol), symbol)
        elif id(node) not in seen:
            seen.add(id(node))
            waiting.extend(reversed(node.input_tensors))
    return list(found.values())
