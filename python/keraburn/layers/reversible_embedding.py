"""ReversibleEmbedding: integers to rows of a table, and rows back to scores of integers."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers import call as calls
from keraburn.layers.embedding import Embedding
from keraburn.tensor import KerasTensor


class ReversibleEmbedding(Embedding):
    """An embedding that, called with `reverse=True`, gives the products of its inputs with all rows.

    Args:
        input_dim: how many integers there are.
        output_dim: size of a row.
        tie_weights: whether the way back uses the same table; else one of its own, of shape
            `(output_dim, input_dim)`.
        embeddings_initializer: initializer of the tables.
        embeddings_regularizer: regularizer of the first table.
        embeddings_constraint: constraint of the first table.
        mask_zero: whether 0 stands for padding.
        reverse_dtype: dtype to compute the way back in; the layer's if None.
        logit_soft_cap: bound of the scores, `cap * tanh(scores / cap)`, None for none.
        **kwargs: arguments of every layer.

    Source: Press and Wolf, 2017, "Using the output embedding to improve language models", arXiv:1608.05859.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.ReversibleEmbedding(5, 3)
    >>> layer(layer(np.array([[1, 2]])), reverse=True).shape
    (1, 2, 5)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            **kwargs,
        )
        self.tie_weights = tie_weights
        self.reverse_dtype = reverse_dtype
        self.logit_soft_cap = logit_soft_cap

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        if not self.tie_weights:
            self.reverse_embeddings = self.add_weight(
                shape=(self.output_dim, self.input_dim),
                initializer=self.embeddings_initializer,
                name="reverse_embeddings",
            )

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        if not reverse:
            rows = super().call(inputs)
            calls.set_masks(rows, super().compute_mask(inputs))
            return rows
        kernel = ops.transpose(self.embeddings) if self.tie_weights else self.reverse_embeddings.value
        if self.reverse_dtype is not None:
            inputs, kernel = ops.cast(inputs, self.reverse_dtype), ops.cast(kernel, self.reverse_dtype)
        scores = ops.matmul(inputs, kernel)
        if self.logit_soft_cap is None:
            return scores
        return ops.multiply(ops.tanh(ops.divide(scores, self.logit_soft_cap)), self.logit_soft_cap)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        # The call itself marks what stands for padding, on one of the two ways.
        return None

    def compute_output_shape(self, input_shape: Any, reverse: bool = False) -> tuple[Any, ...]:
        return (*input_shape[:-1], self.input_dim) if reverse else (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs: Any, reverse: bool = False) -> Any:
        return KerasTensor(self.compute_output_shape(inputs.shape, reverse), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "tie_weights": self.tie_weights,
            "reverse_dtype": self.reverse_dtype,
            "logit_soft_cap": self.logit_soft_cap,
        }
