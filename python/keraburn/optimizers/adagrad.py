"""Gradient descent with steps scaled by all gradients so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keraburn import initializers, ops
from keraburn.optimizers import rows
from keraburn.optimizers.optimizer import Optimizer
from keraburn.tensor import Tensor
from keraburn.variable import Variable

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from keraburn.optimizers.optimizer import Common


class Adagrad(Optimizer):
    """`a += g**2` and `w -= learning_rate * g / sqrt(a + epsilon)`.

    Args:
        learning_rate: a number, schedule or function.
        initial_accumulator_value: what a starts from.
        epsilon: keeps the divisor from zero.
        args: the arguments of `Optimizer`, by position.
        common: the arguments of `Optimizer`, by name.

    Source: Duchi et al., 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization".

    Example:

    >>> import keraburn as keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.Adagrad(0.1, initial_accumulator_value=0.0).apply([keras.ops.array(3.0)], [weight])
    >>> round(float(weight.numpy()), 4)
    0.9
    """

    hyperparameters = ("initial_accumulator_value", "epsilon")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        *args: Any,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, *args, **common)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make the slots `accumulator`."""
        if self.built:
            return
        super().build(var_list)
        start = initializers.Constant(self.initial_accumulator_value)
        self._accumulators = self.add_optimizer_variables(var_list, "accumulator", initializer=start)

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        """Update one variable."""
        accumulator = self._accumulators[self._get_variable_index(variable)]
        found = rows.touched(gradient)
        if found is not None:
            places, sums = rows.summed(*found)
            total = self.assign(accumulator, rows.added(accumulator, places, ops.square(sums)))
            root = ops.sqrt(ops.add(ops.take(total, places, axis=0), self.epsilon))
            step = ops.divide(ops.multiply(learning_rate, sums), root)
            self.assign(variable, rows.added(variable, places, ops.negative(step)))
            return
        total = self.assign_add(accumulator, ops.square(gradient))
        root = ops.sqrt(ops.add(total, self.epsilon))
        self.assign_sub(variable, ops.divide(ops.multiply(learning_rate, gradient), root))
