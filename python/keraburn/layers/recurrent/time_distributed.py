"""TimeDistributed: one layer applied to every step of a sequence."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.layer import Layer
from keraburn.layers.simple import Lambda
from keraburn.layers.wrapper import Wrapper


class TimeDistributed(Wrapper):
    """The layer inside, applied to each step on its own: `outputs[:, t] = layer(inputs[:, t])`.

    Args:
        layer: the layer, for inputs without the axis of the steps.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Call arguments: `inputs`; `mask`, booleans `(batch, steps, ...)`, whose steps are handed to the layer; `training`.

    Shapes: inputs `(batch, steps, ...)`, outputs `(batch, steps, ...)`.

    Raises:
        ValueError: if `layer` is no layer, or when called with inputs of less than three axes or a mask that does not
            fit.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.TimeDistributed(keras.layers.Dense(4))(np.ones((2, 5, 3))).shape
    (2, 5, 4)
    """

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Please initialize `TimeDistributed` layer with a `keras.layers.Layer` instance. Received: {layer}"
            )
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any = None) -> None:
        super().build(_of_step(input_shape))

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        shape = self.layer.compute_output_shape(_of_step(input_shape))
        return (shape[0], input_shape[1], *shape[1:])

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        batch, steps = inputs.shape[:2]
        if mask is not None:
            _check_mask(mask, (batch, steps))
        if self._steps_are_rows():
            folded = ops.reshape(inputs, (batch * steps, *inputs.shape[2:]))
            rows = None if mask is None else ops.reshape(mask, (batch * steps, *mask.shape[2:]))
            outputs = self._of_layer(folded, rows, training)
            return ops.reshape(outputs, (batch, steps, *outputs.shape[1:]))
        masks = [None] * steps if mask is None else ops.unstack(mask, axis=1)
        pairs = zip(ops.unstack(inputs, axis=1), masks, strict=True)
        return ops.stack([self._of_layer(step, step_mask, training) for step, step_mask in pairs], axis=1)

    def _of_layer(self, inputs: Any, mask: Any, training: Any) -> Any:
        extra: dict[str, Any] = {}
        if mask is not None and "mask" in self.layer._call_parameters:
            extra["mask"] = mask
        if "training" in self.layer._call_parameters:
            extra["training"] = training
        return self.layer.call(inputs, **extra)

    def _steps_are_rows(self) -> bool:
        """Whether all steps can be computed as rows of one batch: nothing inside looks at a batch as a whole."""
        return all(
            type(layer).__module__.startswith("keraburn.")
            and not isinstance(layer, Lambda)
            and not any(not weight.trainable for weight in layer._non_trainable_variables)
            and not getattr(layer, "stateful", False)
            for layer in self.layer._flatten_layers()
        )


def _of_step(shape: Any) -> tuple[Any, ...]:
    if not isinstance(shape, (tuple, list)) or len(shape) < 3:
        raise ValueError(
            f"`TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions, received: {shape}"
        )
    return (shape[0], *shape[2:])


def _check_mask(mask: Any, expected: tuple[int, int]) -> None:
    shape = tuple(mask.shape)
    if len(shape) < 2:
        raise ValueError(
            "The `mask` passed to the `TimeDistributed` layer must be at least 2D (e.g., `(batch_size, timesteps)`), "
            f"but it has {len(shape)} dimension(s) with shape {shape}."
        )
    if shape[:2] != expected:
        raise ValueError(
            f"The `mask` passed to the `TimeDistributed` layer has a shape {shape} that is incompatible with the "
            f"input. The first two dimensions of the mask must match the input's. Expected mask shape prefix: "
            f"{expected}."
        )
