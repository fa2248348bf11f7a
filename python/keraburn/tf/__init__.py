"""The face for scripts that say `import keraburn as tf`: the common names of TensorFlow over `keraburn.ops`."""

from __future__ import annotations

from typing import Any

from keraburn.tape import GradientTape as GradientTape
from keraburn.tensor import Tensor as Tensor
from keraburn.tf import linalg as linalg
from keraburn.tf import math as math
from keraburn.tf import nn as nn
from keraburn.tf.arrays import ARRAYS
from keraburn.tf.math import MATH
from keraburn.variable import Variable as Variable

# Names of dtypes as TensorFlow spells them; every function here takes them as they are, being strings.
_DTYPES = {"float32": "float32", "float64": "float64", "double": "float64", "int32": "int32", "int64": "int64"}
_DTYPES |= {"uint8": "uint8", "bool": "bool"}


def function(func: Any = None, **kwargs: Any) -> Any:
    """TensorFlow's decorator for compiled functions: here the function itself, as it needs no compiling.

    Args:
        func: the function, or None where arguments are given to the decorator.
        **kwargs: TensorFlow's options, which mean nothing here.
    """
    return func if func is not None else lambda func: func


# What `keraburn.<name>` finds here.
NAMES: dict[str, Any] = {
    **MATH,
    **ARRAYS,
    **_DTYPES,
    "GradientTape": GradientTape,
    "function": function,
    "linalg": linalg,
    "math": math,
    "newaxis": None,
    "nn": nn,
}
globals().update(NAMES)


def __dir__() -> list[str]:
    return sorted(NAMES)
