"""Layers that move elements without changing them: Flatten, Reshape, Permute, RepeatVector."""

from __future__ import annotations

import math
from typing import Any

from keraburn import config as settings
from keraburn import ops
from keraburn.layers import arguments
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.tensor import KerasTensor


class Flatten(Layer):
    """All axes but the first as one.

    Args:
        data_format: `"channels_last"` or `"channels_first"`, in which case the channels are moved to the end before;
            `config.image_data_format()` if None.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, ...)`, outputs `(batch, product)`; `(batch, 1)` for inputs `(batch,)`.

    Example:

    >>> import keraburn as keras
    >>> keras.layers.Flatten()(keras.Input(shape=(10, 64))).shape
    (None, 640)
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = settings.standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        shape = tuple(inputs.shape)
        if self.data_format == "channels_first" and len(shape) > 1:
            inputs = ops.transpose(inputs, axes=(0, *range(2, len(shape)), 1))
        return ops.reshape(inputs, (shape[0], math.prod(shape[1:])))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


class Reshape(Layer):
    """Each row in another shape.

    Args:
        target_shape: shape of one row of the outputs, without the batch size; one entry may be -1.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, ...)`, outputs `(batch, *target_shape)`.

    Raises:
        ValueError: if the shape has several -1 or other negative entries, or the sizes do not fit.

    Example:

    >>> import keraburn as keras
    >>> keras.layers.Reshape((-1, 2, 2))(keras.Input(shape=(12,))).shape
    (None, 3, 2, 2)
    """

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        target_shape = arguments.integers(self, "target_shape", target_shape)
        if target_shape.count(-1) > 1:
            raise ValueError(
                "There must be at most one unknown dimension (-1) in target_shape. "
                f"Received: target_shape={target_shape}."
            )
        if any(size < -1 for size in target_shape):
            raise ValueError(
                "Every dimension of target_shape must be a non-negative integer or -1. "
                f"Received: target_shape={target_shape}."
            )
        self.target_shape = target_shape
        self.built = True

    def call(self, inputs: Any) -> Any:
        shape = tuple(inputs.shape)
        return ops.reshape(inputs, (shape[0], *self._resolve(shape[1:])))

    def _resolve(self, row: tuple[int, ...]) -> tuple[int, ...]:
        size, target = math.prod(row), self.target_shape
        known = math.prod(wanted for wanted in target if wanted != -1)
        fits = known != 0 and size % known == 0 if -1 in target else size == known
        if not fits:
            raise ValueError(
                f"The total size of the tensor must be unchanged, but rows of {size} elements do not fill the target "
                f"shape of layer '{self.name}'. Received: input_shape={row}, target_shape={target}"
            )
        return tuple(size // known if wanted == -1 else wanted for wanted in target)

    def compute_output_spec(self, inputs: Any) -> Any:
        return KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        row = tuple(input_shape[1:])
        if None in row:
            return (input_shape[0], *(None if size == -1 else size for size in self.target_shape))
        return (input_shape[0], *self._resolve(row))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}


class Permute(Layer):
    """The axes of each row in another order.

    Args:
        dims: for each axis of the outputs after the first, the inputs' axis it is; counted from 1.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, ...)`, outputs the same axes in the new order.

    Raises:
        ValueError: if `dims` is no permutation of `1, 2, ...`.

    Example:

    >>> import keraburn as keras
    >>> keras.layers.Permute((2, 1))(keras.Input(shape=(10, 64))).shape
    (None, 64, 10)
    """

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = arguments.integers(self, "dims", dims)
        if not self.dims or sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                "Invalid permutation argument `dims` for Permute Layer. The set of indices in `dims` must be "
                f"consecutive and start from 1. Received dims={dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        return ops.transpose(inputs, axes=(0, *self.dims))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dims": self.dims}


class RepeatVector(Layer):
    """Each row `n` times, along a new axis.

    Args:
        n: how many times.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, features)`, outputs `(batch, n, features)`.

    Raises:
        TypeError: if `n` is not an integer.
        ValueError: if `n` is not positive.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.RepeatVector(2)(np.array([[1.0, 2.0]])).numpy()
    array([[[1., 2.],
            [1., 2.]]], dtype=float32)
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(n, int) or isinstance(n, bool):
            raise TypeError(f"Expected an integer value for `n`, got {type(n)}. Received: n={n}")
        if n <= 0:
            raise ValueError(f"Argument `n` should be a positive integer. Received: n={n}")
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        return ops.repeat(ops.expand_dims(inputs, 1), self.n, axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n}
