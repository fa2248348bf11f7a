"""Adam with little memory: a matrix's variances are kept as one row and one column."""

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


class Adafactor(Optimizer):
    """Steps scaled by the outer product of the running means of squared gradients over rows and columns.

    Args:
        learning_rate: a number, schedule or function.
        beta_2_decay: exponent c of the share `t**c` with which squares at step t enter the running means.
        epsilon_1: is added to squares.
        epsilon_2: least size of a weight tensor that steps are relative to.
        clip_threshold: greatest root mean square of a step before scaling.
        relative_step: whether the learning rate is at most `1 / sqrt(t)`.
        args: the arguments of `Optimizer`, by position.
        common: the arguments of `Optimizer`, by name.

    Source: Shazeer and Stern, 2018, "Adafactor", arXiv:1804.04235.

    Example:

    >>> import keraburn as keras
    >>> weight = keras.Variable([[1.0, 2.0]])
    >>> keras.optimizers.Adafactor(0.5).apply([keras.ops.array([[1.0, 1.0]])], [weight])
    >>> weight.numpy().round(3)
    array([[0.209, 1.209]], dtype=float32)
    """

    hyperparameters = ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        *args: Any,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, *args, **common)
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make a row and a column for each matrix, and the slots `velocity`."""
        if self.built:
            return
        super().build(var_list)
        self._rows: list[Variable] = []
        self._columns: list[Variable] = []
        self._velocities: list[Variable] = []
        for variable in var_list:
            shape = variable.shape
            matrix = len(shape) >= 2
            # Keras keeps two numbers in the place of what vectors do not have; so do we, for weights exchanged with it.
            dtype = variable.dtype if matrix else "int32"
            for slots, size in (
                (self._rows, shape[:-1] if matrix else ()),
                (self._columns, (*shape[:-2], shape[-1]) if matrix else ()),
            ):
                slots.append(self.add_variable(size, dtype=dtype, name=variable.name))
            self._velocities.append(self.add_variable_from_reference(variable, name="velocity"))

    def _rates(self, learning_rate: Tensor) -> tuple[Tensor, Tensor]:
        """The relative size of steps, and the share of the running means that this step keeps."""
        step = self.local_step()
        bounded = ops.minimum(learning_rate, ops.rsqrt(step))
        return bounded, ops.subtract(1.0, ops.power(step, self.beta_2_decay))

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        """Update one variable."""
        rate, kept = self.once(self._rates, learning_rate)
        index = self._get_variable_index(variable)
        fresh = ops.subtract(1.0, kept)
        square = ops.add(ops.square(gradient), self.epsilon_1)

        def running_mean(slot: Variable, value: Tensor) -> Tensor:
            return self.assign(slot, ops.add(ops.multiply(slot.value, kept), ops.multiply(value, fresh)))

        if len(variable.shape) >= 2:
            row = running_mean(self._rows[index], ops.mean(square, axis=-1))
            column = running_mean(self._columns[index], ops.mean(square, axis=-2))
            row = ops.divide(row, ops.mean(row, axis=-1, keepdims=True))
            product = ops.multiply(ops.expand_dims(row, -1), ops.expand_dims(column, -2))
            variance = self.assign(self._velocities[index], product)
        else:
            variance = running_mean(self._velocities[index], square)
        step = ops.divide(gradient, ops.sqrt(variance))
        excess = ops.maximum(1.0, ops.divide(self._size(step), self.clip_threshold))
        size = ops.maximum(self.epsilon_2, self._size(variable.value))
        self.assign_sub(variable, ops.multiply(step, ops.divide(ops.multiply(size, rate), excess)))

    def _size(self, x: Tensor) -> Tensor:
        return ops.sqrt(ops.mean(ops.square(x)))
