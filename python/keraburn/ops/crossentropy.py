"""The losses of classification, one value for each element or row."""

from __future__ import annotations

from typing import Any

from keraburn import config
from keraburn.ops.activation import log_softmax
from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import normalize_axis
from keraburn.ops.convert import cast_to, convert, floating, promote, scalar
from keraburn.ops.shaping import reshaped
from keraburn.tensor import Tensor


def clipped(x: Tensor) -> Tensor:
    """Probabilities kept `epsilon()` away from 0 and 1."""
    epsilon = config.epsilon()
    return emit("min", emit("max", x, scalar(epsilon, x.dtype)), scalar(1.0 - epsilon, x.dtype))


def _same_shape(target: Any, output: Any) -> tuple[Tensor, Tensor]:
    output = floating(output)
    target, output = promote(convert(target), output)
    if target.shape != output.shape:
        raise ValueError(
            "Arguments `target` and `output` must have the same shape. "
            f"Received: target.shape={target.shape}, output.shape={output.shape}"
        )
    return target, output


@operation
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Tensor:
    """`-target * log(output) - (1 - target) * log(1 - output)`, element by element.

    Args:
        target: the true probabilities, 0 or 1 for labels.
        output: the predicted probabilities, kept `epsilon()` away from 0 and 1; or logits, in the shape of `target`.
        from_logits: whether `output` is to be passed through a sigmoid.

    Raises:
        ValueError: if the shapes differ.
    """
    target, output = _same_shape(target, output)
    one = scalar(1, output.dtype)
    rest = emit("sub", one, target)
    if from_logits:
        positive = emit("mul", target, emit("softplus", emit("neg", output)))
        return emit("add", positive, emit("mul", rest, emit("softplus", output)))
    output = clipped(output)
    positive = emit("mul", target, emit("log", output))
    negative = emit("mul", rest, emit("log", emit("sub", one, output)))
    return emit("neg", emit("add", positive, negative))


@operation
def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Tensor:
    """`-sum(target * log(output))` over the classes.

    Args:
        target: the true probabilities of the classes, one-hot for labels.
        output: the predicted ones, which are scaled to sum to 1 and kept `epsilon()` away from 0 and 1; or logits.
        from_logits: whether `output` is to be passed through a softmax.
        axis: the axis of the classes.

    Raises:
        ValueError: if the shapes differ or have no dimension.
    """
    target, output = _same_shape(target, output)
    if not target.shape:
        raise ValueError(
            "Arguments `target` and `output` must be at least rank 1. "
            f"Received: target.shape={target.shape}, output.shape={output.shape}"
        )
    axis = normalize_axis(axis, output.ndim)
    if from_logits:
        logs = log_softmax(output, axis)
    else:
        output = emit("div", output, emit("sum", output, axes=[axis], keepdims=True))
        logs = emit("log", clipped(output))
    return emit("neg", emit("sum", emit("mul", target, logs), axes=[axis], keepdims=False))


@operation
def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Tensor:
    """`-log(output[target])`: the categorical crossentropy of labels given as integers.

    Args:
        target: the true classes, in the shape of `output` without the axis of the classes, or with 1 there.
        output: the predicted probabilities of the classes, which are scaled to sum to 1 and kept `epsilon()` away
            from 0 and 1; or logits.
        from_logits: whether `output` is to be passed through a softmax.
        axis: the axis of the classes.

    Raises:
        ValueError: if the shapes do not fit; at run time, if a label is no class.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.sparse_categorical_crossentropy([1], [[0.0, 0.0]], from_logits=True).numpy()
    array([0.6931472], dtype=float32)
    """
    labels, output = convert(target), floating(output)
    if not output.shape:
        raise ValueError(f"Argument `output` must be at least rank 1. Received: output.shape={output.shape}")
    axis = normalize_axis(axis, output.ndim)
    classes = output.shape[axis]
    rest = (*output.shape[:axis], *output.shape[axis + 1 :])
    if labels.ndim == output.ndim and labels.shape[-1] == 1:
        labels = reshaped(labels, labels.shape[:-1])
    if labels.shape != rest:
        raise ValueError(
            "Arguments `target` and `output` must have the same shape up until the last dimension. "
            f"Received: target.shape={convert(target).shape}, output.shape={output.shape}"
        )
    labels = emit(
        "check_range",
        labels if labels.dtype == "int64" else cast_to(labels, "int32"),
        low=0,
        high=classes,
        message=f"A label is not one of the {classes} classes that the model predicts.",
    )
    along = [classes if i == axis else 1 for i in range(output.ndim)]
    wide = reshaped(labels, [1 if i == axis else dim for i, dim in enumerate(output.shape)])
    chosen = emit("eq", wide, reshaped(emit("iota", shape=[classes], axis=0, dtype=labels.dtype), along))
    zero = scalar(0, output.dtype)
    if from_logits:
        top = emit("stop_gradient", emit("max_reduce", output, axes=[axis], keepdims=True))
        moved = emit("sub", output, top)
        total = emit("log", emit("sum", emit("exp", moved), axes=[axis], keepdims=False))
        return emit("sub", total, emit("sum", emit("where", chosen, moved, zero), axes=[axis], keepdims=False))
    # Only the true class's probability is scaled and its logarithm taken.
    probability = emit("sum", emit("where", chosen, output, zero), axes=[axis], keepdims=False)
    probability = emit("div", probability, emit("sum", output, axes=[axis], keepdims=False))
    return emit("neg", emit("log", clipped(probability)))
