"""First values of weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn import config, ops, registry
from keraburn.initializers.constants import Constant, Identity, Ones, Zeros
from keraburn.initializers.fourier import STFT
from keraburn.initializers.initializer import Initializer
from keraburn.initializers.random import Orthogonal, RandomInitializer, RandomNormal, RandomUniform, TruncatedNormal
from keraburn.initializers.scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
    compute_fans,
)
from keraburn.tensor import Tensor

constant = Constant
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
identity = IdentityInitializer = Identity
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
ones = Ones
orthogonal = OrthogonalInitializer = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
stft = STFTInitializer = STFT
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
zeros = Zeros

_TABLE = registry.publish(
    "keras.initializers",
    [
        Initializer,
        Constant,
        GlorotNormal,
        GlorotUniform,
        HeNormal,
        HeUniform,
        Identity,
        LecunNormal,
        LecunUniform,
        Ones,
        Orthogonal,
        RandomNormal,
        RandomUniform,
        STFT,
        TruncatedNormal,
        VarianceScaling,
        Zeros,
    ],
    aliases={
        "IdentityInitializer": Identity,
        "OrthogonalInitializer": Orthogonal,
        "normal": RandomNormal,
        "one": Ones,
        "uniform": RandomUniform,
        "zero": Zeros,
    },
    snake_case=True,
)


def get(identifier: Any) -> Any:
    """The initializer that a name, config, class, callable or array means.

    Raises:
        ValueError: if it is not known.

    Example:

    >>> import keraburn as keras
    >>> keras.initializers.get("he_normal").get_config()
    {'seed': None, 'input_axes': None, 'output_axes': None}
    """
    if isinstance(identifier, (Tensor, np.ndarray, np.generic)):
        return _values(identifier)
    return registry.lookup("initializer", identifier, _TABLE)


def _values(array: Any) -> Callable[..., Tensor]:
    def initialize(shape: Any, dtype: str | None = None) -> Tensor:
        if tuple(shape) != tuple(array.shape):
            raise ValueError(
                f"Expected `shape` to be {tuple(array.shape)} for direct tensor as initializer. Received: shape={shape}"
            )
        return ops.cast(array, dtype or config.floatx())

    return initialize


def serialize(initializer: Any) -> Any:
    """The config of an initializer."""
    return registry.serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The initializer of a config."""
    return registry.deserialize_keras_object(config, custom_objects, module_objects=_TABLE)
