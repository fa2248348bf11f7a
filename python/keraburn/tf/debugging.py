"""`tf.debugging` and `tf.print`: checks and displays of values that are known."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from keraburn import ops, tree
from keraburn.tensor import Tensor
from keraburn.variable import Variable


def _check(name: str, holds: Any, x: Any, y: Any, message: str | None) -> None:
    if not bool(np.all(ops.convert_to_numpy(holds))):
        raise ValueError(f"{message or name + ' does not hold'}. Received: x={x}, y={y}")


def assert_equal(x: Any, y: Any, message: str | None = None, summarize: Any = None, name: Any = None) -> None:
    """Raise a ValueError unless all elements are equal."""
    _check("assert_equal", ops.equal(x, y), x, y, message)


def assert_greater(x: Any, y: Any, message: str | None = None, summarize: Any = None, name: Any = None) -> None:
    """Raise a ValueError unless all elements of `x` are greater."""
    _check("assert_greater", ops.greater(x, y), x, y, message)


def assert_less(x: Any, y: Any, message: str | None = None, summarize: Any = None, name: Any = None) -> None:
    """Raise a ValueError unless all elements of `x` are less."""
    _check("assert_less", ops.less(x, y), x, y, message)


def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    message: str | None = None,
    summarize: Any = None,
    name: Any = None,
) -> None:
    """Raise a ValueError unless all elements are nearly equal."""
    tolerance = 10 * float(np.finfo(np.float32).eps)
    holds = ops.isclose(x, y, rtol=tolerance if rtol is None else rtol, atol=tolerance if atol is None else atol)
    _check("assert_near", holds, x, y, message)


def assert_all_finite(x: Any, message: str, name: Any = None) -> Any:
    """`x`; a ValueError if one of its elements is not finite."""
    _check("assert_all_finite", ops.isfinite(x), x, None, message)
    return x


check_numerics = assert_all_finite


def enable_check_numerics() -> None:
    """Accepted as in TensorFlow; use `keras.callbacks.TerminateOnNaN` to stop at numbers that are not finite."""


def print_values(*inputs: Any, output_stream: Any = None, sep: str = " ", end: str = "\n", **kwargs: Any) -> None:
    """Print values, tensors as their numbers.

    In a function that is compiled there are none: the function then runs as plain Python.
    """
    print(*(_shown(each) for each in inputs), sep=sep, end=end, file=output_stream or sys.stderr)


def _shown(value: Any) -> Any:
    if isinstance(value, (list, tuple, dict)):
        return tree.map_structure(_shown, value)
    if isinstance(value, (Tensor, Variable)):
        values = value.numpy() if isinstance(value, Tensor) else value.value.numpy()
        return values[()]
    return value
