"""First values that are drawn."""

from __future__ import annotations

import math
import random as python_random
from typing import Any

import numpy as np

from keraburn import config, ops, random, registry
from keraburn.initializers.initializer import Initializer
from keraburn.ops.axes import normalize_shape
from keraburn.tensor import Tensor


class RandomInitializer(Initializer):
    """Base of random initializers: one seed for the object's whole life, so one shape always gets the same numbers.

    Args:
        seed: an int, a `keras.random.SeedGenerator` (which gives other numbers at each call), or None for a seed
            drawn from Python's `random`.

    Raises:
        ValueError: if the seed is something else.
    """

    def __init__(self, seed: Any = None) -> None:
        self._init_seed = seed
        if seed is None:
            seed = python_random.randint(1, 10**9)
        elif isinstance(seed, dict):
            seed = registry.deserialize_keras_object(seed)
        elif not isinstance(seed, (int, np.integer, random.SeedGenerator)):
            raise ValueError(
                "`seed` argument should be an instance of `keras.random.SeedGenerator()` or an integer. "
                f"Received: seed={seed}"
            )
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        return {"seed": registry.serialize_keras_object(self._init_seed)}


class RandomNormal(RandomInitializer):
    """Normally distributed numbers.

    Args:
        mean: their mean.
        stddev: their standard deviation.
        seed: an int, a SeedGenerator or None.

    Example:

    >>> import keraburn as keras
    >>> keras.initializers.RandomNormal(stddev=0.1, seed=1)((3, 4)).shape
    (3, 4)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        return random.normal(shape, mean=self.mean, stddev=self.stddev, dtype=dtype or config.floatx(), seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomInitializer):
    """Normally distributed numbers, those further than two standard deviations from the mean drawn again.

    Args:
        mean: mean of the whole distribution.
        stddev: standard deviation before truncation.
        seed: an int, a SeedGenerator or None.

    Example:

    >>> import keraburn as keras
    >>> float(keras.ops.max(keras.initializers.TruncatedNormal(stddev=1.0, seed=1)((100,)))) <= 2.0
    True
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        return random.truncated_normal(
            shape, mean=self.mean, stddev=self.stddev, dtype=dtype or config.floatx(), seed=self.seed
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class RandomUniform(RandomInitializer):
    """Uniformly distributed numbers in `[minval, maxval)`.

    Args:
        minval: least value.
        maxval: bound above.
        seed: an int, a SeedGenerator or None.

    Example:

    >>> import keraburn as keras
    >>> float(keras.ops.max(keras.initializers.RandomUniform(seed=1)((100,)))) < 0.05
    True
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> None:
        self.minval = minval
        self.maxval = maxval
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        return random.uniform(
            shape, minval=self.minval, maxval=self.maxval, dtype=dtype or config.floatx(), seed=self.seed
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


class Orthogonal(RandomInitializer):
    """A random matrix with orthonormal rows or columns, whichever are fewer; leading axes count as rows.

    Args:
        gain: factor of the matrix.
        seed: an int, a SeedGenerator or None.

    Raises:
        ValueError: if the shape has fewer than two dimensions.

    Source: Saxe et al., 2014, "Exact solutions to the nonlinear dynamics of learning", arXiv:1312.6120.

    Example:

    >>> import keraburn as keras
    >>> q = keras.initializers.Orthogonal(seed=1)((3, 3))
    >>> keras.ops.matmul(q, keras.ops.transpose(q)).numpy().round(3).diagonal().tolist()
    [1.0, 1.0, 1.0]
    """

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        self.gain = gain
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        shape = tuple(normalize_shape(shape))
        if len(shape) < 2:
            raise ValueError(
                "The tensor to initialize must be at least two-dimensional. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        dtype = dtype or config.floatx()
        drawn = random.normal((max(rows, columns), min(rows, columns)), dtype=dtype, seed=self.seed)
        q = _orthonormal(drawn.numpy().T)
        q = q.T if rows >= columns else q
        return ops.convert_to_tensor(self.gain * q.reshape(shape), dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gain": self.gain}


_TOGETHER = 32  # rows that are made orthogonal to all before them by one product


def _orthonormal(rows: np.ndarray) -> np.ndarray:
    """The rows made orthonormal in their order, each on its own side, which makes the result unique.

    Block Gram-Schmidt, everything twice (Giraud et al., 2005). Of numpy's routines those without BLAS, whose
    threads would go on spinning for the first tenth of a second of a training.
    """
    rows = rows.astype(np.float64)
    for start in range(0, len(rows), _TOGETHER):
        before, block = rows[:start], rows[start : start + _TOGETHER]
        for _ in range(2):
            if start:
                others = ops.convert_to_tensor(before, dtype="float64")
                along = ops.matmul(ops.convert_to_tensor(block, dtype="float64"), ops.transpose(others))
                block -= ops.matmul(along, others).numpy()
            for index, row in enumerate(block):
                row /= np.sqrt(np.einsum("i,i", row, row))
                block[index + 1 :] -= np.einsum("ki,i->k", block[index + 1 :], row)[:, np.newaxis] * row
    return rows
