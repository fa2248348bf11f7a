"""From what a user passes as data to a feed of batches for a model."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from keraburn import config, tree
from keraburn.data.packing import unpack_x_y_sample_weight
from keraburn.tensor import KerasTensor
from keraburn.training import arguments
from keraburn.training.batch_feed import BatchFeed
from keraburn.training.batches import Batches, Gathered, Indexed, as_batches, check_with_batches, is_batches
from keraburn.training.data import (
    Arrays,
    class_weight_to_sample_weight,
    spread_sample_weight,
    to_structure,
)
from keraburn.training.feed import ArrayFeed


def _symbols(model: Any, name: str) -> list[KerasTensor] | None:
    """The model's symbolic inputs or outputs, None where it has none (yet)."""
    found = tree.flatten(getattr(model, name, None))
    return found if found and all(isinstance(symbol, KerasTensor) for symbol in found) else None


def _structure(model: Any, name: str) -> Any:
    """The structure of a functional model's "input" or "output", None where it is not known (yet)."""
    symbols = _symbols(model, f"{name}s")
    if symbols is None:
        return None
    found = getattr(model, f"_{name}s_struct", None)
    return symbols if found is None else found


def _input_dtypes(model: Any, x: Any) -> Sequence[str] | None:
    """The element types that the model's inputs have, in the flattening order of `x`; None where not known."""
    symbols = _symbols(model, "inputs")
    if symbols is None or len(tree.flatten(x)) != len(symbols):
        return None
    if isinstance(x, dict):
        named = {symbol.name: symbol.dtype for symbol in symbols}
        return [named[key] for key in sorted(x)] if set(x) == set(named) else None
    return None if any(symbol.dtype == "string" for symbol in symbols) else [symbol.dtype for symbol in symbols]


def make_arrays(model: Any, x: Any, y: Any = None, sample_weight: Any = None, whole: bool = False) -> Arrays:
    """The data as checked arrays, in the structures that the model takes.

    Args:
        model: the model that takes the data.
        x: inputs.
        y: targets.
        sample_weight: weights of the samples.
        whole: whether this is data of many batches, rather than a batch.

    Raises:
        ValueError: if something is no array of numbers, lengths differ, or weights do not fit.
    """
    if x is None:
        raise ValueError("`x`, the input data, is missing. Received: x=None")
    x = model._on_host(x, whole)
    inputs, outputs = _structure(model, "input"), _structure(model, "output")
    x = to_structure(x, "x", inputs)
    if y is not None:
        y = to_structure(y, "y", outputs)
    if sample_weight is not None:
        sample_weight = to_structure(sample_weight, "sample_weight", outputs)
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


def make_feed(
    model: Any,
    make_step: Callable[[Any], Any],
    data: Arrays | Batches,
    batch_size: int | None = None,
    steps: int | None = None,
    class_weight: Any = None,
    seeds: Callable[[], int] | None = None,
    within: bool = False,
    ready: bool = True,
) -> ArrayFeed | BatchFeed:
    """The feed of some data, its steps compiled and thereby checked.

    Args:
        model: the model that takes the data.
        make_step: the compiled step for batches like some specs.
        data: arrays, or something that gives batches.
        batch_size: rows of a whole batch of arrays; 32, or what `steps` needs, when None.
        steps: steps of an epoch; all when None.
        class_weight: weights of classes for batches.
        seeds: a seed for each shuffled pass; None keeps the order.
        within: whether shuffling keeps every row in its batch.
        ready: whether the first of the batches that come one by one is read at once.
    """
    steps = arguments.limited("steps_per_epoch", steps, config.max_steps_per_epoch())
    if isinstance(data, Batches):

        def prepare(batch: Any) -> Arrays:
            return weigh_classes(make_arrays(model, *unpack_x_y_sample_weight(batch)), class_weight)

        return BatchFeed(data, prepare, make_step, seeds if isinstance(data, Indexed) else None, steps, ready)
    if batch_size is None:
        batch_size = math.ceil(data.rows / steps) if steps else 32
    if data.is_dense and not model.run_eagerly:
        return ArrayFeed(data, batch_size, make_step, seeds, steps, within)
    return BatchFeed(Gathered(data, batch_size, within), lambda batch: batch, make_step, seeds, steps)


def read_data(
    model: Any, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, shuffle: Any = False
) -> Arrays | Batches:
    """The data as arrays, or what gives its batches.

    Raises:
        ValueError: if something is no array of numbers, lengths differ, weights do not fit, or targets and weights came
            beside batches that should hold them.
    """
    if is_batches(x):
        batches = as_batches(x)
        check_with_batches(batches, y, sample_weight, class_weight, shuffle)
        return batches
    return make_arrays(model, x, y, sample_weight, whole=True)
