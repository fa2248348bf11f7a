"""From what a user passes as data to a feed of batches for a model."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from keraburn import tree
from keraburn.tensor import KerasTensor
from keraburn.training.data import (
    Arrays,
    class_weight_to_sample_weight,
    spread_sample_weight,
    to_structure,
    unpack_x_y_sample_weight,
)
from keraburn.training.feed import ArrayFeed, BatchFeed, is_batches


def _symbols(model: Any, name: str) -> list[KerasTensor] | None:
    """The model's symbolic inputs or outputs, None where it has none (yet)."""
    found = tree.flatten(getattr(model, name, None))
    return found if found and all(isinstance(symbol, KerasTensor) for symbol in found) else None


def _input_dtypes(model: Any, x: Any) -> Sequence[str] | None:
    """The element types that the model's inputs have, in the flattening order of `x`; None where not known."""
    symbols = _symbols(model, "inputs")
    if symbols is None or len(tree.flatten(x)) != len(symbols):
        return None
    if isinstance(x, dict):
        named = {symbol.name: symbol.dtype for symbol in symbols}
        return [named[key] for key in sorted(x)] if set(x) == set(named) else None
    return None if any(symbol.dtype == "string" for symbol in symbols) else [symbol.dtype for symbol in symbols]


def make_arrays(model: Any, x: Any, y: Any = None, sample_weight: Any = None) -> Arrays:
    """The data as checked arrays, in the structures that the model takes.

    Raises:
        ValueError: if something is no array of numbers, lengths differ, or weights do not fit.
    """
    if x is None:
        raise ValueError("`x`, the input data, is missing. Received: x=None")
    inputs, outputs = _symbols(model, "inputs"), _symbols(model, "outputs")
    x = to_structure(x, "x", len(inputs) if inputs else None)
    if y is not None:
        y = to_structure(y, "y", len(outputs) if outputs else None)
    if sample_weight is not None:
        sample_weight = to_structure(sample_weight, "sample_weight", len(outputs) if outputs else None)
        sample_weight = spread_sample_weight(sample_weight, y)
    return Arrays(x, y, sample_weight, _input_dtypes(model, x))


def weigh_classes(arrays: Arrays, class_weight: Any) -> Arrays:
    """The same data with the weights of the samples' classes.

    Raises:
        ValueError: if there are sample weights already, or `class_weight` does not fit the targets.
    """
    if class_weight is None:
        return arrays
    x, y, sample_weight = arrays.structure
    if sample_weight is not None:
        raise ValueError(
            "Arguments `sample_weight` and `class_weight` cannot be specified at the same time. "
            f"Received: class_weight={class_weight} and a sample_weight"
        )
    return Arrays(x, y, class_weight_to_sample_weight(y, class_weight), arrays.dtypes[: len(tree.flatten(x))])


def refuse_with_batches(kind: str, **given: Any) -> None:
    """Refuse arguments that batches carry themselves.

    Raises:
        ValueError: if one is not None.
    """
    for name, value in given.items():
        if value is not None:
            raise ValueError(
                f"When providing `x` as a {kind}, `{name}` should not be passed: it belongs into the batches. "
                f"Received: {name} of type {type(value).__name__}"
            )


def make_feed(
    model: Any,
    make_step: Callable[[Any], Any],
    data: Any,
    batch_size: int | None = None,
    steps: int | None = None,
    class_weight: Any = None,
    seeds: Callable[[], int] | None = None,
) -> ArrayFeed | BatchFeed:
    """The feed of some data, its steps compiled and thereby checked.

    Args:
        model: the model that takes the data.
        make_step: the compiled step for batches like some specs.
        data: `Arrays`, or something that gives batches.
        batch_size: rows of a whole batch; 32, or what `steps` needs, when None.
        steps: steps of an epoch; all when None.
        class_weight: weights of classes for the batches of a generator.
        seeds: a seed for each shuffled pass; None keeps the order.
    """
    if not isinstance(data, Arrays):
        refuse_with_batches(type(data).__name__, batch_size=batch_size)

        def prepare(batch: Any) -> Arrays:
            return weigh_classes(make_arrays(model, *unpack_x_y_sample_weight(batch)), class_weight)

        return BatchFeed(data, prepare, make_step, steps)
    if batch_size is None:
        batch_size = math.ceil(data.rows / steps) if steps else 32
    return ArrayFeed(data, batch_size, make_step, seeds, steps)


def read_data(model: Any, x: Any, y: Any, sample_weight: Any) -> Any:
    """`Arrays` of the data, or `x` itself if it gives batches."""
    if is_batches(x):
        refuse_with_batches(type(x).__name__, y=y, sample_weight=sample_weight)
        return x
    return make_arrays(model, x, y, sample_weight)
