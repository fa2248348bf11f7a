"""The one branch: concrete tensors run at once, traced tensors add a node, symbols of a model describe it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from keraburn import _core, config, half, trace, tree
from keraburn.dtypes import HALVES
from keraburn.recorder import record
from keraburn.tensor import KerasTensor, Tensor, TracedTensor
from keraburn.trace import Trace

F = TypeVar("F", bound=Callable[..., Any])

_active = trace._active


def emit(name: str, *inputs: Tensor, **attributes: Any) -> Tensor:
    """The Rust operation `name` of `inputs`.

    Args:
        name: name of an operation of the core.
        inputs: tensors of the dtypes that the operation takes; nothing is converted here.
        attributes: numbers, strings, lists of integers.

    Raises:
        ValueError: if shapes, dtypes or attributes do not fit.
    """
    recorders = _active.recorders
    if recorders:
        return record(recorders, _run, name, inputs, attributes)
    return _run(name, inputs, attributes)


def _run(name: str, inputs: Sequence[Tensor], attributes: dict[str, Any]) -> Tensor:
    for tensor in inputs:
        if tensor.half is not None:
            return half.run(_plain, name, inputs, attributes)
    if attributes and attributes.get("dtype") in HALVES:
        return half.run(_plain, name, inputs, attributes)
    return _plain(name, inputs, attributes)


def _plain(name: str, inputs: Sequence[Tensor], attributes: dict[str, Any]) -> Tensor:
    outer = None
    for tensor in inputs:
        if type(tensor) is TracedTensor:
            outer = tensor.trace
            if outer is trace.current():
                break
    if outer is not None:
        # What a loop's body computes from values around it alone is computed there, once.
        return outer.op(name, inputs, attributes)
    if attributes and "shape" in attributes:
        config.spend(attributes["shape"])
    return Tensor(_core.run(name, [tensor.handle for tensor in inputs], attributes))


def has_symbols(structure: Any) -> bool:
    """Whether a KerasTensor is among the leaves."""
    if isinstance(structure, (list, tuple)):
        return any(has_symbols(item) for item in structure)
    if isinstance(structure, dict):
        return any(has_symbols(item) for item in structure.values())
    return type(structure) is KerasTensor


# Two sizes that stand for an unknown dimension: what differs between the two outputs is unknown there too.
# Both have many divisors, as reshapes that group an unknown dimension need.
_PROBES = (840, 1680)


def describe(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """The outputs of `function` as KerasTensors, where `args` and `kwargs` may hold KerasTensors.

    The function is traced with two different sizes for every unknown dimension, and nothing is run.
    """
    return as_symbols(*(_probe(function, args, kwargs, size) for size in _PROBES))


def as_symbols(*results: Any) -> Any:
    """The KerasTensors that describe two results, for different sizes of what is unknown."""

    def symbol(first: Any, second: Any) -> Any:
        if not isinstance(first, Tensor):
            return first
        shape = tuple(a if a == b else None for a, b in zip(first.shape, second.shape, strict=True))
        return KerasTensor(shape, first.dtype)

    return tree.map_structure(symbol, *results)


def _probe(function: Callable[..., Any], args: Any, kwargs: Any, size: int) -> Any:
    with Trace() as tracing:
        tracing.probe = size

        def stand_in(leaf: Any) -> Any:
            if type(leaf) is not KerasTensor:
                return leaf
            return tracing.input(tuple(size if d is None else d for d in leaf.shape), leaf.dtype)

        args, kwargs = tree.map_structure(stand_in, (tuple(args), dict(kwargs)))
        return function(*args, **kwargs)


# What a public operation does with symbols; the functional model sets it, being built on top of the operations.
symbolic_call: Callable[..., Any] = describe


def operation(function: F) -> F:
    """Make a public function of tensors usable on the symbols of a model being described."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        for value in args:
            kind = type(value)
            if kind is KerasTensor or (kind in (list, tuple, dict) and has_symbols(value)):
                return symbolic_call(function, args, kwargs)
        if kwargs and has_symbols(kwargs):
            return symbolic_call(function, args, kwargs)
        return function(*args, **kwargs)

    return wrapper  # type: ignore[return-value]
