"""What holds for all configs read or written inside a `with` block: whether code may run, and which objects are one."""

from __future__ import annotations

import threading
from typing import Any

from keraburn import config as settings


class _Current(threading.local):
    safe_mode: bool | None = None
    written: dict[int, tuple[Any, dict[str, Any]]] | None = None
    made: dict[Any, Any] | None = None


_current = _Current()


class SafeModeScope:
    """Decides for everything inside whether configs may hold Python code, whatever inner calls ask for.

    Args:
        safe_mode: whether code is refused; what an outer scope said if None.
    """

    def __init__(self, safe_mode: bool | None = True) -> None:
        self.safe_mode = safe_mode
        self._outer: bool | None = None

    def __enter__(self) -> SafeModeScope:
        self._outer = _current.safe_mode
        if self.safe_mode is not None:
            _current.safe_mode = self.safe_mode
        return self

    def __exit__(self, *_: object) -> None:
        _current.safe_mode = self._outer


def is_safe(asked: bool = True) -> bool:
    """Whether code in configs is refused here.

    Args:
        asked: what the call asks for; a scope around it overrules that.
    """
    if settings.unsafe_deserialization():
        return False
    return asked if _current.safe_mode is None else _current.safe_mode


class ObjectSharingScope:
    """Objects that occur several times in the configs written or read inside are one object again."""

    def __init__(self) -> None:
        self._outer: tuple[Any, Any] = (None, None)

    def __enter__(self) -> ObjectSharingScope:
        self._outer = (_current.written, _current.made)
        _current.written, _current.made = {}, {}
        return self

    def __exit__(self, *_: object) -> None:
        _current.written, _current.made = self._outer


def note_written(obj: Any, config: dict[str, Any]) -> None:
    """Number the configs of an object that is written more than once."""
    written = _current.written
    if written is None:
        return
    # The object is kept, so that no other one gets its id.
    _, first = written.setdefault(id(obj), (obj, config))
    if first is not config:
        number = first.setdefault("shared_object_id", len(written))
        config["shared_object_id"] = number


def find_made(config: dict[str, Any]) -> Any:
    """The object that a config with the same number made, None if there is none."""
    made = _current.made
    number = config.get("shared_object_id")
    return None if made is None or not isinstance(number, (int, str)) else made.get(number)


def note_made(obj: Any, config: dict[str, Any]) -> None:
    """Keep the object of a numbered config for the next one with that number."""
    number = config.get("shared_object_id")
    if _current.made is not None and isinstance(number, (int, str)):
        _current.made[number] = obj
