"""Attention: means of values, weighted by how well keys fit queries."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

from keraburn import dtypes
from keraburn.dtypes import limits
from keraburn.ops.activation import softmax
from keraburn.ops.apply import emit, operation
from keraburn.ops.arithmetic import add, multiply
from keraburn.ops.convert import cast_to, convert, promote_all
from keraburn.ops.products import matmul
from keraburn.ops.selection import where
from keraburn.ops.shaping import permuted, reshaped
from keraburn.tensor import Tensor

# Scores of a head from which on they are computed block by block.
LONG = 128 * 128


@operation
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Tensor:
    """`softmax(query @ key.T * scale + bias) @ value` for each head, with B rows of T queries and S keys.

    Args:
        query: shape `(B, T, N, H)`, with N heads of size H.
        key: shape `(B, S, K, H)`, where K divides N: each head of keys serves `N / K` heads of queries.
        value: shape `(B, S, K, H)`.
        bias: added to the products, broadcast to `(B, N, T, S)`.
        mask: false where a key is hidden from a query, broadcast to `(B, N, T, S)`.
        scale: factor of the products, `1 / sqrt(H)` if None.
        is_causal: whether keys that come after a query are hidden from it.
        flash_attention: whether scores are computed block by block, so that memory grows with T + S and not with
            T * S; if None, for long sequences. Without `bias` only, and not differentiable twice.
        attn_logits_soft_cap: must be None.

    Returns:
        Shape `(B, T, N, H)`.

    Raises:
        ValueError: if the shapes do not fit.

    Vaswani et al., 2017: https://arxiv.org/abs/1706.03762; block by block, Dao et al., 2022:
    https://arxiv.org/abs/2205.14135

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> x = np.array([[1.0, 0.0], [0.0, 1.0]]).reshape(1, 2, 1, 2)
    >>> keras.ops.dot_product_attention(x, x, x, is_causal=True).numpy()[0, 0, 0]
    array([1., 0.], dtype=float32)
    """
    if attn_logits_soft_cap is not None:
        raise ValueError(
            "`attn_logits_soft_cap` is not supported. Expected None. "
            f"Received: attn_logits_soft_cap={attn_logits_soft_cap}"
        )
    if flash_attention and bias is not None:
        raise ValueError("Flash attention does not support `bias`. Received: flash_attention=True, bias given")
    return _attention(query, key, value, bias, [] if mask is None else [mask], scale, is_causal, flash_attention)


@operation
def attention_under(
    query: Any, key: Any, value: Any, masks: Sequence[Any], scale: float | None = None, is_causal: bool = False
) -> Tensor:
    """`dot_product_attention` under several masks, which are not joined: as a rule each says less than a flag a score.

    Args:
        query: shape `(B, T, N, H)`.
        key: shape `(B, S, K, H)`.
        value: shape `(B, S, K, H)`.
        masks: false where a key is hidden from a query, each broadcast to `(B, N, T, S)`.
        scale: factor of the products, `1 / sqrt(H)` if None.
        is_causal: whether keys that come after a query are hidden from it.

    Returns:
        Shape `(B, T, N, H)`.

    Raises:
        ValueError: if the shapes do not fit.
    """
    return _attention(query, key, value, None, masks, scale, is_causal, None)


def _attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any,
    masks: Sequence[Any],
    scale: float | None,
    is_causal: bool,
    by_blocks: bool | None,
) -> Tensor:
    query, key, value = promote_all([query, key, value])
    _check_shapes(query.shape, key.shape, value.shape)
    rows, length, heads, size = query.shape
    kept, shared = key.shape[1], key.shape[2]
    factor = 1.0 / math.sqrt(size) if scale is None else float(scale)
    long = length * kept >= LONG and dtypes.is_float(query.dtype)
    if bias is None and (long if by_blocks is None else by_blocks):
        return _by_blocks(query, key, value, masks, factor, is_causal)
    grouped = shared < heads
    # Heads of queries that share their keys get an axis of their own, along which the keys broadcast.
    if grouped:
        query = reshaped(query, [rows, length, shared, heads // shared, size])
        query = permuted(query, [0, 2, 3, 1, 4])
        key = reshaped(permuted(key, [0, 2, 3, 1]), [rows, shared, 1, size, kept])
        value = reshaped(permuted(value, [0, 2, 1, 3]), [rows, shared, 1, kept, value.shape[3]])
    else:
        query = permuted(query, [0, 2, 1, 3])
        key = permuted(key, [0, 2, 3, 1])
        value = permuted(value, [0, 2, 1, 3])
    logits = multiply(matmul(query, key), factor)
    if grouped:
        logits = reshaped(logits, [rows, heads, length, kept])
    if bias is not None:
        logits = add(logits, cast_to(convert(bias), logits.dtype))
    seen = _allowed(masks, is_causal, length, kept)
    if seen is not None:
        # A finite number, so that rows without any kept key stay finite.
        logits = where(seen, logits, -0.7 * limits(logits.dtype).max)
    weights = softmax(logits, axis=-1)
    if grouped:
        weights = reshaped(weights, [rows, shared, heads // shared, length, kept])
        outputs = permuted(matmul(weights, value), [0, 3, 1, 2, 4])
        return reshaped(outputs, [rows, length, heads, outputs.shape[-1]])
    return permuted(matmul(weights, value), [0, 2, 1, 3])


def _by_blocks(
    query: Tensor, key: Tensor, value: Tensor, masks: Sequence[Any], scale: float, is_causal: bool
) -> Tensor:
    rows, length, heads, _ = query.shape
    inputs = [query, key, value]
    for mask in masks:
        flags = cast_to(convert(mask), "bool")
        inputs.append(reshaped(flags, [1] * (4 - flags.ndim) + list(flags.shape)))
    how = {"scale": scale, "causal": is_causal}
    packed = emit("attention", *inputs, **how)
    return reshaped(emit("attention_result", packed, *inputs, **how), [rows, length, heads, value.shape[3]])


def _check_shapes(query: tuple[int, ...], key: tuple[int, ...], value: tuple[int, ...]) -> None:
    received = f"Received: query.shape={query}, key.shape={key}, value.shape={value}"
    if not len(query) == len(key) == len(value) == 4:
        raise ValueError(f"`dot_product_attention` only supports 4D inputs. {received}")
    if key[:3] != value[:3] or query[0] != key[0] or query[3] != key[3]:
        raise ValueError(
            "`key` and `value` must have the same lengths and heads, and `query` the same batch size and head size as "
            f"`key`. {received}"
        )
    if not key[2] or query[2] % key[2]:
        raise ValueError(f"The heads of `query` must be a multiple of those of `key`. {received}")


def causal_mask(length: int, kept: int) -> Tensor:
    """Shape `(length, kept)`: true where a key comes no later than a query."""
    rows = emit("iota", shape=[length, 1], axis=0, dtype="int32")
    columns = emit("iota", shape=[1, kept], axis=1, dtype="int32")
    return emit("ge", rows, columns)


def _allowed(masks: Sequence[Any], is_causal: bool, length: int, kept: int) -> Tensor | None:
    """Where keys are seen by queries; None for everywhere."""
    each = [cast_to(convert(mask), "bool") for mask in masks]
    if is_causal:
        each.append(causal_mask(length, kept))
    return functools.reduce(lambda a, b: emit("and", a, b), each) if each else None
