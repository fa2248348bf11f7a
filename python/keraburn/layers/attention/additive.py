"""AdditiveAttention: keys fit queries by sums of tanh."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.attention.dot import Attention


class AdditiveAttention(Attention):
    """`softmax(sum(scale * tanh(query + key))) @ value`, in Bahdanau's style.

    Args:
        use_scale: whether there is a trained `scale`, a number for each feature.
        dropout: the fraction of the weights that is dropped in training.
        **kwargs: arguments of every layer, such as `name` and `dtype`, and `seed`.

    Call arguments, shapes: those of Attention.

    Bahdanau et al., 2014: https://arxiv.org/abs/1409.0473

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> query, value = np.ones((2, 3, 4)), np.ones((2, 5, 4))
    >>> keras.layers.AdditiveAttention()([query, value]).shape
    (2, 3, 4)
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape: Any) -> None:
        self._check(input_shape)
        self.scale = None
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(input_shape[0][-1],), initializer="glorot_uniform")

    def _calculate_scores(self, query: Any, key: Any) -> Any:
        sums = ops.tanh(ops.expand_dims(query, -2) + ops.expand_dims(key, -3))
        return ops.sum(sums if self.scale is None else self.scale * sums, axis=-1)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["score_mode"]
        return config
