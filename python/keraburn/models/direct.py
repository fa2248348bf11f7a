"""Direct calls: `model(x)` on an array runs a plan that was made for its shape."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn import config, trace, tree
from keraburn.dtypes import stored
from keraburn.layers import call as calls
from keraburn.layers.layer import Layer
from keraburn.layers.simple import Lambda
from keraburn.layers.state import changes
from keraburn.models.host import is_prepared
from keraburn.ops.convert import convert
from keraburn.tape import composite
from keraburn.tensor import KerasTensor, Tensor

_active = trace._active
_context = calls.context
_PLANS = 32
# Products of a forward pass up to which a tape has it computed once more for gradients, as that costs less than
# keeping what lies between.
_CHEAP = 500_000


def _is_plain() -> bool:
    """Whether no layer is being called, and variables have the values that they keep."""
    return _context.entry is None and _active.stateless is None


class _Spec:
    """What a plan is made for."""

    def __init__(self, shape: tuple[int, ...], dtype: str) -> None:
        self.shape = shape
        self.dtype = dtype


class DirectCalls(Layer):
    """A model whose calls on one array, from the second of a shape on, cost little more than the arithmetic.

    The plan reads the weights when it runs, so changed weights are seen; a change of any attribute of a layer makes
    new plans. Layers written by users are called anew each time, since what they do in Python may differ.
    """

    _plans: dict[Any, Callable[[Any], Any] | None]
    inputs: list[KerasTensor]
    # Whether layers of strings or hashes come after others, where no plan can have them.
    _ends_on_host: bool

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.__dict__["_plans"] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not _active.stack and _is_plain():
            x, name = args[0], None
            if type(x) is dict and len(x) == 1 and is_prepared(x):
                ((name, x),) = x.items()
            kind = type(x)
            if kind is np.ndarray:
                key: Any = (x.shape, x.dtype.char, changes.count, config.device())
            elif kind is Tensor and calls.get_mask(x) is None:
                key = (x.shape, x.dtype, changes.count, config.device())
            else:
                return super().__call__(*args, **kwargs)
            if _active.recorders:
                key = (key, "taped")
            if kwargs:
                if len(kwargs) > 1 or "training" not in kwargs:
                    return super().__call__(*args, **kwargs)
                key = (key, kwargs["training"])
            plan = self._plans.get(key)
            if plan is not None:
                return plan(x)
            if key in self._plans:
                return self._planned(key, x, kwargs, name)
            # Most shapes are met once; a plan is worth its making from the second call on.
            outputs = super().__call__(*args, **kwargs)
            if len(self._plans) >= _PLANS:
                self._plans.pop(next(iter(self._plans), None), None)
            self._plans[key] = None
            return outputs
        return super().__call__(*args, **kwargs)

    def _planned(self, key: Any, x: Any, kwargs: dict[str, Any], name: str | None) -> Any:
        call = super().__call__

        def plain(x: Any) -> Any:
            return call(x if name is None else {name: x}, **kwargs)

        # What the host hands over has dtypes of its own.
        dtype = self.inputs[0].dtype if name is None and type(x) is np.ndarray else str(x.dtype)
        plan = self._plans[key] = self._plan(plain, x, dtype) if self._may_plan(x) else plain
        return plan(x)

    def _may_plan(self, x: Any) -> bool:
        if self.__dict__.get("_functional", self) is None or self._ends_on_host:
            return False
        if _active.recorders:
            rows = x.size // x.shape[-1] if x.shape and x.shape[-1] else 1
            if rows * sum(math.prod(weight.shape) for weight in self.weights) > _CHEAP:
                return False
        return all(layer._is_ours and not isinstance(layer, Lambda) for layer in self._flatten_layers())

    def _plan(self, plain: Callable[[Any], Any], x: Any, dtype: str) -> Callable[[Any], Any]:
        """A function of arrays like `x` that runs in Rust, or `plain` where a call leaves more than its outputs."""
        leaves_more = False

        def function(inputs: Any) -> Any:
            nonlocal leaves_more
            outputs = plain(inputs)
            masked = any(calls.get_mask(output) is not None for output in tree.flatten(outputs))
            leaves_more = masked or any(layer._losses for layer in self._flatten_layers())
            self._clear_losses()
            return outputs

        taped = bool(_active.recorders)
        compiled = trace.Compiled(function, (_Spec(x.shape, dtype),), scripted=taped)
        if leaves_more:
            return plain
        run = compiled.step.run
        structure = compiled.structure
        single = not tree.is_nested(structure)
        made = compiled.tensors
        if taped:
            return lambda x: tree.pack_sequence_as(structure, composite.run(compiled, [convert(x, dtype)]))
        if isinstance(x, Tensor):
            if single:
                return lambda x: made(run([x.handle]))[0]
            return lambda x: tree.pack_sequence_as(structure, made(run([x.handle])))
        wanted = np.dtype(stored(dtype))
        if single and x.dtype == wanted:
            return lambda x: made(run([x]))[0]
        if single:
            return lambda x: made(run([x.astype(wanted)]))[0]
        return lambda x: tree.pack_sequence_as(structure, made(run([x.astype(wanted, copy=False)])))
