"""What an optimizer keeps: its own counters, and slots beside the variables that it trains."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from keraburn import config, initializers, stateless
from keraburn.tensor import Tensor
from keraburn.variable import Variable


class State:
    """The variables of an optimizer, in the order in which they were made.

    Args:
        name: of the optimizer; the variables' paths begin with it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.built = False
        self._variables: list[Variable] = []
        self._trainable_variables: list[Variable] = []
        # Positions of the trained variables, by `_var_key`.
        self._indices: dict[int, int] = {}
        self._undecayed: set[int] = set()
        self._undecayed_pattern: re.Pattern[str] | None = None

    @property
    def variables(self) -> list[Variable]:
        """Iteration, learning rate, then the slots in the order of the model's variables."""
        return list(self._variables)

    def stateless_apply(
        self, optimizer_variables: Sequence[Any], grads: Sequence[Any], trainable_variables: Sequence[Any]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """What an update would assign to the trained variables and to the optimizer's own; nothing is assigned.

        Args:
            optimizer_variables: values of `variables`.
            grads: gradients of the trained variables.
            trainable_variables: values of the trained variables.

        Returns:
            The new values of the trained variables, and those of `variables`.

        Raises:
            ValueError: if the optimizer is not built, or there are too many or too few values.
        """
        name = type(self).__name__
        if not self.built:
            raise ValueError(
                f"To call `stateless_apply`, {name} must be built (i.e. its variables must have been created). You can "
                "build it via `optimizer.build(trainable_variables)`."
            )
        trained = self._trained()
        mapping = stateless.mapping_of(
            self.variables, optimizer_variables, f"{name}().variables", "optimizer_variables"
        )
        mapping += stateless.mapping_of(
            trained, trainable_variables, "the optimizer's trainable variables", "trainable_variables"
        )
        with stateless.StatelessScope(mapping) as scope:
            self.apply(grads, trained)
        return stateless.values_of(scope, trained), stateless.values_of(scope, self.variables)

    def apply(self, grads: Sequence[Any], trainable_variables: Iterable[Variable] | None = None) -> None:
        """One step of the optimizer."""
        raise NotImplementedError

    def _trained(self) -> list[Variable]:
        """The variables that the optimizer was built for."""
        return self._trainable_variables

    def _track_variable(self, variable: Variable) -> None:
        if all(variable is not known for known in self._variables):
            self._variables.append(variable)

    def _var_key(self, variable: Variable) -> int:
        return id(variable)

    def _get_variable_index(self, variable: Variable) -> int:
        return self._indices[self._var_key(variable)]

    def add_variable(
        self,
        shape: Any,
        initializer: Any = "zeros",
        dtype: str | None = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A new variable of the optimizer's state."""
        with config.name_scope(self.name):
            variable = Variable(
                initializers.get(initializer),
                shape=shape,
                dtype=dtype,
                trainable=False,
                aggregation=aggregation,
                name=name,
            )
        self._track_variable(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Any, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """A slot of a variable: its shape and dtype, and a name made of its path and `name`."""
        path = getattr(reference_variable, "path", None) or str(reference_variable.name).replace(":", "_")
        return self.add_variable(
            shape=reference_variable.shape,
            initializer=initializer,
            dtype=reference_variable.dtype,
            name=f"{path.replace('/', '_')}_{name or 'var'}",
        )

    def add_optimizer_variables(
        self, trainable_variables: Sequence[Variable], name: Any, initializer: Any = "zeros"
    ) -> Any:
        """Slots for every variable.

        Args:
            trainable_variables: what they are slots of.
            name: the slots' name, or a list of names for several slots of each variable.
            initializer: one for all, or a list with one for each name.

        Returns:
            A list of variables, or for a list of names a tuple of such lists.

        Raises:
            ValueError: if there are not as many initializers as names.
        """
        names = [name] if isinstance(name, str) else list(name)
        chosen = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
        if len(names) != len(chosen):
            raise ValueError(
                "The number of provided names must match the number of provided initializers. "
                f"Received: name={name}, initializer={initializer}"
            )
        slots: tuple[list[Variable], ...] = tuple([] for _ in names)
        for variable in trainable_variables:
            for column, each, first in zip(slots, names, chosen, strict=True):
                column.append(self.add_variable_from_reference(variable, name=each, initializer=first))
        return slots[0] if isinstance(name, str) else slots

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all of the optimizer's variables, in the order of `variables`.

        Args:
            weights: arrays.

        Raises:
            ValueError: if the optimizer is not built, or numbers or shapes differ.
        """
        if not self.built:
            raise ValueError(
                "You are calling `set_weights()` on an optimizer that has not yet been built. Please call "
                f"`optimizer.build(trainable_variables)` first. Received: {len(weights)} weights"
            )
        if len(weights) != len(self.variables):
            raise ValueError(f"The optimizer has {len(self.variables)} variables. Received: {len(weights)} weights")
        for variable, weight in zip(self.variables, weights, strict=True):
            variable.assign(weight)

    def save_own_variables(self, store: Any) -> None:
        """Put the variables' values into a dict by their numbers."""
        for index, variable in enumerate(self.variables):
            store[str(index)] = variable

    def load_own_variables(self, store: Any) -> None:
        """Take the variables' values from a dict by their numbers; a warning where the numbers differ."""
        if len(store.keys()) != len(self.variables):
            warnings.warn(
                f"Skipping variable loading for optimizer '{self.name}', because it has {len(self.variables)} "
                f"variables whereas the saved optimizer has {len(store.keys())} variables.",
                stacklevel=2,
            )
            return
        for index, variable in enumerate(self.variables):
            variable.assign(store[str(index)])

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Leave variables out of weight decay; to be called before the optimizer is built.

        Args:
            var_list: variables that are left out.
            var_names: patterns; variables whose name holds one are left out, such as `"bias"`.

        Raises:
            ValueError: if the optimizer is built already.
        """
        if self.built:
            raise ValueError(
                "`exclude_from_weight_decay()` can only be configured before the optimizer is built. "
                f"Received: var_list={var_list}, var_names={var_names}"
            )
        self._undecayed = {self._var_key(variable) for variable in var_list or ()}
        names = sorted(set(var_names or ()))
        self._undecayed_pattern = re.compile("|".join(names)) if names else None

    def _use_weight_decay(self, variable: Variable) -> bool:
        if self._var_key(variable) in self._undecayed:
            return False
        return self._undecayed_pattern is None or self._undecayed_pattern.search(variable.name) is None
