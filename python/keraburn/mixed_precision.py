"""Mixed precision: computations in a half type, weights in float32.

Micikevicius et al., 2017, "Mixed Precision Training", arXiv:1710.03740.

Example:

>>> import keraburn as keras
>>> keras.mixed_precision.set_global_policy("mixed_bfloat16")
>>> layer = keras.layers.Dense(2)
>>> layer.compute_dtype, layer.variable_dtype
('bfloat16', 'float32')
>>> keras.mixed_precision.set_global_policy("float32")
"""

from keraburn.config import dtype_policy as dtype_policy
from keraburn.config import dtype_policy as global_policy
from keraburn.config import set_dtype_policy as set_dtype_policy
from keraburn.config import set_dtype_policy as set_global_policy
from keraburn.dtype_policies import DTypePolicy as DTypePolicy
from keraburn.dtype_policies import DTypePolicy as Policy
from keraburn.optimizers import LossScaleOptimizer as LossScaleOptimizer

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]
