"""Batch renormalization: what BatchNormalization does with `renorm=True`."""

from __future__ import annotations

import math
from typing import Any

from keraburn import initializers, ops

_KEYS = ("rmax", "rmin", "dmax")


def checked_clipping(clipping: Any) -> dict[str, float]:
    """The limits of the correction, a dict of some of "rmax", "rmin" and "dmax".

    Raises:
        ValueError: if there are other keys, or the limits contradict each other.
    """
    limits = dict(clipping or {})
    if set(limits) - set(_KEYS):
        raise ValueError(
            f"Received invalid keys for `renorm_clipping` argument: {clipping}. Supported values: {list(_KEYS)}."
        )
    largest, smallest, shift = (limits.get(key) for key in _KEYS)
    if largest is not None and smallest is not None and largest < smallest:
        raise ValueError(
            "rmax should be greater than rmin in the `renorm_clipping` argument. "
            f"Received: rmax={largest}, rmin={smallest}."
        )
    if shift is not None and shift < 0:
        raise ValueError(f"dmax should be non-negative in the `renorm_clipping` argument. Received: dmax={shift}.")
    return limits


def add_statistics(layer: Any, size: int) -> None:
    """The deviation of inference, and the mean and deviation towards which batches are corrected.

    Args:
        layer: a BatchNormalization.
        size: of its axis.
    """

    def deviation(shape: Any, dtype: Any = None) -> Any:
        return ops.sqrt(_again(layer.moving_variance_initializer)(shape, dtype=dtype))

    first = {
        "moving_stddev": deviation,
        "renorm_mean": _again(layer.moving_mean_initializer),
        "renorm_stddev": deviation,
    }
    for name, initializer in first.items():
        weight = layer.add_weight(shape=(size,), name=name, initializer=initializer, trainable=False, autocast=False)
        setattr(layer, name, weight)


def corrected(layer: Any, mean: Any, variance: Any) -> tuple[Any, Any]:
    """The scale and offset of `((x - mean) / deviation * r + d) * gamma + beta`; the statistics take in the batch.

    `r = deviation / renorm_stddev` and `d = (mean - renorm_mean) / renorm_stddev`, clipped, have no gradients.

    Ioffe, 2017: https://arxiv.org/abs/1702.03275

    Args:
        layer: a BatchNormalization.
        mean: of the batch.
        variance: of the batch.
    """
    deviation = ops.sqrt(variance + layer.epsilon)
    usual = ops.maximum(layer.renorm_stddev.value, math.sqrt(layer.epsilon))
    ratio = ops.divide(deviation, usual)
    shift = ops.divide(ops.subtract(mean, layer.renorm_mean.value), usual)
    limits = layer.renorm_clipping
    if limits.get("rmin") is not None:
        ratio = ops.maximum(ratio, limits["rmin"])
    if limits.get("rmax") is not None:
        ratio = ops.minimum(ratio, limits["rmax"])
    if limits.get("dmax") is not None:
        shift = ops.clip(shift, -limits["dmax"], limits["dmax"])
    ratio, shift = ops.stop_gradient(ratio), ops.stop_gradient(shift)
    if layer.gamma is not None:
        ratio, shift = ops.multiply(ratio, layer.gamma), ops.multiply(shift, layer.gamma)
    offset = shift if layer.beta is None else ops.add(shift, layer.beta)
    _taken_in(layer.renorm_mean, mean, layer.renorm_momentum)
    _taken_in(layer.renorm_stddev, deviation, layer.renorm_momentum)
    _taken_in(layer.moving_mean, mean, layer.momentum)
    _taken_in(layer.moving_stddev, deviation, layer.momentum)
    moving = layer.moving_stddev.value
    layer.moving_variance.assign(ops.relu(moving * moving - layer.epsilon))
    return ratio, offset


def _taken_in(variable: Any, value: Any, momentum: float) -> None:
    variable.assign(ops.add(variable.value * momentum, ops.stop_gradient(value) * (1.0 - momentum)))


def _again(initializer: Any) -> Any:
    """An initializer that draws on its own."""
    return initializers.get(initializers.serialize(initializer)) if hasattr(initializer, "get_config") else initializer
