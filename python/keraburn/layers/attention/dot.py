"""Attention: keys fit queries by their products or by sums, in one head without projections."""

from __future__ import annotations

from typing import Any

from keraburn import ops, random
from keraburn.layers import arguments
from keraburn.layers.layer import Layer
from keraburn.ops import apply
from keraburn.ops.attention import causal_mask
from keraburn.random import SeedGenerator
from keraburn.variable import Variable


class Attention(Layer):
    """`softmax(query @ key.T) @ value`, in Luong's style.

    Args:
        use_scale: whether a trained number scales the scores.
        score_mode: `"dot"` for the products of queries and keys, `"concat"` for `sum(tanh(query + key))`.
        dropout: the fraction of the weights that is dropped in training.
        seed: for the same patterns of dropout every time.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `inputs`, a list of `query`, `value` and maybe `key`, which is else the value; `mask`, a list of
        their masks or Nones; `return_attention_scores`; `training`; `use_causal_mask`, whether keys that come after a
        query are hidden from it.

    Shapes: query `(batch, T, size)`, value `(batch, S, values)`, key `(batch, S, size)`; outputs `(batch, T, values)`,
        and the weights `(batch, T, S)` if they are asked for.

    Raises:
        ValueError: if the score mode is another, or the inputs are no such list.

    Luong et al., 2015: https://arxiv.org/abs/1508.04025

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> query, value = np.zeros((1, 1, 2)), np.array([[[1.0, 2.0], [3.0, 4.0]]])
    >>> keras.layers.Attention()([query, value]).numpy()
    array([[[2., 3.]]], dtype=float32)
    """

    scale: Variable | None
    concat_score_weight: Variable | None
    seed_generator: SeedGenerator

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        if score_mode not in ("dot", "concat"):
            raise ValueError(
                "Invalid value for argument score_mode. Expected one of {'dot', 'concat'}. "
                f"Received: score_mode={score_mode}"
            )
        super().__init__(**kwargs)
        self.use_scale = use_scale
        self.score_mode = score_mode
        self.dropout = dropout
        self.seed = seed
        if dropout > 0:
            self.seed_generator = SeedGenerator(seed)

    def build(self, input_shape: Any) -> None:
        self._check(input_shape)
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones") if self.use_scale else None
        self.concat_score_weight = None
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(name="concat_score_weight", shape=(), initializer="ones")

    def _check(self, inputs: Any, mask: Any = None) -> None:
        name = type(self).__name__
        if not isinstance(inputs, (list, tuple)) or (inputs and isinstance(inputs[0], (int, float, str, type(None)))):
            raise ValueError(
                f"{name} layer must be called on a list of inputs, namely [query, value] or [query, value, key]. "
                f"Received: inputs={inputs}."
            )
        if len(inputs) not in (2, 3):
            raise ValueError(
                f"{name} layer accepts inputs list of length 2 or 3, namely [query, value] or [query, value, key]. "
                f"Received length: {len(inputs)}."
            )
        if mask is not None and not isinstance(mask, (list, tuple)):
            raise ValueError(f"{name} layer mask must be a list, namely [query_mask, value_mask]. Received: {mask=}.")
        if mask is not None and len(mask) not in (2, 3):
            raise ValueError(
                f"{name} layer accepts mask list of length 2 or 3. Received: inputs={inputs}, mask={mask}."
            )

    def _calculate_scores(self, query: Any, key: Any) -> Any:
        """How well each key fits each query, shape `(batch, T, S)`."""
        if self.score_mode == "dot":
            scores = ops.matmul(query, ops.swapaxes(key, -2, -1))
            return scores if self.scale is None else ops.multiply(scores, self.scale)
        sums = ops.expand_dims(query, -2) + ops.expand_dims(key, -3)
        if self.scale is not None:
            sums = self.scale * sums
        return self.concat_score_weight * ops.sum(ops.tanh(sums), axis=-1)

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        self._check(inputs, mask)
        query, value, key = inputs[0], inputs[1], inputs[-1 if len(inputs) == 3 else 1]
        query_mask, value_mask = mask[:2] if mask else (None, None)
        for what, each, of in (("query", query_mask, query), ("value", value_mask, value)):
            arguments.mask_of(self, f"{what}_mask", each, tuple(of.shape[:-1]))
        scores = self._calculate_scores(query, key)
        seen = self._seen(value_mask, use_causal_mask, scores.shape)
        if seen is not None:
            scores = ops.where(seen, scores, scores - 1e9)
        weights = ops.softmax(scores, axis=-1)
        if training and self.dropout > 0:
            weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
        outputs = ops.matmul(weights, value)
        if query_mask is not None:
            outputs = ops.where(ops.expand_dims(query_mask, -1), outputs, 0.0)
        return (outputs, weights) if return_attention_scores else outputs

    def _seen(self, value_mask: Any, use_causal_mask: bool, shape: Any) -> Any:
        """Where keys count for queries, to be broadcast to the scores; None for everywhere."""
        seen = None if value_mask is None else ops.expand_dims(ops.cast(value_mask, "bool"), -2)
        if not use_causal_mask:
            return seen
        causal = causal_mask(shape[-2], shape[-1])
        return causal if seen is None else ops.logical_and(seen, causal)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        self._check(inputs, mask)
        return None if mask is None or mask[0] is None else ops.convert_to_tensor(mask[0])

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        return apply.describe(self.call, args, kwargs)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "use_scale": self.use_scale,
            "score_mode": self.score_mode,
            "dropout": self.dropout,
            "seed": self.seed,
        }
