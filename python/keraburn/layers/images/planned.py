"""Calls on images that have values, which are planned from the second one of a shape on."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from keraburn import trace, tree
from keraburn.layers import call as calls
from keraburn.layers.layer import Layer
from keraburn.layers.plans import Plans, circumstances
from keraburn.tensor import Tensor

_PLANS = 8
_AS_THEY_ARE = ("float32", "int32", "uint8", "bool")


class PlannedCalls(Layer):
    """A layer that preprocesses batch after batch, outside of models.

    Layers written by users are called anew each time, since what they do in Python may differ.
    """

    # Whether a call depends on tensors alone, and not on what Python draws or on values.
    _may_be_planned: ClassVar[bool] = True
    _plans: Plans

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.__dict__["_plans"] = Plans(_PLANS)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = self._given(args, kwargs)
        if given is None:
            return super().__call__(*args, **kwargs)
        call = super().__call__
        structure = args[0]

        def planned(*inputs: Any) -> Any:
            return call(tree.pack_sequence_as(structure, inputs), **kwargs)

        leaves, form = given
        return self._plans.run(form, leaves, lambda: call(*args, **kwargs), lambda: trace.Compiled(planned, leaves))

    def _given(self, args: Any, kwargs: dict[str, Any]) -> tuple[list[Any], Any] | None:
        """The arrays of a call as a plan takes them, and the call's form; None where there is to be no plan."""
        if len(args) != 1 or not self._may_be_planned or not self._is_ours or kwargs.keys() - {"training"}:
            return None
        now = circumstances()
        if now is None or now[-1]:
            return None
        leaves = [args[0]] if isinstance(args[0], (np.ndarray, Tensor)) else tree.flatten(args[0])
        if not leaves or not all(type(leaf) is Tensor or isinstance(leaf, np.ndarray) for leaf in leaves):
            return None
        if any(calls.get_mask(leaf) is not None for leaf in leaves):
            return None
        leaves = [leaf if self._fits(leaf) else self._convert(leaf) for leaf in leaves]
        keys = tuple(args[0]) if isinstance(args[0], dict) else ()
        forms = tuple((tuple(leaf.shape), str(leaf.dtype)) for leaf in leaves)
        return leaves, (keys, forms, kwargs.get("training"), now)

    def _fits(self, leaf: Any) -> bool:
        """Whether an array is what the layer would make of it."""
        name = str(leaf.dtype)
        return isinstance(leaf, np.ndarray) and name in _AS_THEY_ARE and (name != "float32" or self.input_dtype == name)
