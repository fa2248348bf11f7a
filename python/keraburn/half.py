"""Half precision: tensors of float16 and bfloat16 are kept as float32, and rounded after every operation.

What overflows or vanishes in half precision does so here, as do the gradients: that of a rounding is rounded too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keraburn.tensor import Tensor, TracedTensor
from keraburn.tensor import as_numpy as as_numpy

_ROUNDING = {"float16": "round_float16", "bfloat16": "round_bfloat16"}

# Operations whose results are among the numbers that came in, or whole numbers no larger.
_EXACT = frozenset(
    (
        *("reshape", "transpose", "broadcast_to", "flip", "slice", "pad", "concatenate", "take", "where", "sort"),
        *("neg", "abs", "sign", "relu", "max", "min", "max_reduce", "min_reduce", "stop_gradient"),
        *("floor", "ceil", "round", "trunc", "max_pool"),
    )
)

Run = Callable[[str, Sequence[Tensor], dict[str, Any]], Tensor]


def as_stored(tensor: Tensor) -> Tensor:
    """The float32 tensor in which a half one is kept; any other tensor itself."""
    if tensor.half is None:
        return tensor
    if isinstance(tensor, TracedTensor):
        return TracedTensor(tensor.trace, tensor.id)
    return Tensor(tensor.handle)


def as_half(stored: Tensor, half: str) -> Tensor:
    """A tensor whose values are among the half type's already, as one of that type."""
    if isinstance(stored, TracedTensor):
        return TracedTensor(stored.trace, stored.id, half)
    return Tensor(stored.handle, half)


def run(plain: Run, name: str, inputs: Sequence[Tensor], attributes: dict[str, Any]) -> Tensor:
    """An operation on half tensors, or one that gives them.

    Args:
        plain: runs operations on the tensors in which half ones are kept.
        name: the operation.
        inputs: its operands.
        attributes: its attributes.
    """
    wanted = attributes.get("dtype")
    if name == "cast":
        return _cast(plain, inputs[0], str(wanted))
    if wanted in _ROUNDING:
        attributes = {**attributes, "dtype": "float32"}
    half = next((tensor.half for tensor in inputs if tensor.half is not None), wanted)
    output = plain(name, [as_stored(tensor) for tensor in inputs], attributes)
    if output.dtype != "float32" or half is None:
        return output
    return as_half(output, half) if name in _EXACT else rounded(plain, output, half)


def _cast(plain: Run, tensor: Tensor, wanted: str) -> Tensor:
    if wanted == tensor.half:
        return tensor
    stored = as_stored(tensor)
    if wanted not in _ROUNDING:
        return stored if stored.dtype == wanted else plain("cast", [stored], {"dtype": wanted})
    if stored.dtype != "float32":
        stored = plain("cast", [stored], {"dtype": "float32"})
    return rounded(plain, stored, wanted)


def rounded(plain: Run, stored: Tensor, half: str) -> Tensor:
    """A float32 tensor rounded to a half type."""
    return as_half(plain(_ROUNDING[half], [stored], {}), half)


def stored_array(array: np.ndarray, half: str) -> np.ndarray:
    """The float32 array in which the values of an array, rounded to a half type, are kept."""
    if half == "float16":
        with np.errstate(over="ignore"):
            return np.asarray(array, np.float16).astype(np.float32)
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    nearest = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) & np.uint32(0xFFFF0000)
    return np.where(np.isnan(array), np.float32(np.nan), nearest.view(np.float32)).reshape(np.shape(array))
