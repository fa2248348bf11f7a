"""Choices and loops over functions of tensors.

Where the deciding value is known the matching Python code runs. In a traced function, all branches are computed and
their results selected, and loops are unrolled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keraburn import trace, tree
from keraburn.ops.apply import emit, operation
from keraburn.ops.axes import normalize_axis
from keraburn.ops.convert import boolean, concrete, convert, integer, promote, scalar
from keraburn.ops.joining import concatenate, section, stack, unstack
from keraburn.ops.looping import looped
from keraburn.ops.shaping import reshaped
from keraburn.tensor import Tensor


def _run(branch: Callable[[], Any], active: trace.Trace) -> tuple[Any, dict[int, Any]]:
    """What a branch returns and what it assigns, without the assignments taking effect."""
    scope = trace._active.stateless
    before = dict(active._writes if scope is None else scope.state_mapping)
    try:
        result = branch()
        return result, active._writes if scope is None else scope.state_mapping
    finally:
        if scope is None:
            active._writes = before
        else:
            scope.state_mapping = before


def _merged(predicate: Tensor, first: Any, second: Any, what: str) -> Any:
    try:
        tree.map_structure(lambda a, b: None, first, second)
    except (ValueError, TypeError):
        raise ValueError(
            f"The branches of `{what}` must return the same structure. Received: {first} and {second}"
        ) from None

    def chosen(a: Any, b: Any) -> Tensor:
        a, b = promote(a, b)
        if a.shape != b.shape:
            raise ValueError(
                f"The branches of `{what}` must return tensors of the same shapes. Received: {a.shape} and {b.shape}"
            )
        return a if a is b else emit("where", predicate, a, b)

    return tree.map_structure(chosen, first, second)


def _merge_writes(active: trace.Trace, predicate: Tensor, first: dict[int, Any], second: dict[int, Any]) -> None:
    scope = trace._active.stateless
    if scope is not None:
        for key in {**first, **second}:
            variable = scope.variables[key]
            kept = variable.value
            a, b = first.get(key, kept), second.get(key, kept)
            scope.state_mapping[key] = a if a is b else emit("where", predicate, a, b)
        return
    for key in {**first, **second}:
        variable, source = active._reads[key]
        kept = active._writes.get(key, source)
        a, b = first.get(key, kept), second.get(key, kept)
        if a is not b:
            active.write(variable, emit("where", predicate, a, b))
        elif a is not kept:
            active.write(variable, a)


def _select(predicate: Tensor, true_fn: Callable[[], Any], false_fn: Callable[[], Any], what: str) -> Any:
    active = trace.current()
    if active is None:
        return _merged(predicate, true_fn(), false_fn(), what)
    first, first_writes = _run(true_fn, active)
    second, second_writes = _run(false_fn, active)
    _merge_writes(active, predicate, first_writes, second_writes)
    return _merged(predicate, first, second, what)


@operation
def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """`true_fn()` where the predicate holds, else `false_fn()`.

    Args:
        pred: a boolean. Where its value is known only one function is called; in a traced function both are, and
            what they return and what they assign to variables is selected element by element.
        true_fn: takes nothing, returns a structure of tensors.
        false_fn: takes nothing, returns tensors of the same shapes.

    Raises:
        ValueError: if the functions return different structures or shapes.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.cond(True, lambda: 1, lambda: 2)
    1
    """
    predicate = boolean(pred)
    if predicate.size != 1:
        raise ValueError(f"Argument `pred` must be one boolean. Received: pred of shape {predicate.shape}")
    if type(predicate) is Tensor:
        return true_fn() if predicate.item() else false_fn()
    return _select(reshaped(predicate, []), true_fn, false_fn, "cond")


@operation
def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """`branches[index](*operands)`, an index beyond the ends meaning the first or last branch.

    Args:
        index: an integer. Where its value is known only that branch is called; in a traced function all are.
        branches: functions of the operands that return the same structure and shapes.
        *operands: their arguments.
    """
    place = integer(index, "index")
    last = len(branches) - 1
    if type(place) is Tensor:
        return branches[min(max(int(place.item()), 0), last)](*operands)
    place = reshaped(place, [])

    def from_branch(i: int) -> Any:
        if i == last:
            return branches[i](*operands)
        here = emit("le", place, scalar(i, place.dtype))
        return _select(here, lambda: branches[i](*operands), lambda: from_branch(i + 1), "switch")

    return from_branch(0)


def while_loop(
    cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, maximum_iterations: int | None = None
) -> Any:
    """`loop_vars = body(*loop_vars)` as long as `cond(*loop_vars)` holds.

    Args:
        cond: a function of the loop variables; its values must be known.
        body: a function of the loop variables that returns their next values.
        loop_vars: the first values, one or a tuple or list of them.
        maximum_iterations: when to stop at the latest.

    Raises:
        TypeError: if the condition is a symbol of a traced computation.
    """
    single = not isinstance(loop_vars, (tuple, list))
    values = (loop_vars,) if single else tuple(loop_vars)
    count = 0
    while (maximum_iterations is None or count < maximum_iterations) and bool(
        concrete(cond(*values), "while_loop", "cond").all()
    ):
        result = body(*values)
        values = (result,) if single else tuple(result)
        count += 1
    return values[0] if single else type(loop_vars)(values)


def fori_loop(lower: Any, upper: Any, body_fun: Callable[..., Any], init_val: Any) -> Any:
    """`value = body_fun(i, value)` for `i` from `lower` up to, not including, `upper`.

    Args:
        lower: the first index; its value must be known.
        upper: the end; its value must be known.
        body_fun: a function of the index and the value.
        init_val: the first value.
    """
    value = init_val
    first, end = (int(concrete(bound, "fori_loop", "bound").item()) for bound in (lower, upper))
    for i in range(first, end):
        value = body_fun(i, value)
    return value


def _length(structure: Any, given: int | None) -> int:
    leaves = tree.flatten(structure)
    if not leaves:
        if given is None:
            raise ValueError("Argument `length` must be given where `xs` is None. Received: length=None")
        return given
    sizes = {convert(leaf).shape[0] for leaf in leaves}
    if len(sizes) > 1 or (given is not None and given not in sizes):
        raise ValueError(f"All of `xs` must have the same first dimension. Received: {sorted(sizes)}, length={given}")
    return sizes.pop()


def _slices(structure: Any, count: int) -> list[Any]:
    """What stands at each place of the first axis, in the structure's form."""
    columns = [unstack(leaf) for leaf in tree.flatten(structure)]
    return [tree.pack_sequence_as(structure, [column[i] for column in columns]) for i in range(count)]


def _stacked(results: list[Any]) -> Any:
    return tree.map_structure(lambda *leaves: stack(leaves), *results) if results else None


@operation
def scan(
    f: Callable[..., Any],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: Any = 1,
) -> tuple[Any, Any]:
    """A value carried along the first axis: `carry, y = f(carry, x)` for each `x`.

    Args:
        f: a function of the carried value and a slice of `xs` that returns the next value and an output.
        init: the first carried value.
        xs: a structure of tensors of the same first dimension, or None.
        length: the number of steps where `xs` is None.
        reverse: whether to go from the end to the beginning.
        unroll: True, or at least the number of steps, to write all steps out, which is differentiable more than once.
            Otherwise a traced function traces `f` once, where what it carries and gives is of one float type.

    Returns:
        The last carried value and the stacked outputs.
    """
    count = _length(xs, length)
    unrolled = unroll if isinstance(unroll, bool) else unroll >= count
    whole = None if unrolled else looped(f, init, xs, count, reverse)
    if whole is not None:
        return whole
    carry, outputs = init, []
    slices = _slices(xs, count)
    for each in reversed(slices) if reverse else slices:
        carry, output = f(carry, each)
        outputs.append(output)
    return carry, _stacked(outputs[::-1] if reverse else outputs)


@operation
def map(f: Callable[..., Any], xs: Any) -> Any:
    """`f` of every slice along the first axis, the results stacked.

    Args:
        f: a function of a structure like `xs`.
        xs: a structure of tensors of the same first dimension.
    """
    return _stacked([f(each) for each in _slices(xs, _length(xs, None))])


@operation
def vectorized_map(function: Callable[..., Any], elements: Any) -> Any:
    """`function` of every slice along the first axis, the results stacked.

    Args:
        function: a function of a structure like `elements`.
        elements: a structure of tensors of the same first dimension.
    """
    return _stacked([function(each) for each in _slices(elements, _length(elements, None))])


@operation
def associative_scan(f: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """`[a, f(a, b), f(f(a, b), c), ...]` for an associative `f`, in about `log2(n)` calls of it.

    Args:
        f: a function of two structures like `elems`, whose axis may be shorter, element by element along the axis.
        elems: a structure of tensors of the same size along the axis.
        reverse: whether to begin at the end.
        axis: the axis.

    Raises:
        ValueError: if the sizes differ, or `elems` is empty.

    Hillis and Steele, 1986, https://doi.org/10.1145/7902.7903

    Example:

    >>> import keraburn as keras
    >>> keras.ops.associative_scan(lambda a, b: a * b, keras.ops.array([1, 2, 3, 4])).numpy()
    array([ 1,  2,  6, 24], dtype=int32)
    """
    values = tree.map_structure(convert, elems)
    leaves = tree.flatten(values)
    axes = [normalize_axis(axis, leaf.ndim) for leaf in leaves]
    sizes = {leaf.shape[each] for leaf, each in zip(leaves, axes, strict=True)}
    if len(sizes) != 1:
        raise ValueError(
            f"All of `elems` must have the same size along the axis. Received: sizes {sorted(sizes)}, axis={axis}"
        )
    size = sizes.pop()

    def flipped(structure: Any) -> Any:
        return _by_axis(lambda leaf, at: emit("flip", leaf, axes=[at]), axes, structure)

    values = flipped(values) if reverse else values
    reach = 1
    while reach < size:
        first = _by_axis(lambda leaf, at: section(leaf, at, 0, reach), axes, values)  # noqa: B023
        before = _by_axis(lambda leaf, at: section(leaf, at, 0, size - reach), axes, values)  # noqa: B023
        after = _by_axis(lambda leaf, at: section(leaf, at, reach, size), axes, values)  # noqa: B023
        combined = f(before, after)
        values = _by_axis(lambda a, at, b: concatenate([a, b], axis=at), axes, first, combined)
        reach *= 2
    return flipped(values) if reverse else values


def _by_axis(function: Callable[..., Tensor], axes: list[int], *structures: Any) -> Any:
    """`function` of corresponding leaves and each one's axis."""
    columns = [tree.flatten(structure) for structure in structures]
    results = [
        function(leaves[0], axis, *leaves[1:]) for axis, leaves in zip(axes, zip(*columns, strict=True), strict=True)
    ]
    return tree.pack_sequence_as(structures[0], results)
