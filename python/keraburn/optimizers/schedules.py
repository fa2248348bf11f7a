"""Learning rates that depend on the number of steps taken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from keraburn import config, ops, registry
from keraburn.tensor import Tensor


class LearningRateSchedule:
    """Base of schedules: called with a step (a tensor or a number), it gives the learning rate.

    Example:

    >>> import keraburn as keras
    >>> class Halving(keras.optimizers.schedules.LearningRateSchedule):
    ...     def __call__(self, step):
    ...         return keras.ops.power(0.5, keras.ops.cast(step, "float32"))
    >>> float(keras.optimizers.SGD(Halving()).learning_rate)
    1.0
    """

    def __call__(self, step: Any) -> Any:
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `__call__(self, step)`."
        )

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `get_config()` in order to be serializable."
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**config)


def _progress(step: Any, decay_steps: float, staircase: bool = False) -> Tensor:
    share = ops.divide(ops.cast(step, config.floatx()), float(decay_steps))
    return ops.floor(share) if staircase else share


def _positive(name: str, value: float) -> float:
    if not isinstance(value, (int, float)) or value <= 0:
        raise ValueError(f"Argument `{name}` must be > 0. Received: {name}={value}")
    return value


class ExponentialDecay(LearningRateSchedule):
    """`initial_learning_rate * decay_rate ** (step / decay_steps)`.

    Args:
        initial_learning_rate: at step 0.
        decay_steps: after how many steps the rate was multiplied by `decay_rate` once.
        decay_rate: the factor.
        staircase: whether the exponent is rounded down.
        name: of the schedule.

    Raises:
        ValueError: if `decay_steps` is not positive.

    Example:

    >>> import keraburn as keras
    >>> float(keras.optimizers.schedules.ExponentialDecay(1.0, 10, 0.5)(20))
    0.25
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        power = ops.power(float(self.decay_rate), _progress(step, self.decay_steps, self.staircase))
        return ops.multiply(float(self.initial_learning_rate), power)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


class InverseTimeDecay(LearningRateSchedule):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:
        initial_learning_rate: at step 0.
        decay_steps: how many steps count as one.
        decay_rate: by how much the divisor grows in that time.
        staircase: whether `step / decay_steps` is rounded down.
        name: of the schedule.

    Raises:
        ValueError: if `decay_steps` is not positive.

    Example:

    >>> import keraburn as keras
    >>> float(keras.optimizers.schedules.InverseTimeDecay(1.0, 10, 0.5)(20))
    0.5
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        progress = _progress(step, self.decay_steps, self.staircase)
        divisor = ops.add(ops.multiply(progress, float(self.decay_rate)), 1.0)
        return ops.divide(float(self.initial_learning_rate), divisor)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


class PolynomialDecay(LearningRateSchedule):
    """`(initial - end) * (1 - step / decay_steps) ** power + end`, then `end`.

    Args:
        initial_learning_rate: at step 0.
        decay_steps: when the end is reached.
        end_learning_rate: from then on.
        power: of the polynomial; 1 for a line.
        cycle: whether the decay starts anew beyond `decay_steps`, over the next multiple of it.
        name: of the schedule.

    Raises:
        ValueError: if `decay_steps` is not positive.

    Example:

    >>> import keraburn as keras
    >>> float(keras.optimizers.schedules.PolynomialDecay(1.0, 10, 0.0)(5))
    0.5
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        progress = _progress(step, self.decay_steps)
        if self.cycle:
            # At step 0 the first cycle has begun already.
            cycles = ops.maximum(ops.ceil(progress), 1.0)
            progress = ops.divide(progress, cycles)
        else:
            progress = ops.minimum(progress, 1.0)
        rest = ops.power(ops.subtract(1.0, progress), float(self.power))
        span = float(self.initial_learning_rate) - self.end_learning_rate
        return ops.add(ops.multiply(rest, span), float(self.end_learning_rate))

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "end_learning_rate": self.end_learning_rate,
            "power": self.power,
            "cycle": self.cycle,
            "name": self.name,
        }


class PiecewiseConstantDecay(LearningRateSchedule):
    """`values[i]` for `boundaries[i - 1] < step <= boundaries[i]`.

    Args:
        boundaries: increasing steps.
        values: one more than boundaries.
        name: of the schedule.

    Raises:
        ValueError: if the numbers of boundaries and values do not fit.

    Example:

    >>> import keraburn as keras
    >>> schedule = keras.optimizers.schedules.PiecewiseConstantDecay([10, 20], [1.0, 0.5, 0.25])
    >>> [float(schedule(step)) for step in (10, 11, 21)]
    [1.0, 0.5, 0.25]
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of boundaries should be 1 less than the length of values. "
                f"Received: boundaries={boundaries} of length {len(boundaries)}, "
                f"and values={values} of length {len(values)}."
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        step = ops.convert_to_tensor(step)
        rate = ops.convert_to_tensor(float(self.values[-1]), dtype=config.floatx())
        for boundary, value in zip(reversed(self.boundaries), reversed(self.values[:-1]), strict=True):
            rate = ops.where(ops.less_equal(step, boundary), float(value), rate)
        return rate

    def get_config(self) -> dict[str, Any]:
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}


class CosineDecay(LearningRateSchedule):
    """Half a cosine from the initial rate down to `alpha` times it, after an optional linear warm-up.

    Args:
        initial_learning_rate: at step 0.
        decay_steps: length of the cosine.
        alpha: share of the rate that is left at its end.
        name: of the schedule.
        warmup_target: the rate that the warm-up ends with and the cosine starts from; None for no warm-up.
        warmup_steps: length of the warm-up.

    Raises:
        ValueError: if `decay_steps` is not positive.

    Source: Loshchilov and Hutter, 2016, "SGDR", arXiv:1608.03983.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.optimizers.schedules.CosineDecay(1.0, 10)(5)), 6)
    0.5
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> Tensor:
        step = ops.cast(step, config.floatx())
        start, first = 0.0, float(self.initial_learning_rate)
        if self.warmup_target is not None:
            start, first = float(self.warmup_steps), float(self.warmup_target)
        share = ops.divide(ops.maximum(ops.subtract(step, start), 0.0), float(self.decay_steps))
        cosine = ops.cos(ops.multiply(ops.minimum(share, 1.0), math.pi))
        decayed = ops.add(ops.multiply(ops.add(cosine, 1.0), 0.5 * (1 - self.alpha)), float(self.alpha))
        rate = ops.multiply(decayed, first)
        if not start:
            return rate
        slope = (first - self.initial_learning_rate) / start
        rising = ops.add(ops.multiply(step, slope), float(self.initial_learning_rate))
        return ops.where(ops.less(step, start), rising, rate)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }


class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decay that starts anew, each time over a longer period and from another rate.

    Args:
        initial_learning_rate: at step 0.
        first_decay_steps: length of the first period.
        t_mul: by which each period is longer than the one before.
        m_mul: by which its first rate differs.
        alpha: share of the initial rate that is left at the end of a period.
        name: of the schedule.

    Raises:
        ValueError: if `first_decay_steps` is not positive.

    Source: Loshchilov and Hutter, 2016, "SGDR", arXiv:1608.03983.

    Example:

    >>> import keraburn as keras
    >>> round(float(keras.optimizers.schedules.CosineDecayRestarts(1.0, 10)(10)), 6)
    1.0
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = _positive("first_decay_steps", first_decay_steps)
        self._t_mul = t_mul
        self._m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        periods = _progress(step, self.first_decay_steps)
        growth = float(self._t_mul)
        if growth == 1.0:
            restarts = ops.floor(periods)
            share = ops.subtract(periods, restarts)
        else:
            # Periods of lengths 1, g, g^2... end at (1 - g^n) / (1 - g).
            logarithm = ops.log(ops.subtract(1.0, ops.multiply(periods, 1.0 - growth)))
            restarts = ops.floor(ops.divide(logarithm, math.log(growth)))
            length = ops.power(growth, restarts)
            done = ops.divide(ops.subtract(1.0, length), 1.0 - growth)
            share = ops.divide(ops.subtract(periods, done), length)
        cosine = ops.add(ops.cos(ops.multiply(share, math.pi)), 1.0)
        decayed = ops.multiply(ops.multiply(cosine, ops.power(float(self._m_mul), restarts)), 0.5 * (1 - self.alpha))
        return ops.multiply(ops.add(decayed, float(self.alpha)), float(self.initial_learning_rate))

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "first_decay_steps": self.first_decay_steps,
            "t_mul": self._t_mul,
            "m_mul": self._m_mul,
            "alpha": self.alpha,
            "name": self.name,
        }


_TABLE = registry.publish("keras.optimizers.schedules", registry.classes_of(LearningRateSchedule, vars()))


def serialize(learning_rate_schedule: Any) -> Any:
    """The config of a schedule."""
    return registry.serialize_keras_object(learning_rate_schedule)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The schedule of a config."""
    return registry.deserialize_keras_object(config, custom_objects, module_objects=_TABLE)
