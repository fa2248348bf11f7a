"""Sums of products named by Einstein's notation, reduced pairwise to matrix products."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import promote_all
from keraburn.ops.diagonals import diagonal
from keraburn.ops.products import contract
from keraburn.ops.shaping import permuted, reshaped
from keraburn.tensor import Tensor

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@operation
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Tensor:
    """The product of tensors with named axes, summed over the axes that the result does not have.

    Args:
        subscripts: a letter for each axis of each operand, as in `"ij,jk->ik"`. A letter that comes twice in an
            operand takes its diagonal; `...` stands for all other axes, which broadcast. Without `->` the result has
            the letters that come once, in alphabetical order.
        *operands: as many tensors as there are comma-separated terms.
        **kwargs: ignored; accepted as in Keras.

    Raises:
        ValueError: if the subscripts are malformed or do not fit the operands.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.einsum("ij,jk->ik", [[1.0, 2.0]], [[3.0], [4.0]]).numpy()
    array([[11.]], dtype=float32)
    """
    if not isinstance(subscripts, str):
        raise TypeError(f"Argument `subscripts` must be a string. Received: subscripts={subscripts!r}")
    tensors = promote_all(operands)
    if not tensors:
        raise ValueError(f"`einsum` needs at least one operand. Received: subscripts={subscripts}")
    dtype = tensors[0].dtype
    if dtype in ("bool", "uint8"):
        tensors = [emit("cast", tensor, dtype="int32") for tensor in tensors]
    terms, output = _parse(subscripts, [tensor.shape for tensor in tensors])
    sizes = _sizes(subscripts, terms, tensors)
    pairs = [_distinct(tensor, term) for tensor, term in zip(tensors, terms, strict=True)]
    pairs = [_without_ones(tensor, term, sizes) for tensor, term in pairs]
    while len(pairs) > 1:
        i, j = _cheapest(pairs, output, sizes)
        first, second = pairs[i], pairs[j]
        rest = [pair for k, pair in enumerate(pairs) if k not in (i, j)]
        needed = set(output).union(*(term for _, term in rest))
        pairs = [*rest, _multiply(first, second, needed, sizes)]
    tensor, term = _summed(*pairs[0], set(output))
    result = _arranged(tensor, term, output, sizes)
    return result if dtype not in ("bool", "uint8") else emit("cast", result, dtype=dtype)


def _parse(subscripts: str, shapes: Sequence[Sequence[int]]) -> tuple[list[str], str]:
    """A term of single letters for each operand and for the result; the ellipsis gets letters of its own."""
    text = subscripts.replace(" ", "")
    inputs, arrow, result = text.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(shapes):
        raise ValueError(
            f"The subscripts have {len(terms)} terms for {len(shapes)} operands. Received: subscripts={subscripts}"
        )
    unused = [c for c in _LETTERS if c not in text]
    widths = [
        len(shape) - len(term.replace("...", "", 1)) if "..." in term else 0
        for term, shape in zip(terms, shapes, strict=True)
    ]
    hidden = "".join(unused[: max([0, *widths])])
    full = []
    for term, shape, width in zip(terms, shapes, widths, strict=True):
        named = term.replace("...", hidden[len(hidden) - width :] if width > 0 else "", 1)
        if len(named) != len(shape) or not all(c in _LETTERS for c in named):
            raise ValueError(
                f"The term '{term}' does not fit an operand of shape {tuple(shape)}. Received: subscripts={subscripts}"
            )
        full.append(named)
    if arrow:
        output = result.replace("...", hidden, 1)
    else:
        joined = "".join(full)
        output = hidden + "".join(sorted(c for c in set(joined) - set(hidden) if joined.count(c) == 1))
    if len(set(output)) != len(output) or not set(output) <= set("".join(full)):
        raise ValueError(
            f"The result's letters must come in the operands, and once only. Received: subscripts={subscripts}"
        )
    return full, output


def _sizes(subscripts: str, terms: list[str], tensors: list[Tensor]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for term, tensor in zip(terms, tensors, strict=True):
        for letter, dim in zip(term, tensor.shape, strict=True):
            if sizes.setdefault(letter, dim) == 1:
                sizes[letter] = dim
            if dim not in (1, sizes[letter]):
                raise ValueError(
                    f"Axes of the same name differ in size: {sizes[letter]} and {dim}. Received: "
                    f"subscripts={subscripts}, shapes {', '.join(str(t.shape) for t in tensors)}"
                )
    return sizes


def _distinct(tensor: Tensor, term: str) -> tuple[Tensor, str]:
    """Diagonals in place of letters that come twice."""
    for letter in term:
        while term.count(letter) > 1:
            first = term.index(letter)
            second = term.index(letter, first + 1)
            tensor = diagonal(tensor, 0, first, second)
            term = "".join(c for i, c in enumerate(term) if i not in (first, second)) + letter
    return tensor, term


def _without_ones(tensor: Tensor, term: str, sizes: dict[str, int]) -> tuple[Tensor, str]:
    """Axes of size 1 where the name's size is another are broadcast: they drop out of the term."""
    kept = [i for i, letter in enumerate(term) if tensor.shape[i] == sizes[letter]]
    if len(kept) == len(term):
        return tensor, term
    return reshaped(tensor, [tensor.shape[i] for i in kept]), "".join(term[i] for i in kept)


def _summed(tensor: Tensor, term: str, needed: set[str]) -> tuple[Tensor, str]:
    gone = [i for i, letter in enumerate(term) if letter not in needed]
    if not gone:
        return tensor, term
    summed = emit("sum", tensor, axes=gone, keepdims=False)
    return summed, "".join(letter for letter in term if letter in needed)


def _arranged(tensor: Tensor, term: str, output: str, sizes: dict[str, int]) -> Tensor:
    tensor = permuted(tensor, [term.index(letter) for letter in output if letter in term])
    if len(term) == len(output):
        return tensor
    ones = reshaped(tensor, [sizes[letter] if letter in term else 1 for letter in output])
    return emit("broadcast_to", ones, shape=[sizes[letter] for letter in output])


def _cheapest(pairs: list[tuple[Tensor, str]], output: str, sizes: dict[str, int]) -> tuple[int, int]:
    """The two operands whose product is smallest."""

    def size_of_product(pair: tuple[int, int]) -> int:
        others = set(output).union(*(term for k, (_, term) in enumerate(pairs) if k not in pair))
        return math.prod(sizes[letter] for letter in set(pairs[pair[0]][1] + pairs[pair[1]][1]) & others)

    return min(combinations(range(len(pairs)), 2), key=size_of_product)


def _multiply(
    first: tuple[Tensor, str], second: tuple[Tensor, str], needed: set[str], sizes: dict[str, int]
) -> tuple[Tensor, str]:
    """The product of two operands, summed over the letters that nothing else needs."""
    a, left = _summed(*first, needed | set(second[1]))
    b, right = _summed(*second, needed | set(first[1]))
    batch = [letter for letter in left if letter in right and letter in needed]
    inner = [letter for letter in left if letter in right and letter not in needed]
    rows = [letter for letter in left if letter not in right]
    columns = [letter for letter in right if letter not in left]

    def extent(letters: list[str]) -> list[int]:
        return [sizes[letter] for letter in letters]

    term = "".join([*batch, *rows, *columns])
    a = permuted(a, [left.index(letter) for letter in (*batch, *rows, *inner)])
    b_order = (*batch, *inner, *columns)
    b = permuted(b, [right.index(letter) for letter in b_order])
    if not inner:
        a = reshaped(a, [*extent(batch), *extent(rows), *[1] * len(columns)])
        b = reshaped(b, [*extent(batch), *[1] * len(rows), *extent(columns)])
        return emit("mul", a, b), term
    depth = math.prod(extent(inner))
    lead = [math.prod(extent(batch))] if batch else []
    a = reshaped(a, [*lead, math.prod(extent(rows)), depth])
    b = reshaped(b, [*lead, depth, math.prod(extent(columns))])
    product = contract(a, b)
    return reshaped(product, [*extent(batch), *extent(rows), *extent(columns)]), term
