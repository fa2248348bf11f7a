"""`keras.activations`: activation functions and their names."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Any

from keraburn import ops, registry
from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import convert, floating, numeric, scalar
from keraburn.tensor import Tensor

# The functions that are the same in `keras.ops`.
from keraburn.ops import (  # isort: skip
    celu,
    elu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)


@operation
def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Tensor:
    """`max(x, 0)`, or with other settings `negative_slope * (x - threshold)` below a threshold and a limit above.

    Args:
        x: a tensor.
        negative_slope: the slope below the threshold.
        max_value: the largest value returned, None for no limit.
        threshold: values at and below it are cut.

    Example:

    >>> import keraburn as keras
    >>> keras.activations.relu([-10.0, 0.0, 10.0], max_value=5.0).numpy()
    array([0., 0., 5.], dtype=float32)
    """
    if negative_slope == 0.0 and threshold == 0.0:
        if max_value is None:
            return emit("relu", numeric(x))
        if max_value == 6:
            return relu6(x)
    x = floating(x)
    if negative_slope != 0.0 and max_value is None and threshold == 0.0:
        return leaky_relu(x, negative_slope)
    zero, cut = scalar(0, x.dtype), convert(threshold, x.dtype)
    result = emit("where", emit("gt", x, cut), x, zero)
    if max_value is not None:
        result = emit("min", result, convert(max_value, x.dtype))
    if negative_slope != 0.0:
        missing = emit("relu", emit("sub", cut, x))
        result = emit("sub", result, emit("mul", convert(negative_slope, x.dtype), missing))
    return result


@operation
def gelu(x: Any, approximate: bool = False) -> Tensor:
    """`x * P(X <= x)` for a standard normal `X`, exactly unless `approximate`.

    Hendrycks and Gimpel, 2016, https://arxiv.org/abs/1606.08415
    """
    return ops.gelu(x, approximate)


@operation
def exponential(x: Any) -> Tensor:
    """`exp(x)`."""
    return emit("exp", floating(x))


@operation
def linear(x: Any) -> Tensor:
    """`x` itself."""
    return x


@operation
def mish(x: Any) -> Tensor:
    """`x * tanh(softplus(x))`.

    Misra, 2019, https://arxiv.org/abs/1908.08681
    """
    x = floating(x)
    return emit("mul", x, emit("tanh", emit("softplus", x)))


swish = silu
hard_swish = hard_silu

_FUNCTIONS = (
    celu,
    elu,
    exponential,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    linear,
    log_sigmoid,
    log_softmax,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)

_TABLE = registry.publish("keras.activations", _FUNCTIONS, aliases={"swish": silu, "hard_swish": hard_silu})


def get(identifier: Any) -> Callable[..., Any]:
    """The activation function that an argument such as `activation="relu"` means.

    Args:
        identifier: None for `linear`, a name, a config, or a callable.

    Raises:
        ValueError: if the name is not known or the object not callable.

    Example:

    >>> import keraburn as keras
    >>> keras.activations.get("relu").__name__
    'relu'
    """
    if identifier is None:
        return linear
    return registry.lookup("activation function", identifier, _TABLE)


def serialize(activation: Callable[..., Any]) -> Any:
    """The name of an activation function, or the config of an object that is one.

    Raises:
        ValueError: if it has neither.
    """
    name = getattr(activation, "__name__", None)
    if name in _TABLE and _TABLE[name] is activation:
        return name
    config = registry.serialize_keras_object(activation)
    if not isinstance(config, dict) or "config" not in config:
        raise ValueError(f"Unknown activation function cannot be serialized. Received: activation={activation}")
    is_plain = isinstance(activation, types.FunctionType) and config.get("class_name") == "function"
    return config["config"] if is_plain else config


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Callable[..., Any]:
    """The activation function of a name or config.

    Args:
        config: what `serialize` gave.
        custom_objects: a dict from names to functions that are not registered.

    Raises:
        ValueError: if the name is not known.
    """
    if custom_objects:
        with registry.CustomObjectScope(custom_objects):
            return get(config)
    return get(config)
