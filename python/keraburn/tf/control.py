"""TensorFlow's choices and loops over functions, with its argument names, and TensorArray."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keraburn import ops, tree


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any], name: str | None = None) -> Any:
    """`true_fn()` where the predicate holds, else `false_fn()`."""
    return ops.cond(pred, true_fn, false_fn)


def case(
    pred_fn_pairs: Any, default: Any = None, exclusive: bool = False, strict: bool = False, name: Any = None
) -> Any:
    """What the function of the first predicate that holds gives; that of `default` if none does."""
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs)
    if not pairs:
        if default is None:
            raise ValueError("`tf.case` needs predicates or a default. Received: pred_fn_pairs=[]")
        return default()
    (predicate, function), *rest = pairs
    if not rest and default is None:
        return function()
    return ops.cond(predicate, function, lambda: case(rest, default))


def switch_case(branch_index: Any, branch_fns: Any, default: Any = None, name: str | None = None) -> Any:
    """What the function at an index gives; an index beyond the ends means `default`, or the last."""
    functions = dict(branch_fns if isinstance(branch_fns, dict) else enumerate(branch_fns))
    rest = functions[max(functions)] if default is None else default
    pairs = [(ops.equal(branch_index, index), function) for index, function in sorted(functions.items())]
    return case(pairs, rest)


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    maximum_iterations: int | None = None,
    name: str | None = None,
) -> Any:
    """`loop_vars = body(*loop_vars)` as long as `cond(*loop_vars)` holds."""
    return ops.while_loop(cond, body, loop_vars, maximum_iterations=maximum_iterations)


def map_fn(fn: Callable[[Any], Any], elems: Any, *args: Any, **kwargs: Any) -> Any:
    """`fn` of every slice along the first axis, the results stacked; further arguments have no effect."""
    return ops.map(fn, elems)


def vectorized_map(fn: Callable[[Any], Any], elems: Any, *args: Any, **kwargs: Any) -> Any:
    """`fn` of every slice along the first axis, the results stacked; further arguments have no effect."""
    return ops.vectorized_map(fn, elems)


def scan(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """Every value of `a = fn(a, x)` along the first axis of `elems`, stacked; the first `x` begins by default."""
    first = initializer
    if first is None:
        at = -1 if reverse else 0
        first = tree.map_structure(lambda each: each[at], elems)
        rest = tree.map_structure(lambda each: each[:-1] if reverse else each[1:], elems)
        found = scan(fn, rest, first, reverse=reverse)
        pieces = (lambda one, more: [more, one[None]]) if reverse else (lambda one, more: [one[None], more])
        return tree.map_structure(lambda one, more: ops.concatenate(pieces(one, more)), first, found)

    def step(carry: Any, x: Any) -> tuple[Any, Any]:
        value = fn(carry, x)
        return value, value

    return ops.scan(step, first, elems, reverse=reverse)[1]


def control_dependencies(control_inputs: Any) -> contextlib.AbstractContextManager[None]:
    """Nothing: assignments happen in the order in which Python comes to them."""
    return contextlib.nullcontext()


def group(*inputs: Any, **kwargs: Any) -> None:
    """Nothing: what is given was computed already."""


def no_op(name: str | None = None) -> None:
    """Nothing."""


def numpy_function(
    func: Callable[..., Any], inp: Sequence[Any], Tout: Any, stateful: bool = True, name: Any = None
) -> Any:
    """`func` of numpy arrays, its results as tensors; a function that holds one is not compiled."""
    arrays = [ops.convert_to_numpy(each) for each in inp]
    results = func(*arrays)
    if isinstance(Tout, (list, tuple)):
        return [ops.convert_to_tensor(each, dtype=dtype) for each, dtype in zip(results, Tout, strict=True)]
    return ops.convert_to_tensor(results, dtype=Tout)


def py_function(func: Callable[..., Any], inp: Sequence[Any], Tout: Any, name: Any = None) -> Any:
    """`func` of tensors whose values are known, its results as tensors; a function that holds one is not compiled."""
    return numpy_function(lambda *arrays: func(*map(ops.convert_to_tensor, arrays)), inp, Tout)


class TensorArray:
    """A list of tensors of one dtype that is written place by place, and stacked.

    Args:
        dtype: of the elements.
        size: how many places there are.
        dynamic_size: whether writing behind the last place makes more.
        element_shape: accepted as in TensorFlow, without effect.

    Example:

    >>> import keraburn as tf
    >>> array = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
    >>> for i in range(3):
    ...     array = array.write(i, i * 2.0)
    >>> array.stack().numpy()
    array([0., 2., 4.], dtype=float32)
    """

    def __init__(
        self, dtype: Any, size: Any = 0, dynamic_size: bool = False, element_shape: Any = None, **kwargs: Any
    ) -> None:
        self.dtype = dtype
        self.dynamic_size = dynamic_size
        self._values: list[Any] = [None] * int(size)

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """This array with a value at a place.

        Raises:
            ValueError: if there is no such place.
        """
        index = int(index)
        if self.dynamic_size and index >= len(self._values):
            self._values.extend([None] * (index + 1 - len(self._values)))
        if not 0 <= index < len(self._values):
            raise ValueError(f"The array has {len(self._values)} places. Received: index={index}")
        self._values[index] = ops.convert_to_tensor(value, dtype=self.dtype)
        return self

    def read(self, index: Any, name: str | None = None) -> Any:
        """The value at a place."""
        value = self._values[int(index)]
        if value is None:
            raise ValueError(f"Nothing was written at this place. Received: index={int(index)}")
        return value

    def stack(self, name: str | None = None) -> Any:
        """All values as one tensor; places that were not written hold zeros."""
        shape = next((value.shape for value in self._values if value is not None), ())
        filled = [ops.zeros(shape, dtype=self.dtype) if each is None else each for each in self._values]
        return ops.stack(filled) if filled else ops.zeros((0, *shape), dtype=self.dtype)

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """This array with the slices of a tensor in its places."""
        self._values = [ops.cast(each, self.dtype) for each in ops.unstack(ops.convert_to_tensor(value))]
        return self

    def concat(self, name: str | None = None) -> Any:
        """All values one after the other along their first axis."""
        return ops.concatenate([each for each in self._values if each is not None])

    def size(self, name: str | None = None) -> Any:
        """The number of places."""
        return ops.convert_to_tensor(np.int32(len(self._values)))


CONTROL: dict[str, Any] = {
    each.__name__: each
    for each in (
        cond,
        case,
        switch_case,
        while_loop,
        map_fn,
        vectorized_map,
        scan,
        control_dependencies,
        group,
        no_op,
        numpy_function,
        py_function,
        TensorArray,
    )
}
