"""What evaluations return: Keras's float or list, whose values also answer by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def _missing(kind: str, name: str, values: Mapping[str, Any]) -> AttributeError:
    return AttributeError(f"{kind} has no value '{name}'. Its values are {list(values)}. Received: {name}")


class NamedFloat(float):
    """A float that is the only result, and answers by its name: `result.loss`.

    Args:
        value: the number.
        values: the values by name.
    """

    def __new__(cls, value: float, values: Mapping[str, Any]) -> NamedFloat:
        self = super().__new__(cls, value)
        self._values = dict(values)
        return self

    _values: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._values:
            raise _missing("The result", name, self.__dict__.get("_values", {}))
        return self._values[name]

    def __reduce__(self) -> Any:
        return NamedFloat, (float(self), self._values)


class NamedList(list):
    """A list of results that also answer by name: `result.accuracy`.

    Args:
        items: the results in order.
        values: the values by name.
    """

    def __init__(self, items: list[Any], values: Mapping[str, Any]) -> None:
        super().__init__(items)
        self._values = dict(values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self.__dict__.get("_values", {}):
            raise _missing("The result", name, self.__dict__.get("_values", {}))
        return self._values[name]

    def __reduce__(self) -> Any:
        return NamedList, (list(self), self._values)


def in_order(logs: Mapping[str, Any], names: list[str]) -> NamedFloat | NamedList:
    """The values of `logs`: those of `names` first, the others in alphabetical order; alone if there is only one.

    As in Keras, a name that two metrics share stands twice.
    """
    first = [name for name in names if name in logs]
    known = set(names)
    items = [logs[name] for name in (*first, *sorted(name for name in logs if name not in known))]
    if len(items) == 1 and isinstance(items[0], (int, float)):
        return NamedFloat(items[0], logs)
    return NamedList(items, logs)
