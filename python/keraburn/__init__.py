"""keraburn: Keras on Rust kernels.

`import keraburn as keras` gives Keras's names; `import keraburn as tf` gives `tf.keras` and TensorFlow's common names.
"""

from __future__ import annotations

import importlib
from typing import Any

from keraburn import _core, _deferred
from keraburn import activations as activations
from keraburn import backend as backend
from keraburn import callbacks as callbacks
from keraburn import config as config
from keraburn import constraints as constraints
from keraburn import dtype_policies as dtype_policies
from keraburn import initializers as initializers
from keraburn import layers as layers
from keraburn import losses as losses
from keraburn import metrics as metrics
from keraburn import models as models
from keraburn import ops as ops
from keraburn import optimizers as optimizers
from keraburn import random as random
from keraburn import regularizers as regularizers
from keraburn import saving as saving
from keraburn import tree as tree
from keraburn import utils as utils
from keraburn._names import CLASSES, MODULES, raise_unknown
from keraburn.config import device_scope as device
from keraburn.config import name_scope as name_scope
from keraburn.dtype_policies import DTypePolicy as DTypePolicy
from keraburn.dtype_policies import FloatDTypePolicy as FloatDTypePolicy
from keraburn.initializers import Initializer as Initializer
from keraburn.layers import Input as Input
from keraburn.layers import InputSpec as InputSpec
from keraburn.layers import Layer as Layer
from keraburn.layers.operation import Operation as Operation
from keraburn.losses import Loss as Loss
from keraburn.metrics import Metric as Metric
from keraburn.models import Function as Function
from keraburn.models import Model as Model
from keraburn.models import Sequential as Sequential
from keraburn.optimizers import Optimizer as Optimizer
from keraburn.regularizers import Regularizer as Regularizer
from keraburn.rematerialization import RematScope as RematScope
from keraburn.rematerialization import remat as remat
from keraburn.stateless import StatelessScope as StatelessScope
from keraburn.tape import GradientTape as GradientTape
from keraburn.tensor import KerasTensor as KerasTensor
from keraburn.tensor import Tensor as Tensor
from keraburn.variable import Variable as Variable

with _deferred.Imports(globals()) as _later:
    from keraburn import applications as applications
    from keraburn import datasets as datasets
    from keraburn import export as export
    from keraburn import legacy as legacy
    from keraburn import mixed_precision as mixed_precision
    from keraburn import preprocessing as preprocessing
    from keraburn import wrappers as wrappers

__version__ = _core.__version__


def version() -> str:
    """The version of keraburn."""
    return __version__


def __getattr__(name: str) -> Any:
    """What is loaded when it is first used: modules, the faces `keras` and `tf`, and TensorFlow's names."""
    if name in _later:
        return _later.load(name)
    if name in ("keras", "tf"):
        return importlib.import_module(f"keraburn.{name}")
    if name.startswith("__"):
        raise AttributeError(name)
    found = importlib.import_module("keraburn.tf").NAMES
    if name not in found:
        raise_unknown("keraburn", name, [*MODULES, *CLASSES, "keras", *found])
    return found[name]


def __dir__() -> list[str]:
    return sorted([*MODULES, *CLASSES, "Tensor", "__version__", "keras", "tf"])
