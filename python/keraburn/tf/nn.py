"""`tf.nn`: activations and losses of logits, with TensorFlow's argument names."""

from __future__ import annotations

from typing import Any

from keraburn import ops, random
from keraburn.ops import elu as elu
from keraburn.ops import relu as relu
from keraburn.ops import relu6 as relu6
from keraburn.ops import selu as selu
from keraburn.ops import sigmoid as sigmoid
from keraburn.ops import silu as silu
from keraburn.ops import silu as swish
from keraburn.ops import softplus as softplus
from keraburn.ops import softsign as softsign
from keraburn.ops import tanh as tanh

__all__ = [
    "bias_add",
    "dropout",
    "elu",
    "gelu",
    "l2_loss",
    "l2_normalize",
    "leaky_relu",
    "log_softmax",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "sigmoid_cross_entropy_with_logits",
    "silu",
    "softmax",
    "softmax_cross_entropy_with_logits",
    "softplus",
    "softsign",
    "sparse_softmax_cross_entropy_with_logits",
    "swish",
    "tanh",
    "top_k",
]


def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Any:
    return ops.leaky_relu(features, alpha)


def gelu(features: Any, approximate: bool = False, name: str | None = None) -> Any:
    return ops.gelu(features, approximate)


def softmax(logits: Any, axis: int | None = None, name: str | None = None) -> Any:
    return ops.softmax(logits, axis=-1 if axis is None else axis)


def log_softmax(logits: Any, axis: int | None = None, name: str | None = None) -> Any:
    return ops.log_softmax(logits, axis=-1 if axis is None else axis)


def bias_add(value: Any, bias: Any, data_format: Any = None, name: str | None = None) -> Any:
    return ops.add(value, bias)


def dropout(x: Any, rate: float, noise_shape: Any = None, seed: Any = None, name: str | None = None) -> Any:
    """A random fraction `rate` set to zero, the rest scaled by `1 / (1 - rate)`."""
    return random.dropout(x, rate, noise_shape=noise_shape, seed=seed)


def l2_loss(t: Any, name: str | None = None) -> Any:
    """`sum(t**2) / 2`."""
    return ops.divide(ops.sum(ops.square(t)), 2.0)


def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None) -> Any:
    """`x / sqrt(max(sum(x**2), epsilon))`."""
    return ops.multiply(x, ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=axis, keepdims=True), epsilon)))


def sigmoid_cross_entropy_with_logits(labels: Any = None, logits: Any = None, name: str | None = None) -> Any:
    """Crossentropy of independent probabilities, for each element."""
    return ops.binary_crossentropy(labels, logits, from_logits=True)


def softmax_cross_entropy_with_logits(labels: Any, logits: Any, axis: int = -1, name: str | None = None) -> Any:
    """Crossentropy of rows of probabilities."""
    return ops.categorical_crossentropy(labels, logits, from_logits=True, axis=axis)


def sparse_softmax_cross_entropy_with_logits(labels: Any, logits: Any, name: str | None = None) -> Any:
    """Crossentropy of class indices."""
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def top_k(input: Any, k: int = 1, sorted: bool = True, name: str | None = None) -> Any:
    """The `k` largest elements of the last axis, and their indices."""
    return ops.top_k(input, k, sorted=sorted)
