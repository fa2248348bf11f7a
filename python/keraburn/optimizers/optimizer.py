"""The base of optimizers: what surrounds an update rule."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from keraburn import config, ops, registry
from keraburn.optimizers import planned
from keraburn.optimizers.clipping import clip_by_global_norm, clip_by_norm, clip_by_value
from keraburn.optimizers.schedules import LearningRateSchedule
from keraburn.optimizers.state import State
from keraburn.tensor import Tensor
from keraburn.trace import current as current_trace
from keraburn.variable import Variable

if TYPE_CHECKING:
    import inspect
    from typing import TypedDict

    class Common(TypedDict, total=False):
        """The arguments that every optimizer has."""

        lr: Any
        weight_decay: float | None
        clipnorm: float | None
        clipvalue: float | None
        global_clipnorm: float | None
        use_ema: bool
        ema_momentum: float
        ema_overwrite_frequency: int | None
        loss_scale_factor: float | None
        gradient_accumulation_steps: int | None
        name: str | None


class _Signature:
    """The signature that tools show: an optimizer's own arguments, then those that every optimizer has."""

    def __get__(self, _: object, owner: type) -> inspect.Signature:
        import inspect  # only tools ask for it

        own = list(inspect.signature(owner.__init__).parameters.values())[1:]  # type: ignore[misc]
        kept = [each for each in own if each.kind is each.POSITIONAL_OR_KEYWORD]
        rest = [each for each in own if each.kind is each.VAR_KEYWORD]
        if len(kept) + len(rest) < len(own):
            names = {each.name for each in kept}
            base = inspect.signature(Optimizer.__init__).parameters.values()
            shared = [each for each in base if each.kind is each.POSITIONAL_OR_KEYWORD]
            kept += [each for each in shared if each.name not in names and each.name != "self"]
            rest = [each.replace(name="kwargs", annotation=Any) for each in rest]
        return inspect.Signature(kept + rest)


class Optimizer(State):
    """Base of optimizers; a subclass makes its slots in `build` and defines `update_step`.

    A step unscales gradients, clips them, decays weights by `w -= w * weight_decay * learning_rate`, updates them,
    their moving averages and constraints, and counts itself.

    Args:
        learning_rate: a number, a `LearningRateSchedule`, or a function without arguments. `lr=` means the same.
        weight_decay: share of each weight that is taken off, times the learning rate.
        clipnorm: greatest norm of the gradient of one weight tensor.
        clipvalue: greatest absolute value in gradients.
        global_clipnorm: greatest norm of all gradients together.
        use_ema: whether moving averages of the weights are kept.
        ema_momentum: share of the old average that a step keeps.
        ema_overwrite_frequency: after how many steps the weights become their averages; None for only at the end.
        loss_scale_factor: what the loss was multiplied by; gradients are divided by it.
        gradient_accumulation_steps: of how many steps gradients are averaged before an update.
        name: the class's name in snake case, numbered, if None.

    Raises:
        ValueError: for arguments that are unknown, out of range or exclude each other.

    Example:

    >>> import keraburn as keras
    >>> class Signs(keras.optimizers.Optimizer):
    ...     def update_step(self, gradient, variable, learning_rate):
    ...         self.assign_sub(variable, learning_rate * keras.ops.sign(gradient))
    >>> weight = keras.Variable([1.0, 2.0])
    >>> Signs(learning_rate=0.5).apply([keras.ops.array([3.0, -0.1])], [weight])
    >>> weight.numpy()
    array([0.5, 2.5], dtype=float32)
    """

    # Names of constructor arguments that are attributes and belong to the config.
    hyperparameters: tuple[str, ...] = ()

    __signature__ = _Signature()

    def __init__(
        self,
        learning_rate: Any,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        learning_rate = kwargs.pop("lr", learning_rate)
        if kwargs.pop("decay", None) is not None:
            warnings.warn("Argument `decay` is no longer supported and will be ignored.", stacklevel=3)
        if kwargs:
            raise ValueError(f"Argument(s) not recognized: {kwargs}. Received: {', '.join(kwargs)}")
        steps = gradient_accumulation_steps
        if steps and (not isinstance(steps, int) or steps < 2):
            raise ValueError(
                "`gradient_accumulation_steps` must be an integer >= 2. "
                f"Received: gradient_accumulation_steps={gradient_accumulation_steps}"
            )
        if use_ema and not 0 <= ema_momentum <= 1:
            raise ValueError(f"`ema_momentum` must be in the range [0, 1]. Received: ema_momentum={ema_momentum}")
        frequency = ema_overwrite_frequency
        if use_ema and frequency and (not isinstance(frequency, int) or frequency < 1):
            raise ValueError(
                "`ema_overwrite_frequency` must be an integer >= 1 or None. "
                f"Received: ema_overwrite_frequency={frequency}"
            )
        if sum(each is not None for each in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError(
                "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. "
                f"Received: clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}"
            )
        super().__init__(name or config.auto_name(config.to_snake_case(type(self).__name__)))
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self._averages: list[Variable] = []
        self._accumulators_of_gradients: list[Variable] = []
        # What one step computes once for all variables; None between steps.
        self._shared: dict[str, Any] | None = None
        with config.name_scope(self.name):
            self._iterations = Variable(0, dtype="int32", trainable=False, name="iteration")
            self._track_variable(self._iterations)
            self._learning_rate: Any = self._make_learning_rate(learning_rate)

    def _make_learning_rate(self, learning_rate: Any) -> Any:
        if callable(learning_rate) and not isinstance(learning_rate, (Tensor, Variable)):
            return learning_rate
        if isinstance(learning_rate, bool) or not hasattr(learning_rate, "__float__"):
            raise ValueError(
                "Argument `learning_rate` should be float, or an instance of LearningRateSchedule, or a callable "
                "(that takes in the current iteration value and returns the corresponding learning rate value). "
                f"Received: learning_rate={learning_rate}"
            )
        rate = Variable(float(learning_rate), dtype=config.floatx(), trainable=False, name="learning_rate")
        self._track_variable(rate)
        return rate

    # --- variables ----------------------------------------------------------------------------------------------------

    @property
    def iterations(self) -> Any:
        """How many updates were made."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations.value, self.gradient_accumulation_steps)
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """The variable that holds it; a schedule's or function's current value."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self._iterations.value)
        return self._learning_rate if isinstance(self._learning_rate, Variable) else self._learning_rate()

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if callable(value) and not isinstance(value, (Tensor, Variable)):
            self._variables = [each for each in self._variables if each is not self._learning_rate]
            self._learning_rate = value
        elif isinstance(self._learning_rate, Variable):
            self._learning_rate.assign(value)
        else:
            raise TypeError(
                "This optimizer was created with a `LearningRateSchedule` or a function as its `learning_rate`, so "
                f"its learning rate is not settable. Received: learning_rate={value}"
            )

    @property
    def lr(self) -> Any:
        """The same as `learning_rate`."""
        return self.learning_rate

    @lr.setter
    def lr(self, value: Any) -> None:
        self.learning_rate = value

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the slots for the variables that will be trained.

        Args:
            variables: in the order in which gradients will come.
        """
        for variable in variables:
            if not isinstance(variable, Variable):
                raise TypeError(f"An optimizer is built on a list of variables. Received: {variable!r} among them")
        if self.use_ema:
            self._averages = self.add_optimizer_variables(variables, "average")
        for index, variable in enumerate(variables):
            self._indices[self._var_key(variable)] = index
            if self.gradient_accumulation_steps:
                slot = self.add_variable_from_reference(variable, name="gradient_accumulator")
                self._accumulators_of_gradients.append(slot)
        self._trainable_variables = list(variables)
        self.built = True

    # --- a step -------------------------------------------------------------------------------------------------------

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        """Update one variable, to be defined by subclasses."""
        raise NotImplementedError(f"Optimizer '{type(self).__name__}' must define `update_step`.")

    def assign(self, variable: Variable, value: Any) -> Tensor:
        """Set a variable; the new value."""
        return variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> Tensor:
        """Add to a variable; the new value."""
        return variable.assign(ops.add(variable.value, value))

    def assign_sub(self, variable: Variable, value: Any) -> Tensor:
        """Subtract from a variable; the new value."""
        return variable.assign(ops.subtract(variable.value, value))

    def once(self, function: Callable[..., Any], *args: Any) -> Any:
        """`function(*args)`, computed once in a step: for what is the same for all variables."""
        if self._shared is None:
            return function(*args)
        key = function.__name__
        if key not in self._shared:
            self._shared[key] = function(*args)
        return self._shared[key]

    def local_step(self) -> Tensor:
        """The number of the update that is going on, counted from 1, as a float tensor."""
        iterations = self.iterations
        value = iterations.value if isinstance(iterations, Variable) else iterations
        return ops.cast(ops.add(value, 1), config.floatx())

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Variable:
        """`apply` for a list of pairs.

        Args:
            grads_and_vars: pairs of a gradient and its variable.
        """
        pairs = list(grads_and_vars)
        self.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return self._iterations

    def apply(self, grads: Sequence[Any], trainable_variables: Iterable[Variable] | None = None) -> None:
        """Make a step.

        Args:
            grads: a gradient for each variable; None for a variable that the loss does not depend on.
            trainable_variables: the variables; those that the optimizer was built with when None.

        Raises:
            ValueError: if gradients and variables do not match, or variables are not those of `build`.
        """
        if len(grads) == 0:
            return
        variables = self._match(grads, trainable_variables)
        found, variables = self._with_gradient(grads, variables)
        gradients = [self._as_gradient(each, variable) for each, variable in zip(found, variables, strict=True)]
        planned.run(self, self._step, gradients, variables)

    def _step(self, gradients: list[Tensor], variables: list[Variable]) -> None:
        if self.loss_scale_factor is not None:
            gradients = [ops.divide(each, self.loss_scale_factor) for each in gradients]
        self._shared = {}
        try:
            self._accumulate_or_update(gradients, variables)
            self._update_averages()
        finally:
            self._shared = None
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))
        self.assign_add(self._iterations, 1)

    def _match(self, grads: Sequence[Any], trainable_variables: Iterable[Variable] | None) -> list[Variable]:
        if trainable_variables is not None:
            variables = list(trainable_variables)
            if not self.built:
                self.build(variables)
                self.built = True
            unknown = [each for each in variables if self._var_key(each) not in self._indices]
            if unknown:
                raise ValueError(
                    "This optimizer can only be called for the variables it was originally built with. For a new set "
                    f"of variables, make a new optimizer. Received: unknown variable {unknown[0]}"
                )
        elif not self.built:
            raise ValueError(
                "When passing `grads` without `variables`, the optimizer must already be built on a list of "
                "variables. Call `optimizer.build(trainable_variables)` first. Received: trainable_variables=None"
            )
        else:
            variables = self._trainable_variables
        if len(grads) != len(variables):
            raise ValueError(
                "The gradients must match the variables one to one. "
                f"Received: {len(grads)} gradients for {len(variables)} variables"
            )
        return variables

    def _with_gradient(self, grads: Sequence[Any], variables: Sequence[Variable]) -> tuple[list[Any], list[Variable]]:
        pairs = [(each, variable) for each, variable in zip(grads, variables, strict=True) if each is not None]
        if not pairs:
            raise ValueError(f"No gradients provided for any variable. Received: {len(grads)} times None")
        if len(pairs) < len(variables):
            missing = [variable.path for each, variable in zip(grads, variables, strict=True) if each is None]
            warnings.warn(
                f"Gradients do not exist for variables {missing} when minimizing the loss. If using "
                "`model.compile()`, did you forget to provide a `loss` argument?",
                stacklevel=4,
            )
        return [each for each, _ in pairs], [variable for _, variable in pairs]

    def _as_gradient(self, gradient: Any, variable: Variable) -> Tensor:
        tensor = ops.convert_to_tensor(gradient, dtype=variable.dtype)
        if tensor.shape != variable.shape:
            raise ValueError(
                f"The gradient of variable '{variable.path}' must have its shape {variable.shape}. "
                f"Received: gradient.shape={tensor.shape}"
            )
        return tensor

    def _accumulate_or_update(self, gradients: list[Tensor], variables: list[Variable]) -> None:
        steps = self.gradient_accumulation_steps
        if not steps:
            self._update(gradients, variables)
            return
        slots = [self._accumulators_of_gradients[self._get_variable_index(each)] for each in variables]
        sums = [ops.add(slot.value, gradient) for slot, gradient in zip(slots, gradients, strict=True)]
        for slot, total in zip(slots, sums, strict=True):
            slot.assign(total)
        number = ops.add(self._iterations.value, 1)

        def update() -> None:
            self._update([ops.divide(total, float(steps)) for total in sums], variables)
            for slot in slots:
                slot.assign(ops.zeros(slot.shape, dtype=slot.dtype))

        self._when(ops.equal(ops.mod(number, steps), 0), update)

    def _when(self, condition: Tensor, action: Callable[[], None]) -> None:
        """Do something if a condition holds; under a trace, choose between old and new values of all variables."""
        if current_trace() is None:
            if condition:
                action()
            return
        known = [*self.variables, *self._trainable_variables]
        before = [variable.value for variable in known]
        action()
        for variable, old in zip(known, before, strict=True):
            new = variable.value
            if new is not old:
                variable.assign(ops.where(condition, new, old))

    def _update(self, gradients: list[Tensor], variables: list[Variable]) -> None:
        if self.clipnorm:
            gradients = [clip_by_norm(each, self.clipnorm) for each in gradients]
        elif self.global_clipnorm:
            gradients = clip_by_global_norm(gradients, self.global_clipnorm)
        elif self.clipvalue:
            gradients = [clip_by_value(each, self.clipvalue) for each in gradients]
        self._apply_weight_decay(variables)
        rate = self.once(self._current_rate)
        for gradient, variable in zip(gradients, variables, strict=True):
            self.update_step(gradient, variable, rate)

    def _current_rate(self) -> Tensor:
        rate = self.learning_rate
        return rate.value if isinstance(rate, Variable) else ops.convert_to_tensor(rate)

    # --- weight decay -------------------------------------------------------------------------------------------------

    def _decay(self) -> Tensor:
        return ops.multiply(self.once(self._current_rate), self.weight_decay)

    def _apply_weight_decay(self, variables: Sequence[Variable]) -> None:
        if self.weight_decay is None:
            return
        for variable in variables:
            if self._use_weight_decay(variable):
                self.assign_sub(variable, ops.multiply(variable.value, self.once(self._decay)))

    # --- moving averages ----------------------------------------------------------------------------------------------

    def _first_step_aware_momentum(self) -> Tensor:
        iterations = self.iterations
        value = iterations.value if isinstance(iterations, Variable) else iterations
        # The first step's average is the weights themselves.
        return ops.multiply(ops.cast(ops.not_equal(value, 0), config.floatx()), self.ema_momentum)

    def _update_averages(self) -> None:
        if not self.use_ema:
            return
        momentum = self.once(self._first_step_aware_momentum)
        for variable, average in zip(self._trainable_variables, self._averages, strict=True):
            kept = ops.multiply(momentum, average.value)
            average.assign(ops.add(kept, ops.multiply(ops.subtract(1.0, momentum), variable.value)))
        if self.ema_overwrite_frequency:
            iterations = self.iterations
            value = iterations.value if isinstance(iterations, Variable) else iterations
            due = ops.equal(ops.mod(ops.add(value, 1), self.ema_overwrite_frequency), 0)
            self._when(due, self._overwrite_with_averages)

    def _overwrite_with_averages(self) -> None:
        for variable, average in zip(self._trainable_variables, self._averages, strict=True):
            variable.assign(average.value)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Set the variables to their moving averages, if these are kept; training ends with it.

        Args:
            var_list: the variables of `build`.

        Raises:
            ValueError: if there are not as many variables as averages.
        """
        if not self.use_ema:
            return
        if len(var_list) != len(self._averages):
            raise ValueError(
                "The variables must be those that the optimizer was built with. "
                f"Received: {len(var_list)} variables for {len(self._averages)} moving averages"
            )
        for variable, average in zip(var_list, self._averages, strict=True):
            variable.assign(average.value)

    # --- saving -------------------------------------------------------------------------------------------------------

    def scale_loss(self, loss: Any) -> Any:
        """The loss times `loss_scale_factor`."""
        return loss if self.loss_scale_factor is None else ops.multiply(loss, self.loss_scale_factor)

    def get_config(self) -> dict[str, Any]:
        rate = self._learning_rate
        return {
            "name": self.name,
            "learning_rate": (
                float(rate.numpy()) if isinstance(rate, Variable) else registry.serialize_keras_object(rate)
            ),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
            **{name: getattr(self, name) for name in self.hyperparameters},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """An optimizer of the same config; its slots start anew."""
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            rate = registry.deserialize_keras_object(config["learning_rate"], custom_objects)
            config["learning_rate"] = rate
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
