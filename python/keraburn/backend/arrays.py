"""Tensors and variables, their shapes and values, by the names of `tf.keras.backend`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from keraburn import config, constraints, ops, random, trace
from keraburn.tensor import Tensor, TracedTensor
from keraburn.variable import Variable


def variable(value: Any, dtype: str | None = None, name: str | None = None, constraint: Any = None) -> Variable:
    """A variable that holds a value."""
    made = Variable(value, dtype=dtype or config.floatx(), name=name)
    made.constraint = constraints.get(constraint)
    return made


def constant(value: Any, dtype: str | None = None, shape: Any = None, name: str | None = None) -> Any:
    """A tensor of a value, which may be one number for a whole shape."""
    tensor = ops.convert_to_tensor(value, dtype=dtype or config.floatx())
    return tensor if shape is None else ops.broadcast_to(tensor, tuple(shape))


def zeros(shape: Any, dtype: str | None = None, name: str | None = None) -> Variable:
    """A variable of zeros."""
    return variable(np.zeros(shape, "float32"), dtype, name)


def ones(shape: Any, dtype: str | None = None, name: str | None = None) -> Variable:
    """A variable of ones."""
    return variable(np.ones(shape, "float32"), dtype, name)


def eye(size: int, dtype: str | None = None, name: str | None = None) -> Variable:
    """A variable that holds an identity matrix."""
    return variable(np.eye(size), dtype, name)


def zeros_like(x: Any, dtype: str | None = None, name: str | None = None) -> Any:
    return ops.zeros_like(x, dtype=dtype)


def ones_like(x: Any, dtype: str | None = None, name: str | None = None) -> Any:
    return ops.ones_like(x, dtype=dtype)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: str = "int32") -> Any:
    """`start, start + step, ...` below `stop`; `0, 1, ...` below `start` without it."""
    return ops.arange(0 if stop is None else start, start if stop is None else stop, step, dtype=dtype)


def get_value(x: Any) -> Any:
    """The values as a numpy array."""
    return ops.convert_to_numpy(x)


eval = get_value


def set_value(x: Variable, value: Any) -> None:
    """Set a variable."""
    x.assign(np.asarray(value))


def batch_get_value(tensors: Iterable[Any]) -> list[Any]:
    """The values of several tensors."""
    return [get_value(each) for each in tensors]


def batch_set_value(tuples: Iterable[tuple[Variable, Any]]) -> None:
    """Set several variables, given as pairs of one and its value."""
    for each, value in tuples:
        set_value(each, value)


def update(x: Variable, new_x: Any) -> Any:
    return x.assign(new_x)


def update_add(x: Variable, increment: Any) -> Any:
    return x.assign(ops.add(x, increment))


def update_sub(x: Variable, decrement: Any) -> Any:
    return x.assign(ops.subtract(x, decrement))


def moving_average_update(x: Variable, value: Any, momentum: Any) -> Any:
    """`x = momentum * x + (1 - momentum) * value`."""
    return x.assign(ops.add(ops.multiply(x, momentum), ops.multiply(value, 1.0 - momentum)))


def gradients(loss: Any, variables: Any) -> list[Any]:
    """The gradients of a loss, inside of compiled functions and steps.

    Raises:
        RuntimeError: if operations run at once: only a tape knows them then.
    """
    several = list(variables) if isinstance(variables, (list, tuple)) else [variables]
    if not isinstance(loss, TracedTensor):
        raise RuntimeError(
            "`backend.gradients` works inside of compiled functions and steps alone; use `GradientTape` elsewhere. "
            f"Received: loss={loss!r}"
        )
    return trace.gradients(loss, [each.value if isinstance(each, Variable) else each for each in several])


def cast(x: Any, dtype: str) -> Any:
    return ops.cast(x, dtype)


def cast_to_floatx(x: Any) -> Any:
    """A tensor, or numpy array where that is given, of the default float type."""
    return ops.cast(x, config.floatx()) if isinstance(x, (Tensor, Variable)) else np.asarray(x, dtype=config.floatx())


def dtype(x: Any) -> str:
    return ops.dtype(x)


def shape(x: Any) -> Any:
    """The shape as a tensor; as a tuple where a dimension is not known."""
    sizes = ops.shape(x)
    return sizes if None in sizes else ops.convert_to_tensor(np.array(sizes, "int32"))


def int_shape(x: Any) -> tuple[Any, ...]:
    """The shape as a tuple."""
    return tuple(ops.shape(x))


def ndim(x: Any) -> int:
    return ops.ndim(x)


def count_params(x: Any) -> int:
    """How many elements there are."""
    return int(np.prod(x.shape))


def is_sparse(tensor: Any) -> bool:
    """Never: tensors are dense."""
    return False


def to_dense(tensor: Any) -> Any:
    return tensor


def concatenate(tensors: Any, axis: int = -1) -> Any:
    return ops.concatenate(tensors, axis=axis)


def stack(x: Any, axis: int = 0) -> Any:
    return ops.stack(x, axis=axis)


def expand_dims(x: Any, axis: int = -1) -> Any:
    return ops.expand_dims(x, axis)


def squeeze(x: Any, axis: Any) -> Any:
    return ops.squeeze(x, axis)


def reshape(x: Any, shape: Any) -> Any:
    return ops.reshape(x, tuple(int(size) for size in shape))


def permute_dimensions(x: Any, pattern: Any) -> Any:
    return ops.transpose(x, axes=tuple(pattern))


def transpose(x: Any) -> Any:
    return ops.transpose(x)


def flatten(x: Any) -> Any:
    """All elements in one row."""
    return ops.reshape(x, (-1,))


def batch_flatten(x: Any) -> Any:
    """The elements of each sample in a row."""
    return ops.reshape(x, (-1, int(np.prod(ops.shape(x)[1:]))))


def repeat(x: Any, n: int) -> Any:
    """Shape `(batch, size)` to `(batch, n, size)`."""
    if ops.ndim(x) != 2:
        raise ValueError(f"`backend.repeat` takes two dimensions. Received: x.shape={ops.shape(x)}")
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def repeat_elements(x: Any, rep: int, axis: int) -> Any:
    return ops.repeat(x, rep, axis=axis)


def reverse(x: Any, axes: Any) -> Any:
    return ops.flip(x, axes)


def gather(reference: Any, indices: Any) -> Any:
    """The rows at indices."""
    return ops.take(reference, indices, axis=0)


def temporal_padding(x: Any, padding: Any = (1, 1)) -> Any:
    """Zeros before and after the middle axis."""
    return ops.pad(x, ((0, 0), tuple(padding), (0, 0)))


def spatial_2d_padding(x: Any, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None) -> Any:
    """Zeros around images."""
    around = [tuple(each) for each in padding]
    last = (data_format or config.image_data_format()) == "channels_last"
    return ops.pad(x, [(0, 0), *around, (0, 0)] if last else [(0, 0), (0, 0), *around])


def spatial_3d_padding(x: Any, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None) -> Any:
    """Zeros around volumes."""
    return spatial_2d_padding(x, padding, data_format)


def resize_volumes(x: Any, depth_factor: int, height_factor: int, width_factor: int, data_format: str) -> Any:
    """Volumes whose elements are repeated along each axis."""
    first = 1 if data_format == "channels_last" else 2
    for axis, factor in enumerate((depth_factor, height_factor, width_factor)):
        x = ops.repeat(x, factor, axis=first + axis)
    return x


def map_fn(fn: Callable[[Any], Any], elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """`fn` of every slice along the first axis, the results stacked."""
    return ops.map(fn, elems)


def foldl(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """`fn(... fn(fn(a, b), c) ...)` along the first axis."""
    return _folded(fn, ops.unstack(ops.convert_to_tensor(elems)), initializer)


def foldr(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """The same from the last to the first."""
    return _folded(fn, ops.unstack(ops.convert_to_tensor(elems))[::-1], initializer)


def _folded(fn: Callable[[Any, Any], Any], parts: list[Any], initializer: Any) -> Any:
    total = parts.pop(0) if initializer is None else initializer
    for part in parts:
        total = fn(total, part)
    return total


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One of two values or results of functions; element by element for conditions of several."""
    chosen = ops.convert_to_tensor(condition, dtype="bool")
    if chosen.ndim == 0:
        return ops.cond(
            chosen, *(each if callable(each) else lambda each=each: each for each in (then_expression, else_expression))
        )
    first, second = (each() if callable(each) else each for each in (then_expression, else_expression))
    missing = ops.ndim(first) - chosen.ndim
    return ops.where(ops.reshape(chosen, (*chosen.shape, *[1] * missing)), first, second)


def random_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: Any = None
) -> Any:
    return random.normal(shape, mean, stddev, dtype, seed)


def random_uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: str | None = None, seed: Any = None
) -> Any:
    return random.uniform(shape, minval, maxval, dtype, seed)


def random_bernoulli(shape: Any, p: float = 0.0, dtype: str | None = None, seed: Any = None) -> Any:
    """Ones with probability `p`, else zeros."""
    return ops.cast(random.uniform(shape, seed=seed) <= p, dtype or config.floatx())


def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: Any = None
) -> Any:
    return random.truncated_normal(shape, mean, stddev, dtype, seed)


def random_normal_variable(
    shape: Any, mean: float, scale: float, dtype: str | None = None, name: str | None = None, seed: Any = None
) -> Variable:
    """A variable of normally distributed numbers."""
    return variable(random.normal(shape, mean, scale, dtype, seed), dtype, name)


def random_uniform_variable(
    shape: Any, low: float, high: float, dtype: str | None = None, name: str | None = None, seed: Any = None
) -> Variable:
    """A variable of uniformly distributed numbers."""
    return variable(random.uniform(shape, low, high, dtype, seed), dtype, name)


ARRAYS: dict[str, Any] = {
    name: item
    for name, item in list(globals().items())
    if not name.startswith("_") and callable(item) and getattr(item, "__module__", "") == __name__
}
ARRAYS["stop_gradient"] = ops.stop_gradient
