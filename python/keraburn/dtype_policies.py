"""Dtype policies: the dtype a layer computes in, and the one it keeps its weights in.

Mixed precision computes in a half type and keeps weights in float32: Micikevicius et al., 2017, arXiv:1710.03740.
"""

from __future__ import annotations

from typing import Any

from keraburn import config
from keraburn.dtypes import DTYPES, standardize_dtype


class DTypePolicy:
    """The pair (compute dtype, variable dtype) of a layer.

    Args:
        name: name of a dtype, which is used for both; "mixed_float16" or "mixed_bfloat16" to compute in the half type
            and keep weights in float32; the global policy's name if None.

    Raises:
        TypeError: if the name is not a string.
        ValueError: if it names no dtype.

    Example:

    >>> import keraburn as keras
    >>> keras.DTypePolicy("float64").compute_dtype
    'float64'
    """

    def __init__(self, name: str | None = None) -> None:
        name = config.dtype_policy().name if name is None else name
        if not isinstance(name, str):
            raise TypeError(
                f"'name' must be a string, such as 'mixed_float16'. Received: name={name} (of type {type(name)})"
            )
        self.name = name
        self.compute_dtype, self.variable_dtype = _dtypes_of(name)

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


# Keras's other name of the class.
FloatDTypePolicy = DTypePolicy


def _dtypes_of(name: str) -> tuple[str, str]:
    if name in ("mixed_float16", "mixed_bfloat16"):
        return name.removeprefix("mixed_"), "float32"
    try:
        dtype = standardize_dtype(name)
    except ValueError:
        raise ValueError(
            f"Cannot convert '{name}' to a mixed precision DTypePolicy. Valid policies include 'mixed_float16', "
            f"'mixed_bfloat16', and the name of any dtype: {', '.join(DTYPES)}. Received: name={name}"
        ) from None
    return dtype, dtype


def get(identifier: Any) -> DTypePolicy:
    """The policy that `identifier` means: None, a policy, a dtype's name, a serialized policy or a numpy dtype.

    Raises:
        ValueError: if it cannot be interpreted.
    """
    if identifier is None:
        return config.dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, str):
        return DTypePolicy(identifier)
    if isinstance(identifier, dict):
        return deserialize(identifier)
    try:
        return DTypePolicy(standardize_dtype(identifier))
    except ValueError:
        pass
    raise ValueError(
        "Cannot interpret `dtype` argument. Expected a string or an instance of DTypePolicy. "
        f"Received: dtype={identifier}"
    )


def serialize(dtype_policy: DTypePolicy) -> dict[str, Any]:
    """A policy as plain data."""
    return {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": dtype_policy.get_config(),
        "registered_name": None,
    }


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> DTypePolicy:
    """The policy that `serialize` wrote.

    Args:
        config: the serialized policy.
        custom_objects: more classes of policies, by name.

    Raises:
        ValueError: if its class is not known.
    """
    custom = (custom_objects or {}).get(str(config.get("class_name")))
    if custom is not None:
        return custom.from_config(config["config"])
    if config.get("class_name") != "DTypePolicy":
        raise ValueError(f"Unknown dtype policy. Expected a 'DTypePolicy'. Received: {config}")
    return DTypePolicy.from_config(config["config"])


def _policy_of(identifier: Any) -> DTypePolicy:
    return DTypePolicy(config.floatx()) if identifier is None else get(identifier)


config._settings.get_policy = _policy_of
