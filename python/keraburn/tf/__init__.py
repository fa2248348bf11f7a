"""The face for scripts that say `import keraburn as tf`: the common names of TensorFlow over `keraburn.ops`."""

from __future__ import annotations

from typing import Any

from keraburn import data as data
from keraburn.tape import GradientTape as GradientTape
from keraburn.tape import TensorSpec as TensorSpec
from keraburn.tape import function as function
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


# What `keraburn.<name>` finds here.
NAMES: dict[str, Any] = {
    **MATH,
    **ARRAYS,
    **_DTYPES,
    "GradientTape": GradientTape,
    "TensorSpec": TensorSpec,
    "data": data,
    "function": function,
    "linalg": linalg,
    "math": math,
    "newaxis": None,
    "nn": nn,
}
globals().update(NAMES)


def __dir__() -> list[str]:
    return sorted(NAMES)
