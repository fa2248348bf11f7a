"""What layers of attention with several heads share: projections, masks and the call."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from keraburn import constraints, initializers, ops, regularizers
from keraburn.layers import arguments
from keraburn.layers import call as calls
from keraburn.layers.activation import Softmax
from keraburn.layers.einsum_dense import EinsumDense
from keraburn.layers.layer import Layer
from keraburn.layers.regularization import Dropout
from keraburn.ops import apply
from keraburn.ops.attention import attention_under, causal_mask

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Heads(Layer):
    """Base of MultiHeadAttention and GroupQueryAttention, which say how the heads attend in `_attend`."""

    _query_dense: EinsumDense
    _key_dense: EinsumDense
    _value_dense: EinsumDense
    _output_dense: EinsumDense
    _gate_dense: EinsumDense
    _softmax: Softmax
    _dropout_layer: Dropout
    _attend: Callable[..., Any]
    # The factor of the scores.
    _scale: float

    def _keep(self, sliding_window: int | None, flash_attention: bool | None, dropout: float, use_gate: bool) -> None:
        if sliding_window is not None and (not isinstance(sliding_window, int) or sliding_window <= 0):
            raise ValueError(
                f"`sliding_window` must be `None` or a positive integer. Received: sliding_window={sliding_window}"
            )
        if flash_attention and dropout > 0:
            raise ValueError(
                "Dropout is not supported when flash attention is enabled. Please set dropout to 0.0 to use flash "
                f"attention. Received: dropout={dropout}"
            )
        self.supports_masking = True
        self._sliding_window = sliding_window
        self._flash_attention = bool(flash_attention)
        self._use_gate = use_gate
        self._rate = dropout

    def _keep_weights(
        self,
        use_bias: bool,
        kernel_initializer: Any,
        bias_initializer: Any,
        kernel_regularizer: Any,
        bias_regularizer: Any,
        activity_regularizer: Any,
        kernel_constraint: Any,
        bias_constraint: Any,
    ) -> None:
        """The arguments of the projections."""
        self._with_bias = use_bias
        self._projection = {
            "kernel_initializer": initializers.get(kernel_initializer),
            "bias_initializer": initializers.get(bias_initializer),
            "kernel_regularizer": regularizers.get(kernel_regularizer),
            "bias_regularizer": regularizers.get(bias_regularizer),
            "activity_regularizer": regularizers.get(activity_regularizer),
            "kernel_constraint": constraints.get(kernel_constraint),
            "bias_constraint": constraints.get(bias_constraint),
        }

    def _projection_config(self) -> dict[str, Any]:
        families = {"initializer": initializers, "regularizer": regularizers, "constraint": constraints}
        return {name: families[name.split("_")[1]].serialize(value) for name, value in self._projection.items()}

    def _project(
        self, name: str, shape: Any, summed: int, columns: tuple[int, ...], activation: Any = None
    ) -> EinsumDense:
        """A layer that takes the last axes of the inputs to new ones; built for inputs of `shape`."""
        kept, gone = _LETTERS[: len(shape) - summed], _LETTERS[len(shape) - summed : len(shape)]
        new = _LETTERS[len(shape) : len(shape) + len(columns)]
        # Each projection draws its own weights, also from an initializer without a seed.
        drawn = {
            key: type(value).from_config(value.get_config()) if hasattr(value, "get_config") else value
            for key, value in self._projection.items()
            if key.endswith("initializer")
        }
        layer = EinsumDense(
            f"{kept}{gone},{gone}{new}->{kept}{new}",
            output_shape=[None] * (len(kept) - 1) + list(columns),
            activation=activation,
            bias_axes=new if self._with_bias else None,
            name=name,
            dtype=self.dtype_policy,
            **{**self._projection, **drawn},
        )
        layer.build(tuple(shape))
        return layer

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        if self._flash_attention and return_attention_scores:
            raise ValueError(
                "Returning attention scores is not supported when flash attention is enabled. Please disable flash "
                f"attention to access attention scores. Received: return_attention_scores={return_attention_scores}"
            )
        key = value if key is None else key
        query_mask = self._mask_of_query(query, query_mask)
        masked = (query, value, query_mask, value_mask, key_mask, attention_mask)
        plain = [_without_mask(each) for each in (query, key, value)]
        projected = (self._query_dense(plain[0]), self._key_dense(plain[1]), self._value_dense(plain[2]))
        scores = None
        if not return_attention_scores and self._runs_whole(projected[0]):
            # Masks of queries and of keys stay apart: joined, they would have a flag for each score.
            masks = [for_heads(mask, 4, 1) for mask in self._masks(*masked)]
            outputs = attention_under(*projected, masks=masks, scale=self._scale, is_causal=use_causal_mask)
        else:
            mask = self._compute_attention_mask(*masked, use_causal_mask)
            outputs, scores = self._attend(*projected, mask, training, return_attention_scores)
        if self._use_gate:
            outputs = ops.multiply(outputs, self._gate_dense(plain[0]))
        outputs = self._output_dense(outputs)
        return (outputs, scores) if return_attention_scores else outputs

    def _mask_of_query(self, query: Any, query_mask: Any) -> Any:
        return query_mask

    def _runs_whole(self, query: Any) -> bool:
        """Whether one operation does it, from what is projected to what the heads give."""
        own = type(self)._compute_attention_mask is Heads._compute_attention_mask
        return own and self._rate == 0 and len(query.shape) == 4

    def _compute_attention_mask(
        self,
        query: Any,
        value: Any,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """Where keys are seen by queries, by all the masks there are; None for everywhere."""
        masks = self._masks(query, value, query_mask, value_mask, key_mask, attention_mask)
        if use_causal_mask:
            masks.append(ops.expand_dims(causal_mask(query.shape[1], value.shape[1]), 0))
        return functools.reduce(ops.logical_and, masks) if masks else None

    def _masks(
        self, query: Any, value: Any, query_mask: Any, value_mask: Any, key_mask: Any, attention_mask: Any
    ) -> list[Any]:
        """All masks but the causal one, to be broadcast to `(batch, queries, keys)`."""
        length, kept = query.shape[1], value.shape[1]
        given = (("query_mask", query_mask, query), ("value_mask", value_mask, value), ("key_mask", key_mask, value))
        for name, each, of in given:
            arguments.mask_of(self, name, each, tuple(of.shape[:-1]))
        if attention_mask is not None and len(query.shape) == 3:
            pairs, batch = (length, kept), query.shape[0]
            heads = attention_mask.shape[1] if len(attention_mask.shape) == 4 else 1
            arguments.mask_of(self, "attention_mask", attention_mask, (batch, *pairs), pairs, (batch, heads, *pairs))
        masks = []
        if query_mask is not None:
            masks.append(ops.expand_dims(ops.cast(query_mask, "bool"), -1))
        of_keys = (value_mask,) if key_mask is value_mask else (value_mask, key_mask)
        masks += [ops.expand_dims(ops.cast(each, "bool"), -2) for each in of_keys if each is not None]
        if self._sliding_window is not None:
            distance = ops.expand_dims(ops.arange(length), -1) - ops.arange(kept)
            masks.append(ops.expand_dims(ops.less(ops.abs(distance), self._sliding_window), 0))
        if attention_mask is not None:
            masks.append(ops.cast(attention_mask, "bool"))
        return masks

    def _masked_softmax(self, scores: Any, mask: Any, attended: int) -> Any:
        """Softmax over the axes of the keys.

        Args:
            scores: shape `(..., queries, keys)`, with `attended` axes each.
            mask: of rank up to that of the scores; axes that it lacks are before those of the queries.
        """
        if mask is not None:
            mask = for_heads(mask, len(scores.shape), attended)
        return self._softmax(scores, mask=mask)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        return apply.describe(self.call, args, kwargs)


def for_heads(mask: Any, rank: int, attended: int) -> Any:
    """A mask with axes of size 1 before those of queries and keys, to the given rank."""
    shape = tuple(mask.shape)
    place = max(0, len(shape) - 2 * attended)
    return ops.reshape(mask, (*shape[:place], *[1] * (rank - len(shape)), *shape[place:]))


def _without_mask(x: Any) -> Any:
    """The same values in another tensor, as the projections know nothing of masks."""
    return x if calls.get_mask(x) is None else apply.emit("reshape", x, shape=list(x.shape))


def check_lengths(value_shape: Any, key_shape: Any) -> None:
    if tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
        raise ValueError(
            "All dimensions of `value` and `key`, except the last one, must be equal. "
            f"Received: value_shape={tuple(value_shape)} and key_shape={tuple(key_shape)}"
        )
