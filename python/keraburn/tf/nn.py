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
from keraburn.tf.math import l2_normalize as l2_normalize
from keraburn.tf.math import top_k as top_k

__all__ = [
    "avg_pool2d",
    "batch_normalization",
    "bias_add",
    "compute_average_loss",
    "conv2d",
    "dropout",
    "elu",
    "embedding_lookup",
    "gelu",
    "in_top_k",
    "l2_loss",
    "l2_normalize",
    "leaky_relu",
    "log_softmax",
    "max_pool2d",
    "moments",
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
    "weighted_cross_entropy_with_logits",
    "zero_fraction",
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


def sigmoid_cross_entropy_with_logits(labels: Any = None, logits: Any = None, name: str | None = None) -> Any:
    """Crossentropy of independent probabilities, for each element."""
    return ops.binary_crossentropy(labels, logits, from_logits=True)


def softmax_cross_entropy_with_logits(labels: Any, logits: Any, axis: int = -1, name: str | None = None) -> Any:
    """Crossentropy of rows of probabilities."""
    return ops.categorical_crossentropy(labels, logits, from_logits=True, axis=axis)


def sparse_softmax_cross_entropy_with_logits(labels: Any, logits: Any, name: str | None = None) -> Any:
    """Crossentropy of class indices."""
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def moments(x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    """Mean and variance along axes."""
    return ops.moments(x, axes, keepdims=keepdims)


def batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: float, name: str | None = None
) -> Any:
    """`(x - mean) / sqrt(variance + epsilon) * scale + offset`, where None leaves the last two out."""
    factor = ops.rsqrt(ops.add(variance, variance_epsilon))
    factor = factor if scale is None else factor * scale
    shifted = (x - mean) * factor
    return shifted if offset is None else shifted + offset


def embedding_lookup(params: Any, ids: Any, max_norm: float | None = None, name: str | None = None) -> Any:
    """The rows of a table, scaled down to a norm of at most `max_norm`."""
    rows = ops.take(params, ids, axis=0)
    if max_norm is None:
        return rows
    norms = ops.sqrt(ops.sum(ops.square(rows), axis=-1, keepdims=True))
    return rows * ops.minimum(1.0, max_norm / ops.maximum(norms, 1e-12))


def weighted_cross_entropy_with_logits(labels: Any, logits: Any, pos_weight: Any, name: str | None = None) -> Any:
    """Crossentropy of independent probabilities, in which positive labels count `pos_weight` times."""
    positive = ops.multiply(labels, ops.softplus(ops.negative(logits)))
    return positive * pos_weight + ops.subtract(1.0, labels) * ops.softplus(logits)


def in_top_k(targets: Any, predictions: Any, k: int, name: str | None = None) -> Any:
    """Whether each target is among the `k` largest predictions of its row."""
    return ops.in_top_k(targets, predictions, k)


def zero_fraction(value: Any, name: str | None = None) -> Any:
    """The share of elements that are zero."""
    return ops.mean(ops.cast(ops.equal(value, 0), "float32"))


def compute_average_loss(per_example_loss: Any, sample_weight: Any = None, global_batch_size: int | None = None) -> Any:
    """The sum of the losses, divided by the number of examples of all replicas together."""
    losses = ops.convert_to_tensor(per_example_loss)
    losses = losses if sample_weight is None else losses * sample_weight
    return ops.sum(losses) / (losses.shape[0] if global_batch_size is None else global_batch_size)


def conv2d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = None,
    name: Any = None,
) -> Any:
    """A convolution of images; `filters` has the shape (height, width, channels, filters)."""
    order = _order(data_format)
    return ops.conv(
        input, filters, _window(strides, data_format), padding.lower(), order, _window(dilations or 1, data_format)
    )


def max_pool2d(input: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NHWC", name: Any = None) -> Any:
    """The largest values of windows of images."""
    window, steps = _window(ksize, data_format), _window(strides, data_format)
    return ops.max_pool(input, window, steps, padding.lower(), _order(data_format))


def avg_pool2d(input: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NHWC", name: Any = None) -> Any:
    """The means of windows of images."""
    window, steps = _window(ksize, data_format), _window(strides, data_format)
    return ops.average_pool(input, window, steps, padding.lower(), _order(data_format))


def _order(data_format: str) -> str:
    return "channels_last" if data_format == "NHWC" else "channels_first"


def _window(sizes: Any, data_format: str) -> Any:
    """Height and width of what may be one number, two, or one for each dimension."""
    if isinstance(sizes, int) or len(sizes) == 2:
        return sizes
    if len(sizes) == 1:
        return sizes[0]
    return tuple(sizes[1:3]) if data_format == "NHWC" else tuple(sizes[2:4])
