"""AdamW without a learning rate schedule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keraburn import ops
from keraburn.optimizers.optimizer import Optimizer
from keraburn.tensor import Tensor
from keraburn.variable import Variable

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from keraburn.optimizers.optimizer import Common


class ScheduleFreeAdamW(Optimizer):
    """Gradients are taken between a fast sequence z and its average x: `y = (1 - beta_1) * z + beta_1 * x`.

    `z -= learning_rate * g / (sqrt(v / (1 - beta_2**t)) + epsilon)` and `x += (z - x) / t`; the variables hold y.

    Args:
        learning_rate: a number, schedule or function.
        beta_1: share of the average in y.
        beta_2: share of the running mean v of squared gradients that a step keeps.
        epsilon: keeps the divisor from zero.
        warmup_steps: over how many steps the learning rate rises to its value.
        args: the arguments of `Optimizer`, by position.
        common: the arguments of `Optimizer`, by name.

    Source: Defazio et al., 2024, "The Road Less Scheduled", arXiv:2405.15682.

    Example:

    >>> import keraburn as keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.ScheduleFreeAdamW(0.1).apply([keras.ops.array(3.0)], [weight])
    >>> round(float(weight.numpy()), 4)
    0.9
    """

    hyperparameters = ("beta_1", "beta_2", "epsilon", "warmup_steps")

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        *args: Any,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, *args, **common)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.warmup_steps = warmup_steps

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make the slots `momentum`, which hold z and start from the variables, and `velocity`."""
        if self.built:
            return
        super().build(var_list)
        self._momentums, self._velocities = self.add_optimizer_variables(var_list, ["momentum", "velocity"])
        for slot, variable in zip(self._momentums, var_list, strict=True):
            slot.assign(variable.value)

    def _factors(self, learning_rate: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        step = self.local_step()
        if self.warmup_steps > 0:
            learning_rate = ops.multiply(learning_rate, ops.minimum(ops.divide(step, float(self.warmup_steps)), 1.0))
        correction = ops.divide(1.0, ops.subtract(1.0, ops.power(self.beta_2, step)))
        return learning_rate, correction, ops.divide(1.0, step)

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        """Update one variable."""
        rate, correction, share = self.once(self._factors, learning_rate)
        index = self._get_variable_index(variable)
        fast, v = self._momentums[index], self._velocities[index]
        old = fast.value
        variance = self.assign_add(v, ops.multiply(ops.subtract(ops.square(gradient), v.value), 1 - self.beta_2))
        root = ops.add(ops.sqrt(ops.multiply(variance, correction)), self.epsilon)
        new = self.assign_sub(fast, ops.divide(ops.multiply(rate, gradient), root))
        average = ops.divide(ops.subtract(variable.value, ops.multiply(old, 1 - self.beta_1)), self.beta_1)
        average = ops.add(ops.multiply(ops.subtract(1.0, share), average), ops.multiply(share, new))
        self.assign(variable, ops.add(ops.multiply(new, 1 - self.beta_1), ops.multiply(average, self.beta_1)))
