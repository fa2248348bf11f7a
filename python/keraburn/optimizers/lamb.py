"""Adam with steps scaled by the size of each weight tensor."""

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


class Lamb(Optimizer):
    """`w -= learning_rate * norm(w) / norm(s) * s` with Adam's corrected step s, for training in large batches.

    `s = m / (1 - beta_1**t) / (sqrt(v / (1 - beta_2**t)) + epsilon)`; where a norm is zero, their ratio is one.

    Args:
        learning_rate: a number, schedule or function.
        beta_1: share of the running mean m of gradients that a step keeps.
        beta_2: share of the running mean v of their squares that a step keeps.
        epsilon: keeps the divisor from zero.
        args: the arguments of `Optimizer`, by position.
        common: the arguments of `Optimizer`, by name.

    Source: You et al., 2019, "Large Batch Optimization for Deep Learning", arXiv:1904.00962.

    Example:

    >>> import keraburn as keras
    >>> weight = keras.Variable(2.0)
    >>> keras.optimizers.Lamb(0.1).apply([keras.ops.array(3.0)], [weight])
    >>> round(float(weight.numpy()), 4)
    1.8
    """

    hyperparameters = ("beta_1", "beta_2", "epsilon")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        *args: Any,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, *args, **common)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make the slots `momentum` and `velocity`."""
        if self.built:
            return
        super().build(var_list)
        self._momentums, self._velocities = self.add_optimizer_variables(var_list, ["momentum", "velocity"])

    def _corrections(self) -> tuple[Tensor, Tensor]:
        step = self.local_step()
        first = ops.subtract(1.0, ops.power(self.beta_1, step))
        second = ops.subtract(1.0, ops.power(self.beta_2, step))
        return ops.divide(1.0, first), ops.divide(1.0, second)

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        """Update one variable."""
        of_mean, of_variance = self.once(self._corrections)
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        mean = self.assign_add(m, ops.multiply(ops.subtract(gradient, m.value), 1 - self.beta_1))
        variance = self.assign_add(v, ops.multiply(ops.subtract(ops.square(gradient), v.value), 1 - self.beta_2))
        root = ops.add(ops.sqrt(ops.multiply(variance, of_variance)), self.epsilon)
        step = ops.divide(ops.multiply(mean, of_mean), root)
        size, length = self._norm(variable.value), self._norm(step)
        both = ops.logical_and(ops.greater(size, 0.0), ops.greater(length, 0.0))
        ratio = ops.where(both, ops.divide(size, ops.where(both, length, 1.0)), 1.0)
        self.assign_sub(variable, ops.multiply(ops.multiply(ratio, learning_rate), step))

    def _norm(self, x: Tensor) -> Tensor:
        return ops.sqrt(ops.sum(ops.square(x)))
