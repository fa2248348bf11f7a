"""Derivatives of functions of tensors: gradients that their authors give, and directional ones."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from keraburn import recorder, tree
from keraburn.ops import creation
from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import convert
from keraburn.tape.gradient_tape import GradientTape
from keraburn.tensor import Tensor, TracedTensor
from keraburn.variable import Variable


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a function that gives its results and the function of their gradients.

    Args:
        f: takes tensors, or structures of them, and returns `(outputs, gradient)`. `gradient` takes the gradient of
            a loss by each output, in their structure, and returns that by each tensor of the arguments, flattened;
            None for one that has none.

    Example:

    >>> import keraburn as keras
    >>> @keras.ops.custom_gradient
    ... def reversed_gradient(x):
    ...     return x, lambda upstream: -upstream
    >>> x = keras.ops.array(2.0)
    >>> with keras.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = reversed_gradient(3.0 * x)
    >>> float(y), float(tape.gradient(y, x))
    (6.0, -3.0)
    """

    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = tree.map_structure(_read, (args, kwargs))
        outputs, gradient = f(*args, **kwargs)
        flat = [convert(each) for each in tree.flatten(outputs)]
        inputs = [each for each in tree.flatten((args, kwargs)) if isinstance(each, Tensor)]

        def backward(upstream: Sequence[Tensor]) -> list[Tensor | None]:
            found = gradient(tree.pack_sequence_as(outputs, upstream))
            parts = list(found) if isinstance(found, (list, tuple)) else [found]
            if len(parts) != len(inputs):
                raise ValueError(
                    f"The gradient of '{getattr(f, '__name__', f)}' must give a tensor for each of its {len(inputs)} "
                    f"tensor arguments. Received: {len(parts)}"
                )
            return [None if part is None else convert(part, x.dtype) for part, x in zip(parts, inputs, strict=True)]

        return tree.pack_sequence_as(outputs, _cut(inputs, flat, backward))

    return operation(wrapper)


def _read(leaf: Any) -> Any:
    return leaf.value if isinstance(leaf, Variable) else leaf


def _cut(inputs: list[Tensor], outputs: list[Tensor], backward: Callable[..., list[Tensor | None]]) -> list[Tensor]:
    """The outputs as tensors whose gradients flow to the inputs by `backward` alone."""
    made = next((each for each in (*outputs, *inputs) if isinstance(each, TracedTensor)), None)
    if made is not None:
        replaced = made.trace.custom(inputs, outputs, backward)
        for notes in recorder.recording():
            if any(id(x) in notes.known for x in inputs):
                notes.known.update((id(each), each) for each in replaced)
        return replaced
    replaced = [Tensor(output.handle, output.half) for output in outputs]
    watching = [notes for notes in recorder.recording() if any(id(x) in notes.known for x in inputs)]
    if watching:
        recorder.note(watching, recorder.Custom(inputs, replaced, backward))
    return replaced


def _apart(tensor: Tensor, number: int) -> Tensor:
    """A tensor of the same values, another one for each number also in a graph."""
    for _ in range(number + 1):
        tensor = emit("stop_gradient", tensor)
    return tensor


def jvp(fun: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """A function's value and its derivative in a direction, `f(x)` and `J(x) v`.

    Args:
        fun: a function of as many tensors as there are primals.
        primals: a list or tuple of float tensors, `x`.
        tangents: a list or tuple of tensors like the primals, `v`.
        has_aux: whether `fun` returns `(outputs, more)`, where nothing is differentiated of `more`.

    Returns:
        `(outputs, tangents of outputs)`, and `more` after them.

    Raises:
        ValueError: if primals and tangents do not match.

    Example:

    >>> import keraburn as keras
    >>> y, dy = keras.ops.jvp(lambda x: x**2, (keras.ops.array(3.0),), (keras.ops.array(1.0),))
    >>> float(y), float(dy)
    (9.0, 6.0)
    """
    points = [_apart(convert(each), number) for number, each in enumerate(primals)]
    if len(points) != len(tangents):
        raise ValueError(
            "`primals` and `tangents` must have equal lengths. "
            f"Received: {len(points)} primals, {len(tangents)} tangents"
        )
    directions = [convert(each, point.dtype) for each, point in zip(tangents, points, strict=True)]
    for point, direction in zip(points, directions, strict=True):
        if point.shape != direction.shape:
            raise ValueError(
                f"`primals` and `tangents` must have equal shapes. Received: {point.shape} and {direction.shape}"
            )
    with GradientTape() as outer:
        with GradientTape(persistent=True) as inner:
            inner.watch(points)
            outputs = fun(*points)
            outputs, *more = outputs if has_aux else (outputs,)
            flat = [convert(each) for each in tree.flatten(outputs)]
        # The gradient is linear in its seed, and its own gradient by the seed is the derivative in a direction,
        # whatever the seed; in a graph equal ones would be one, and those of 0 and 1 be left out.
        seeds = [creation.full_like(each, 0.3 + number) for number, each in enumerate(flat)]
        outer.watch(seeds)
        gradients = inner.gradient(flat, points, output_gradients=seeds, unconnected_gradients="zero")
    found = outer.gradient(gradients, seeds, output_gradients=directions, unconnected_gradients="zero")
    return (outputs, tree.pack_sequence_as(outputs, found), *more)
