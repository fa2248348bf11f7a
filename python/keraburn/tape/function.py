"""Compiled functions: a Python function of tensors, traced once for each signature and run in Rust."""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keraburn import config, dtypes, recorder, trace, tree
from keraburn.ops.apply import has_symbols
from keraburn.ops.convert import convert
from keraburn.tape import composite
from keraburn.tape.specs import TensorSpec
from keraburn.tensor import NeedsValueError, Tensor
from keraburn.trace import Compiled
from keraburn.variable import Variable

_INPUTS = (Tensor, np.ndarray, np.generic)
# Signatures of a function whose plans are kept; the least recently used go first.
_KEPT = 64


class _Leaf:
    """Stands for a tensor in the arguments of a signature."""

    __slots__ = ("dtype", "shape")

    def __init__(self, tensor: Any) -> None:
        self.shape = tensor.shape
        self.dtype = tensor.dtype


class _Plan:
    """One signature's computation.

    Args:
        function: the Python function.
        args: its positional arguments, tensors among them.
        kwargs: its arguments by name.
        leaves: the tensors among the arguments, or what has their shapes and dtypes.
    """

    def __init__(self, function: Callable[..., Any], args: Any, kwargs: Any, leaves: Sequence[Any]) -> None:
        # What is not a tensor in the results.
        self.rest: list[Any] = []

        def traced(values: Sequence[Tensor]) -> list[Tensor]:
            places = iter(values)
            given = _map(
                (args, kwargs), lambda leaf: next(places) if isinstance(leaf, (*_INPUTS, TensorSpec)) else leaf
            )
            self.structure = function(*given[0], **given[1])
            flat = _flatten(self.structure)
            self.rest = [_result(leaf) for leaf in flat]
            tensors = [each for each in self.rest if isinstance(each, Tensor)]
            self.rest = [_HOLE if isinstance(each, Tensor) else each for each in self.rest]
            return tensors

        self.compiled = Compiled(traced, ([_Leaf(leaf) for leaf in leaves],), scripted=True)
        self.structure = _map(self.structure, lambda leaf: None)

    def __call__(self, leaves: Sequence[Tensor]) -> Any:
        outputs = composite.run(self.compiled, leaves)
        if len(outputs) == 1 and self.structure is None:
            return outputs[0]
        given = iter(outputs)
        flat = iter([next(given) if each is _HOLE else each for each in self.rest])
        return _map(self.structure, lambda leaf: next(flat))


_HOLE: Any = object()


def _result(leaf: Any) -> Any:
    """What a function returns, numbers and variables as tensors."""
    if leaf is None or isinstance(leaf, Tensor):
        return leaf
    if isinstance(leaf, (bool, int, float, np.ndarray, np.generic, Variable)):
        return convert(leaf)
    return leaf


def _flatten(structure: Any) -> list[Any]:
    """The leaves, None among them."""
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in _flatten(item)]
    if isinstance(structure, dict):
        return [leaf for key in structure for leaf in _flatten(structure[key])]
    return [structure]


def _map(structure: Any, function: Callable[[Any], Any]) -> Any:
    if isinstance(structure, dict):
        items = [(key, _map(value, function)) for key, value in structure.items()]
        return type(structure)(items) if type(structure) is not dict else dict(items)
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(_map(item, function) for item in structure))
    if isinstance(structure, (list, tuple)):
        return type(structure)(_map(item, function) for item in structure)
    return function(structure)


class Function:
    """A Python function that is traced once for each signature, and then runs in Rust.

    Tensors and arrays among the arguments are inputs: new values of known shapes and dtypes run what was traced. All
    else (numbers, strings, objects) belongs to the signature. What Python does besides, such as printing, happens
    when the function is traced. Variables may be made only in the first trace. Where Python needs the value of
    a tensor (`if`, `while`, `int()`, `print` of numbers), the function runs as plain Python from then on, with a
    warning.

    Args:
        python_function: what is compiled.
        input_signature: a `TensorSpec` for each argument; others are refused.
        name: shown in displays.

    Example:

    >>> import keraburn as tf
    >>> @tf.function
    ... def double(x):
    ...     print("traced")
    ...     return x * 2
    >>> double(tf.constant(1.0)).numpy(), double(tf.constant(2.0)).numpy()
    traced
    (array(2., dtype=float32), array(4., dtype=float32))
    """

    def __init__(
        self, python_function: Callable[..., Any], input_signature: Sequence[Any] | None = None, name: str | None = None
    ) -> None:
        functools.update_wrapper(self, python_function)
        self.python_function = python_function
        self.input_signature = input_signature
        self.name = name or getattr(python_function, "__name__", "function")
        self._plans: dict[Any, tuple[Any, _Plan]] = {}
        # Methods by the identity of their object, as equal objects need not be the same.
        self._bound: dict[int, tuple[weakref.ref[Any], Function]] = {}
        self._lock = threading.RLock()
        self._eager = False
        self._traces = 0
        self._made_variables = False

    def __get__(self, instance: Any, owner: Any = None) -> Function:
        """The function as a method of `instance`."""
        if instance is None:
            return self
        with self._lock:
            key = id(instance)
            bound = self._bound.get(key)
            if bound is None:
                reference = weakref.ref(instance, lambda _: self._bound.pop(key, None))
                function = self.python_function

                @functools.wraps(function)
                def method(*args: Any, **kwargs: Any) -> Any:
                    return function(reference(), *args, **kwargs)

                method.__signature__ = _without_self(function)  # type: ignore[attr-defined]
                bound = self._bound[key] = (reference, Function(method, self.input_signature, self.name))
        return bound[1]

    def experimental_get_tracing_count(self) -> int:
        """How many times the function was traced."""
        return self._traces

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """The function for one signature, given by tensors or `TensorSpec`s; traced now if all sizes are known."""
        specs = [leaf for leaf in _flatten((args, kwargs)) if isinstance(leaf, TensorSpec)]
        if all(spec.shape is not None and None not in spec.shape for spec in specs):
            self._plan(*self._prepared(args, kwargs))
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._eager or config.functions_run_eagerly() or trace.current() is not None:
            return self.python_function(*args, **kwargs)
        if has_symbols(args) or (kwargs and has_symbols(kwargs)):
            return self.python_function(*args, **kwargs)
        prepared = self._prepared(args, kwargs)
        try:
            plan = self._plan(*prepared)
        except NeedsValueError as error:
            warnings.warn(
                f"Function '{self.name}' is run as plain Python, uncompiled, because it needs the value of a tensor: "
                f"{error} `ops.cond`, `ops.where` and `ops.while_loop` of known values can be compiled.",
                stacklevel=2,
            )
            self._eager = True
            return self.python_function(*args, **kwargs)
        if plan.compiled.has_customs and recorder.recording():
            # A tape outside needs the gradients that Python gives.
            return self.python_function(*args, **kwargs)
        return plan([convert(leaf) for leaf in prepared[2]])

    def _prepared(self, args: Any, kwargs: Any) -> tuple[Any, Any, list[Any]]:
        if self.input_signature is not None:
            args, kwargs = self._signed(args, kwargs), {}
        leaves = [leaf for leaf in _flatten((args, kwargs)) if isinstance(leaf, (*_INPUTS, TensorSpec))]
        return args, kwargs, leaves

    def _signed(self, args: Any, kwargs: Any) -> tuple[Any, ...]:
        bound = inspect.signature(self.python_function).bind(*args, **kwargs)
        given = tuple(bound.arguments.values())
        signature = tuple(self.input_signature or ())
        if len(given) != len(signature):
            raise TypeError(
                f"Function '{self.name}' takes the {len(signature)} argument(s) of its `input_signature`. "
                f"Received: {len(given)} arguments"
            )
        return tuple(_fitted(value, spec) for value, spec in zip(given, signature, strict=True))

    def _plan(self, args: Any, kwargs: Any, leaves: list[Any]) -> _Plan:
        key = (config.device(), config.floatx(), _signature((args, kwargs)))
        found = self._plans.get(key)
        if found is not None:
            return found[1]
        with self._lock:
            before = trace._active.made
            self._traces += 1
            tensors = [leaf if isinstance(leaf, TensorSpec) else convert(leaf) for leaf in leaves]
            plan = _Plan(self.python_function, args, kwargs, tensors)
            made = trace._active.made != before
            if made and len(self._plans) > 0 and self._made_variables:
                raise ValueError(
                    "tf.function only supports singleton tf.Variables created on the first call. Make sure the "
                    "tf.Variable is only created once or created outside tf.function. "
                    f"Received: a function '{self.name}' that made variables in its trace number {self._traces}"
                )
            self._made_variables = self._made_variables or made
            # The arguments are kept, as identities of objects are part of the key.
            self._plans[key] = ((args, kwargs), plan)
            if len(self._plans) > _KEPT:
                del self._plans[next(iter(self._plans))]
        return plan

    def __repr__(self) -> str:
        return f"<keraburn.Function {self.name}>"


def _without_self(function: Callable[..., Any]) -> inspect.Signature:
    signature = inspect.signature(function)
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def _signature(value: Any) -> Any:
    """What two calls have in common that may share a trace."""
    if isinstance(value, (Tensor, TensorSpec)):
        return (value.shape, value.dtype)
    if isinstance(value, (np.ndarray, np.generic)):
        return (value.shape, dtypes.read_as(value.dtype.name))
    if isinstance(value, dict):
        return (dict, tuple((key, _signature(item)) for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return (type(value), tuple(map(_signature, value)))
    if isinstance(value, (bool, int, float, str, bytes, type(None))):
        return (type(value), value)
    return (type(value), id(value))


def _fitted(value: Any, spec: Any) -> Any:
    """An argument as its `TensorSpec` says."""
    if isinstance(spec, (list, tuple, dict)):
        return tree.map_structure(_fitted, value, spec)
    tensor = convert(value, spec.dtype) if not isinstance(value, Tensor) else value
    if tensor.dtype != spec.dtype or not spec.fits(tensor.shape):
        raise TypeError(
            f"The argument does not fit the `input_signature`. Expected: shape {spec.shape}, dtype {spec.dtype}. "
            f"Received: shape {tensor.shape}, dtype {tensor.dtype}"
        )
    return tensor


def function(
    func: Callable[..., Any] | None = None,
    input_signature: Sequence[Any] | None = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    name: str | None = None,
    **kwargs: Any,
) -> Any:
    """Compile a function of tensors; a decorator with and without arguments.

    Args:
        func: the function, or None where arguments are given to the decorator.
        input_signature: a `TensorSpec` for each argument.
        autograph: accepted as in TensorFlow, without effect: Python's own control flow runs while tracing.
        jit_compile: accepted as in TensorFlow, without effect: functions are always compiled.
        reduce_retracing: accepted as in TensorFlow, without effect.
        name: shown in displays.
        **kwargs: TensorFlow's experimental options, without effect.
    """
    unknown = [key for key in kwargs if not key.startswith("experimental_")]
    if unknown:
        raise TypeError(f"`function` got unexpected arguments. Received: {unknown}")

    def decorate(python_function: Callable[..., Any]) -> Function:
        return Function(python_function, input_signature, name)

    return decorate if func is None else decorate(func)
