"""TensorFlow's functions that make, shape and select, with its argument names."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import ops
from keraburn.data.elements import Strings
from keraburn.tf.strings import is_strings, to_strings


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """A tensor of a value; one number may fill a shape."""
    if dtype == "string" or is_strings(value):
        texts = to_strings(value)
        return texts if shape is None else np.broadcast_to(texts, shape).view(Strings)
    tensor = ops.convert_to_tensor(value, dtype=dtype)
    if shape is None:
        return tensor
    return ops.broadcast_to(tensor, tuple(shape)) if tensor.size == 1 else ops.reshape(tensor, tuple(shape))


def convert_to_tensor(value: Any, dtype: Any = None, dtype_hint: Any = None, name: str | None = None) -> Any:
    """`value` as a tensor."""
    return constant(value, dtype)


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """`x` with another dtype."""
    return ops.cast(x, dtype)


def identity(input: Any, name: str | None = None) -> Any:
    """A tensor of the same value."""
    return ops.convert_to_tensor(input)


def stop_gradient(input: Any, name: str | None = None) -> Any:
    """The value, through which no gradient flows."""
    return ops.stop_gradient(input)


def shape(input: Any, out_type: Any = "int32", name: str | None = None) -> Any:
    """The shape of a tensor, as a tensor where it is known."""
    sizes = ops.shape(input)
    return sizes if None in sizes else ops.convert_to_tensor(list(sizes) or [], dtype=out_type)


def rank(input: Any, name: str | None = None) -> int:
    """The number of dimensions."""
    return len(ops.shape(input))


def size(input: Any, out_type: Any = "int32", name: str | None = None) -> Any:
    """The number of elements."""
    return ops.size(input)


def zeros(shape: Any, dtype: Any = "float32", name: str | None = None) -> Any:
    return ops.zeros(shape, dtype=dtype)


def ones(shape: Any, dtype: Any = "float32", name: str | None = None) -> Any:
    return ops.ones(shape, dtype=dtype)


def fill(dims: Any, value: Any, name: str | None = None) -> Any:
    """A tensor of one value."""
    return ops.full(tuple(dims), value)


def zeros_like(input: Any, dtype: Any = None, name: str | None = None) -> Any:
    return ops.zeros_like(input, dtype=dtype)


def ones_like(input: Any, dtype: Any = None, name: str | None = None) -> Any:
    return ops.ones_like(input, dtype=dtype)


def range(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str | None = None) -> Any:
    """`start, start + delta, ...` below `limit`; `0, 1, ...` below `start` without a limit."""
    return ops.arange(0 if limit is None else start, start if limit is None else limit, delta, dtype=dtype)


def linspace(start: Any, stop: Any, num: int, name: str | None = None, axis: int = 0) -> Any:
    return ops.linspace(start, stop, num, axis=axis)


def eye(
    num_rows: int, num_columns: int | None = None, batch_shape: Any = None, dtype: Any = "float32", name: Any = None
) -> Any:
    """The identity matrix, or a batch of it."""
    matrix = ops.eye(num_rows, num_columns, dtype=dtype)
    return matrix if batch_shape is None else ops.broadcast_to(matrix, (*batch_shape, *matrix.shape))


def one_hot(
    indices: Any,
    depth: int,
    on_value: Any = None,
    off_value: Any = None,
    axis: int = -1,
    dtype: Any = None,
    name: str | None = None,
) -> Any:
    """Rows that are `on_value` at the index and `off_value` elsewhere."""
    rows = ops.one_hot(indices, depth, axis=axis, dtype=dtype or "float32")
    if on_value is None and off_value is None:
        return rows
    return ops.where(rows > 0, 1 if on_value is None else on_value, 0 if off_value is None else off_value)


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    if is_strings(tensor):
        return to_strings(tensor).reshape(shape)
    return ops.reshape(tensor, tuple(int(size) for size in shape))


def transpose(a: Any, perm: Any = None, conjugate: bool = False, name: str | None = None) -> Any:
    return ops.transpose(a, axes=perm)


def expand_dims(input: Any, axis: Any, name: str | None = None) -> Any:
    if is_strings(input):
        return np.expand_dims(to_strings(input), axis)
    return ops.expand_dims(input, axis)


def squeeze(input: Any, axis: Any = None, name: str | None = None) -> Any:
    if is_strings(input):
        return np.squeeze(to_strings(input), axis)
    return ops.squeeze(input, axis)


def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Any:
    return ops.broadcast_to(input, tuple(shape))


def concat(values: Any, axis: int, name: str | None = None) -> Any:
    """Tensors one after the other along an axis."""
    return ops.concatenate(values, axis=axis)


def stack(values: Any, axis: int = 0, name: str | None = None) -> Any:
    return ops.stack(values, axis=axis)


def unstack(value: Any, num: int | None = None, axis: int = 0, name: str | None = None) -> Any:
    """The slices along an axis, as a list."""
    return ops.unstack(value, num, axis)


def split(value: Any, num_or_size_splits: Any, axis: int = 0, num: Any = None, name: str | None = None) -> Any:
    """Parts along an axis: so many equal ones, or of the given sizes."""
    if isinstance(num_or_size_splits, int):
        return ops.split(value, num_or_size_splits, axis)
    ends: list[int] = []
    for part in num_or_size_splits[:-1]:
        ends.append(int(part) + (ends[-1] if ends else 0))
    return ops.split(value, ends, axis)


def tile(input: Any, multiples: Any, name: str | None = None) -> Any:
    return ops.tile(input, tuple(multiples))


def repeat(input: Any, repeats: Any, axis: Any = None, name: str | None = None) -> Any:
    return ops.repeat(input, repeats, axis)


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """The elements backwards along axes."""
    return ops.flip(tensor, axis)


def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> Any:
    return ops.roll(input, shift, axis)


def pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0, name: str | None = None) -> Any:
    """More elements before and after along each axis."""
    if mode.lower() == "constant":
        return ops.pad(tensor, paddings, mode="constant", constant_values=constant_values)
    return ops.pad(tensor, paddings, mode=mode.lower())


def gather(params: Any, indices: Any, validate_indices: Any = None, axis: int = 0, batch_dims: int = 0) -> Any:
    """The slices at indices along an axis."""
    if batch_dims:
        raise ValueError(f"`batch_dims` is not supported by `tf.gather`. Received: batch_dims={batch_dims}")
    return ops.take(params, indices, axis=axis)


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """`x` where the condition holds, `y` elsewhere."""
    if x is None or y is None:
        raise ValueError(
            "`tf.where` needs `x` and `y`: the number of places where a condition holds is no shape. "
            f"Received: x={x}, y={y}"
        )
    return ops.where(condition, x, y)


def argmax(input: Any, axis: int = 0, output_type: Any = "int64", name: str | None = None) -> Any:
    """Indices of the largest elements along an axis, the first by default."""
    return ops.cast(ops.argmax(input, axis=axis), output_type)


def argmin(input: Any, axis: int = 0, output_type: Any = "int64", name: str | None = None) -> Any:
    """Indices of the smallest elements along an axis, the first by default."""
    return ops.cast(ops.argmin(input, axis=axis), output_type)


def sort(values: Any, axis: int = -1, direction: str = "ASCENDING", name: str | None = None) -> Any:
    ordered = ops.sort(values, axis=axis)
    return ordered if direction == "ASCENDING" else ops.flip(ordered, axis)


def argsort(values: Any, axis: int = -1, direction: str = "ASCENDING", stable: bool = False, name: Any = None) -> Any:
    return ops.argsort(values if direction == "ASCENDING" else ops.negative(values), axis=axis)


ARRAYS = {
    function.__name__: function
    for function in (
        constant,
        convert_to_tensor,
        cast,
        identity,
        stop_gradient,
        shape,
        rank,
        size,
        zeros,
        ones,
        fill,
        zeros_like,
        ones_like,
        range,
        linspace,
        eye,
        one_hot,
        reshape,
        transpose,
        expand_dims,
        squeeze,
        broadcast_to,
        concat,
        stack,
        unstack,
        split,
        tile,
        repeat,
        reverse,
        roll,
        pad,
        gather,
        where,
        argmax,
        argmin,
        sort,
        argsort,
    )
}
