"""Steps of one size, in the direction of the gradient's signs."""

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


class Lion(Optimizer):
    """`w -= learning_rate * sign(beta_1 * m + (1 - beta_1) * g)`, then `m = beta_2 * m + (1 - beta_2) * g`.

    Args:
        learning_rate: a number, schedule or function; about a tenth of Adam's.
        beta_1: share of m in the direction of the step.
        beta_2: share of m that a step keeps.
        args: the arguments of `Optimizer`, by position.
        common: the arguments of `Optimizer`, by name.

    Raises:
        ValueError: if `beta_1` is outside (0, 1].

    Source: Chen et al., 2023, "Symbolic Discovery of Optimization Algorithms", arXiv:2302.06675.

    Example:

    >>> import keraburn as keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.Lion(0.1).apply([keras.ops.array(3.0)], [weight])
    >>> round(float(weight.numpy()), 4)
    0.9
    """

    hyperparameters = ("beta_1", "beta_2")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        *args: Any,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, *args, **common)
        if not 0 < beta_1 <= 1:
            raise ValueError(
                "Argument `beta_1` must be in the (0, 1] range. Otherwise, the optimizer degenerates to SignSGD. "
                f"Received: beta_1={beta_1}"
            )
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make the slots `momentum`."""
        if self.built:
            return
        super().build(var_list)
        self._momentums = self.add_optimizer_variables(var_list, "momentum")

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        """Update one variable."""
        slot = self._momentums[self._get_variable_index(variable)]
        m = slot.value
        direction = ops.sign(ops.add(ops.multiply(m, self.beta_1), ops.multiply(gradient, 1 - self.beta_1)))
        self.assign_sub(variable, ops.multiply(learning_rate, direction))
        self.assign(slot, ops.add(ops.multiply(m, self.beta_2), ops.multiply(gradient, 1 - self.beta_2)))
