"""Layers that bring data to scale: Rescaling by given numbers, Normalization by the statistics of data."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import config as settings
from keraburn import ops, registry
from keraburn.layers import arguments
from keraburn.layers.layer import Layer
from keraburn.tensor import Tensor
from keraburn.variable import Variable


class Rescaling(Layer):
    """`inputs * scale + offset`.

    Args:
        scale: the factor, such as `1 / 255`.
        offset: what is added.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: outputs as inputs, any.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Rescaling(1 / 255)(np.array([[255]])).numpy()
    array([[1.]], dtype=float32)
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale
        self.offset = offset
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        dtype = self.compute_dtype
        scale = ops.convert_to_tensor(self.scale, dtype=dtype)
        return ops.cast(inputs, dtype) * scale + ops.convert_to_tensor(self.offset, dtype=dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "scale": registry.serialize_keras_object(self.scale),
            "offset": registry.serialize_keras_object(self.offset),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Rescaling:
        names = ("scale", "offset")
        return super().from_config({**config, **{n: registry.deserialize_keras_object(config[n]) for n in names}})


class Normalization(Layer):
    """`(inputs - mean) / max(sqrt(variance), 1e-7)`, with statistics given or taken from data by `adapt`.

    Args:
        axis: the axis or axes that keep statistics of their own; None for one mean and variance of everything.
        mean: the means, if they are given.
        variance: the variances, if they are given.
        invert: whether to turn normalized values back.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: outputs as inputs, any.

    Raises:
        ValueError: if only one of mean and variance is given, or their shapes do not fit.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.Normalization()
    >>> layer.adapt(np.array([[1.0], [3.0]]))
    >>> layer(np.array([[3.0]])).numpy()
    array([[1.]], dtype=float32)
    """

    adapt_mean: Variable
    adapt_variance: Variable
    count: Variable

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.axis = () if axis is None else arguments.integers(self, "axis", axis)
        if (mean is None) != (variance is None):
            raise ValueError(
                "When setting values directly, both `mean` and `variance` must be set. "
                f"Received: mean={mean} and variance={variance}"
            )
        if mean is not None and np.shape(mean) != np.shape(variance):
            raise ValueError(
                "When setting values directly, `mean` and `variance` must have the same shape. "
                f"Received: mean shape {np.shape(mean)} and variance shape {np.shape(variance)}"
            )
        if mean is not None and np.ndim(mean) > len(self.axis):
            raise ValueError(
                f"The rank of `mean` must be less than or equal to the number of axes ({len(self.axis)}). "
                f"Received: mean shape {np.shape(mean)} for axis {self.axis}"
            )
        self.input_mean = mean
        self.input_variance = variance
        self.invert = invert
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        rank = len(input_shape)
        if any(not -rank <= axis < rank for axis in self.axis):
            raise ValueError(
                "All `axis` values must be in the range [-ndim, ndim). "
                f"Received inputs with ndim={rank}, while axis={self.axis}"
            )
        self._kept = tuple(sorted(axis % rank for axis in self.axis))
        for axis in self._kept:
            if input_shape[axis] is None:
                raise ValueError(
                    f"All `axis` values to be kept must have a known shape. Received axis={self.axis}, "
                    f"inputs.shape={tuple(input_shape)}, with unknown axis at index {axis}"
                )
        self._broadcast_shape = tuple(size if axis in self._kept else 1 for axis, size in enumerate(input_shape))
        if self.input_mean is not None:
            return
        shape = tuple(input_shape[axis] for axis in self._kept)
        self.adapt_mean = self.add_weight(name="mean", shape=shape, initializer="zeros", trainable=False)
        self.adapt_variance = self.add_weight(name="variance", shape=shape, initializer="ones", trainable=False)
        # Files written by Keras hold a count too.
        self.count = self.add_weight(name="count", shape=(), dtype="int32", initializer="zeros", trainable=False)

    def adapt(self, data: Any) -> None:
        """Take the mean and variance from data.

        Args:
            data: an array, a tensor, or an iterable of batches.

        Raises:
            TypeError: if it is none of them.
            ValueError: if it is empty, or its shape is not that the layer was built for.
        """
        if isinstance(data, Tensor):
            data = data.numpy()
        batches = [data] if hasattr(data, "__array__") else data
        if not hasattr(batches, "__iter__"):
            raise TypeError(
                f"Unsupported data type: {type(data)}. `adapt` supports arrays, tensors and iterables of batches."
            )
        count, mean, variance = 0, np.zeros(()), np.zeros(())
        for batch in batches:
            values = np.asarray(batch[0] if isinstance(batch, (list, tuple)) else batch, dtype="float64")
            if not self.built:
                self.build(values.shape)
            self._check_batch(values.shape)
            axes = tuple(axis for axis in range(values.ndim) if axis not in self._kept)
            size = values.size // max(1, int(np.prod([values.shape[axis] for axis in self._kept])))
            if not size:
                continue
            count += size
            share = size / count
            batch_mean = values.mean(axis=axes)
            moved = batch_mean - mean
            # The variance of the union of two sets, from their own.
            variance = variance * (1 - share) + values.var(axis=axes) * share + moved**2 * share * (1 - share)
            mean = mean + moved * share
        if not count:
            raise ValueError("adapt() received no data. Pass an array or an iterable of batches that is not empty.")
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(variance)

    def _check_batch(self, shape: tuple[int, ...]) -> None:
        fits = len(shape) == len(self._broadcast_shape) and all(
            shape[axis] == self._broadcast_shape[axis] for axis in self._kept
        )
        if not fits:
            raise ValueError(
                f"The layer '{self.name}' was built for other data than adapt() is being called with. "
                f"Received: data.shape={shape}, expected axes {self._kept} as in {self._broadcast_shape}"
            )

    @property
    def mean(self) -> Any:
        """The means, in a shape that broadcasts with the inputs; None before the layer is built."""
        given = None if self.input_mean is None else self._spread(self.input_mean)
        return self._statistic(self.adapt_mean if given is None else given) if self.built else None

    @property
    def variance(self) -> Any:
        """The variances, likewise."""
        given = None if self.input_mean is None else self._spread(self.input_variance)
        return self._statistic(self.adapt_variance if given is None else given) if self.built else None

    def _statistic(self, values: Any) -> Any:
        return ops.cast(ops.reshape(values, self._broadcast_shape), self.compute_dtype)

    def call(self, inputs: Any) -> Any:
        deviation = ops.maximum(ops.sqrt(self.variance), settings.epsilon())
        inputs = ops.cast(inputs, self.compute_dtype)
        return inputs * deviation + self.mean if self.invert else ops.divide(inputs - self.mean, deviation)

    def _spread(self, values: Any) -> np.ndarray:
        """Given statistics, aligned to the kept axes from the right."""
        array = np.asarray(values, dtype=self.compute_dtype)
        shape = [1] * len(self._broadcast_shape)
        for axis, size in zip(reversed(self._kept), reversed(array.shape), strict=False):
            shape[axis] = size
        return np.broadcast_to(array.reshape(shape), self._broadcast_shape).copy()

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "invert": self.invert,
            "mean": None if self.input_mean is None else np.asarray(self.input_mean).tolist(),
            "variance": None if self.input_variance is None else np.asarray(self.input_variance).tolist(),
        }
