"""Layers, and functions of the same names in lower case, that make one tensor of several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keraburn import ops
from keraburn.layers import arguments
from keraburn.layers import call as calls
from keraburn.layers.layer import Layer


def _is_shapes(input_shape: Any) -> bool:
    return bool(input_shape) and all(isinstance(shape, (list, tuple)) for shape in input_shape)


class _Merge(Layer):
    """An element-wise operation of several tensors that broadcast to one shape.

    Inputs of lower rank get axes of size 1 after the first. Where all inputs carry masks, a masked element takes no
    part, and the output's mask is true where any input's is.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        if not _is_shapes(input_shape):
            raise ValueError(
                "A merge layer should be called on a list of inputs. "
                f"Received: input_shape={input_shape} (not a list of shapes)"
            )
        batches = {shape[0] for shape in input_shape if shape} - {None}
        if len(batches) > 1:
            raise ValueError(
                "Cannot merge tensors with different batch sizes. "
                f"Received tensors with shapes {[tuple(shape) for shape in input_shape]}"
            )
        self.compute_output_shape(input_shape)

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(
                f"A merge layer should be called on a list of inputs. Received: inputs={inputs} (not a list of tensors)"
            )
        rank = max(len(x.shape) for x in inputs)
        return self._merge([_with_rank(x, rank) for x in inputs])

    def _merge(self, inputs: Sequence[Any]) -> Any:
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        rows: tuple[Any, ...] = tuple(input_shape[0][1:])
        for shape in input_shape[1:]:
            rows = _broadcast(rows, tuple(shape[1:]))
        batches = {shape[0] for shape in input_shape} - {None}
        return (batches.pop() if len(batches) == 1 else None, *rows)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return None
        _check_masks(inputs, mask)
        if any(each is None for each in mask):
            return None
        merged = mask[0]
        for each in mask[1:]:
            merged = ops.logical_or(merged, each)
        return merged


def _with_rank(x: Any, rank: int) -> Any:
    mask = calls.get_mask(x)
    for _ in range(rank - len(x.shape)):
        x = ops.expand_dims(x, 1)
    if mask is not None and calls.get_mask(x) is None:
        x._keras_mask = mask
    return x


def _broadcast(first: tuple[Any, ...], second: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(first) < len(second):
        first, second = second, first
    sizes = list(first[: len(first) - len(second)])
    for a, b in zip(first[len(sizes) :], second, strict=True):
        if a is None or b is None:
            sizes.append(None)
        elif a != b and 1 not in (a, b):
            raise ValueError(f"Inputs have incompatible shapes. Received shapes {first} and {second}")
        else:
            sizes.append(b if a == 1 else a)
    return tuple(sizes)


def _check_masks(inputs: Any, mask: Any) -> None:
    for name, value in (("mask", mask), ("inputs", inputs)):
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"`{name}` should be a list. Received: {name}={value}")
    if len(mask) != len(inputs):
        raise ValueError(
            "The lists `inputs` and `mask` should have the same length. "
            f"Received: inputs={inputs} of length {len(inputs)}, and mask={mask} of length {len(mask)}"
        )


def _expanded_mask(x: Any) -> Any:
    mask = calls.get_mask(x)
    return None if mask is None else ops.broadcast_to(ops.expand_dims(mask, -1), tuple(x.shape))


def _fold(operation: Callable[[Any, Any], Any], inputs: Sequence[Any], identity: float | None) -> Any:
    """The operation over all inputs; masked elements count as `identity`, or not at all where there is none."""
    merged, merged_mask = inputs[0], _expanded_mask(inputs[0])
    if merged_mask is not None and identity is not None:
        merged = ops.where(merged_mask, merged, ops.cast(identity, merged.dtype))
    for x in inputs[1:]:
        mask = _expanded_mask(x)
        if mask is not None:
            x = ops.where(mask, x, merged if identity is None else ops.cast(identity, x.dtype))
        if merged_mask is not None and identity is None:
            merged = ops.where(merged_mask, merged, x)
        merged_mask = ops.logical_or(merged_mask, mask) if mask is not None and merged_mask is not None else None
        merged = operation(merged, x)
    if merged_mask is not None and identity is not None:
        # What is masked in every input is zero.
        merged = ops.where(merged_mask, merged, ops.cast(0, merged.dtype))
    return merged


class Add(_Merge):
    """The sum of the inputs, element by element.

    Args:
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Add()([np.ones((1, 2)), np.ones((1, 2))]).numpy()
    array([[2., 2.]], dtype=float32)
    """

    def _merge(self, inputs: Sequence[Any]) -> Any:
        merged = inputs[0]
        for x in inputs[1:]:
            merged = ops.add(merged, x)
        return merged


class Subtract(_Merge):
    """The first input minus the second.

    Args:
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Subtract()([np.array([[1.0, 2.0]]), np.array([[3.0, 0.0]])]).numpy()
    array([[-2.,  2.]], dtype=float32)
    """

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        if len(input_shape) != 2:
            raise ValueError(
                f"A `Subtract` layer should be called on exactly 2 inputs. Received: input_shape={input_shape}"
            )

    def _merge(self, inputs: Sequence[Any]) -> Any:
        if len(inputs) != 2:
            raise ValueError(f"A `Subtract` layer should be called on exactly 2 inputs. Received: inputs={inputs}")
        return ops.subtract(inputs[0], inputs[1])


class Multiply(_Merge):
    """The product of the inputs, element by element; masked elements count as one.

    Args:
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Multiply()([np.array([[1.0, 2.0]]), np.array([[3.0, 0.0]])]).numpy()
    array([[3., 0.]], dtype=float32)
    """

    def _merge(self, inputs: Sequence[Any]) -> Any:
        return _fold(ops.multiply, inputs, 1.0)


class Average(_Merge):
    """The mean of the inputs, element by element.

    Args:
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Average()([np.array([[1.0, 2.0]]), np.array([[3.0, 0.0]])]).numpy()
    array([[2., 1.]], dtype=float32)
    """

    def _merge(self, inputs: Sequence[Any]) -> Any:
        merged = inputs[0]
        for x in inputs[1:]:
            merged = ops.add(merged, x)
        return ops.divide(merged, len(inputs))


class Maximum(_Merge):
    """The largest of the inputs, element by element.

    Args:
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Maximum()([np.array([[1.0, 2.0]]), np.array([[3.0, 0.0]])]).numpy()
    array([[3., 2.]], dtype=float32)
    """

    def _merge(self, inputs: Sequence[Any]) -> Any:
        return _fold(ops.maximum, inputs, None)


class Minimum(_Merge):
    """The smallest of the inputs, element by element.

    Args:
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Minimum()([np.array([[1.0, 2.0]]), np.array([[3.0, 0.0]])]).numpy()
    array([[1., 0.]], dtype=float32)
    """

    def _merge(self, inputs: Sequence[Any]) -> Any:
        return _fold(ops.minimum, inputs, None)


class Concatenate(_Merge):
    """The inputs one after the other along an axis.

    Args:
        axis: the axis; all others must have equal sizes.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Raises:
        ValueError: if the shapes do not fit.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Concatenate()([np.array([[1.0, 2.0]]), np.array([[3.0, 0.0]])]).numpy()
    array([[1., 2., 3., 0.]], dtype=float32)
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = arguments.integer(self, "axis", axis)

    def build(self, input_shape: Any) -> None:
        if not _is_shapes(input_shape):
            raise ValueError(
                "A `Concatenate` layer should be called on a list of at least 1 input. "
                f"Received: input_shape={input_shape}"
            )
        ranks = {len(shape) for shape in input_shape}
        rank = max(ranks)
        if not -rank <= self.axis < rank:
            raise ValueError(
                f"Axis {self.axis} of layer '{self.name}' does not exist. Received: axis={self.axis}, "
                f"input_shape={input_shape}"
            )
        others = [axis for axis in range(rank) if axis != self.axis % rank]
        if len(ranks) > 1 or any(len({shape[axis] for shape in input_shape} - {None}) > 1 for axis in others):
            raise ValueError(
                "A `Concatenate` layer requires inputs with matching shapes except for the concatenation axis. "
                f"Received: input_shape={[tuple(shape) for shape in input_shape]}"
            )

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(f"A `Concatenate` layer should be called on a list of inputs. Received: inputs={inputs}")
        return ops.concatenate(inputs, axis=self.axis)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        if not _is_shapes(input_shape):
            raise ValueError(
                f"A `Concatenate` layer should be called on a list of inputs. Received: input_shape={input_shape}"
            )
        sizes = [shape[self.axis] for shape in input_shape]
        merged = list(input_shape[0])
        merged[self.axis] = None if None in sizes else sum(sizes)
        return tuple(merged)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return None
        _check_masks(inputs, mask)
        if all(each is None for each in mask):
            return None
        masks = []
        for x, each in zip(inputs, mask, strict=True):
            if each is None:
                each = ops.ones_like(x, dtype="bool")
            elif len(each.shape) < len(x.shape):
                each = ops.logical_or(ops.expand_dims(each, -1), ops.zeros_like(x, dtype="bool"))
            masks.append(each)
        return ops.any(ops.concatenate(masks, axis=self.axis), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


class Dot(_Merge):
    """Products of two inputs, row by row, summed over an axis of each.

    Args:
        axes: the axis, or the two axes, to sum over; not the first.
        normalize: whether to divide by the norms along the axes, which gives the cosine of the angle.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, ...)` twice; outputs `(batch, ...)` with the rest of the axes of the first, then of the
    second; `(batch, 1)` where none is left.

    Raises:
        TypeError: if `axes` is no integer and no list.
        ValueError: if the axes are not two integers, or their sizes differ.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Dot(axes=1)([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])]).numpy()
    array([[11.]], dtype=float32)
    """

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, int):
            if not isinstance(axes, (list, tuple)):
                raise TypeError(
                    f"Invalid type for argument `axes`: it should be a list or an int. Received: axes={axes}"
                )
            if len(axes) != 2:
                raise ValueError(
                    f"Invalid format for argument `axes`: it should contain two elements. Received: axes={axes}"
                )
            if not all(isinstance(axis, int) for axis in axes):
                raise ValueError(
                    f"Invalid format for argument `axes`: list elements should be integers. Received: axes={axes}"
                )
        self.axes = axes
        self.normalize = normalize

    def _axes_of(self, ranks: Sequence[int]) -> tuple[int, int]:
        pair = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        first, second = (axis % rank for axis, rank in zip(pair, ranks, strict=True))
        if 0 in (first, second):
            raise ValueError(f"A `Dot` layer cannot sum over axis 0, the batch. Received: axes={self.axes}")
        return first, second

    def build(self, input_shape: Any) -> None:
        if not _is_shapes(input_shape) or len(input_shape) != 2:
            raise ValueError(
                f"A `Dot` layer should be called on a list of 2 inputs. Received: input_shape={input_shape}"
            )
        shape1, shape2 = input_shape
        first, second = self._axes_of([len(shape1), len(shape2)])
        if shape1[first] != shape2[second]:
            raise ValueError(
                f"Incompatible input shapes: axis values {shape1[first]} (at axis {first}) != {shape2[second]} "
                f"(at axis {second}). Full input shapes: {tuple(shape1)}, {tuple(shape2)}"
            )

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)) or len(inputs) != 2:
            raise ValueError(f"A `Dot` layer should be called on exactly 2 inputs. Received: inputs={inputs}")
        x1, x2 = inputs
        first, second = self._axes_of([len(x1.shape), len(x2.shape)])
        if self.normalize:
            x1 = ops.normalize(x1, axis=first)
            x2 = ops.normalize(x2, axis=second)
        rest1 = [axis for axis in range(1, len(x1.shape)) if axis != first]
        rest2 = [axis for axis in range(1, len(x2.shape)) if axis != second]
        shape = [x1.shape[0], *(x1.shape[axis] for axis in rest1), *(x2.shape[axis] for axis in rest2)]
        left = ops.reshape(ops.transpose(x1, (0, *rest1, first)), (x1.shape[0], -1, x1.shape[first]))
        right = ops.reshape(ops.transpose(x2, (0, second, *rest2)), (x2.shape[0], x2.shape[second], -1))
        return ops.reshape(ops.matmul(left, right), shape if len(shape) > 1 else (shape[0], 1))

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        if not _is_shapes(input_shape) or len(input_shape) != 2:
            raise ValueError(
                f"A `Dot` layer should be called on a list of 2 inputs. Received: input_shape={input_shape}"
            )
        first, second = self._axes_of([len(shape) for shape in input_shape])
        rest = [size for axis, size in enumerate(input_shape[0]) if axis not in (0, first)]
        rest += [size for axis, size in enumerate(input_shape[1]) if axis not in (0, second)]
        return (input_shape[0][0], *(rest or [1]))

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}


def add(inputs: Any, **kwargs: Any) -> Any:
    """`Add(**kwargs)(inputs)`."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """`Subtract(**kwargs)(inputs)`."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """`Multiply(**kwargs)(inputs)`."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """`Average(**kwargs)(inputs)`."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """`Maximum(**kwargs)(inputs)`."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """`Minimum(**kwargs)(inputs)`."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """`Concatenate(axis, **kwargs)(inputs)`."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: Any, axes: Any = -1, **kwargs: Any) -> Any:
    """`Dot(axes, **kwargs)(inputs)`."""
    return Dot(axes=axes, **kwargs)(inputs)
