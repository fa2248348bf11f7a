"""Adam with Nesterov momentum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keraburn import config, ops
from keraburn.optimizers.optimizer import Optimizer
from keraburn.tensor import Tensor
from keraburn.variable import Variable

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from keraburn.optimizers.optimizer import Common


class Nadam(Optimizer):
    """Adam whose mean looks one step ahead.

    With `u(t) = beta_1 * (1 - 0.96**t / 2)` and p the product of all u so far, m / (1 - beta_1**t) is replaced by
    `u(t+1) * m / (1 - p * u(t+1)) + (1 - u(t)) * g / (1 - p)`.

    Args:
        learning_rate: a number, schedule or function.
        beta_1: share of the running mean m of gradients that a step keeps.
        beta_2: share of the running mean v of their squares that a step keeps.
        epsilon: keeps the divisor from zero.
        args: the arguments of `Optimizer`, by position.
        common: the arguments of `Optimizer`, by name.

    Source: Dozat, 2016, "Incorporating Nesterov Momentum into Adam".

    Example:

    >>> import keraburn as keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.Nadam(0.1).apply([keras.ops.array(3.0)], [weight])
    >>> float(weight.numpy()) < 1.0
    True
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
        """Make the slots `momentum` and `velocity`, and the product of the momentum schedule."""
        if self.built:
            return
        super().build(var_list)
        self._momentums, self._velocities = self.add_optimizer_variables(var_list, ["momentum", "velocity"])
        dtype = var_list[0].dtype if var_list else config.floatx()
        self._u_product = Variable(1.0, dtype=dtype, trainable=False)
        self._track_variable(self._u_product)

    def _factors(self, learning_rate: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the mean, the gradient and the variance are multiplied by in this step."""
        step = self.local_step()

        def schedule(at: Tensor) -> Tensor:
            return ops.multiply(ops.subtract(1.0, ops.multiply(0.5, ops.power(0.96, at))), self.beta_1)

        now, ahead = schedule(step), schedule(ops.add(step, 1.0))
        product = self.assign(self._u_product, ops.multiply(self._u_product.value, now))
        of_mean = ops.divide(ahead, ops.subtract(1.0, ops.multiply(product, ahead)))
        of_gradient = ops.divide(ops.subtract(1.0, now), ops.subtract(1.0, product))
        of_variance = ops.divide(1.0, ops.subtract(1.0, ops.power(self.beta_2, step)))
        return ops.multiply(learning_rate, of_mean), ops.multiply(learning_rate, of_gradient), of_variance

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        """Update one variable."""
        of_mean, of_gradient, of_variance = self.once(self._factors, learning_rate)
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        mean = self.assign_add(m, ops.multiply(ops.subtract(gradient, m.value), 1 - self.beta_1))
        variance = self.assign_add(v, ops.multiply(ops.subtract(ops.square(gradient), v.value), 1 - self.beta_2))
        root = ops.add(ops.sqrt(ops.multiply(variance, of_variance)), self.epsilon)
        step = ops.add(ops.multiply(mean, of_mean), ops.multiply(gradient, of_gradient))
        self.assign_sub(variable, ops.divide(step, root))
