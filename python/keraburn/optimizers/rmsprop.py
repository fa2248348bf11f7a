"""Gradient descent with steps scaled by recent gradients."""

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


class RMSprop(Optimizer):
    """`v = rho * v + (1 - rho) * g**2` and `w -= learning_rate * g / sqrt(v + epsilon)`.

    Centered, `v - a**2` stands for v, where a is the running mean of g; with momentum the step is summed up
    as in `m = momentum * m + step`.

    Args:
        learning_rate: a number, schedule or function.
        rho: share of v that a step keeps.
        momentum: share of m that a step keeps; 0 for none.
        epsilon: keeps the divisor from zero.
        centered: whether the gradient's mean is taken out of v.
        args: the arguments of `Optimizer`, by position.
        common: the arguments of `Optimizer`, by name.

    Source: Hinton, 2012, "Neural Networks for Machine Learning", lecture 6e.

    Example:

    >>> import keraburn as keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.RMSprop(0.1).apply([keras.ops.array(1.0)], [weight])
    >>> round(float(weight.numpy()), 4)
    0.6838
    """

    hyperparameters = ("rho", "momentum", "epsilon", "centered")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        *args: Any,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, *args, **common)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make the slots `velocity`, and `momentum` and `average_gradient` if they are used."""
        if self.built:
            return
        super().build(var_list)
        self._velocities = self.add_optimizer_variables(var_list, "velocity")
        self._momentums = self.add_optimizer_variables(var_list, "momentum") if self.momentum > 0 else []
        self._means = self.add_optimizer_variables(var_list, "average_gradient") if self.centered else []

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        """Update one variable."""
        index = self._get_variable_index(variable)
        velocity = self._running_mean(self._velocities[index], ops.square(gradient))
        if self.centered:
            mean = self._running_mean(self._means[index], gradient)
            velocity = ops.subtract(velocity, ops.square(mean))
        root = ops.sqrt(ops.add(velocity, self.epsilon))
        step = ops.divide(ops.multiply(learning_rate, gradient), root)
        if self.momentum > 0:
            slot = self._momentums[index]
            step = self.assign(slot, ops.add(ops.multiply(slot.value, self.momentum), step))
        self.assign_sub(variable, step)

    def _running_mean(self, slot: Variable, value: Tensor) -> Tensor:
        return self.assign(slot, ops.add(ops.multiply(slot.value, self.rho), ops.multiply(value, 1 - self.rho)))
