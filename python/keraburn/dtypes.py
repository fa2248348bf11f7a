"""The element types and the rules by which two of them become one."""

from __future__ import annotations

from typing import Any

from keraburn import config

FLOATS = ("float32", "float64")
INTEGERS = ("int32", "int64", "uint8")
DTYPES = (*FLOATS, *INTEGERS, "bool")

# Python's own numbers; as strings, what Keras takes for them.
_ALIASES: dict[Any, str] = {bool: "bool", int: "int32", float: "float32", "int": "int32"}
_ALIASES.update((name, name) for name in DTYPES)

_UNSUPPORTED_FLOATS = ("float16", "half", "bfloat16", "float8_e4m3fn", "float8_e5m2")

# Promotion is a total order: the higher of two types holds both. The Python types stand for bare numbers, which
# adapt to the tensor they meet.
_RANK: dict[Any, int] = {
    "bool": 0,
    int: 1,
    "uint8": 2,
    "int32": 3,
    "int64": 4,
    float: 5,
    "float32": 6,
    "float64": 7,
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
    "float16": "float32",
    "bfloat16": "float32",
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


def is_integer(dtype: str) -> bool:
    return dtype in INTEGERS


def read_as(name: str) -> str | None:
    """The dtype in which an array whose numpy dtype is called `name` is read, None if it cannot be."""
    return config.floatx() if name == "float64" else _READ_AS.get(name)


def promote(first: Any, second: Any) -> str:
    """The dtype of an operation on two operands, each a dtype's name or `int`/`float` for a bare Python number."""
    higher = first if _RANK[first] >= _RANK[second] else second
    if higher is float:
        return config.floatx()
    return "int32" if higher is int else higher


def result_type(*dtypes: Any) -> str:
    """The dtype that holds all of `dtypes`, by Keras's rules.

    The order is bool, Python int, uint8, int32, int64, Python float, float32, float64, and the highest wins; bare
    Python numbers resolve to int32 and `floatx()`.

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
    highest = max((d if d is int or d is float else standardize_dtype(d) for d in dtypes), key=_RANK.__getitem__)
    return promote(highest, highest)
