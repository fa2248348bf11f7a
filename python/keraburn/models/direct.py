"""Direct calls: `model(x)` on an array runs a plan that was made for its shape."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn import trace, tree
from keraburn.dtypes import stored
from keraburn.layers import call as calls
from keraburn.layers.layer import Layer
from keraburn.layers.plans import Plans, circumstances
from keraburn.layers.simple import Lambda
from keraburn.models.host import is_prepared
from keraburn.ops.convert import convert
from keraburn.tape import composite
from keraburn.tensor import KerasTensor, Tensor

_PLANS = 32
# Products of a forward pass up to which a tape has it computed once more for gradients, as that costs less than
# keeping what lies between.
_CHEAP = 500_000


class _Spec:
    """What a plan is made for."""

    def __init__(self, shape: tuple[int, ...], dtype: str) -> None:
        self.shape = shape
        self.dtype = dtype


class DirectCalls(Layer):
    """A model whose calls on one array, from the second of a shape on, cost little more than the arithmetic.

    Layers written by users are called anew each time, since what they do in Python may differ.
    """

    _plans: Plans
    inputs: list[KerasTensor]
    # Whether layers of strings or hashes come after others, where no plan can have them.
    _ends_on_host: bool

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.__dict__["_plans"] = Plans(_PLANS)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and type(args[0]) is np.ndarray:
            # The call that is made most often, without anything that it does not need.
            x = args[0]
            plan = self._plans.get((x.shape, x.dtype.char, None, None, circumstances()))
            if plan is not None:
                return plan(x)
        return self._look_at(self._as_given(args), kwargs)

    def _as_given(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments of a call as they are looked at: with what the host makes of strings, and with arrays."""
        return args

    def _look_at(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        now = circumstances()
        if len(args) != 1 or kwargs.keys() - {"training"} or now is None:
            return super().__call__(*args, **kwargs)
        x, name = args[0], None
        if type(x) is dict and len(x) == 1 and is_prepared(x):
            ((name, x),) = x.items()
        if type(x) is np.ndarray:
            kind = x.dtype.char
        elif type(x) is Tensor and calls.get_mask(x) is None:
            kind = x.dtype
        else:
            return super().__call__(*args, **kwargs)
        form = (x.shape, kind, name, kwargs.get("training"), now)
        plan = self._plans.get(form)
        return plan(x) if plan is not None else self._met(form, x, name, kwargs)

    def _met(self, form: Any, x: Any, name: str | None, kwargs: dict[str, Any]) -> Any:
        call = super().__call__

        def plain(x: Any) -> Any:
            return call(x if name is None else {name: x}, **kwargs)

        def planned() -> Callable[[Any], Any]:
            # What the host hands over has dtypes of its own.
            dtype = self.inputs[0].dtype if name is None and type(x) is np.ndarray else str(x.dtype)
            return self._plan(plain, x, dtype) if self._may_plan(x) else plain

        return self._plans.run(form, (x,), lambda: plain(x), planned)

    def _may_plan(self, x: Any) -> bool:
        if self.__dict__.get("_functional", self) is None or self._ends_on_host:
            return False
        if trace._active.recorders:
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

        taped = bool(trace._active.recorders)
        compiled = trace.Compiled(function, (_Spec(x.shape, dtype),), scripted=taped)
        if leaves_more:
            return plain
        run = compiled.step.run
        structure = compiled.structure
        single = not tree.is_nested(structure)
        half = compiled.halves[0] if single else None
        made = compiled.tensors
        if taped:
            return lambda x: tree.pack_sequence_as(structure, composite.run(compiled, [convert(x, dtype)]))
        if isinstance(x, Tensor):
            if single:
                return lambda x: Tensor(run([x.handle])[0], half)
            return lambda x: tree.pack_sequence_as(structure, made(run([x.handle])))
        wanted = np.dtype(stored(dtype))
        if single and x.dtype == wanted:
            return lambda x: Tensor(run([x])[0], half)
        if single:
            return lambda x: Tensor(run([x.astype(wanted)])[0], half)
        return lambda x: tree.pack_sequence_as(structure, made(run([x.astype(wanted, copy=False)])))
