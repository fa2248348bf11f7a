"""Variables: named values that training changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn import _core, config, dtypes, half, recorder, trace
from keraburn.tensor import Operators, Tensor, TracedTensor

_active = trace._active


class Variable(Operators):
    """A named tensor that can be assigned; inside a traced function its reads and assignments become part of the graph.

    Args:
        initializer: a callable `(shape, dtype=...)`, or the initial value itself.
        shape: required with a callable.
        dtype: element type; the value's own, or `floatx()` for a callable, when None.
        trainable: whether optimizers update it.
        autocast: whether layers of mixed precision read it in the dtype that they compute in.
        aggregation: accepted as in Keras, like `synchronization` and `layout`.
        synchronization: how copies on several devices are kept alike.
        name: shown in displays and used in `path`.
        layout: how it is cut among devices.
        **kwargs: `initial_value`, TensorFlow's name of `initializer`.

    Raises:
        ValueError: if a callable comes without a shape, or the value's shape differs from `shape`.

    Example:

    >>> import keraburn as keras
    >>> counter = keras.Variable(0.0)
    >>> counter.assign_add(2.0).numpy()
    array(2., dtype=float32)
    """

    # Operators (`variable + 1`) read the value; the ops package installs them.
    __array_priority__ = 1000

    def __init__(
        self,
        initializer: Any = None,
        shape: Any = None,
        dtype: str | None = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str = "none",
        synchronization: str = "auto",
        name: str | None = None,
        layout: Any = None,
        **kwargs: Any,
    ) -> None:
        initializer = kwargs.pop("initial_value", None) if initializer is None else initializer
        if kwargs:
            raise TypeError(f"Unrecognized keyword arguments passed to Variable. Received: {kwargs}")
        if initializer is None:
            raise ValueError("A variable needs an initializer or an initial value. Received: initializer=None")
        self.name = name or config.auto_name("variable")
        self.path = "/".join([*config.name_scope_stack(), self.name])
        self.trainable = trainable
        self.autocast = autocast
        self.aggregation = aggregation
        self.synchronization = synchronization
        # As in Keras: whether optimizers assign the gradient instead of an update; nothing here asks for it.
        self.overwrite_with_gradient = False
        self.regularizer: Any = None
        self.constraint: Any = None
        self.initializer: Callable[..., Any] | None = None
        if callable(initializer):
            if shape is None:
                raise ValueError(
                    "When creating a Variable from an initializer, the `shape` argument should be specified. "
                    f"Received: initializer={initializer} and shape={shape}"
                )
            self.initializer = initializer
            config.spend(shape, dtype or config.floatx(), keep=True)
            with trace.suspended():
                value = initializer(tuple(shape), dtype=dtype or config.floatx())
        else:
            value = initializer
        if isinstance(value, TracedTensor):
            raise ValueError(
                "A variable made in a traced function needs an initial value that is known: a number, an array, or "
                f"an initializer and a shape. Received: {value!r}"
            )
        if not isinstance(value, Tensor):
            array = np.asarray(value)
            if dtype is None and array.dtype == np.float64:
                dtype = config.floatx()
            elif dtype is None and array.dtype == np.int64:
                dtype = "int32"
            elif dtype is not None or array.dtype.name in dtypes.HALVES:
                dtype = dtypes.standardize_dtype(dtype or array.dtype)
            if dtype in dtypes.HALVES:
                value = Tensor(_core.Tensor(half.stored_array(array, dtype), config.device()), dtype)
            else:
                value = Tensor(_core.Tensor(np.asarray(array, dtype=dtype, order="C"), config.device()))
        if shape is not None and tuple(shape) != value.shape:
            raise ValueError(
                f"The initial value of variable '{self.name}' does not have its shape. "
                f"Expected: {tuple(shape)}. Received: {value.shape}"
            )
        self.shape: tuple[int, ...] = value.shape
        self.dtype: str = value.dtype
        self.handle = _core.Variable(value.handle)
        _active.made += 1

    @property
    def value(self) -> Tensor:
        """The current value; under a trace, the graph's."""
        scope, recorders = _active.stateless, _active.recorders
        if scope is not None and id(self) in scope.state_mapping:
            value = scope.state_mapping[id(self)]
        elif recorders:
            value = recorder.read(self, recorders)
        else:
            active = trace.current()
            value = self.current() if active is None else active.read(self)
        wanted = _active.autocast
        if wanted is None or wanted == self.dtype or not self.autocast or not dtypes.is_float(self.dtype):
            return value
        return self._cast(value, wanted)

    def current(self) -> Tensor:
        """The value that is kept, whatever is going on."""
        return Tensor(self.handle.value(), self.dtype if self.dtype in dtypes.HALVES else None)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def numpy(self) -> np.ndarray:
        return self.current().numpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.value.__array__(dtype)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        raise TypeError(f"A Variable cannot be used as a boolean; its `value` can. Received: {self!r}")

    def assign(self, value: Any) -> Tensor:
        """Set the value.

        Args:
            value: a tensor or array of this variable's shape; it is cast to its dtype.

        Raises:
            ValueError: if the shapes differ.
        """
        value = self._convert(value)
        if value.shape != self.shape:
            raise ValueError(
                "The shape of the target variable and the shape of the target value in `variable.assign(value)` "
                f"must match. variable.shape={self.shape}, Received: value.shape={value.shape}. "
                f"Target variable: {self!r}"
            )
        active = trace.current()
        if _active.stateless is not None:
            _active.stateless.add_update((self, value))
        elif active is None:
            self.handle.assign(value.handle)
            _active.values.pop(id(self), None)
        else:
            active.write(self, value)
        return value

    def _cast(self, value: Tensor, dtype: str) -> Tensor:
        raise NotImplementedError  # the ops package installs conversion and casting

    def _convert(self, value: Any) -> Tensor:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}>"

    def __hash__(self) -> int:
        return id(self)
