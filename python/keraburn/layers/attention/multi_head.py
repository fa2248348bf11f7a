"""MultiHeadAttention: attention in several projections at once."""

from __future__ import annotations

import math
from typing import Any

from keraburn import ops
from keraburn.layers import call as calls
from keraburn.layers.activation import Softmax
from keraburn.layers.attention.heads import Heads, check_lengths, for_heads
from keraburn.layers.regularization import Dropout


class MultiHeadAttention(Heads):
    """`concatenate(softmax(q_i @ k_i.T / sqrt(key_dim)) @ v_i) @ kernel + bias` over projections q_i, k_i, v_i.

    Args:
        num_heads: how many projections.
        key_dim: size of the projections of queries and keys.
        value_dim: size of the projections of values; `key_dim` if None.
        dropout: the fraction of the weights that is dropped in training.
        use_bias: whether the projections have a bias.
        output_shape: size or sizes of the last axes of the outputs; as of the query if None.
        attention_axes: the axes along which queries look for keys; all but the first and the last if None.
        sliding_window: a query sees the keys less than this many steps away; all if None.
        flash_attention: makes no difference here but for what may be combined with it; accepted as in Keras.
        kernel_initializer: initializer of the projections' kernels.
        bias_initializer: initializer of the biases.
        kernel_regularizer: regularizer of the kernels.
        bias_regularizer: regularizer of the biases.
        activity_regularizer: regularizer of the projections' outputs.
        kernel_constraint: constraint of the kernels.
        bias_constraint: constraint of the biases.
        use_gate: whether a sigmoid of another projection of the query scales the heads' outputs.
        seed: for the same patterns of dropout every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `query`; `value`; `key`, else the value; `query_mask`, `value_mask`, `key_mask`, which come with
        masked inputs; `attention_mask`, false where a key is hidden from a query, `(batch, T, S)` or broadcast to it;
        `return_attention_scores`; `training`; `use_causal_mask`, whether keys that come after a query are hidden.

    Shapes: query `(batch, T, size)`, value and key `(batch, S, size)` of any sizes; outputs `(batch, T, size)`, and
        the weights `(batch, num_heads, T, S)` if they are asked for. T and S may be several axes.

    Raises:
        ValueError: if an argument is out of its range, or the shapes do not fit.

    Vaswani et al., 2017: https://arxiv.org/abs/1706.03762

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=3)
    >>> query, value = np.ones((1, 4, 5)), np.ones((1, 6, 5))
    >>> outputs, scores = layer(query, value, return_attention_scores=True)
    >>> outputs.shape, scores.shape
    ((1, 4, 5), (1, 2, 4, 6))
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
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
        for name, size in (("num_heads", num_heads), ("key_dim", key_dim)):
            if not isinstance(size, int) or size <= 0:
                raise ValueError(
                    f"Received an invalid value for argument `{name}`, expected a positive integer. "
                    f"Received: {name}={size}"
                )
        if value_dim is not None and (not isinstance(value_dim, int) or value_dim <= 0):
            raise ValueError(
                "Received an invalid value for argument `value_dim`, expected a positive integer or `None`. "
                f"Received: value_dim={value_dim}"
            )
        if output_shape is not None and not isinstance(output_shape, (int, list, tuple)):
            raise ValueError(
                "Invalid `output_shape`: expected a tuple, list, or int when specified. "
                f"Received: output_shape={output_shape}"
            )
        if attention_axes is not None and not isinstance(attention_axes, (int, list, tuple)):
            raise ValueError(
                f"`attention_axes` must be an int, list, or tuple. Received: attention_axes={attention_axes}"
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
        self._num_heads = num_heads
        self._key_dim = key_dim
        self._value_dim = value_dim or key_dim
        # Not `output_shape`, which models ask layers for.
        self._output_shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape or ()) or None
        self._attention_axes: Any = (attention_axes,) if isinstance(attention_axes, int) else attention_axes
        self.seed = seed

    @property
    def num_heads(self) -> int:
        return self._num_heads

    @property
    def key_dim(self) -> int:
        return self._key_dim

    @property
    def value_dim(self) -> int:
        return self._value_dim

    @property
    def dropout(self) -> float:
        return self._rate

    @property
    def use_bias(self) -> bool:
        return self._with_bias

    @property
    def attention_axes(self) -> Any:
        return self._attention_axes

    @property
    def query_dense(self) -> Any:
        return self._query_dense

    @property
    def key_dense(self) -> Any:
        return self._key_dense

    @property
    def value_dense(self) -> Any:
        return self._value_dense

    @property
    def output_dense(self) -> Any:
        return self._output_dense

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:  # type: ignore[override]
        key_shape = value_shape if key_shape is None else key_shape
        check_lengths(value_shape, key_shape)
        rank = len(query_shape)
        if rank < 3:
            raise ValueError(
                f"Layer '{self.name}' attends along axes between the batch and the features: queries need a rank of 3 "
                f"or more. Received: query_shape={tuple(query_shape)}"
            )
        axes = range(1, rank - 1) if self._attention_axes is None else self._attention_axes
        if any(not isinstance(axis, int) or not 0 < axis % rank < rank - 1 or abs(axis) >= rank for axis in axes):
            raise ValueError(
                f"`attention_axes` must name axes between the batch and the features of inputs of rank {rank}. "
                f"Received: attention_axes={self._attention_axes}, query_shape={tuple(query_shape)}"
            )
        self._attention_axes = tuple(axis if axis >= 0 else rank + axis for axis in axes)
        self._scale = 1 / math.sqrt(self._key_dim)
        keys, values = (self._num_heads, self._key_dim), (self._num_heads, self._value_dim)
        self._query_dense = self._project("query", query_shape, 1, keys)
        self._key_dense = self._project("key", key_shape, 1, keys)
        if self._use_gate:
            self._gate_dense = self._project("gate", query_shape, 1, values, "sigmoid")
        self._value_dense = self._project("value", value_shape, 1, values)
        attended = len(self._attention_axes)
        self._softmax = Softmax(axis=tuple(range(-attended, 0)), dtype=self.dtype_policy)
        self._dropout_layer = Dropout(rate=self._rate, dtype=self.dtype_policy, seed=self.seed)
        heads = (*query_shape[:-1], *values)
        self._output_dense = self._project("attention_output", heads, 2, self._output_shape or (query_shape[-1],))

    def _mask_of_query(self, query: Any, query_mask: Any) -> Any:
        # As in Keras, the mask that comes with the query counts, not one given by name.
        return calls.get_mask(query)

    def _runs_whole(self, query: Any) -> bool:
        own = type(self)._compute_attention is MultiHeadAttention._compute_attention
        return own and super()._runs_whole(query)

    def _attend(
        self, query: Any, key: Any, value: Any, mask: Any, training: bool | None, return_attention_scores: bool
    ) -> Any:
        return self._compute_attention(query, key, value, mask, training, return_attention_scores)

    def _compute_attention(
        self,
        query: Any,
        key: Any,
        value: Any,
        attention_mask: Any = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
    ) -> Any:
        """The heads' outputs, and their weights where the way there has them; subclasses may do it otherwise.

        Args:
            query: shape `(batch, T, num_heads, key_dim)`.
            key: shape `(batch, S, num_heads, key_dim)`.
            value: shape `(batch, S, num_heads, value_dim)`.
            attention_mask: false where a key is hidden from a query, or None.
            training: whether weights are dropped.
            return_attention_scores: whether the weights are wanted.
        """
        if self._rate == 0 and not return_attention_scores and len(query.shape) == 4:
            mask = None if attention_mask is None else for_heads(attention_mask, 4, 1)
            return ops.dot_product_attention(query, key, value, mask=mask, scale=self._scale), None
        rank, axes = len(query.shape), self._attention_axes
        rows = [axis for axis in range(rank - 1) if axis not in axes]
        order = (*rows, *axes, rank - 1)
        query, key, value = (ops.transpose(each, order) for each in (query, key, value))
        batch = query.shape[: len(rows)]
        queries, keys = query.shape[len(rows) : -1], key.shape[len(rows) : -1]
        length, kept = math.prod(queries), math.prod(keys)
        query = ops.reshape(query, (*batch, length, query.shape[-1]))
        key = ops.reshape(key, (*batch, kept, key.shape[-1]))
        value = ops.reshape(value, (*batch, kept, value.shape[-1]))
        scores = ops.matmul(query, ops.swapaxes(key, -2, -1)) * self._scale
        scores = self._masked_softmax(ops.reshape(scores, (*batch, *queries, *keys)), attention_mask, len(axes))
        weights = self._dropout_layer(scores, training=training) if self._rate > 0 else scores
        outputs = ops.matmul(ops.reshape(weights, (*batch, length, kept)), value)
        outputs = ops.reshape(outputs, (*batch, *queries, outputs.shape[-1]))
        return ops.transpose(outputs, tuple(order.index(axis) for axis in range(rank))), scores

    def compute_output_shape(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> Any:  # type: ignore[override]
        check_lengths(value_shape, value_shape if key_shape is None else key_shape)
        query_shape = tuple(query_shape)
        return query_shape if self._output_shape is None else (*query_shape[:-1], *self._output_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_heads": self._num_heads,
            "key_dim": self._key_dim,
            "value_dim": self._value_dim,
            "dropout": self._rate,
            "use_bias": self._with_bias,
            "use_gate": self._use_gate,
            "output_shape": self._output_shape,
            "attention_axes": self._attention_axes,
            "sliding_window": self._sliding_window,
            **self._projection_config(),
            "seed": self.seed,
        }
