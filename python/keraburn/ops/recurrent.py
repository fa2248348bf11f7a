"""Recurrences over whole sequences, each one operation forward and one backward."""

from __future__ import annotations

from typing import Any

from keraburn.ops.apply import emit, operation
from keraburn.tensor import Tensor


def _parts(flat: Tensor, batch: int, steps: int, units: int, states: int) -> tuple[Tensor, ...]:
    """The outputs and the last states, which lie in `flat` one after the other."""
    shapes = [(batch, steps, units), *[(batch, units)] * states]
    parts, start = [], 0
    for shape in shapes:
        size = batch * units * (steps if len(shape) == 3 else 1)
        cut = emit("slice", flat, start=[start], size=[size], step=[1])
        parts.append(emit("reshape", cut, shape=list(shape)))
        start += size
    return tuple(parts)


def _recurrence(
    name: str, inputs: list[Tensor], mask: Tensor | None, gates: int, states: int, **attributes: Any
) -> tuple[Tensor, ...]:
    if mask is not None:
        inputs = [*inputs, mask]
    packed = emit(name, *inputs, **attributes)
    flat = emit(f"{name}_result", packed, *inputs, **attributes)
    batch, steps, width = inputs[0].shape
    return _parts(flat, batch, steps, width // gates, states)


@operation
def lstm(
    projections: Tensor,
    recurrent_kernel: Tensor,
    hidden: Tensor,
    carry: Tensor,
    mask: Tensor | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """All steps of an LSTM (Hochreiter & Schmidhuber, "Long short-term memory", 1997).

    With `i, f, g, o` the four parts of `projections[:, t] + hidden @ recurrent_kernel`::

        carry  = sigmoid(f) * carry + sigmoid(i) * tanh(g)
        hidden = sigmoid(o) * tanh(carry)

    A step that the mask leaves out keeps both states, and its output is that of the step before, 0 if there is none.

    Args:
        projections: `(batch, steps, 4 * units)`, the inputs' part of the gates, with the bias.
        recurrent_kernel: `(units, 4 * units)`.
        hidden: the first state, `(batch, units)`.
        carry: the first state of the cell, `(batch, units)`.
        mask: bool, `(batch, steps)`; False for steps that do not count.
        reverse: whether steps are taken from the last to the first; outputs are in the order in which they are taken.

    Returns:
        The outputs `(batch, steps, units)` and the last two states `(batch, units)`.

    Raises:
        ValueError: if shapes do not fit, or there is no step.

    >>> import keraburn
    >>> zeros = keraburn.ops.zeros
    >>> outputs, hidden, carry = lstm(zeros((2, 5, 12)), zeros((3, 12)), zeros((2, 3)), zeros((2, 3)))
    >>> outputs.shape, hidden.shape, carry.shape
    ((2, 5, 3), (2, 3), (2, 3))
    """
    inputs = [projections, recurrent_kernel, hidden, carry]
    outputs, hidden, carry = _recurrence("lstm", inputs, mask, 4, 2, reverse=reverse)
    return outputs, hidden, carry


@operation
def gru(
    projections: Tensor,
    recurrent_kernel: Tensor,
    hidden: Tensor,
    recurrent_bias: Tensor | None = None,
    mask: Tensor | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """All steps of a GRU (Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014).

    With `xz, xr, xh` the three parts of `projections[:, t]` and `hz, hr, hh` those of
    `hidden @ recurrent_kernel + recurrent_bias`::

        z, r   = sigmoid(xz + hz), sigmoid(xr + hr)
        hidden = z * hidden + (1 - z) * tanh(xh + r * hh)

    Without a recurrent bias the reset gate acts before the product: `hh = (r * hidden) @ (the kernel's last part)`,
    not multiplied by `r` again. Masked steps are those of `lstm`.

    Args:
        projections: `(batch, steps, 3 * units)`, the inputs' part of the gates, with the bias.
        recurrent_kernel: `(units, 3 * units)`.
        hidden: the first state, `(batch, units)`.
        recurrent_bias: `(3 * units,)`; None for a reset gate that acts before the product.
        mask: bool, `(batch, steps)`; False for steps that do not count.
        reverse: whether steps are taken from the last to the first; outputs are in the order in which they are taken.

    Returns:
        The outputs `(batch, steps, units)` and the last state `(batch, units)`.

    Raises:
        ValueError: if shapes do not fit, or there is no step.

    >>> import keraburn
    >>> zeros = keraburn.ops.zeros
    >>> outputs, hidden = gru(zeros((2, 5, 9)), zeros((3, 9)), zeros((2, 3)), zeros(9))
    >>> outputs.shape, hidden.shape
    ((2, 5, 3), (2, 3))
    """
    after = recurrent_bias is not None
    inputs = [projections, recurrent_kernel, hidden]
    if recurrent_bias is not None:
        inputs.append(recurrent_bias)
    outputs, hidden = _recurrence("gru", inputs, mask, 3, 1, reverse=reverse, reset_after=after)
    return outputs, hidden


@operation
def simple_rnn(
    projections: Tensor,
    recurrent_kernel: Tensor,
    hidden: Tensor,
    mask: Tensor | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """All steps of `hidden = tanh(projections[:, t] + hidden @ recurrent_kernel)`.

    Masked steps are those of `lstm`.

    Args:
        projections: `(batch, steps, units)`, the inputs' part, with the bias.
        recurrent_kernel: `(units, units)`.
        hidden: the first state, `(batch, units)`.
        mask: bool, `(batch, steps)`; False for steps that do not count.
        reverse: whether steps are taken from the last to the first; outputs are in the order in which they are taken.

    Returns:
        The outputs `(batch, steps, units)` and the last state `(batch, units)`.

    Raises:
        ValueError: if shapes do not fit, or there is no step.

    >>> import keraburn
    >>> zeros = keraburn.ops.zeros
    >>> outputs, hidden = simple_rnn(zeros((2, 5, 3)), zeros((3, 3)), zeros((2, 3)))
    >>> outputs.shape, hidden.shape
    ((2, 5, 3), (2, 3))
    """
    outputs, hidden = _recurrence("simple_rnn", [projections, recurrent_kernel, hidden], mask, 1, 1, reverse=reverse)
    return outputs, hidden
