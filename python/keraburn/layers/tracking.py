"""What a layer owns is found when it is assigned, inside lists, dicts, tuples and sets too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


class Tracker:
    """Sorts values into named stores as they are assigned, each once.

    Args:
        stores: for each store, a test for the values that belong there and the list that receives them; the
            first test that holds decides.
    """

    def __init__(self, stores: dict[str, tuple[Callable[[Any], bool], list[Any]]]) -> None:
        self.stores = stores
        self.known: set[int] = set()
        self.locked: str | None = None

    def track(self, value: Any) -> Any:
        """Store what `value` is or holds; returns it, containers as tracked ones."""
        if id(value) in self.known:
            return value
        for is_member, members in self.stores.values():
            if is_member(value):
                if self.locked:
                    raise ValueError(self.locked)
                members.append(value)
                self.known.add(id(value))
                return value
        kind = type(value)
        if kind is tuple or (isinstance(value, tuple) and hasattr(value, "_fields")):
            for item in value:
                self.track(item)
            return value
        if kind is list:
            return TrackedList(value, self)
        if kind is dict:
            return TrackedDict(value, self)
        return TrackedSet(value, self) if kind is set else value

    def untrack(self, value: Any) -> None:
        if id(value) not in self.known:
            return
        self.known.remove(id(value))
        for _, members in self.stores.values():
            members[:] = [member for member in members if member is not value]

    def add(self, store: str, value: Any) -> None:
        if self.locked:
            raise ValueError(self.locked)
        self.stores[store][1].append(value)
        self.known.add(id(value))


class TrackedList(list):
    """A list whose new items are tracked."""

    def __init__(self, values: Iterable[Any] = (), tracker: Tracker | None = None) -> None:
        self.tracker = tracker
        super().__init__(self._track(value) for value in values)

    def _track(self, value: Any) -> Any:
        return value if self.tracker is None else self.tracker.track(value)

    def _untrack(self, *values: Any) -> None:
        if self.tracker is not None:
            for value in values:
                self.tracker.untrack(value)

    def append(self, value: Any) -> None:
        super().append(self._track(value))

    def insert(self, index: Any, value: Any) -> None:
        super().insert(index, self._track(value))

    def extend(self, values: Iterable[Any]) -> None:
        super().extend([self._track(value) for value in values])

    def __iadd__(self, values: Iterable[Any]) -> TrackedList:  # type: ignore[misc]
        self.extend(values)
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            self._untrack(*self[index])
            super().__setitem__(index, [self._track(item) for item in value])
        else:
            self._untrack(self[index])
            super().__setitem__(index, self._track(value))

    def __delitem__(self, index: Any) -> None:
        self._untrack(*(self[index] if isinstance(index, slice) else [self[index]]))
        super().__delitem__(index)

    def remove(self, value: Any) -> None:
        del self[next(i for i, item in enumerate(self) if item is value)]

    def pop(self, index: Any = -1) -> Any:
        value = super().pop(index)
        self._untrack(value)
        return value

    def clear(self) -> None:
        self._untrack(*self)
        super().clear()

    def __reduce__(self) -> Any:
        return (list, (list(self),))


class TrackedDict(dict):
    """A dict whose new values are tracked."""

    def __init__(self, values: Any = (), tracker: Tracker | None = None) -> None:
        self.tracker = tracker
        super().__init__({key: self._track(value) for key, value in dict(values).items()})

    def _track(self, value: Any) -> Any:
        return value if self.tracker is None else self.tracker.track(value)

    def _untrack(self, value: Any) -> None:
        if self.tracker is not None:
            self.tracker.untrack(value)

    def __setitem__(self, key: Any, value: Any) -> None:
        if key in self:
            self._untrack(self[key])
        super().__setitem__(key, self._track(value))

    def __delitem__(self, key: Any) -> None:
        self._untrack(self[key])
        super().__delitem__(key)

    def update(self, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: Any, *default: Any) -> Any:
        if key in self:
            self._untrack(self[key])
        return super().pop(key, *default)

    def popitem(self) -> Any:
        key, value = super().popitem()
        self._untrack(value)
        return key, value

    def clear(self) -> None:
        for value in self.values():
            self._untrack(value)
        super().clear()

    def __reduce__(self) -> Any:
        return (dict, (dict(self),))


class TrackedSet(set):
    """A set whose new items are tracked."""

    def __init__(self, values: Iterable[Any] = (), tracker: Tracker | None = None) -> None:
        self.tracker = tracker
        super().__init__(values if tracker is None else [tracker.track(value) for value in values])

    def add(self, value: Any) -> None:
        super().add(value if self.tracker is None else self.tracker.track(value))

    def update(self, *values: Iterable[Any]) -> None:
        for group in values:
            for value in group:
                self.add(value)

    def remove(self, value: Any) -> None:
        super().remove(value)
        if self.tracker is not None:
            self.tracker.untrack(value)

    def __reduce__(self) -> Any:
        return (set, (list(self),))
