"""The face for scripts that say `import keraburn as tf`: the common names of TensorFlow over `keraburn.ops`."""

from __future__ import annotations

from typing import Any

from keraburn import data as data
from keraburn import initializers, trace
from keraburn.tape import GradientTape as GradientTape
from keraburn.tape import TensorSpec as TensorSpec
from keraburn.tape import function as function
from keraburn.tensor import Tensor as Tensor
from keraburn.tf import debugging as debugging
from keraburn.tf import linalg as linalg
from keraburn.tf import math as math
from keraburn.tf import nn as nn
from keraburn.tf import strings as strings
from keraburn.tf import summary as summary
from keraburn.tf.arrays import ARRAYS
from keraburn.tf.control import CONTROL
from keraburn.tf.gradients import GRADIENTS
from keraburn.tf.math import MATH
from keraburn.tf.modules import Module as Module
from keraburn.tf.selecting import SELECTING
from keraburn.variable import Variable as Variable

# Names of dtypes as TensorFlow spells them; every function here takes them as they are, being strings.
_DTYPES = {"float32": "float32", "float64": "float64", "double": "float64", "int32": "int32", "int64": "int64"}
_DTYPES |= {"uint8": "uint8", "bool": "bool", "float16": "float16", "half": "float16", "bfloat16": "bfloat16"}
_DTYPES |= {"string": "string"}

_INITIALIZERS = {
    "constant_initializer": initializers.Constant,
    "ones_initializer": initializers.Ones,
    "random_normal_initializer": initializers.RandomNormal,
    "random_uniform_initializer": initializers.RandomUniform,
    "zeros_initializer": initializers.Zeros,
}


def executing_eagerly() -> bool:
    """Whether operations run at once: outside of compiled functions and steps."""
    return trace.current() is None


# What `keraburn.<name>` finds here.
NAMES: dict[str, Any] = {
    **MATH,
    **ARRAYS,
    **SELECTING,
    **CONTROL,
    **GRADIENTS,
    **_DTYPES,
    **_INITIALIZERS,
    "GradientTape": GradientTape,
    "Module": Module,
    "TensorSpec": TensorSpec,
    "data": data,
    "debugging": debugging,
    "executing_eagerly": executing_eagerly,
    "function": function,
    "linalg": linalg,
    "math": math,
    "newaxis": None,
    "nn": nn,
    "print": debugging.print_values,
    "strings": strings,
    "summary": summary,
}
globals().update(NAMES)


def __dir__() -> list[str]:
    return sorted(NAMES)
