"""The three kinds of tensor: concrete values, values of a graph being traced, symbols of a model being described."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from keraburn import _core

if TYPE_CHECKING:
    from keraburn.trace import Trace

    class Operators:
        """What `ops.operators` installs in tensors and variables, for type checkers."""

        __add__: Any
        __radd__: Any
        __sub__: Any
        __rsub__: Any
        __mul__: Any
        __rmul__: Any
        __truediv__: Any
        __rtruediv__: Any
        __floordiv__: Any
        __rfloordiv__: Any
        __mod__: Any
        __rmod__: Any
        __pow__: Any
        __rpow__: Any
        __matmul__: Any
        __rmatmul__: Any
        __and__: Any
        __rand__: Any
        __or__: Any
        __ror__: Any
        __xor__: Any
        __rxor__: Any
        __lshift__: Any
        __rlshift__: Any
        __rshift__: Any
        __rrshift__: Any
        __lt__: Any
        __le__: Any
        __gt__: Any
        __ge__: Any
        __neg__: Any
        __pos__: Any
        __abs__: Any
        __invert__: Any
        __round__: Any
        __getitem__: Any

        def __getattr__(self, name: str) -> Any: ...

else:
    Operators = object


def as_numpy(array: np.ndarray, half: str) -> np.ndarray:
    """A float32 array as one of the half type; bfloat16 stays float32 where `ml_dtypes` is not installed."""
    if half == "float16":
        return array.astype(np.float16)
    try:
        import ml_dtypes
    except ImportError:
        return array
    return array.astype(ml_dtypes.bfloat16)


class Tensor(Operators):
    """A concrete, immutable array on a device.

    Args:
        handle: the Rust tensor that holds the values.
        half: "float16" or "bfloat16" if these are that type's values, kept as float32.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.add([1.0, 2.0], 1.0).numpy()
    array([2., 3.], dtype=float32)
    """

    __slots__ = ("__weakref__", "_keras_mask", "half", "handle")
    _keras_mask: Any
    # The name of the half type whose values these are, kept as float32; None for all others.
    half: str | None
    # numpy leaves mixed expressions to our operators.
    __array_priority__ = 1000

    def __init__(self, handle: _core.Tensor, half: str | None = None) -> None:
        self.handle = handle
        self.half = half

    @property
    def shape(self) -> tuple[Any, ...]:
        return self.handle.shape

    @property
    def dtype(self) -> str:
        return self.half or self.handle.dtype

    @property
    def device(self) -> str:
        return self.handle.device

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    def numpy(self) -> np.ndarray:
        """The values as a numpy array of their own."""
        values = self.handle.numpy()
        return values if self.half is None else as_numpy(values, self.half)

    def item(self) -> Any:
        return self.numpy().item()

    def tolist(self) -> Any:
        return self.numpy().tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        values = self.numpy()
        return values if dtype is None else values.astype(dtype, copy=False)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a tensor without dimensions")
        return self.shape[0]

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        return operator.index(self.item())

    def __bool__(self) -> bool:
        return bool(self.item())

    def __format__(self, spec: str) -> str:
        return str(self) if self.shape else format(self.item(), spec)

    def __iter__(self) -> Any:
        return (self[index] for index in range(len(self)))

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        values = np.array2string(self.numpy(), separator=", ")
        return f"<keraburn.Tensor shape={self.shape} dtype={self.dtype}\n{values}>"


class NeedsValueError(TypeError):
    """Python asked for the value of a symbol of a computation that has not run yet."""


def _concrete_only(what: str) -> Any:
    def method(self: Tensor, *_: Any, **__: Any) -> Any:
        raise NeedsValueError(
            f"{what} needs a concrete value, but this tensor is a symbol of a computation that has not run yet. "
            f"Use `keras.ops` functions on it instead. Received: {self!r}"
        )

    return method


class _Symbolic(Tensor):
    """What tensors without values share: every conversion to a value is refused."""

    __slots__ = ("_dtype", "_shape")

    def __init__(self, shape: tuple[Any, ...], dtype: str) -> None:
        self._shape = shape
        self._dtype = dtype
        self.half = None

    @property
    def shape(self) -> tuple[Any, ...]:
        return self._shape

    @property
    def dtype(self) -> str:
        return self._dtype

    numpy = _concrete_only("numpy()")
    item = _concrete_only("item()")
    tolist = _concrete_only("tolist()")
    __array__ = _concrete_only("Conversion to a numpy array")
    __float__ = _concrete_only("float()")
    __int__ = _concrete_only("int()")
    __index__ = _concrete_only("Use as an index")
    __bool__ = _concrete_only("A Python `if`, `while` or `bool()`")


class TracedTensor(_Symbolic):
    """A value of the graph that is being traced; its shape is known, its values are not."""

    __slots__ = ("id", "trace")

    def __init__(self, trace: Trace, identifier: int, half: str | None = None) -> None:
        shape, dtype = trace.graph.spec(identifier)
        super().__init__(shape, half or dtype)
        self.half = half
        self.trace = trace
        self.id = identifier

    @property
    def device(self) -> str:
        return self.trace.graph.device

    def __repr__(self) -> str:
        return f"<TracedTensor shape={self.shape} dtype={self.dtype}>"


class KerasTensor(_Symbolic):
    """A symbol of a model being described: a shape that may hold None, a dtype and the call that made it.

    Args:
        shape: dimensions, None where unknown.
        dtype: name of the element type.
        sparse: must be false.
        ragged: must be false.
        record_history: accepted as in Keras.
        name: name for displays and for inputs given by name.
        **kwargs: `history`: `(operation, node_index, tensor_index)`, None for an input.

    Raises:
        TypeError: if an argument is unknown.
        ValueError: if it is to be sparse or ragged.
    """

    __slots__ = ("history", "name", "ragged", "sparse")

    def __init__(
        self,
        shape: Any,
        dtype: str = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if sparse or ragged:
            raise ValueError(f"Tensors are dense and rectangular. Received: sparse={sparse}, ragged={ragged}")
        super().__init__(tuple(shape), dtype)
        self.sparse = sparse
        self.ragged = ragged
        self.name = name or "keras_tensor"
        self.history = kwargs.pop("history", None)
        if kwargs:
            raise TypeError(f"Unrecognized keyword arguments. Received: {kwargs}")

    def __len__(self) -> int:
        if self.shape and self.shape[0] is None:
            raise TypeError(f"A symbol of unknown length cannot be counted or iterated over. Received: {self!r}")
        return super().__len__()

    @property
    def size(self) -> Any:
        return None if None in self.shape else int(np.prod(self.shape, dtype=np.int64))

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"
