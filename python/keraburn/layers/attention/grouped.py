"""GroupQueryAttention: attention in several heads, of which some share keys and values."""

from __future__ import annotations

import math
from typing import Any

from keraburn import ops, regularizers
from keraburn.layers.activation import Softmax
from keraburn.layers.attention.heads import Heads, check_lengths
from keraburn.layers.regularization import Dropout


class GroupQueryAttention(Heads):
    """MultiHeadAttention in which each head of keys and values serves several heads of queries.

    Args:
        head_dim: size of each head.
        num_query_heads: how many projections of the query.
        num_key_value_heads: how many projections of key and value; divides the number of those of the query.
        dropout: the fraction of the weights that is dropped in training.
        use_bias: whether the projections have a bias.
        sliding_window: a query sees the keys less than this many steps away; all if None.
        flash_attention: makes no difference here but for what may be combined with it; accepted as in Keras.
        kernel_initializer: initializer of the projections' kernels.
        bias_initializer: initializer of the biases.
        kernel_regularizer: regularizer of the kernels.
        bias_regularizer: regularizer of the biases.
        activity_regularizer: regularizer of the outputs, and of the projections' outputs.
        kernel_constraint: constraint of the kernels.
        bias_constraint: constraint of the biases.
        use_gate: whether a sigmoid of another projection of the query scales the heads' outputs.
        seed: for the same patterns of dropout every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: those of MultiHeadAttention.

    Shapes: query `(batch, T, size)`, value and key `(batch, S, size)`; outputs `(batch, T, size)`, and the weights
        `(batch, num_query_heads, T, S)` if they are asked for.

    Raises:
        ValueError: if the numbers of heads do not fit, or an argument is out of its range.

    Ainslie et al., 2023: https://arxiv.org/abs/2305.13245

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.GroupQueryAttention(head_dim=3, num_query_heads=4, num_key_value_heads=2)
    >>> layer(np.ones((1, 4, 5)), np.ones((1, 6, 5))).shape
    (1, 4, 5)
    """

    _original_name = "GroupedQueryAttention"

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        for name, size in (
            ("head_dim", head_dim),
            ("num_query_heads", num_query_heads),
            ("num_key_value_heads", num_key_value_heads),
        ):
            if not isinstance(size, int) or size <= 0:
                raise ValueError(
                    f"Received an invalid value for argument `{name}`, expected a positive integer. "
                    f"Received: {name}={size}"
                )
        if num_query_heads % num_key_value_heads:
            raise ValueError(
                "`num_query_heads` must be divisible by `num_key_value_heads`. "
                f"Received: num_query_heads={num_query_heads}, num_key_value_heads={num_key_value_heads}"
            )
        super().__init__(**kwargs)
        self._keep(sliding_window, flash_attention, dropout, use_gate)
        self._keep_weights(
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
        )
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.head_dim = head_dim
        self.num_query_heads = num_query_heads
        self.num_key_value_heads = num_key_value_heads
        self.num_repeats = num_query_heads // num_key_value_heads
        self.dropout = dropout
        self.use_bias = use_bias
        self.use_gate = use_gate
        self.sliding_window = sliding_window
        self.seed = seed

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:  # type: ignore[override]
        key_shape = value_shape if key_shape is None else key_shape
        check_lengths(value_shape, key_shape)
        queries, shared = (self.num_query_heads, self.head_dim), (self.num_key_value_heads, self.head_dim)
        self._scale = 1 / math.sqrt(self.head_dim)
        self._query_dense = self._project("query", query_shape, 1, queries)
        self._key_dense = self._project("key", key_shape, 1, shared)
        if self.use_gate:
            self._gate_dense = self._project("gate", query_shape, 1, queries, "sigmoid")
        self._value_dense = self._project("value", value_shape, 1, shared)
        self._softmax = Softmax(axis=-1, dtype=self.dtype_policy)
        self._dropout_layer = Dropout(rate=self.dropout, dtype=self.dtype_policy, seed=self.seed)
        heads = (*query_shape[:-1], *queries)
        self._output_dense = self._project("attention_output", heads, 2, (query_shape[-1],))

    def _attend(
        self,
        query: Any,
        key: Any,
        value: Any,
        mask: Any,
        training: bool | None,
        return_attention_scores: bool,
    ) -> Any:
        rows, length, heads, size = query.shape
        kept = key.shape[1]
        grouped = (rows, self.num_key_value_heads, self.num_repeats)
        # Shared keys and values get an axis of size 1, along which they broadcast to the heads that share them.
        query = ops.reshape(ops.transpose(query, (0, 2, 1, 3)), (*grouped, length, size))
        key = ops.expand_dims(ops.transpose(key, (0, 2, 3, 1)), 2)
        value = ops.expand_dims(ops.transpose(value, (0, 2, 1, 3)), 2)
        scores = ops.reshape(ops.matmul(query, key), (rows, heads, length, kept)) * self._scale
        scores = self._masked_softmax(scores, mask, 1)
        weights = self._dropout_layer(scores, training=training) if self.dropout > 0 else scores
        outputs = ops.matmul(ops.reshape(weights, (*grouped, length, kept)), value)
        return ops.transpose(ops.reshape(outputs, (rows, heads, length, size)), (0, 2, 1, 3)), scores

    def compute_output_shape(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> Any:  # type: ignore[override]
        received = f"Received: query_shape={tuple(query_shape)}, value_shape={tuple(value_shape)}"
        if query_shape[-1] != value_shape[-1]:
            raise ValueError(f"The last dimension of `query_shape` and `value_shape` must be equal. {received}")
        check_lengths(value_shape, value_shape if key_shape is None else key_shape)
        return tuple(query_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "head_dim": self.head_dim,
            "num_query_heads": self.num_query_heads,
            "num_key_value_heads": self.num_key_value_heads,
            "use_bias": self.use_bias,
            "use_gate": self.use_gate,
            "sliding_window": self.sliding_window,
            "dropout": self.dropout,
            **self._projection_config(),
            "seed": self.seed,
        }
