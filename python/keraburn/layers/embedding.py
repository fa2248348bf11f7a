"""Embedding: a row of numbers for each integer."""

from __future__ import annotations

import warnings
from typing import Any

from keraburn import constraints, initializers, ops, regularizers
from keraburn.layers.layer import Layer
from keraburn.ops.apply import emit
from keraburn.variable import Variable


class Embedding(Layer):
    """Integers as rows of a trained table: `outputs = embeddings[inputs]`.

    Args:
        input_dim: how many integers there are; inputs lie in `[0, input_dim)`.
        output_dim: size of a row.
        embeddings_initializer: initializer of the table, of shape `(input_dim, output_dim)`.
        embeddings_regularizer: regularizer of the table.
        embeddings_constraint: constraint of the table.
        mask_zero: whether 0 stands for padding: layers that support masks skip it.
        weights: the table's values, an array or a list of one.
        lora_rank: must be None; low-rank adaptation is not supported.
        lora_alpha: must be None.
        quantization_config: must be None; quantization is not supported.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs of any shape, outputs `(*inputs, output_dim)`.

    Raises:
        ValueError: if a size is not a positive integer, what is not supported is asked for, or, when called, an
            input lies outside the table.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.Embedding(3, 2, weights=np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]]))
    >>> layer(np.array([[2, 1]])).numpy()
    array([[[3., 4.],
            [1., 2.]]], dtype=float32)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        for name, size in (("input_dim", input_dim), ("output_dim", output_dim)):
            if not isinstance(size, int) or isinstance(size, bool) or size <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={size} (of type {type(size).__name__})."
                )
        for name, value in (
            ("lora_rank", lora_rank),
            ("lora_alpha", lora_alpha),
            ("quantization_config", quantization_config),
        ):
            if value is not None:
                raise ValueError(f"`{name}` is not supported. Expected None. Received: {name}={value}")
        if kwargs.pop("input_length", None) is not None:
            warnings.warn("Argument `input_length` is deprecated. Just remove it.", stacklevel=2)
        super().__init__(**kwargs)
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self.autocast = False
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, list) and len(weights) == 1 else [weights])

    def build(self, input_shape: Any = None) -> None:
        if self.built:
            return
        self._embeddings = self.add_weight(
            shape=(self.input_dim, self.output_dim),
            initializer=self.embeddings_initializer,
            name="embeddings",
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )

    @property
    def embeddings(self) -> Variable:
        """The table.

        Raises:
            AttributeError: if the layer is not built.
        """
        if not self.built:
            raise AttributeError("You must build the layer before accessing `embeddings`.")
        return self._embeddings

    def call(self, inputs: Any) -> Any:
        if inputs.dtype not in ("int32", "int64"):
            inputs = ops.cast(inputs, "int32")
        # What numpy would read as counted from the end is a mistake here.
        rows = emit(
            "check_range",
            inputs,
            low=0,
            high=self.input_dim,
            message=f"Layer '{self.name}' (Embedding) has a row for each of input_dim={self.input_dim} integers.",
        )
        return ops.cast(emit("take", self._embeddings.value, rows, axis=0), self.compute_dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        return (*input_shape, self.output_dim)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "embeddings_initializer": initializers.serialize(self.embeddings_initializer),
            "embeddings_regularizer": regularizers.serialize(self.embeddings_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "embeddings_constraint": constraints.serialize(self.embeddings_constraint),
            "mask_zero": self.mask_zero,
            "quantization_config": None,
        }
