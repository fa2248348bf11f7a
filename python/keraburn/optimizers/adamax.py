"""Adam with the largest gradient in place of the variance."""

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


class Adamax(Optimizer):
    """`u = max(beta_2 * u, abs(g))` and `w -= learning_rate / (1 - beta_1**t) * m / (u + epsilon)`.

    Args:
        learning_rate: a number, schedule or function.
        beta_1: share of the running mean m of gradients that a step keeps.
        beta_2: by which u falls at each step.
        epsilon: keeps the divisor from zero.
        args: the arguments of `Optimizer`, by position.
        common: the arguments of `Optimizer`, by name.

    Source: Kingma and Ba, 2014, "Adam", section 7, arXiv:1412.6980.

    Example:

    >>> import keraburn as keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.Adamax(0.1).apply([keras.ops.array(3.0)], [weight])
    >>> round(float(weight.numpy()), 4)
    0.9
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
        """Make the slots `momentum` and `norm`."""
        if self.built:
            return
        super().build(var_list)
        self._momentums, self._norms = self.add_optimizer_variables(var_list, ["momentum", "norm"])

    def _alpha(self, learning_rate: Tensor) -> Tensor:
        return ops.divide(learning_rate, ops.subtract(1.0, ops.power(self.beta_1, self.local_step())))

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        """Update one variable."""
        alpha = self.once(self._alpha, learning_rate)
        index = self._get_variable_index(variable)
        m, u = self._momentums[index], self._norms[index]
        mean = self.assign_add(m, ops.multiply(ops.subtract(gradient, m.value), 1 - self.beta_1))
        norm = self.assign(u, ops.maximum(ops.multiply(u.value, self.beta_2), ops.abs(gradient)))
        self.assign_sub(variable, ops.divide(ops.multiply(mean, alpha), ops.add(norm, self.epsilon)))
