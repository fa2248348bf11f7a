"""Gradient descent with estimates of the gradient's mean and variance."""

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


class Adam(Optimizer):
    """`w -= alpha * m / (sqrt(v) + epsilon)` with running means m of g and v of g².

    `m += (g - m) * (1 - beta_1)`, `v += (g**2 - v) * (1 - beta_2)`, and for step t
    `alpha = learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)`.

    Args:
        learning_rate: a number, schedule or function.
        beta_1: share of m that a step keeps.
        beta_2: share of v that a step keeps.
        epsilon: keeps the divisor from zero.
        amsgrad: whether the largest v so far takes v's place.
        args: the arguments of `Optimizer`, by position.
        common: the arguments of `Optimizer`, by name.

    Source: Kingma and Ba, 2014, "Adam", arXiv:1412.6980; Reddi et al., 2018, "On the Convergence of Adam and Beyond".

    Example:

    >>> import keraburn as keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.Adam(0.1).apply([keras.ops.array(3.0)], [weight])
    >>> round(float(weight.numpy()), 4)
    0.9
    """

    hyperparameters = ("beta_1", "beta_2", "epsilon", "amsgrad")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        *args: Any,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, *args, **common)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.amsgrad = amsgrad

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make the slots `momentum` and `velocity`, and `velocity_hat` for amsgrad."""
        if self.built:
            return
        super().build(var_list)
        self._momentums, self._velocities = self.add_optimizer_variables(var_list, ["momentum", "velocity"])
        self._velocity_hats = self.add_optimizer_variables(var_list, "velocity_hat") if self.amsgrad else []

    def _alpha(self, learning_rate: Tensor) -> Tensor:
        step = self.local_step()
        first = ops.subtract(1.0, ops.power(self.beta_1, step))
        second = ops.subtract(1.0, ops.power(self.beta_2, step))
        return ops.divide(ops.multiply(learning_rate, ops.sqrt(second)), first)

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        """Update one variable."""
        alpha = self.once(self._alpha, learning_rate)
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        mean = self.assign_add(m, ops.multiply(ops.subtract(gradient, m.value), 1 - self.beta_1))
        variance = self.assign_add(v, ops.multiply(ops.subtract(ops.square(gradient), v.value), 1 - self.beta_2))
        if self.amsgrad:
            largest = self._velocity_hats[index]
            variance = self.assign(largest, ops.maximum(largest.value, variance))
        root = ops.add(ops.sqrt(variance), self.epsilon)
        self.assign_sub(variable, ops.divide(ops.multiply(mean, alpha), root))


class AdamW(Adam):
    """Adam with weight decay that is apart from the gradient: `w -= learning_rate * weight_decay * w` first.

    Args:
        learning_rate: a number, schedule or function.
        weight_decay: share of each weight that is taken off, times the learning rate.
        beta_1: share of m that a step keeps.
        beta_2: share of v that a step keeps.
        epsilon: keeps the divisor from zero.
        amsgrad: whether the largest v so far takes v's place.
        args: the other arguments of `Optimizer`, by position.
        common: the other arguments of `Optimizer`, by name.

    Raises:
        ValueError: if `weight_decay` is None.

    Source: Loshchilov and Hutter, 2017, "Decoupled Weight Decay Regularization", arXiv:1711.05101.

    Example:

    >>> import keraburn as keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.AdamW(0.1, weight_decay=1.0).apply([keras.ops.array(3.0)], [weight])
    >>> round(float(weight.numpy()), 4)
    0.8
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        *args: Any,
        **common: Any,
    ) -> None:
        if weight_decay is None:
            raise ValueError("Argument `weight_decay` must be a float. Received: weight_decay=None")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, *args, **common)
