"""What `keras.backend` names: settings and facts about tensors; and the functions of `tf.keras.backend`."""

from __future__ import annotations

from typing import Any

from keraburn import _deferred
from keraburn.config import backend as backend
from keraburn.config import clear_session as clear_session
from keraburn.config import epsilon as epsilon
from keraburn.config import floatx as floatx
from keraburn.config import image_data_format as image_data_format
from keraburn.config import name_scope as name_scope
from keraburn.config import next_number
from keraburn.config import set_epsilon as set_epsilon
from keraburn.config import set_floatx as set_floatx
from keraburn.config import set_image_data_format as set_image_data_format
from keraburn.dtypes import result_type as result_type
from keraburn.dtypes import standardize_dtype as standardize_dtype
from keraburn.tensor import KerasTensor

# What old scripts call `K.mean`, `K.sum` and so on.
with _deferred.Imports(globals()) as _later:
    from keraburn.backend.arithmetic import ARITHMETIC
    from keraburn.backend.arrays import ARRAYS
    from keraburn.backend.networks import NETWORKS

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "name_scope",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]


def get_uid(prefix: str = "") -> int:
    """A number not given before for this prefix, from 1 on."""
    return next_number(prefix)


def is_float_dtype(dtype: Any) -> bool:
    """Whether a dtype, a name or one of numpy's types, is one of floating point numbers."""
    return _name(dtype).startswith(("float", "bfloat"))


def is_int_dtype(dtype: Any) -> bool:
    """Whether a dtype, a name or one of numpy's types, is one of integers."""
    return _name(dtype).startswith(("int", "uint"))


def _name(dtype: Any) -> str:
    # Types that tensors do not have here, such as "int8", are known by their names.
    return dtype if isinstance(dtype, str) and dtype not in ("int", "float") else standardize_dtype(dtype)


def is_keras_tensor(x: Any) -> bool:
    """Whether `x` is a symbol of a model."""
    return isinstance(x, KerasTensor)


def _load() -> None:
    for table in _later:
        globals().update(_later.load(table))


def __getattr__(name: str) -> Any:
    """The functions of `tf.keras.backend`, all of them once one is used."""
    # Python itself asks modules for names such as `__path__`.
    if not name.startswith("__"):
        _load()
    return globals()[name] if name in globals() else _later.load(name)


def __dir__() -> list[str]:
    _load()
    return sorted(globals())
