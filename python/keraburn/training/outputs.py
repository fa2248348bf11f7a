"""Matching what a user says about a model's outputs (losses, metrics, targets, weights) to the outputs themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keraburn import tree


def count(y_pred: Any) -> int:
    """How many tensors a structure of outputs holds."""
    return len(tree.flatten(y_pred))


def names(y_pred: Any, output_names: Sequence[str] | None) -> list[str | None]:
    """A name for each output in flattening order: the keys of a flat dict, else the model's own names."""
    total = count(y_pred)
    if isinstance(y_pred, dict) and len(y_pred) == total:
        return sorted(y_pred)
    if output_names and len(output_names) == total:
        return list(output_names)
    return [None] * total


def paths(y_pred: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The keys and positions that lead to each output, in flattening order."""
    if isinstance(y_pred, dict):
        return [path for key in sorted(y_pred) for path in paths(y_pred[key], (*before, key))]
    if isinstance(y_pred, (list, tuple)):
        return [path for i, item in enumerate(y_pred) for path in paths(item, (*before, i))]
    return [before]


def label(path: tuple[Any, ...], name: str) -> str:
    """What the logs call an output inside of nested ones: the way to it, with its name in place of a last position."""
    return "/".join(map(str, (*path[:-1], name) if isinstance(path[-1], int) else path))


def spread(value: Any, y_pred: Any, known: Sequence[str | None], argument: str) -> list[Any]:
    """What `value` says for each output, in flattening order; None for outputs that it does not name.

    Args:
        value: a structure like `y_pred`, where a flat one may also be a list by position or a dict by name; anything
            may stand at its leaves.
        y_pred: the outputs.
        known: a name or None for each output.
        argument: the name of what is spread, for errors.

    Raises:
        ValueError: if the structures do not fit.
    """
    if not tree.is_nested(y_pred):
        return [value]
    flat = len(y_pred) == count(y_pred)
    if isinstance(value, dict):
        keys = known if flat and None not in known else sorted(y_pred) if isinstance(y_pred, dict) else []
        unknown = sorted(str(key) for key in value if key not in keys)
        if unknown or not keys:
            raise ValueError(
                f"The keys of `{argument}` should name outputs of the model. Expected: {list(keys)}. "
                f"Received: {argument} with keys {list(value)}"
            )
        if flat:
            return [value.get(key) for key in keys]
        parts = [(value.get(key), y_pred[key]) for key in keys]
    elif isinstance(value, (list, tuple)) and len(value) == len(y_pred):
        if flat:
            return list(value)
        items = [y_pred[key] for key in sorted(y_pred)] if isinstance(y_pred, dict) else y_pred
        parts = list(zip(value, items, strict=True))
    else:
        length = f"of {len(value)} entries" if hasattr(value, "__len__") else ""
        raise ValueError(
            f"`{argument}` should have an entry for each of the {len(y_pred)} outputs of the model, whose structure is "
            f"{tree.map_structure(lambda _: '*', y_pred)}. Received: {argument} {length} of type {type(value).__name__}"
        )
    result: list[Any] = []
    for part, inner in parts:
        if part is None:
            result += [None] * count(inner)
        else:
            result += spread(part, inner, [None] * count(inner), argument)
    return result
