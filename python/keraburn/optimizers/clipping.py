"""Bounds on gradients."""

from __future__ import annotations

from collections.abc import Sequence

from keraburn import ops
from keraburn.tensor import Tensor


def clip_by_norm(gradient: Tensor, clip_norm: float) -> Tensor:
    """The gradient, scaled down to a norm of at most `clip_norm`."""
    norm = ops.sqrt(ops.sum(ops.square(gradient)))
    return ops.multiply(gradient, ops.divide(clip_norm, ops.maximum(norm, clip_norm)))


def clip_by_global_norm(gradients: Sequence[Tensor], clip_norm: float) -> list[Tensor]:
    """All gradients, scaled down together to a norm of at most `clip_norm`; NaN if one is not finite."""
    square = ops.sum(ops.square(gradients[0]))
    for gradient in gradients[1:]:
        square = ops.add(square, ops.sum(ops.square(gradient)))
    norm = ops.sqrt(square)
    scale = ops.divide(clip_norm, ops.maximum(norm, clip_norm))
    # Infinity minus itself is NaN: an overflow must show rather than vanish.
    scale = ops.add(scale, ops.subtract(norm, norm))
    return [ops.multiply(gradient, scale) for gradient in gradients]


def clip_by_value(gradient: Tensor, clip_value: float) -> Tensor:
    """The gradient with every number in `[-clip_value, clip_value]`."""
    return ops.clip(gradient, -clip_value, clip_value)
