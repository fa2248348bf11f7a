"""Connectionist temporal classification: labels of a sequence without saying where they are.

Source: Graves et al., 2006, "Connectionist temporal classification", https://doi.org/10.1145/1143844.1143891.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keraburn import dtypes
from keraburn.ops.activation import log_softmax
from keraburn.ops.apply import emit, operation
from keraburn.ops.beam_search import beam_search
from keraburn.ops.convert import cast_to, concrete, constant, convert, filled_like, integer, scalar
from keraburn.ops.encoding import one_hot
from keraburn.ops.indexing import take_along_axis
from keraburn.ops.joining import section, unstack
from keraburn.ops.shaping import expand_dims, reshaped
from keraburn.tensor import Tensor

# The logarithm of what cannot happen: finite, so that a sequence too short for its labels has a large loss.
_NEVER = -1e5


def _log_sum(parts: list[Tensor]) -> Tensor:
    """The logarithm of the sum of the exponentials, element by element."""
    highest = parts[0]
    for part in parts[1:]:
        highest = emit("max", highest, part)
    highest = emit("stop_gradient", highest)
    total = emit("exp", emit("sub", parts[0], highest))
    for part in parts[1:]:
        total = emit("add", total, emit("exp", emit("sub", part, highest)))
    return emit("add", highest, emit("log", total))


def _shifted(x: Tensor, places: int) -> Tensor:
    """The columns moved to the right, behind columns of what cannot happen."""
    kept = section(x, 1, 0, max(x.shape[1] - places, 0))
    high = [0, 0]
    return emit("pad", kept, scalar(_NEVER, x.dtype), low=[0, x.shape[1] - kept.shape[1]], high=high, interior=high)


def _lengths(lengths: Any, name: str, count: int) -> Tensor:
    lengths = cast_to(convert(lengths), "int32")
    if lengths.shape != (count,):
        raise ValueError(f"Argument `{name}` must have shape ({count},). Received: {name} of shape {lengths.shape}")
    return reshaped(lengths, [count, 1])


@operation
def ctc_loss(target: Any, output: Any, target_length: Any, output_length: Any, mask_index: int = 0) -> Tensor:
    """Minus the logarithm of the probability of the labels, over all ways to lay them along the sequence.

    Args:
        target: labels, integers of shape `(batch, labels)`.
        output: logits, shape `(batch, steps, classes)`.
        target_length: how many labels each row has, shape `(batch,)`.
        output_length: how many steps each row has, shape `(batch,)`.
        mask_index: the class that means no label.

    Returns:
        Shape `(batch,)`.

    Raises:
        ValueError: if the shapes do not fit.

    Example:

    >>> import keraburn as keras
    >>> logits = keras.ops.zeros((1, 3, 2))
    >>> keras.ops.ctc_loss([[1]], logits, [1], [3]).numpy().round(4)
    array([0.2877], dtype=float32)
    """
    labels, logits = integer(target, "target"), convert(output)
    if labels.ndim != 2 or logits.ndim != 3 or labels.shape[0] != logits.shape[0]:
        raise ValueError(
            "`target` must have shape (batch, labels) and `output` (batch, steps, classes). "
            f"Received: target of shape {labels.shape}, output of shape {logits.shape}"
        )
    dtype = dtypes.result_type(logits.dtype, "float32")
    batch, _, classes = logits.shape
    label_counts = _lengths(target_length, "target_length", batch)
    step_counts = _lengths(output_length, "output_length", batch)
    states = _states(cast_to(labels, "int32"), mask_index)
    count = states.shape[1]
    # From a label on to the next one, past the blank between them, unless they are equal.
    none, ahead = [0, 0], [0, min(2, count)]
    shorter = section(states, 1, 0, max(count - 2, 0))
    before = emit("pad", shorter, scalar(mask_index, "int32"), low=ahead, high=none, interior=none)
    is_label = constant((np.arange(count) % 2 == 1) & (np.arange(count) > 1))
    free = emit("and", emit("ne", states, before), is_label)
    toll = emit("where", free, scalar(0, dtype), scalar(_NEVER, dtype))
    logs = log_softmax(cast_to(logits, dtype))
    seen = emit("matmul", logs, emit("transpose", one_hot(states, classes, dtype=dtype), permutation=[0, 2, 1]))
    start = constant(np.where(np.arange(count) == 0, 0.0, _NEVER).astype(dtype))
    forward = emit("broadcast_to", start, shape=[batch, count])
    for step, here in enumerate(unstack(seen, axis=1)):
        ways = [forward, _shifted(forward, 1), emit("add", _shifted(forward, 2), toll)]
        moved = emit("add", _log_sum(ways), here)
        lasts = emit("lt", scalar(step, "int32"), step_counts)
        forward = emit("where", lasts, moved, forward)
    return _ends(forward, label_counts)


def _states(labels: Tensor, mask_index: int) -> Tensor:
    """The labels with a blank before, between and after them."""
    batch, count = labels.shape
    if not count:
        return filled_like(labels, mask_index, shape=[batch, 1])
    return emit("pad", labels, scalar(mask_index, "int32"), low=[0, 1], high=[0, 1], interior=[0, 1])


def _ends(forward: Tensor, label_counts: Tensor) -> Tensor:
    """Minus the probability to be at the last label or the blank behind it."""
    numbers = constant(np.arange(forward.shape[1], dtype=np.int32).reshape(1, -1))
    last = emit("mul", label_counts, scalar(2, "int32"))
    zero = scalar(0, forward.dtype)

    def at(place: Tensor) -> Tensor:
        chosen = emit("where", emit("eq", numbers, place), forward, zero)
        return emit("sum", chosen, axes=[1], keepdims=False)

    blank, label = at(last), at(emit("sub", last, scalar(1, "int32")))
    none = reshaped(emit("eq", last, scalar(0, "int32")), [forward.shape[0]])
    label = emit("where", none, scalar(_NEVER, forward.dtype), label)
    return emit("neg", _log_sum([blank, label]))


@operation
def ctc_decode(
    inputs: Any,
    sequence_lengths: Any,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int | None = 0,
) -> tuple[Tensor, Tensor]:
    """The labels of sequences that a model trained with `ctc_loss` saw.

    Args:
        inputs: logits, shape `(batch, steps, classes)`.
        sequence_lengths: how many steps each row has, shape `(batch,)`.
        strategy: `"greedy"`, the best class of each step; or `"beam_search"`, which needs known values.
        beam_width: how many prefixes the search keeps.
        top_paths: how many label sequences the search gives.
        merge_repeated: whether equal classes of consecutive steps are one label, for `"greedy"`.
        mask_index: the class that means no label; the last one if None.

    Returns:
        The labels, int32 of shape `(1 or top_paths, batch, steps)`, filled up with -1; and for `"greedy"` minus the
        sum of the best logits, shape `(batch, 1)`, else the logarithm of each probability, shape `(batch, top_paths)`.

    Raises:
        ValueError: if the strategy is unknown or the shapes do not fit.
        TypeError: if a search is part of a model or a traced function.
    """
    if strategy not in ("greedy", "beam_search"):
        raise ValueError(
            f"Invalid strategy {strategy}. Supported values are 'greedy' and 'beam_search'. "
            f"Received: strategy={strategy}"
        )
    logits = convert(inputs)
    if logits.ndim != 3:
        raise ValueError(
            f"Argument `inputs` must have shape (batch, steps, classes). Received: inputs of shape {logits.shape}"
        )
    logits = cast_to(logits, dtypes.result_type(logits.dtype, "float32"))
    lengths = _lengths(sequence_lengths, "sequence_lengths", logits.shape[0])
    mask = logits.shape[2] - 1 if mask_index is None else mask_index
    if strategy == "greedy":
        return _greedy(logits, lengths, merge_repeated, mask)
    values = concrete(log_softmax(logits), "ctc_decode(strategy='beam_search')", "inputs")
    counts = concrete(lengths, "ctc_decode(strategy='beam_search')", "sequence_lengths")
    paths, scores = beam_search(values, counts[:, 0], beam_width, top_paths, mask)
    return constant(paths), constant(scores.astype(values.dtype))


def _greedy(logits: Tensor, lengths: Tensor, merge_repeated: bool, mask: int) -> tuple[Tensor, Tensor]:
    batch, steps, _ = logits.shape
    numbers = constant(np.arange(steps, dtype=np.int32).reshape(1, steps))
    beyond = emit("ge", numbers, lengths)
    nothing = scalar(mask, "int32")
    best = emit("where", beyond, nothing, emit("argmax", logits, axis=2))
    highest = emit("max_reduce", logits, axes=[2], keepdims=False)
    scores = emit("where", beyond, scalar(0, logits.dtype), highest)
    blank = emit("eq", best, nothing)
    if merge_repeated and steps > 1:
        same = emit("eq", section(best, 1, 1, steps), section(best, 1, 0, steps - 1))
        none = [0, 0]
        blank = emit("or", blank, emit("pad", same, scalar(False, "bool"), low=[0, 1], high=none, interior=none))
    labels = emit("where", blank, scalar(-1, "int32"), best)
    # Blanks go to the end, the labels keep their order.
    order = emit("where", blank, scalar(steps, "int32"), emit("broadcast_to", numbers, shape=[batch, steps]))
    labels = take_along_axis(labels, emit("argsort", order, axis=1, descending=False), axis=1)
    return expand_dims(labels, 0), emit("neg", emit("sum", scores, axes=[1], keepdims=True))
