"""Layers of residual branches, which applications use: LayerScale and the scaled sums of Inception-ResNet."""

from __future__ import annotations

from typing import Any

from keraburn import initializers
from keraburn.layers.layer import Layer
from keraburn.variable import Variable


class LayerScale(Layer):
    """`inputs * gamma`, one learned factor for each channel.

    Args:
        init_values: what the factors begin with, such as `1e-6`.
        projection_dim: number of channels.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: outputs as inputs, `(batch, ..., projection_dim)`.

    Touvron et al., 2021: https://arxiv.org/abs/2103.17239

    Example:

    >>> import numpy as np
    >>> from keraburn.layers.residual import LayerScale
    >>> LayerScale(0.5, 2)(np.array([[2.0, 4.0]])).numpy()
    array([[1., 2.]], dtype=float32)
    """

    gamma: Variable

    def __init__(self, init_values: float, projection_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.init_values = init_values
        self.projection_dim = projection_dim

    def build(self, input_shape: Any) -> None:
        self.gamma = self.add_weight((self.projection_dim,), initializers.Constant(self.init_values))

    def call(self, inputs: Any) -> Any:
        return inputs * self.gamma

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "init_values": self.init_values, "projection_dim": self.projection_dim}


class CustomScaleLayer(Layer):
    """`inputs[0] + inputs[1] * scale`.

    Args:
        scale: the share of the second input.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Szegedy et al., 2016: https://arxiv.org/abs/1602.07261

    Example:

    >>> import numpy as np
    >>> from keraburn.layers.residual import CustomScaleLayer
    >>> CustomScaleLayer(0.5)([np.array([[1.0]]), np.array([[4.0]])]).numpy()
    array([[3.]], dtype=float32)
    """

    def __init__(self, scale: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs: Any) -> Any:
        return inputs[0] + inputs[1] * self.scale

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale}
