"""Gradient descent with steps in the units of the weights."""

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


class Adadelta(Optimizer):
    """`step = sqrt(d + epsilon) / sqrt(a + epsilon) * g` and `w -= learning_rate * step`.

    a and d are running means of the squares of gradients and of steps.

    Args:
        learning_rate: a number, schedule or function; the paper has 1.
        rho: share of the running means that a step keeps.
        epsilon: keeps the divisor from zero, and the first steps from vanishing.
        args: the arguments of `Optimizer`, by position.
        common: the arguments of `Optimizer`, by name.

    Source: Zeiler, 2012, "ADADELTA", arXiv:1212.5701.

    Example:

    >>> import keraburn as keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.Adadelta(1.0).apply([keras.ops.array(3.0)], [weight])
    >>> round(float(weight.numpy()), 4)
    0.9986
    """

    hyperparameters = ("rho", "epsilon")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        *args: Any,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, *args, **common)
        self.rho = rho
        self.epsilon = epsilon

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make the slots `accumulated_grad` and `accumulated_delta_var`."""
        if self.built:
            return
        super().build(var_list)
        names = ["accumulated_grad", "accumulated_delta_var"]
        self._gradients, self._steps = self.add_optimizer_variables(var_list, names)

    def update_step(self, grad: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        """Update one variable."""
        index = self._get_variable_index(variable)
        steps = self._steps[index]
        past = ops.sqrt(ops.add(steps.value, self.epsilon))
        root = ops.sqrt(ops.add(self._running_mean(self._gradients[index], grad), self.epsilon))
        step = ops.divide(ops.multiply(past, grad), root)
        self._running_mean(steps, step)
        self.assign_sub(variable, ops.multiply(learning_rate, step))

    def _running_mean(self, slot: Variable, value: Tensor) -> Tensor:
        fresh = ops.multiply(ops.square(value), 1 - self.rho)
        return self.assign(slot, ops.add(ops.multiply(slot.value, self.rho), fresh))
