"""Axes taken apart, put into another order and joined, as a pattern says."""

from __future__ import annotations

import math
import re
from typing import Any

from keraburn.ops.apply import operation
from keraburn.ops.convert import convert
from keraburn.ops.shaping import permuted, reshaped
from keraburn.tensor import Tensor

_PARTS = r"\(([^()]*)\)|(\w+)|(\S)"


def _groups(side: str, pattern: str) -> list[list[str]]:
    """The names of one side of a pattern, those of one axis together."""
    groups: list[list[str]] = []
    for inside, name, other in re.findall(_PARTS, side):
        if other:
            raise ValueError(
                f"A pattern is made of names, and of names in brackets. Found '{other}'. Received: pattern={pattern!r}"
            )
        groups.append([name] if name else inside.split())
    return groups


def _sizes(groups: list[list[str]], shape: tuple[int, ...], lengths: dict[str, int], what: str) -> dict[str, int]:
    """The size of every name on the left."""
    if len(groups) != len(shape):
        raise ValueError(f"The pattern has {len(groups)} axes, the tensor {len(shape)}. Received: {what}")
    sizes: dict[str, int] = {}
    for group, size in zip(groups, shape, strict=True):
        open_names = [name for name in group if name not in lengths]
        known = math.prod(lengths[name] for name in group if name in lengths)
        if len(open_names) > 1:
            raise ValueError(f"Give the sizes of all but one of {group} by name. Received: {what}")
        rest, left = divmod(size, known) if known else (0, size)
        if left or (not open_names and rest != 1):
            raise ValueError(f"An axis of {size} elements cannot be taken apart into {group}. Received: {what}")
        for name in group:
            if name in sizes:
                raise ValueError(f"The name '{name}' stands for two axes. Received: {what}")
            sizes[name] = lengths.get(name, rest)
    return sizes


@operation
def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Tensor:
    """A tensor with axes taken apart, reordered and joined.

    Args:
        tensor: a tensor.
        pattern: names of the axes before and after an arrow; names in brackets are parts of one axis.
        **axes_lengths: sizes of parts; one part of each axis may be left out.

    Raises:
        TypeError: if the pattern is no string.
        ValueError: if the pattern does not fit the tensor, or the two sides name other axes.

    Source: Rogozhnikov, 2022, "Einops: clear and reliable tensor manipulations with Einstein-like notation".

    Example:

    >>> import keraburn as keras
    >>> images = keras.ops.zeros((2, 4, 6, 3))
    >>> keras.ops.rearrange(images, "b (h r) (w s) c -> b h w (r s c)", r=2, s=2).shape
    (2, 2, 3, 12)
    """
    x = convert(tensor)
    if not isinstance(pattern, str):
        raise TypeError(f"Argument `pattern` must be a string. Received: pattern={pattern!r}")
    what = f"pattern={pattern!r}, tensor of shape {x.shape}, axes_lengths={axes_lengths}"
    sides = pattern.split("->")
    if len(sides) != 2:
        raise ValueError(f"A pattern has one arrow '->'. Received: {what}")
    before, after = (_groups(side, pattern) for side in sides)
    sizes = _sizes(before, x.shape, axes_lengths, what)
    names = [name for group in before for name in group]
    wanted = [name for group in after for name in group]
    if sorted(names) != sorted(wanted):
        raise ValueError(f"Both sides of the arrow must hold the same names. Received: {what}")
    if not set(axes_lengths) <= set(names):
        raise ValueError(f"A size was given for a name that is not in the pattern. Received: {what}")
    apart = reshaped(x, [sizes[name] for name in names])
    ordered = permuted(apart, [names.index(name) for name in wanted])
    return reshaped(ordered, [math.prod(sizes[name] for name in group) for group in after])
