"""Activation functions with settings or weights of their own: ReLU, LeakyReLU, PReLU, ELU, Softmax."""

from __future__ import annotations

import warnings
from typing import Any

from keraburn import activations, constraints, initializers, ops, regularizers
from keraburn.layers import arguments
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.variable import Variable


class ReLU(Layer):
    """Rectified linear unit: `x` from `threshold` on, at most `max_value`; `negative_slope * (x - threshold)` below.

    Args:
        max_value: largest output, no limit if None.
        negative_slope: slope below the threshold.
        threshold: where the unit starts.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: outputs as inputs, any.

    Raises:
        ValueError: if an argument is negative.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.ReLU(max_value=6)(np.array([-1.0, 2.0, 8.0])).numpy()
    array([0., 2., 6.], dtype=float32)
    """

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if max_value is not None and arguments.number(self, "max_value", max_value) < 0.0:
            raise ValueError(f"max_value of a ReLU layer cannot be a negative value. Received: max_value={max_value}")
        for name, value in (("negative_slope", negative_slope), ("threshold", threshold)):
            if value is None or arguments.number(self, name, value) < 0.0:
                raise ValueError(f"{name} of a ReLU layer cannot be None or a negative value. Received: {name}={value}")
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        return activations.relu(
            inputs, negative_slope=self.negative_slope, max_value=self.max_value, threshold=self.threshold
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }


class LeakyReLU(Layer):
    """Leaky rectified linear unit: `x` where positive, `negative_slope * x` below.

    Args:
        negative_slope: slope below zero.
        **kwargs: arguments of every layer, such as `name` and `dtype`; `alpha` is an old name of `negative_slope`.

    Shapes: outputs as inputs, any.

    Raises:
        ValueError: if the slope is negative.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.LeakyReLU(0.5)(np.array([-10.0, 5.0])).numpy()
    array([-5.,  5.], dtype=float32)
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn("Argument `alpha` is deprecated. Use `negative_slope` instead.", stacklevel=2)
        super().__init__(**kwargs)
        if negative_slope is None or arguments.number(self, "negative_slope", negative_slope) < 0:
            raise ValueError(
                "The negative_slope value of a Leaky ReLU layer cannot be None or negative value. Expected a float. "
                f"Received: negative_slope={negative_slope}"
            )
        self.negative_slope = negative_slope
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "negative_slope": self.negative_slope}


class PReLU(Layer):
    """Rectified linear unit with learned slopes: `x` where positive, `alpha * x` below.

    Args:
        alpha_initializer: initializer of the slopes, of the shape of one row.
        alpha_regularizer: regularizer of the slopes.
        alpha_constraint: constraint of the slopes.
        shared_axes: axes along which all elements share one slope, such as `[1, 2]` for images.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: outputs as inputs, any.

    He et al., 2015: https://arxiv.org/abs/1502.01852

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.PReLU(keras.initializers.Constant(0.5))(np.array([[-1.0, 2.0]])).numpy()
    array([[-0.5,  2. ]], dtype=float32)
    """

    alpha: Variable

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        if shared_axes is not None:
            shared_axes = list(arguments.integers(self, "shared_axes", shared_axes))
        self.shared_axes = shared_axes

    def build(self, input_shape: Any) -> None:
        shared = self.shared_axes or []
        if not all(0 < axis < len(input_shape) for axis in shared):
            raise ValueError(
                f"`shared_axes` of layer '{self.name}' must be between 1 and {len(input_shape) - 1}, the last axis of "
                f"the inputs. Received: shared_axes={shared}, input_shape={tuple(input_shape)}"
            )
        self.alpha = self.add_weight(
            shape=[1 if axis in shared else size for axis, size in enumerate(input_shape)][1:],
            name="alpha",
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        axes = {axis: input_shape[axis] for axis in range(1, len(input_shape)) if axis not in shared} if shared else {}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=axes)

    def call(self, inputs: Any) -> Any:
        below = activations.relu(ops.negative(inputs))
        return ops.subtract(activations.relu(inputs), ops.multiply(self.alpha, below))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "alpha_initializer": initializers.serialize(self.alpha_initializer),
            "alpha_regularizer": regularizers.serialize(self.alpha_regularizer),
            "alpha_constraint": constraints.serialize(self.alpha_constraint),
            "shared_axes": self.shared_axes,
        }


class ELU(Layer):
    """Exponential linear unit: `x` where positive, `alpha * (exp(x) - 1)` below.

    Args:
        alpha: minus the limit for very negative inputs.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: outputs as inputs, any.

    Clevert et al., 2016: https://arxiv.org/abs/1511.07289

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.ELU()(np.array([-1.0, 2.0])).numpy().round(2)
    array([-0.63,  2.  ], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = arguments.number(self, "alpha", alpha)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        return activations.elu(inputs, alpha=self.alpha)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}


class Softmax(Layer):
    """Softmax: `exp(x) / sum(exp(x))` along an axis.

    Args:
        axis: axis, or list of axes, along which the outputs sum to one.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `inputs`; `mask`, broadcastable to the inputs, false where the output shall be zero.

    Shapes: outputs as inputs, any.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Softmax()(np.array([[0.0, 0.0]])).numpy()
    array([[0.5, 0.5]], dtype=float32)
    """

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not arguments.integers(self, "axis", axis):
            raise ValueError(f"A Softmax layer needs at least one axis. Received: axis={axis!r}")
        self.axis = axis
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is not None:
            _check_mask(inputs.shape, mask.shape)
            if mask.dtype != "bool":
                mask = ops.greater(mask, 0.5)
            # A finite number, so that rows without any kept element stay finite.
            inputs = ops.where(mask, inputs, -1e9)
        if isinstance(self.axis, (list, tuple)) and len(self.axis) > 1:
            outputs = ops.exp(inputs - ops.logsumexp(inputs, axis=tuple(self.axis), keepdims=True))
        else:
            axis = self.axis[0] if isinstance(self.axis, (list, tuple)) else self.axis
            outputs = activations.softmax(inputs, axis=axis)
        return outputs if mask is None else ops.where(mask, outputs, 0.0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


def _check_mask(inputs: Any, mask: Any) -> None:
    fits = len(mask) <= len(inputs) and all(
        size in (1, wanted) for size, wanted in zip(mask[::-1], inputs[::-1], strict=False)
    )
    if not fits:
        raise ValueError(
            "The `mask` must be broadcastable to `inputs`: not of higher rank, and every dimension 1 or that of the "
            f"inputs. Received: inputs.shape={inputs}, mask.shape={mask}"
        )
