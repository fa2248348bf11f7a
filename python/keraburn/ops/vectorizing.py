"""Functions of numbers or small arrays made functions of tensors of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn import tree
from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import broadcast_shapes
from keraburn.ops.convert import convert
from keraburn.ops.joining import stack
from keraburn.ops.shaping import broadcasted, reshaped
from keraburn.tensor import Tensor

_CORE = r"\(([^()]*)\)"


def _core_names(side: str) -> list[list[str]]:
    return [[name.strip() for name in inside.split(",") if name.strip()] for inside in re.findall(_CORE, side)]


def _signature(text: str | None, count: int) -> tuple[list[list[str]], int]:
    """The names of the core dimensions of each argument, and the number of results."""
    if text is None:
        return [[] for _ in range(count)], 0
    if not re.fullmatch(r"\s*(\([^()]*\)\s*,?\s*)+->\s*(\([^()]*\)\s*,?\s*)+", text):
        raise ValueError(f"Not a valid gufunc signature, such as '(m,n),(n)->(m)'. Received: signature={text}")
    before, after = text.split("->")
    inputs = _core_names(before)
    if len(inputs) != count:
        raise ValueError(f"The signature has {len(inputs)} arguments. Received: {count} arguments, signature={text}")
    return inputs, len(_core_names(after))


def _split(x: Tensor, core: list[str], sizes: dict[str, int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The dimensions to loop over and those of the core, whose sizes are checked."""
    if x.ndim < len(core):
        raise ValueError(f"An argument has fewer dimensions than its core {core}. Received: shape {x.shape}")
    cut = x.ndim - len(core)
    for name, size in zip(core, x.shape[cut:], strict=True):
        if sizes.setdefault(name, size) != size:
            raise ValueError(f"Dimension '{name}' of the signature is both {sizes[name]} and {size}.")
    return x.shape[:cut], x.shape[cut:]


def vectorize(pyfunc: Callable[..., Any], *, excluded: Any = None, signature: str | None = None) -> Callable[..., Any]:
    """A function that calls `pyfunc` for every element of its arguments, which broadcast.

    The calls become part of the graph one by one, so this is a convenience, not a gain in speed.

    Args:
        pyfunc: a function of tensors without dimensions, or of the signature's core dimensions.
        excluded: places and names of arguments that are passed on as they are.
        signature: core dimensions of arguments and results, such as `"(m,n),(n)->(m)"`.

    Raises:
        ValueError: if `pyfunc` cannot be called or the signature is no signature.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.vectorize(lambda a, b: a + b)([1, 2, 3], 2).numpy()
    array([3, 4, 5], dtype=int32)
    """
    if not callable(pyfunc):
        raise ValueError(f"Expected argument `pyfunc` to be a callable. Received: pyfunc={pyfunc}")
    left_out = set(excluded or ())

    @functools.wraps(pyfunc)
    @operation
    def vectorized(*args: Any, **kwargs: Any) -> Any:
        places = [i for i in range(len(args)) if i not in left_out]
        names = [name for name in kwargs if name not in left_out]
        tensors = [convert(args[i]) for i in places] + [convert(kwargs[name]) for name in names]
        cores, results = _signature(signature, len(tensors))
        sizes: dict[str, int] = {}
        shapes = [_split(x, core, sizes) for x, core in zip(tensors, cores, strict=True)]
        loop = broadcast_shapes(*(outer for outer, _ in shapes)) if shapes else []
        count = int(np.prod(loop, dtype=np.int64))
        flat = [
            reshaped(broadcasted(x, [*loop, *core]), [count, *core])
            for x, (_, core) in zip(tensors, shapes, strict=True)
        ]

        def at(index: int) -> Any:
            given, named = list(args), dict(kwargs)
            for number, x in enumerate(flat):
                size = list(x.shape[1:])
                cell = emit("slice", x, start=[index] + [0] * len(size), size=[1, *size], step=[1] * x.ndim)
                cell = reshaped(cell, size)
                if number < len(places):
                    given[places[number]] = cell
                else:
                    named[names[number - len(places)]] = cell
            value = pyfunc(*given, **named)
            if results > 1 and (not isinstance(value, (tuple, list)) or len(value) != results):
                raise ValueError(f"The signature has {results} results. Received: {value}")
            return value

        if not count:
            raise ValueError(f"There must be an element to call the function with. Received: arguments of shape {loop}")
        every = [at(index) for index in range(count)]
        return tree.map_structure(lambda *xs: _laid_out(stack(xs), loop), *every)

    return vectorized


def _laid_out(x: Tensor, loop: list[int]) -> Tensor:
    return reshaped(x, [*loop, *x.shape[1:]])
