"""`tf.Module`: an object that finds the variables among its attributes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from keraburn import config
from keraburn.layers import Layer
from keraburn.variable import Variable


class Module:
    """Base of objects whose attributes hold variables, layers and other modules, also in lists and dicts.

    Args:
        name: the class's name in snake case if None.

    Example:

    >>> import keraburn as tf
    >>> class Line(tf.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.w = tf.Variable(2.0)
    ...     def __call__(self, x):
    ...         return self.w * x
    >>> line = Line()
    >>> float(line(3.0)), len(line.trainable_variables)
    (6.0, 1)
    """

    def __init__(self, name: str | None = None) -> None:
        self._name = name or config.to_snake_case(type(self).__name__)

    @property
    def name(self) -> str:
        return self._name

    @property
    def name_scope(self) -> contextlib.AbstractContextManager[None]:
        """Puts the module's name before the paths of the variables made inside."""
        return config.name_scope(self._name)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables of this module and of those inside, each once."""
        found: dict[int, Variable] = {}
        for part in _parts(vars(self)):
            for variable in [part] if isinstance(part, Variable) else part.variables:
                found.setdefault(id(variable), variable)
        return tuple(found.values())

    @property
    def trainable_variables(self) -> tuple[Variable, ...]:
        return tuple(variable for variable in self.variables if variable.trainable)

    @property
    def non_trainable_variables(self) -> tuple[Variable, ...]:
        return tuple(variable for variable in self.variables if not variable.trainable)

    @property
    def submodules(self) -> tuple[Any, ...]:
        """The modules and layers inside."""
        found: dict[int, Any] = {}
        for part in _parts(vars(self)):
            if not isinstance(part, Variable):
                found.setdefault(id(part), part)
                for inner in getattr(part, "submodules", ()):
                    found.setdefault(id(inner), inner)
        return tuple(found.values())


def _parts(value: Any) -> Iterator[Any]:
    """Variables, layers and modules in a structure, attributes by name."""
    if isinstance(value, (Variable, Layer, Module)):
        yield value
    elif isinstance(value, dict):
        for key in sorted(value, key=str):
            yield from _parts(value[key])
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _parts(item)
