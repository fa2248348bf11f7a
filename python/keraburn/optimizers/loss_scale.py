"""A loss scale that follows what the gradients bear."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from keraburn import initializers, ops, registry
from keraburn.optimizers.optimizer import Optimizer
from keraburn.tensor import Tensor
from keraburn.variable import Variable


class LossScaleOptimizer(Optimizer):
    """Another optimizer, with a loss scaled up so far that small gradients do not vanish and large ones stay finite.

    After `dynamic_growth_steps` steps with finite gradients the scale doubles. A step with others is left out, and
    the scale is halved.

    Args:
        inner_optimizer: updates the variables.
        initial_scale: the scale at first.
        dynamic_growth_steps: how many good steps double it.
        name: the class's name in snake case, numbered, if None.
        kwargs: nothing; what other optimizers take belongs to the inner one.

    Raises:
        ValueError: for arguments that belong to the inner optimizer.

    Source: Micikevicius et al., 2017, "Mixed Precision Training", arXiv:1710.03740.

    Example:

    >>> import keraburn as keras
    >>> weight = keras.Variable([1.0])
    >>> optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5), initial_scale=4.0)
    >>> optimizer.apply([keras.ops.array([4.0])], [weight])
    >>> float(weight.numpy()[0])
    0.5
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not kwargs.pop("dynamic", True):
            raise ValueError(
                "LossScaleOptimizer does not support `dynamic=False`. Set `loss_scale_factor` on the inner optimizer "
                "instead. Received: dynamic=False"
            )
        given = {key: value for key, value in kwargs.items() if value not in (None, False) and key != "ema_momentum"}
        if given:
            raise ValueError(
                f"LossScaleOptimizer does not support these arguments; set them on the `inner_optimizer`. "
                f"Received: {given}"
            )
        if not isinstance(inner_optimizer, Optimizer):
            raise ValueError(f"`inner_optimizer` must be an optimizer. Received: inner_optimizer={inner_optimizer}")
        self.inner_optimizer = inner_optimizer
        super().__init__(0.0, name=name)
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        inner_optimizer.loss_scale_factor = None

    @property
    def variables(self) -> list[Variable]:
        """Its own, then those of the inner optimizer."""
        return [*super().variables, *self.inner_optimizer.variables]

    @property
    def learning_rate(self) -> Any:
        """The inner optimizer's."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    @property
    def iterations(self) -> Any:
        """The inner optimizer's: steps that were left out do not count."""
        return self.inner_optimizer.iterations

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make the scale and its counter, and build the inner optimizer."""
        if self.built:
            return
        self.step_counter = self.add_variable((), dtype="int32", name="step_counter")
        start = initializers.Constant(self.initial_scale)
        self.dynamic_scale = self.add_variable((), initializer=start, dtype="float32", name="dynamic_scale")
        self.inner_optimizer.build(var_list)
        super().build(var_list)

    def apply(self, grads: Sequence[Any], trainable_variables: Iterable[Variable] | None = None) -> None:
        """Make a step with the gradients of the scaled loss, if all are finite.

        Args:
            grads: a gradient for each variable.
            trainable_variables: the variables; those of `build` when None.

        Raises:
            ValueError: if gradients and variables do not match.
        """
        if len(grads) == 0:
            return
        variables = self._match(grads, trainable_variables)
        tensors = [None if each is None else ops.convert_to_tensor(each) for each in grads]
        finite = self.check_finite(tensors)

        def step() -> None:
            scale = self.dynamic_scale.value
            self.inner_optimizer.apply(
                [None if each is None else ops.divide(each, scale) for each in tensors], variables
            )
            counter = ops.add(self.step_counter.value, 1)
            due = ops.greater_equal(counter, self.dynamic_growth_steps)
            self.step_counter.assign(ops.where(due, 0, counter))
            self.dynamic_scale.assign(ops.multiply(scale, ops.where(due, 2.0, 1.0)))

        def leave_out() -> None:
            self.step_counter.assign(0)
            self.dynamic_scale.assign(ops.multiply(self.dynamic_scale.value, 0.5))

        self._when(finite, step)
        self._when(ops.logical_not(finite), leave_out)

    def _trained(self) -> list[Variable]:
        return self.inner_optimizer._trained()

    def check_finite(self, grads: Sequence[Tensor | None]) -> Tensor:
        """Whether every number of every gradient is finite."""
        checks = [ops.all(ops.isfinite(each)) for each in grads if each is not None]
        finite = checks[0]
        for check in checks[1:]:
            finite = ops.logical_and(finite, check)
        return finite

    def scale_loss(self, loss: Any) -> Any:
        """The loss times the scale."""
        return ops.multiply(loss, self.dynamic_scale.value if self.built else self.initial_scale)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Set the variables to their moving averages, if the inner optimizer keeps them."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "inner_optimizer": registry.serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """An optimizer of the same config; slots start anew."""
        inner = registry.deserialize_keras_object(config["inner_optimizer"], custom_objects)
        return cls(**{**config, "inner_optimizer": inner})
