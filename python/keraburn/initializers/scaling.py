"""First values whose variance fits the number of connections."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from keraburn import config, random, registry
from keraburn.initializers.random import RandomInitializer
from keraburn.ops.axes import normalize_shape
from keraburn.tensor import Tensor


class VarianceScaling(RandomInitializer):
    """Random numbers of variance `scale / n`, where n is the number of inputs, outputs, or their mean.

    Args:
        scale: positive factor of the variance.
        mode: `"fan_in"`, `"fan_out"` or `"fan_avg"`.
        distribution: `"truncated_normal"` (also called `"normal"`), `"untruncated_normal"` or `"uniform"`.
        seed: an int, a SeedGenerator or None.
        input_axes: the axes of the shape that count as inputs, by default all but the last.
        output_axes: the axes that count as outputs.

    Raises:
        ValueError: if an argument is not one of these.

    Source: He et al., 2015, "Delving Deep into Rectifiers", arXiv:1502.01852.

    Example:

    >>> import keraburn as keras
    >>> keras.initializers.VarianceScaling(scale=2.0, mode="fan_out", seed=1)((3, 4)).shape
    (3, 4)
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        if not isinstance(scale, (int, float)) or scale <= 0:
            raise ValueError(f"Argument `scale` must be positive float. Received: scale={scale}")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(
                f"Invalid `mode` argument: {mode}. Please use one of 'fan_in', 'fan_out' and 'fan_avg'. "
                f"Received: mode={mode}"
            )
        kind = distribution.lower()
        kind = "truncated_normal" if kind == "normal" else kind
        if kind not in ("uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError(
                f"Invalid `distribution` argument: {distribution}. Please use one of 'uniform', 'truncated_normal' and "
                f"'untruncated_normal'. Received: distribution={distribution}"
            )
        self.scale = scale
        self.mode = mode
        self.distribution = kind
        self.input_axes = input_axes
        self.output_axes = output_axes
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        dtype = dtype or config.floatx()
        shape = tuple(normalize_shape(shape))
        inputs, outputs = compute_fans(shape, self.input_axes, self.output_axes)
        fan = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}[self.mode]
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return random.uniform(shape, minval=-limit, maxval=limit, dtype=dtype, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return random.normal(shape, mean=0.0, stddev=math.sqrt(variance), dtype=dtype, seed=self.seed)
        # Cutting a unit normal at two leaves this standard deviation.
        stddev = math.sqrt(variance) / 0.87962566103423978
        return random.truncated_normal(shape, mean=0.0, stddev=stddev, dtype=dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


def compute_fans(
    shape: Any, input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
) -> tuple[int, int]:
    """How many inputs and outputs a kernel of this shape connects: `(spatial..., in, out)`."""
    shape = tuple(shape)
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        size = math.prod(shape)
        return size, size
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


class _Fixed(VarianceScaling):
    """A VarianceScaling whose scale, mode and distribution are the class's."""

    _scaling: tuple[float, str, str]

    def __init__(
        self, seed: Any = None, input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
    ) -> None:
        super().__init__(*self._scaling, seed=seed, input_axes=input_axes, output_axes=output_axes)

    def get_config(self) -> dict[str, Any]:
        seed = registry.serialize_keras_object(self._init_seed)
        return {"seed": seed, "input_axes": self.input_axes, "output_axes": self.output_axes}


class GlorotUniform(_Fixed):
    """Uniform in `±sqrt(6 / (fan_in + fan_out))`.

    Source: Glorot and Bengio, 2010, "Understanding the difficulty of training deep feedforward neural networks".

    Example:

    >>> import keraburn as keras
    >>> float(keras.ops.max(keras.initializers.GlorotUniform(seed=1)((3, 3)))) <= 1.0
    True
    """

    _scaling = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Fixed):
    """Truncated normal of standard deviation `sqrt(2 / (fan_in + fan_out))`.

    Source: Glorot and Bengio, 2010, "Understanding the difficulty of training deep feedforward neural networks".

    Example:

    >>> import keraburn as keras
    >>> keras.initializers.GlorotNormal(seed=1)((3, 3)).shape
    (3, 3)
    """

    _scaling = (1.0, "fan_avg", "truncated_normal")


class LecunUniform(_Fixed):
    """Uniform in `±sqrt(3 / fan_in)`.

    Source: Klambauer et al., 2017, "Self-Normalizing Neural Networks", arXiv:1706.02515.

    Example:

    >>> import keraburn as keras
    >>> keras.initializers.LecunUniform(seed=1)((3, 3)).shape
    (3, 3)
    """

    _scaling = (1.0, "fan_in", "uniform")


class LecunNormal(_Fixed):
    """Truncated normal of standard deviation `sqrt(1 / fan_in)`.

    Source: Klambauer et al., 2017, "Self-Normalizing Neural Networks", arXiv:1706.02515.

    Example:

    >>> import keraburn as keras
    >>> keras.initializers.LecunNormal(seed=1)((3, 3)).shape
    (3, 3)
    """

    _scaling = (1.0, "fan_in", "truncated_normal")


class HeUniform(_Fixed):
    """Uniform in `±sqrt(6 / fan_in)`.

    Source: He et al., 2015, "Delving Deep into Rectifiers", arXiv:1502.01852.

    Example:

    >>> import keraburn as keras
    >>> keras.initializers.HeUniform(seed=1)((3, 3)).shape
    (3, 3)
    """

    _scaling = (2.0, "fan_in", "uniform")


class HeNormal(_Fixed):
    """Truncated normal of standard deviation `sqrt(2 / fan_in)`.

    Source: He et al., 2015, "Delving Deep into Rectifiers", arXiv:1502.01852.

    Example:

    >>> import keraburn as keras
    >>> keras.initializers.HeNormal(seed=1)((3, 3)).shape
    (3, 3)
    """

    _scaling = (2.0, "fan_in", "truncated_normal")
