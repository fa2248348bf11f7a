"""Dtype policies: the dtype a layer computes in, and the one it keeps its weights in."""

from __future__ import annotations

from typing import Any

from keraburn import config
from keraburn.dtypes import DTYPES


class DTypePolicy:
    """The pair (compute dtype, variable dtype) of a layer.

    Args:
        name: name of a dtype, which is used for both; `config.floatx()` if None.

    Raises:
        TypeError: if the name is not a string.
        ValueError: if it names no dtype.

    Example:

    >>> import keraburn as keras
    >>> keras.DTypePolicy("float64").compute_dtype
    'float64'
    """

    def __init__(self, name: str | None = None) -> None:
        name = config.floatx() if name is None else name
        if not isinstance(name, str):
            raise TypeError(f"'name' must be a string, such as 'float32'. Received: name={name} (of type {type(name)})")
        if name not in DTYPES:
            raise ValueError(
                f"Cannot convert '{name}' to a DTypePolicy. Valid policies are the names of dtypes: "
                f"{', '.join(DTYPES)}. Received: name={name}"
            )
        self.name = name
        self.compute_dtype = name
        self.variable_dtype = name

    @property
    def quantization_mode(self) -> None:
        return None

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> DTypePolicy:
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'


def get(identifier: Any) -> DTypePolicy:
    """The policy that `identifier` means: None, a policy, a dtype's name, a serialized policy or a numpy dtype.

    Raises:
        ValueError: if it cannot be interpreted.
    """
    if identifier is None:
        return DTypePolicy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, str):
        return DTypePolicy(identifier)
    if isinstance(identifier, dict):
        return deserialize(identifier)
    name = getattr(identifier, "name", None) or getattr(identifier, "__name__", None)
    if name in DTYPES:
        return DTypePolicy(name)
    raise ValueError(
        "Cannot interpret `dtype` argument. Expected a string or an instance of DTypePolicy. "
        f"Received: dtype={identifier}"
    )


def serialize(policy: DTypePolicy) -> dict[str, Any]:
    return {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": policy.get_config(),
        "registered_name": None,
    }


def deserialize(config: dict[str, Any]) -> DTypePolicy:
    """The policy that `serialize` wrote."""
    if config.get("class_name") != "DTypePolicy":
        raise ValueError(f"Unknown dtype policy. Expected a 'DTypePolicy'. Received: {config}")
    return DTypePolicy.from_config(config["config"])
