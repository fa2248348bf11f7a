"""Calls on images that have values: the second one of a shape makes a plan, which runs in Rust."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from keraburn import config, trace, tree
from keraburn.layers import call as calls
from keraburn.layers.layer import Layer
from keraburn.layers.state import changes
from keraburn.tensor import Tensor

_active = trace._active
_context = calls.context
# As many shapes are kept; each plan has the memory that it runs in.
_PLANS = 8
_AS_THEY_ARE = ("float32", "int32", "uint8", "bool")


class PlannedCalls(Layer):
    """A layer that preprocesses batch after batch, outside of models.

    Layers written by users are called anew each time, since what they do in Python may differ.
    """

    # Whether a call depends on tensors alone, and not on what Python draws or on values.
    _may_be_planned: ClassVar[bool] = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.__dict__["_plans"] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = self._given(args, kwargs)
        if given is None:
            return super().__call__(*args, **kwargs)
        leaves, key = given
        plans = self.__dict__["_plans"]
        plan = plans.get(key)
        if plan is None and key not in plans:
            # Most shapes are met once.
            outputs = super().__call__(*args, **kwargs)
            for old in list(plans)[: max(0, len(plans) - _PLANS + 1)]:
                plans.pop(old, None)
            plans[key] = None
            return outputs
        if plan is None:
            call = super().__call__
            structure = args[0]
            plan = trace.Compiled(lambda *inputs: call(tree.pack_sequence_as(structure, inputs), **kwargs), leaves)
            plans[key] = plan
        return plan(*leaves)

    def _given(self, args: Any, kwargs: dict[str, Any]) -> tuple[list[Any], Any] | None:
        """The arrays of a call as a plan takes them, and what the plan is made for; None where there is to be none."""
        if (
            len(args) != 1
            or not self._may_be_planned
            or not self._is_ours
            or _active.stack
            or _active.recorders
            or _active.stateless is not None
            or _context.entry is not None
            or kwargs.keys() - {"training"}
        ):
            return None
        leaves = [args[0]] if isinstance(args[0], (np.ndarray, Tensor)) else tree.flatten(args[0])
        if not leaves or not all(type(leaf) is Tensor or isinstance(leaf, np.ndarray) for leaf in leaves):
            return None
        if any(calls.get_mask(leaf) is not None for leaf in leaves):
            return None
        leaves = [leaf if self._fits(leaf) else self._convert(leaf) for leaf in leaves]
        keys = tuple(args[0]) if isinstance(args[0], dict) else ()
        forms = tuple((tuple(leaf.shape), str(leaf.dtype)) for leaf in leaves)
        return leaves, (keys, forms, kwargs.get("training"), changes.count, config.device())

    def _fits(self, leaf: Any) -> bool:
        """Whether an array is what the layer would make of it."""
        name = str(leaf.dtype)
        return isinstance(leaf, np.ndarray) and name in _AS_THEY_ARE and (name != "float32" or self.input_dtype == name)
