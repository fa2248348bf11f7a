"""Layers that act in training only, against overfitting: dropout in its variants, noise, and ActivityRegularization."""

from __future__ import annotations

import math
import numbers
from typing import Any

from keraburn import config, ops, random, regularizers
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.ops.spatial import channels_of, image_shape
from keraburn.random import SeedGenerator


def _check_fraction(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 <= float(value) <= 1:
        raise ValueError(
            f"Invalid value received for argument `{name}`. Expected a float value between 0 and 1. "
            f"Received: {name}={value}"
        )


def _to_rank(layer: Any, shape: tuple[int | None, ...] | None, inputs: Any) -> tuple[int | None, ...] | None:
    """A noise shape with as many axes as the inputs: those that are left out in front have size 1."""
    if shape is None:
        return None
    missing = len(inputs.shape) - len(shape)
    if missing < 0:
        raise ValueError(
            f"The noise shape of layer '{layer.name}' must not have more axes than the inputs. "
            f"Received: noise_shape={shape}, inputs of shape {tuple(inputs.shape)}"
        )
    return (*(1 for _ in range(missing)), *shape)


def _check_noise_shape(noise_shape: Any) -> tuple[int | None, ...] | None:
    if noise_shape is None:
        return None
    if not isinstance(noise_shape, (list, tuple)):
        raise ValueError(
            "Invalid value received for argument `noise_shape`. Expected a tuple or list of integers. "
            f"Received: noise_shape={noise_shape}"
        )
    for index, size in enumerate(noise_shape):
        if size is not None and not isinstance(size, int):
            raise ValueError(
                "Invalid value received for argument `noise_shape`. Expected all elements to be integers or None. "
                f"Received element at index {index}: {size} (type: {type(size).__name__})"
            )
        if size is not None and size <= 0:
            raise ValueError(
                "Invalid value received for argument `noise_shape`. Expected all dimensions to be positive integers "
                f"or None. Received negative or zero value at index {index}: {size}"
            )
    return tuple(noise_shape)


class _Random(Layer):
    """What they share: a seed generator of their own, and nothing to do when the amount of noise is zero."""

    seed_generator: SeedGenerator

    def __init__(self, amount: float, seed: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        if amount > 0:
            self.seed_generator = SeedGenerator(seed)
        self.supports_masking = True
        self._build_at_init()

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape


class Dropout(_Random):
    """In training, sets a random fraction of the inputs to zero and scales the rest by `1 / (1 - rate)`.

    Args:
        rate: the fraction, between 0 and 1.
        noise_shape: shape of the random pattern, broadcast to the inputs; None inside stands for the inputs' size.
        seed: for the same patterns every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `inputs`; `training`, whether to drop.

    Shapes: outputs as inputs, any.

    Raises:
        ValueError: if the rate or the noise shape is out of range.

    Srivastava et al., 2014: https://jmlr.org/papers/v15/srivastava14a.html

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.Dropout(0.5, seed=0)
    >>> sorted(set(layer(np.ones((1, 100)), training=True).numpy().ravel().tolist()))
    [0.0, 2.0]
    >>> float(layer(np.ones((1, 1))).numpy()[0, 0])
    1.0
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        _check_fraction("rate", rate)
        super().__init__(rate, seed, **kwargs)
        self.rate = rate
        self.noise_shape = _check_noise_shape(noise_shape)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        shape = _to_rank(self, self._pattern_shape(inputs), inputs)
        return random.dropout(inputs, self.rate, noise_shape=shape, seed=self.seed_generator)

    def _pattern_shape(self, inputs: Any) -> Any:
        return self.noise_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}


class SpatialDropout1D(Dropout):
    """Dropout of whole features of sequences: all steps of a feature are dropped together.

    Args:
        rate: the fraction, between 0 and 1.
        seed: for the same patterns every time.
        name: name of the layer.
        dtype: dtype of the layer.

    Shapes: outputs as inputs, `(batch, steps, features)`.

    Tompson et al., 2014: https://arxiv.org/abs/1411.4280

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> outputs = keras.layers.SpatialDropout1D(0.5, seed=1)(np.ones((1, 5, 3)), training=True).numpy()
    >>> all(np.ptp(outputs[..., channel]) == 0 for channel in range(3))
    True
    """

    def __init__(self, rate: float, seed: int | None = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=3)

    def _pattern_shape(self, inputs: Any) -> Any:
        return (inputs.shape[0], 1, inputs.shape[2])

    def get_config(self) -> dict[str, Any]:
        return {"rate": self.rate, "seed": self.seed, "name": self.name, "dtype": self.dtype}


class _SpatialDropout(SpatialDropout1D):
    """What those of images share: where the channels are."""

    rank: int

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _pattern_shape(self, inputs: Any) -> Any:
        channels = channels_of(inputs.shape, self.data_format)
        return image_shape(inputs.shape[0], (1,) * self.rank, channels, self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


class SpatialDropout2D(_SpatialDropout):
    """Dropout of whole channels of images: all pixels of a channel are dropped together.

    Args:
        rate: the fraction, between 0 and 1.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        seed: for the same patterns every time.
        name: name of the layer.
        dtype: dtype of the layer.

    Shapes: outputs as inputs, `(batch, height, width, channels)`.

    Tompson et al., 2014: https://arxiv.org/abs/1411.4280

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> outputs = keras.layers.SpatialDropout2D(0.5, seed=1)(np.ones((1, 4, 4, 3)), training=True).numpy()
    >>> all(np.ptp(outputs[..., channel]) == 0 for channel in range(3))
    True
    """

    rank = 2


class SpatialDropout3D(_SpatialDropout):
    """Dropout of whole channels of volumes: all pixels of a channel are dropped together.

    Args:
        rate: the fraction, between 0 and 1.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        seed: for the same patterns every time.
        name: name of the layer.
        dtype: dtype of the layer.

    Shapes: outputs as inputs, `(batch, depth, height, width, channels)`.

    Tompson et al., 2014: https://arxiv.org/abs/1411.4280

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> outputs = keras.layers.SpatialDropout3D(0.5, seed=1)(np.ones((1, 2, 4, 4, 3)), training=True).numpy()
    >>> all(np.ptp(outputs[..., channel]) == 0 for channel in range(3))
    True
    """

    rank = 3


class GaussianNoise(_Random):
    """In training, adds normal noise with mean 0.

    Args:
        stddev: standard deviation of the noise, between 0 and 1.
        seed: for the same noise every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `inputs`; `training`, whether to add noise.

    Shapes: outputs as inputs, any.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.GaussianNoise(0.1)
    >>> layer(np.array([[1.0, 2.0]])).numpy()
    array([[1., 2.]], dtype=float32)
    >>> bool((layer(np.array([[1.0, 2.0]]), training=True).numpy() == [[1.0, 2.0]]).any())
    False
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        _check_fraction("stddev", stddev)
        super().__init__(stddev, seed, **kwargs)
        self.stddev = stddev

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.stddev == 0:
            return inputs
        noise = random.normal(
            tuple(inputs.shape), mean=0.0, stddev=self.stddev, dtype=self.compute_dtype, seed=self.seed_generator
        )
        return ops.add(inputs, noise)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}


class GaussianDropout(_Random):
    """In training, multiplies by normal noise with mean 1 and standard deviation `sqrt(rate / (1 - rate))`.

    Args:
        rate: as the rate of Dropout, between 0 and 1.
        seed: for the same noise every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `inputs`; `training`, whether to multiply.

    Shapes: outputs as inputs, any.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.GaussianDropout(0.5)(np.array([[1.0, 2.0]])).numpy()
    array([[1., 2.]], dtype=float32)
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        _check_fraction("rate", rate)
        super().__init__(rate, seed, **kwargs)
        self.rate = rate

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        stddev = math.sqrt(self.rate / (1.0 - self.rate)) if self.rate < 1 else math.inf
        noise = random.normal(
            tuple(inputs.shape), mean=1.0, stddev=stddev, dtype=self.compute_dtype, seed=self.seed_generator
        )
        return ops.multiply(inputs, noise)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


# The limits of the "selu" activation, for which AlphaDropout keeps mean and variance.
_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


class AlphaDropout(_Random):
    """Dropout that keeps the mean and variance of inputs from "selu" activations.

    Args:
        rate: the fraction dropped, between 0 and 1.
        noise_shape: shape of the random pattern, broadcast to the inputs; None inside stands for the inputs' size.
        seed: for the same patterns every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `inputs`; `training`, whether to drop.

    Shapes: outputs as inputs, any.

    Klambauer et al., 2017: https://arxiv.org/abs/1706.02515

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.AlphaDropout(0.5)(np.array([[1.0, 2.0]])).numpy()
    array([[1., 2.]], dtype=float32)
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        _check_fraction("rate", rate)
        super().__init__(rate, seed, **kwargs)
        self.rate = rate
        self.noise_shape = _check_noise_shape(noise_shape)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        sizes = tuple(inputs.shape)
        shape = _to_rank(self, self.noise_shape, inputs) or sizes
        shape = tuple(wanted or size for wanted, size in zip(shape, sizes, strict=True))
        kept = ops.cast(ops.greater_equal(random.uniform(shape, seed=self.seed_generator), self.rate), inputs.dtype)
        dropped = -_SELU_ALPHA * _SELU_SCALE
        scale = ((1 - self.rate) * (1 + self.rate * dropped**2)) ** -0.5 if self.rate < 1 else 0.0
        return scale * (inputs * kept + dropped * (1 - kept)) - scale * dropped * self.rate

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}


class ActivityRegularization(Layer):
    """Passes inputs on and adds `(l1 * sum(abs(x)) + l2 * sum(x**2)) / batch` to the loss.

    Args:
        l1: factor of the absolute values.
        l2: factor of the squares.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: outputs as inputs, any.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.ActivityRegularization(l1=0.5)
    >>> layer(np.array([[1.0, -3.0]])).numpy()
    array([[ 1., -3.]], dtype=float32)
    >>> [float(loss) for loss in layer.losses]
    [2.0]
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.supports_masking = True
        self.l1 = l1
        self.l2 = l2
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return {**config, "l1": self.l1, "l2": self.l2}
