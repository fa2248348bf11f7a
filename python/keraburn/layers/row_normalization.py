"""Layers that scale each row by statistics of its own: GroupNormalization, RMSNormalization, UnitNormalization."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers import arguments
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.layers.normalization import ScaleAndCenter, check_axes, widened
from keraburn.variable import Variable


class GroupNormalization(ScaleAndCenter):
    """`gamma * (x - mean) / sqrt(variance + epsilon) + beta`, with the statistics of groups of channels of each row.

    Args:
        groups: number of groups; -1 for one channel each, which is instance normalization.
        axis: the axis of the channels.
        epsilon: keeps the division finite.
        center: whether there is a `beta`.
        scale: whether there is a `gamma`.
        beta_initializer: initializer of `beta`.
        gamma_initializer: initializer of `gamma`.
        beta_regularizer: regularizer of `beta`.
        gamma_regularizer: regularizer of `gamma`.
        beta_constraint: constraint of `beta`.
        gamma_constraint: constraint of `gamma`.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: outputs as inputs, `(batch, ..., channels)`.

    Raises:
        ValueError: if the number of groups is not positive, or does not divide that of the channels.

    Wu and He, 2018: https://arxiv.org/abs/1803.08494

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.GroupNormalization(groups=2)(np.array([[1.0, 3.0, 10.0, 30.0]])).numpy().round(2)
    array([[-1.,  1., -1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(groups, int) or isinstance(groups, bool) or (groups <= 0 and groups != -1):
            raise ValueError(
                "Received an invalid value for argument `groups`, expected a positive integer (or `-1` for instance "
                f"normalization). Received: groups={groups}"
            )
        super().__init__(
            epsilon,
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **kwargs,
        )
        self.groups = groups
        self.axis = arguments.integer(self, "axis", axis)

    def build(self, input_shape: Any) -> None:
        check_axes(self, [self.axis], input_shape)
        size = input_shape[self.axis]
        if self.groups == -1:
            self.groups = size
        if size < self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) cannot be more than the number of channels ({size}). "
                f"Received: groups={self.groups}, input_shape={tuple(input_shape)}"
            )
        if size % self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) must be a divisor of the number of channels ({size}). "
                f"Received: groups={self.groups}, input_shape={tuple(input_shape)}"
            )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: size})
        self._add_scale_and_center((size,))

    def call(self, inputs: Any) -> Any:
        shape = tuple(inputs.shape)
        axis = self.axis % len(shape)
        split = (self.groups, shape[axis] // self.groups)
        x = ops.reshape(widened(inputs), (*shape[:axis], *split, *shape[axis + 1 :]))
        mean, variance = ops.moments(x, axes=[i for i in range(1, len(shape) + 1) if i != axis], keepdims=True)
        spread = (*([1] * axis), *split, *([1] * (len(shape) - axis - 1)))
        factor = ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            factor = factor * ops.reshape(self.gamma, spread)
        outputs = (x - mean) * factor
        if self.beta is not None:
            outputs = outputs + ops.reshape(self.beta, spread)
        return ops.cast(ops.reshape(outputs, shape), self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axes(self, [self.axis], input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "groups": self.groups, "axis": self.axis}


class RMSNormalization(Layer):
    """`scale * x / sqrt(mean(x**2) + epsilon)`, with the mean of each row's own axes.

    Args:
        axis: the axis or axes over which the mean is taken.
        epsilon: keeps the division finite.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: outputs as inputs, any.

    Zhang and Sennrich, 2019: https://arxiv.org/abs/1910.07467

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.RMSNormalization()(np.array([[3.0, 3.0, -3.0]])).numpy().round(3)
    array([[ 1.,  1., -1.]], dtype=float32)
    """

    scale: Variable

    def __init__(self, axis: Any = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        arguments.integers(self, "axis", axis)
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.epsilon = arguments.number(self, "epsilon", epsilon)

    def build(self, input_shape: Any) -> None:
        axes = [self.axis] if isinstance(self.axis, int) else sorted(self.axis)
        check_axes(self, axes, input_shape)
        self.axis = axes
        self.scale = self.add_weight(name="scale", shape=[input_shape[axis] for axis in axes], initializer="ones")

    def call(self, x: Any) -> Any:
        return ops.rms_normalization(x, scale=self.scale, axis=self.axis, epsilon=self.epsilon)

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axes(self, [self.axis] if isinstance(self.axis, int) else self.axis, input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}


class UnitNormalization(Layer):
    """`x / norm(x)` along axes, so that each row has length one.

    Args:
        axis: the axis or axes of a row.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: outputs as inputs, any.

    Raises:
        TypeError: if `axis` is neither an integer nor a list of them.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.UnitNormalization()(np.array([[3.0, 4.0]])).numpy()
    array([[0.6, 0.8]], dtype=float32)
    """

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(
                f"Invalid value for `axis` argument: expected an int or a list/tuple of ints. Received: axis={axis}"
            )
        arguments.integers(self, "axis", axis)
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        return ops.normalize(inputs, axis=self.axis, order=2, epsilon=1e-12)

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axes(self, [self.axis] if isinstance(self.axis, int) else self.axis, input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
