"""CategoryEncoding: integers as vectors, each once or all of a row together."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.layer import Layer
from keraburn.tensor import Tensor


class CategoryEncoding(Layer):
    """Vectors of a place for each category, which mark or count the integers of a row.

    Args:
        num_tokens: how many categories there are; integers outside `[0, num_tokens)` are left out.
        output_mode: `"multi_hot"` for a vector of ones at all integers of a row, `"one_hot"` for a vector for each
            integer, `"count"` for how often each comes in a row.
        sparse: must be False; tensors are dense.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `inputs`; `count_weights`, of their shape, what each counts in mode `"count"`.

    Shapes: inputs `(batch, integers)`; outputs `(batch, num_tokens)`, or `(batch, integers, num_tokens)` for
        `"one_hot"` of more than one integer.

    Raises:
        ValueError: if an argument is out of its range.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.CategoryEncoding(4)(np.array([[0, 1], [3, 3]])).numpy()
    array([[1., 1., 0., 0.],
           [0., 0., 0., 1.]], dtype=float32)
    """

    def __init__(
        self, num_tokens: int | None = None, output_mode: str = "multi_hot", sparse: bool = False, **kwargs: Any
    ) -> None:
        # A name of old.
        output_mode = "multi_hot" if output_mode == "binary" else output_mode
        if output_mode not in ("count", "one_hot", "multi_hot"):
            raise ValueError(
                f"Unknown arg for output_mode: {output_mode}. Expected 'multi_hot', 'one_hot' or 'count'. "
                f"Received: output_mode={output_mode}"
            )
        if num_tokens is None:
            raise ValueError(
                "num_tokens must be set to use this layer. If the number of tokens is not known beforehand, use the "
                "IntegerLookup layer instead. Received: num_tokens=None"
            )
        if num_tokens < 1:
            raise ValueError(f"`num_tokens` must be >= 1. Received: num_tokens={num_tokens}.")
        if sparse:
            raise ValueError(f"Sparse tensors are not supported. Received: sparse={sparse}")
        super().__init__(**kwargs)
        self.num_tokens = num_tokens
        self.output_mode = output_mode
        self.sparse = sparse
        self._build_at_init()

    def call(self, inputs: Any, count_weights: Any = None) -> Any:
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(
                "`count_weights` is not used when `output_mode` is not `'count'`. "
                f"Received: count_weights={count_weights}, output_mode={self.output_mode}"
            )
        return encode(inputs, self.output_mode, self.num_tokens, self.compute_dtype, count_weights)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_tokens": self.num_tokens, "output_mode": self.output_mode}


def encode(inputs: Any, mode: str, depth: int, dtype: str, weights: Any = None) -> Tensor:
    """Integers as they are (`"int"`), or as vectors of size `depth`.

    Args:
        inputs: integers, or floats that stand for them.
        mode: `"int"`, `"one_hot"`, `"multi_hot"` or `"count"`.
        depth: size of the vectors.
        dtype: element type of the result.
        weights: what each integer counts in mode `"count"`.
    """
    if mode == "int":
        return ops.cast(inputs, dtype)
    inputs = inputs if inputs.dtype in ("int32", "int64") else ops.cast(inputs, "int32")
    if not inputs.shape:
        inputs = ops.reshape(inputs, (1,))
    if mode == "multi_hot":
        return ops.multi_hot(inputs, depth, dtype=dtype)
    if mode == "one_hot":
        single = len(inputs.shape) > 1 and inputs.shape[-1] == 1
        return ops.one_hot(ops.squeeze(inputs, -1) if single else inputs, depth, dtype=dtype)
    marks = ops.one_hot(inputs, depth, dtype=dtype)
    if weights is not None:
        marks = marks * ops.expand_dims(ops.cast(weights, dtype), -1)
    return ops.sum(marks, axis=1 if len(inputs.shape) > 1 else 0)
