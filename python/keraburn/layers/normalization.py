"""Layers that scale by the statistics of what passes through: BatchNormalization, LayerNormalization."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from keraburn import config as settings
from keraburn import constraints, initializers, ops, regularizers, tree
from keraburn.dtypes import HALVES
from keraburn.layers import arguments, renormalization
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.ops.reduction import moments_of_channels
from keraburn.variable import Variable


def check_axes(layer: Layer, axes: Iterable[int], input_shape: Any) -> None:
    """Refuse axes that the input does not have, or whose size is not known.

    Raises:
        ValueError: if there is one.
    """
    for axis in axes:
        if not -len(input_shape) <= axis < len(input_shape):
            raise ValueError(
                f"Axis {axis} is out of bounds for input shape {tuple(input_shape)}. Received: axis={axis}"
            )
        if input_shape[axis] is None:
            raise ValueError(
                f"Axis {axis} of the input to layer '{layer.name}' must have a known size. "
                f"Received: input_shape={tuple(input_shape)}"
            )


def widened(inputs: Any) -> Any:
    """Inputs of a half type as float32, in which statistics are taken."""
    return ops.cast(inputs, "float32") if inputs.dtype in HALVES else inputs


class ScaleAndCenter(Layer):
    """What the learned normalizations share: `gamma` that multiplies and `beta` that is added."""

    gamma: Variable | None
    beta: Variable | None

    def __init__(
        self,
        epsilon: float,
        center: bool,
        scale: bool,
        beta_initializer: Any,
        gamma_initializer: Any,
        beta_regularizer: Any,
        gamma_regularizer: Any,
        beta_constraint: Any,
        gamma_constraint: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon = arguments.number(self, "epsilon", epsilon)
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.supports_masking = True
        self.gamma = None
        self.beta = None

    def _add_scale_and_center(self, shape: tuple[int, ...], scale: bool | None = None, center: bool = True) -> None:
        if self.scale if scale is None else scale:
            self.gamma = self.add_weight(
                shape=shape,
                name="gamma",
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        if self.center and center:
            self.beta = self.add_weight(
                shape=shape,
                name="beta",
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": initializers.serialize(self.beta_initializer),
            "gamma_initializer": initializers.serialize(self.gamma_initializer),
            "beta_regularizer": regularizers.serialize(self.beta_regularizer),
            "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
            "beta_constraint": constraints.serialize(self.beta_constraint),
            "gamma_constraint": constraints.serialize(self.gamma_constraint),
        }


class BatchNormalization(ScaleAndCenter):
    """`gamma * (x - mean) / sqrt(variance + epsilon) + beta`, for each channel.

    In training mean and variance are those of the batch, and `moving_mean` and `moving_variance` follow them:
    `moving = moving * momentum + batch * (1 - momentum)`. Otherwise, and where `trainable` is false, the moving ones
    are used.

    Args:
        axis: the axis of the channels.
        momentum: how slowly the moving statistics follow.
        epsilon: keeps the division finite.
        center: whether there is a `beta`.
        scale: whether there is a `gamma`.
        beta_initializer: initializer of `beta`.
        gamma_initializer: initializer of `gamma`.
        moving_mean_initializer: initializer of the moving mean.
        moving_variance_initializer: initializer of the moving variance.
        beta_regularizer: regularizer of `beta`.
        gamma_regularizer: regularizer of `gamma`.
        beta_constraint: constraint of `beta`.
        gamma_constraint: constraint of `gamma`.
        renorm: whether batches are corrected towards the statistics of earlier ones, so that training normalizes as
            inference does (https://arxiv.org/abs/1702.03275).
        renorm_clipping: limits of the correction, a dict of some of "rmax", "rmin" and "dmax".
        renorm_momentum: share of the earlier batches in those statistics.
        synchronized: must be false.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `inputs`; `training`; `mask`, of one axis less than the inputs, false where elements do not count.

    Shapes: outputs as inputs, any.

    Ioffe and Szegedy, 2015: https://arxiv.org/abs/1502.03167

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.BatchNormalization(epsilon=0.0)
    >>> layer(np.array([[1.0], [3.0]]), training=True).numpy()
    array([[-1.],
           [ 1.]], dtype=float32)
    """

    moving_mean: Variable
    moving_variance: Variable

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        if synchronized:
            raise ValueError(f"`synchronized=True` is not supported. Received: synchronized={synchronized}")
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
        self.axis = arguments.integer(self, "axis", axis)
        self.momentum = float(arguments.number(self, "momentum", momentum))
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.renorm = renorm
        self.renorm_clipping = renormalization.checked_clipping(renorm_clipping) if renorm else renorm_clipping
        self.renorm_momentum = renorm_momentum

    def build(self, input_shape: Any) -> None:
        check_axes(self, [self.axis], input_shape)
        size = input_shape[self.axis]
        self._add_scale_and_center((size,))
        self.moving_mean = self.add_weight(
            shape=(size,),
            name="moving_mean",
            initializer=self.moving_mean_initializer,
            trainable=False,
            autocast=False,
        )
        self.moving_variance = self.add_weight(
            shape=(size,),
            name="moving_variance",
            initializer=self.moving_variance_initializer,
            trainable=False,
            autocast=False,
        )
        if self.renorm:
            renormalization.add_statistics(self, size)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: size})

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is not None and len(mask.shape) != len(inputs.shape) - 1:
            raise ValueError(
                "The mask provided should be one dimension less than the inputs. "
                f"Received: mask.shape={mask.shape}, inputs.shape={inputs.shape}"
            )
        inputs = widened(inputs)
        mean, variance = self.moving_mean.value, self.moving_variance.value
        scale, offset = self.gamma, self.beta
        if training and self.trainable and self.renorm:
            mean, variance = self._moments(inputs, mask)
            scale, offset = renormalization.corrected(self, mean, variance)
        elif training and self.trainable:
            batch_mean, batch_variance = self._moments(inputs, mask)
            rest = 1.0 - self.momentum
            self.moving_mean.assign(ops.add(mean * self.momentum, batch_mean * rest))
            self.moving_variance.assign(ops.add(variance * self.momentum, batch_variance * rest))
            mean, variance = batch_mean, batch_variance
        outputs = ops.batch_normalization(
            inputs, mean, variance, axis=self.axis, offset=offset, scale=scale, epsilon=self.epsilon
        )
        return ops.cast(outputs, self.compute_dtype)

    def _moments(self, inputs: Any, mask: Any) -> tuple[Any, Any]:
        rank = len(inputs.shape)
        axes = [axis for axis in range(rank) if axis != self.axis % rank]
        if mask is None:
            axis = self.axis % rank
            # Without a first sample there is none to begin from.
            in_one_pass = axis > 0 and inputs.shape[0] > 0
            return moments_of_channels(inputs, axis) if in_one_pass else ops.moments(inputs, axes=axes)
        weights = ops.cast(ops.broadcast_to(ops.expand_dims(mask, -1), tuple(inputs.shape)), inputs.dtype)
        total = ops.add(ops.sum(weights, axis=axes, keepdims=True), settings.epsilon())
        mean = ops.divide(ops.sum(inputs * weights, axis=axes, keepdims=True), total)
        squares = ops.square(inputs - mean) * weights
        variance = ops.divide(ops.sum(squares, axis=axes, keepdims=True), total)
        shape = (inputs.shape[self.axis],)
        return ops.reshape(mean, shape), ops.reshape(variance, shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axes(self, [self.axis], input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "moving_mean_initializer": initializers.serialize(self.moving_mean_initializer),
            "moving_variance_initializer": initializers.serialize(self.moving_variance_initializer),
            "synchronized": False,
            "renorm": self.renorm,
            "renorm_clipping": self.renorm_clipping,
            "renorm_momentum": self.renorm_momentum,
        }


class LayerNormalization(ScaleAndCenter):
    """`gamma * (x - mean) / sqrt(variance + epsilon) + beta`, with the mean and variance of each row's own axes.

    Args:
        axis: the axis or axes over which mean and variance are taken.
        epsilon: keeps the division finite.
        center: whether there is a `beta`.
        scale: whether there is a `gamma`.
        beta_initializer: initializer of `beta`.
        gamma_initializer: initializer of `gamma`.
        beta_regularizer: regularizer of `beta`.
        gamma_regularizer: regularizer of `gamma`.
        beta_constraint: constraint of `beta`.
        gamma_constraint: constraint of `gamma`.
        **kwargs: arguments of every layer, such as `name` and `dtype`; `rms_scaling=True`, which old models have,
            leaves out the mean and `beta`.

    Shapes: outputs as inputs, any.

    Raises:
        TypeError: if `axis` is neither an integer nor a list of them.

    Ba et al., 2016: https://arxiv.org/abs/1607.06450

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.LayerNormalization(epsilon=0.0)(np.array([[1.0, 3.0]])).numpy()
    array([[-1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        axis: Any = -1,
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
        rms_scaling = kwargs.pop("rms_scaling", False)
        if rms_scaling:
            warnings.warn(
                "`rms_scaling=True` divides by the standard deviation and not by the root mean square. "
                "`keras.layers.RMSNormalization` divides by that. Received: rms_scaling=True",
                stacklevel=2,
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
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(f"Expected an int or a list/tuple of ints for the argument 'axis'. Received: axis={axis!r}")
        arguments.integers(self, "axis", axis)
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.rms_scaling = rms_scaling

    def build(self, input_shape: Any) -> None:
        axes = [self.axis] if isinstance(self.axis, int) else sorted(self.axis)
        check_axes(self, axes, input_shape)
        self.axis = axes
        rms = self.rms_scaling
        self._add_scale_and_center(tuple(input_shape[axis] for axis in axes), self.scale or rms, center=not rms)

    def call(self, inputs: Any) -> Any:
        if self.rms_scaling:
            return self._divided(inputs)
        outputs = ops.layer_normalization(inputs, self.gamma, self.beta, axis=self.axis, epsilon=self.epsilon)
        return ops.cast(outputs, self.compute_dtype)

    def _divided(self, inputs: Any) -> Any:
        inputs = widened(inputs)
        variance = ops.var(inputs, axis=self.axis, keepdims=True)
        axes = {axis % len(inputs.shape) for axis in tree.flatten(self.axis)}
        shape = [size if axis in axes else 1 for axis, size in enumerate(inputs.shape)]
        outputs = ops.multiply(inputs, ops.rsqrt(ops.add(variance, self.epsilon)))
        return ops.cast(ops.multiply(outputs, ops.reshape(self.gamma, shape)), self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axes(self, [self.axis] if isinstance(self.axis, int) else self.axis, input_shape)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "rms_scaling": self.rms_scaling}
