"""Scopes in which variables have other values, and assignments leave them as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keraburn import trace
from keraburn.tensor import Tensor
from keraburn.variable import Variable

_active = trace._active


class StatelessScope:
    """Gives variables other values, and keeps what is assigned to them, until it is left.

    Args:
        state_mapping: pairs of a variable and a tensor or array of its shape.
        collect_losses: whether what layers add with `add_loss` is kept in `losses`.
        initialize_variables: accepted as in Keras; variables always have values.

    Raises:
        ValueError: if a key is no variable, or a value has another shape.

    Example:

    >>> import keraburn as keras
    >>> count = keras.Variable(1.0)
    >>> with keras.StatelessScope([(count, 5.0)]) as scope:
    ...     _ = count.assign_add(1.0)
    >>> float(scope.get_current_value(count)), float(count)
    (6.0, 1.0)
    """

    def __init__(
        self, state_mapping: Any = None, collect_losses: bool = False, initialize_variables: bool = True
    ) -> None:
        self.collect_losses = collect_losses
        self.initialize_variables = initialize_variables
        self.losses: list[Any] = []
        # Variables by identity, and the values that they have here.
        self.state_mapping: dict[int, Tensor] = {}
        self.variables: dict[int, Variable] = {}
        self._outer: list[Any] = []
        for variable, value in state_mapping or ():
            if not isinstance(variable, Variable):
                raise ValueError(
                    "Invalid reference variable in StatelessScope: all keys in argument `mapping` must be Variable "
                    f"instances. Received instead: {variable}"
                )
            value = variable._convert(value.value if isinstance(value, Variable) else value)
            if value.shape != variable.shape:
                raise ValueError(
                    "Invalid variable value in StatelessScope: all values in argument `mapping` must be tensors with "
                    "a shape that matches the corresponding variable shape. "
                    f"For variable {variable}, received invalid value {value} with shape {value.shape}."
                )
            self.add_update((variable, value))

    def add_loss(self, loss: Any) -> None:
        """Keep a loss."""
        self.losses.append(loss)

    def add_update(self, update: tuple[Variable, Tensor]) -> None:
        """Give a variable a value for as long as the scope lasts."""
        variable, value = update
        self.state_mapping[id(variable)] = value
        self.variables[id(variable)] = variable

    def get_current_value(self, variable: Variable) -> Tensor | None:
        """The variable's value here, None where it was neither given nor assigned one."""
        return self.state_mapping.get(id(variable))

    def __enter__(self) -> StatelessScope:
        self._outer.append(_active.stateless)
        _active.stateless = self
        return self

    def __exit__(self, *_: object) -> None:
        _active.stateless = self._outer.pop()


def current() -> StatelessScope | None:
    """The innermost scope of this thread."""
    return _active.stateless


def mapping_of(
    variables: Iterable[Variable], values: Iterable[Any], owner: str, argument: str
) -> list[tuple[Variable, Any]]:
    """Pairs of variables and the values given for them.

    Raises:
        ValueError: if there are too many or too few.
    """
    variables, values = list(variables), list(values)
    if len(variables) != len(values):
        raise ValueError(
            f"Argument `{argument}` must be a list of tensors corresponding 1:1 to {owner}. "
            f"Received list with length {len(values)}, but expected {len(variables)} variables."
        )
    return list(zip(variables, values, strict=True))


def values_of(scope: StatelessScope, variables: Iterable[Variable]) -> list[Tensor]:
    """The variables' values at the end of a scope."""
    found = ((scope.get_current_value(variable), variable) for variable in variables)
    return [variable.value if value is None else value for value, variable in found]
