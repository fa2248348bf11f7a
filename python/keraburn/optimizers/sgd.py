"""Gradient descent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keraburn import ops
from keraburn.optimizers import rows
from keraburn.optimizers.optimizer import Optimizer
from keraburn.tensor import Tensor
from keraburn.variable import Variable

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from keraburn.optimizers.optimizer import Common


class SGD(Optimizer):
    """`w -= learning_rate * g`; with momentum `v = momentum * v - learning_rate * g` and `w += v`.

    Without momentum, a step touches only the rows of an embedding that were looked up, if they are few.
    With Nesterov momentum, `w += momentum * v - learning_rate * g` with the new v.

    Args:
        learning_rate: a number, schedule or function.
        momentum: in [0, 1]; 0 for none.
        nesterov: whether momentum is applied ahead.
        args: the arguments of `Optimizer`, by position.
        common: the arguments of `Optimizer`, by name.

    Raises:
        ValueError: if the momentum is out of range.

    Source: Sutskever et al., 2013, "On the importance of initialization and momentum in deep learning".

    Example:

    >>> import keraburn as keras
    >>> weight = keras.Variable(1.0)
    >>> keras.optimizers.SGD(0.5).apply([keras.ops.array(1.0)], [weight])
    >>> float(weight.numpy())
    0.5
    """

    hyperparameters = ("momentum", "nesterov")

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        *args: Any,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, *args, **common)
        if not isinstance(momentum, (int, float)) or not 0 <= momentum <= 1:
            raise ValueError(f"`momentum` must be a float between [0, 1]. Received: momentum={momentum}")
        self.momentum = momentum
        self.nesterov = nesterov

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the slots `momentum`, if there is momentum."""
        if self.built:
            return
        super().build(variables)
        self.momentums: list[Variable] = []
        if self.momentum:
            self.momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        """Update one variable."""
        found = None if self.momentum else rows.touched(gradient)
        if found is not None:
            places, updates = found
            self.assign(variable, rows.added(variable, places, ops.negative(ops.multiply(updates, learning_rate))))
            return
        step = ops.multiply(gradient, learning_rate)
        if not self.momentum:
            self.assign_sub(variable, step)
            return
        slot = self.momentums[self._get_variable_index(variable)]
        velocity = self.assign(slot, ops.subtract(ops.multiply(slot.value, self.momentum), step))
        if self.nesterov:
            velocity = ops.subtract(ops.multiply(velocity, self.momentum), step)
        self.assign_add(variable, velocity)
