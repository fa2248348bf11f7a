"""The element types and the rules by which two of them become one."""

from __future__ import annotations

from typing import Any, NamedTuple

from keraburn import config

# Kept as float32 and rounded after every operation; see `half`.
HALVES = ("float16", "bfloat16")
FLOATS = (*HALVES, "float32", "float64")
INTEGERS = ("int32", "int64", "uint8")
DTYPES = (*FLOATS, *INTEGERS, "bool")

# Python's own numbers; as strings, what Keras takes for them.
_ALIASES: dict[Any, str] = {bool: "bool", int: "int32", float: "float32", "int": "int32"}
_ALIASES.update((name, name) for name in DTYPES)
_ALIASES["half"] = "float16"

_UNSUPPORTED_FLOATS = ("float8_e4m3fn", "float8_e5m2")

# Promotion is an order: the higher of two types holds both; of the two half types, float32 does. The Python types
# stand for bare numbers, which adapt to the tensor they meet.
_RANK: dict[Any, int] = {
    "bool": 0,
    int: 1,
    "uint8": 2,
    "int32": 3,
    "int64": 4,
    float: 5,
    "float16": 6,
    "bfloat16": 6,
    "float32": 7,
    "float64": 8,
}

# What arrays of other types are read as when no dtype is asked for; 64-bit numpy defaults become Keras's 32-bit ones.
_READ_AS = {
    "bool": "bool",
    "uint8": "uint8",
    "int8": "int32",
    "int16": "int32",
    "uint16": "int32",
    "int32": "int32",
    "int64": "int32",
    "uint32": "int64",
    "uint64": "int64",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "float32": "float32",
}


def standardize_dtype(dtype: Any) -> str:
    """The name of a dtype given as a name, a numpy or Python type, or None for `floatx()`.

    Args:
        dtype: `"float32"`, `np.float32`, `np.dtype("int32")`, `float`, `torch.float32`, None...

    Raises:
        ValueError: if it is none of the types that tensors have.

    Example:

    >>> import numpy as np
    >>> from keraburn.dtypes import standardize_dtype
    >>> standardize_dtype(np.uint8), standardize_dtype(int)
    ('uint8', 'int32')
    """
    if dtype is None:
        return config.floatx()
    try:
        known = _ALIASES.get(dtype)
    except TypeError:
        known = None
    if known is not None:
        return known
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or str(dtype).rsplit(".", 1)[-1]
    if name in DTYPES:
        return str(name)
    if name in _UNSUPPORTED_FLOATS:
        raise ValueError(
            f"Tensors of dtype {name} are not supported; use 'float32'. Expected one of {DTYPES}. "
            f"Received: dtype={dtype}"
        )
    raise ValueError(f"Invalid dtype: {dtype}. Expected one of {DTYPES}. Received: dtype={dtype}")


def is_float(dtype: str) -> bool:
    return dtype in FLOATS


def stored(dtype: str) -> str:
    """The dtype in which the core keeps tensors of a dtype."""
    return "float32" if dtype in HALVES else dtype


def limits(dtype: str) -> Limits:
    """The range and the precision of a float type."""
    return _LIMITS[dtype]


class Limits(NamedTuple):
    """Range and precision: the largest number, the smallest normal one, and the distance from 1 to the next."""

    max: float
    tiny: float
    eps: float


_LIMITS = {
    "float16": Limits(65504.0, 2.0**-14, 2.0**-10),
    "bfloat16": Limits((2 - 2.0**-7) * 2.0**127, 2.0**-126, 2.0**-7),
    "float32": Limits((2 - 2.0**-23) * 2.0**127, 2.0**-126, 2.0**-23),
    "float64": Limits((2 - 2.0**-52) * 2.0**1023, 2.0**-1022, 2.0**-52),
}


def is_integer(dtype: str) -> bool:
    return dtype in INTEGERS


def read_as(name: str) -> str | None:
    """The dtype in which an array whose numpy dtype is called `name` is read, None if it cannot be."""
    return config.floatx() if name == "float64" else _READ_AS.get(name)


def promote(first: Any, second: Any) -> str:
    """The dtype of an operation on two operands, each a dtype's name or `int`/`float` for a bare Python number."""
    if first != second and first in HALVES and second in HALVES:
        return "float32"
    higher = first if _RANK[first] >= _RANK[second] else second
    if higher is float:
        return config.floatx()
    return "int32" if higher is int else higher


def result_type(*dtypes: Any) -> str:
    """The dtype that holds all of `dtypes`, by Keras's rules.

    The order is bool, Python int, uint8, int32, int64, Python float, float16 and bfloat16, float32, float64, and the
    highest wins; bare Python numbers resolve to int32 and `floatx()`, the two half types to float32.

    Args:
        dtypes: names, numpy types, None for `floatx()`, or `int` and `float` for Python numbers.

    Raises:
        ValueError: if one is not a known dtype.

    Example:

    >>> from keraburn.dtypes import result_type
    >>> result_type("int64", "float32"), result_type("uint8", int), result_type("int32", float)
    ('float32', 'uint8', 'float32')
    """
    if not dtypes:
        return config.floatx()
    known = [d if d is int or d is float else standardize_dtype(d) for d in dtypes]
    if all(half in known for half in HALVES):
        known.append("float32")
    highest = max(known, key=_RANK.__getitem__)
    return promote(highest, highest)
