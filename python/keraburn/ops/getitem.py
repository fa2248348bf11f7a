"""`tensor[...]`, with everything that numpy allows there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keraburn import dtypes
from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import cast_to, concrete, constant, convert, scalar
from keraburn.ops.indexing import wrapped
from keraburn.ops.shaping import broadcasted, permuted, reshaped
from keraburn.tensor import Tensor


@operation
def get_item(x: Any, key: Any) -> Tensor:
    """`x[key]`.

    Args:
        x: a tensor.
        key: integers, slices of any step, None, an ellipsis, integer arrays or tensors, boolean arrays or concrete
            boolean tensors, or a tuple of them, as for a numpy array.

    Raises:
        IndexError: if there are more indices than axes, or an integer is out of range.
    """
    x = convert(x)
    items = _expanded(key, x)
    advanced = [i for i, item in enumerate(items) if isinstance(item, (int, Tensor))]
    starts, sizes, steps, flips, shape = [], [], [], [], []
    arrays: list[tuple[int, Tensor]] = []
    axis = 0
    for item in items:
        if item is None:
            shape.append(1)
            continue
        dim = x.shape[axis]
        if isinstance(item, int):
            if not -dim <= item < dim:
                raise IndexError(f"Index {item} is out of bounds for axis {axis} of a tensor of shape {x.shape}.")
            starts.append(item % dim)
            sizes.append(1)
            steps.append(1)
        elif isinstance(item, slice):
            begin, end, step = item.indices(dim)
            count = len(range(begin, end, step))
            if step < 0:
                flips.append(axis)
                begin, step = begin + (count - 1) * step, -step
            starts.append(begin if count else 0)
            sizes.append(count)
            steps.append(step)
            shape.append(count)
        else:
            arrays.append((len(shape), wrapped(item, dim)))
            starts.append(0)
            sizes.append(dim)
            steps.append(1)
            shape.append(dim)
        axis += 1
    if sizes != list(x.shape) or any(step != 1 for step in steps):
        x = emit("slice", x, start=starts, size=sizes, step=steps)
    if flips:
        x = emit("flip", x, axes=flips)
    x = reshaped(x, shape)
    if not arrays:
        return x
    # As in numpy: the arrays' axes stay where the indices stood if these are neighbours, and come first if not.
    together = advanced[-1] - advanced[0] == len(advanced) - 1
    return _picked(x, arrays, advanced[0] if together else 0)


def _expanded(key: Any, x: Tensor) -> list[Any]:
    """One item for each axis and each None: ints, slices and integer tensors."""
    items: list[Any] = []
    for item in key if isinstance(key, tuple) else (key,):
        if item is None or item is Ellipsis or (isinstance(item, (int, slice)) and not isinstance(item, bool)):
            items.append(_plain(item) if isinstance(item, slice) else item)
        elif isinstance(item, np.integer):
            items.append(int(item))
        else:
            items.extend(_index_arrays(item))
    used = sum(item is not None and item is not Ellipsis for item in items)
    if used > x.ndim:
        raise IndexError(f"Too many indices for a tensor of shape {x.shape}. Received: {used} indices")
    fill = [slice(None)] * (x.ndim - used)
    if any(item is Ellipsis for item in items):
        place = next(i for i, item in enumerate(items) if item is Ellipsis)
        if any(item is Ellipsis for item in items[place + 1 :]):
            raise IndexError("An index can only have a single ellipsis ('...').")
        return [*items[:place], *fill, *items[place + 1 :]]
    return items + fill


def _plain(item: Any) -> Any:
    """A slice whose bounds are integers."""

    def bound(value: Any) -> int | None:
        return None if value is None else int(value)

    return slice(bound(item.start), bound(item.stop), bound(item.step))


def _index_arrays(item: Any) -> list[Any]:
    tensor = convert(item, "int32" if isinstance(item, (list, tuple)) and not len(item) else None)
    if type(tensor) is Tensor and not tensor.shape and dtypes.is_integer(tensor.dtype):
        return [int(tensor.item())]
    if tensor.dtype == "bool":
        mask = concrete(tensor, "indexing with a boolean mask", "mask")
        return [constant(indices.astype(np.int32)) for indices in np.nonzero(mask)]
    if not dtypes.is_integer(tensor.dtype):
        raise IndexError(f"Indices must be integers, slices, None, '...' or masks. Received: dtype {tensor.dtype}")
    return [tensor]


def _picked(x: Tensor, arrays: list[tuple[int, Tensor]], place: int) -> Tensor:
    """`x` indexed by integer tensors in some axes, whose own axes go to `place`."""
    axes = [axis for axis, _ in arrays]
    if len(arrays) == 1:
        picked, first, width = emit("take", x, arrays[0][1], axis=axes[0]), axes[0], arrays[0][1].ndim
        return _moved(picked, first, width, place)
    shape = list(np.broadcast_shapes(*(index.shape for _, index in arrays)))
    x = permuted(x, [*axes, *(i for i in range(x.ndim) if i not in axes)])
    depth = len(axes)
    name = "int32" if math.prod(x.shape[:depth]) < 2**31 else "int64"
    total = None
    for i, (_, index) in enumerate(arrays):
        part = emit("mul", cast_to(index, name), scalar(math.prod(x.shape[i + 1 : depth]), name))
        total = part if total is None else emit("add", total, part)
    assert total is not None
    flat = reshaped(x, [math.prod(x.shape[:depth]), *x.shape[depth:]])
    return _moved(emit("take", flat, broadcasted(total, shape), axis=0), 0, len(shape), place)


def _moved(x: Tensor, first: int, width: int, place: int) -> Tensor:
    """A block of `width` axes moved so that it begins at `place`."""
    block = list(range(first, first + width))
    others = [i for i in range(x.ndim) if i not in block]
    return permuted(x, [*others[:place], *block, *others[place:]])
