"""Follow the regularized leader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keraburn import initializers, ops
from keraburn.optimizers.optimizer import Optimizer
from keraburn.tensor import Tensor
from keraburn.variable import Variable

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from keraburn.optimizers.optimizer import Common


class Ftrl(Optimizer):
    """Steps that keep many weights at exactly zero, for sparse linear models.

    With `a' = a + g**2` and p the negative power of the learning rate,
    `z += g + 2 * shrinkage * w - (a'**p - a**p) / learning_rate * w` and
    `w = (clip(z, -l1, l1) - z) / (a'**p / learning_rate + 2 * l2 + beta / learning_rate)`.

    Args:
        learning_rate: a number, schedule or function.
        learning_rate_power: -p; 0 for a rate that stays.
        initial_accumulator_value: what a starts from.
        l1_regularization_strength: l1.
        l2_regularization_strength: l2.
        l2_shrinkage_regularization_strength: penalty of the weights' size in the gradient.
        beta: the paper's β.
        args: the arguments of `Optimizer`, by position.
        common: the arguments of `Optimizer`, by name.

    Raises:
        ValueError: if a strength or the start is negative, or the power positive.

    Source: McMahan et al., 2013, "Ad Click Prediction: a View from the Trenches".

    Example:

    >>> import keraburn as keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.Ftrl(0.1, l1_regularization_strength=10.0).apply([keras.ops.array(3.0)], [weight])
    >>> float(weight.numpy()) < 1.0
    True
    """

    hyperparameters = (
        "learning_rate_power",
        "initial_accumulator_value",
        "l1_regularization_strength",
        "l2_regularization_strength",
        "l2_shrinkage_regularization_strength",
        "beta",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        *args: Any,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, *args, **common)
        if learning_rate_power > 0:
            raise ValueError(
                "`learning_rate_power` needs to be negative or zero. "
                f"Received: learning_rate_power={learning_rate_power}"
            )
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = _not_negative("initial_accumulator_value", initial_accumulator_value)
        self.l1_regularization_strength = _not_negative("l1_regularization_strength", l1_regularization_strength)
        self.l2_regularization_strength = _not_negative("l2_regularization_strength", l2_regularization_strength)
        self.l2_shrinkage_regularization_strength = _not_negative(
            "l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength
        )
        self.beta = beta

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make the slots `accumulator` and `linear`."""
        if self.built:
            return
        super().build(var_list)
        start = initializers.Constant(self.initial_accumulator_value)
        self._accumulators, self._linears = self.add_optimizer_variables(
            var_list, ["accumulator", "linear"], initializer=[start, "zeros"]
        )

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        """Update one variable."""
        index = self._get_variable_index(variable)
        slot, linear = self._accumulators[index], self._linears[index]
        weight, power = variable.value, -self.learning_rate_power
        shrunk = ops.add(gradient, ops.multiply(weight, 2 * self.l2_shrinkage_regularization_strength))
        total = ops.add(slot.value, ops.square(gradient))
        grown = ops.power(total, power)
        change = ops.divide(ops.subtract(grown, ops.power(slot.value, power)), learning_rate)
        z = self.assign_add(linear, ops.subtract(shrunk, ops.multiply(change, weight)))
        divisor = ops.add(ops.divide(grown, learning_rate), 2 * self.l2_regularization_strength)
        if self.beta:
            divisor = ops.add(divisor, ops.divide(self.beta, learning_rate))
        bound = self.l1_regularization_strength
        self.assign(variable, ops.divide(ops.subtract(ops.clip(z, -bound, bound), z), divisor))
        self.assign(slot, total)


def _not_negative(name: str, value: float) -> float:
    if value < 0:
        raise ValueError(f"`{name}` needs to be positive or zero. Received: {name}={value}")
    return value
