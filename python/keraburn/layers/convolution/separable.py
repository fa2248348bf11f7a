"""SeparableConv1D and SeparableConv2D."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.convolution.base import Convolution
from keraburn.variable import Variable


class _SeparableConv(Convolution):
    depthwise_kernel: Variable
    pointwise_kernel: Variable

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            activity_regularizer=activity_regularizer,
            weights={
                "depthwise_initializer": depthwise_initializer,
                "pointwise_initializer": pointwise_initializer,
                "bias_initializer": bias_initializer,
                "depthwise_regularizer": depthwise_regularizer,
                "pointwise_regularizer": pointwise_regularizer,
                "bias_regularizer": bias_regularizer,
                "depthwise_constraint": depthwise_constraint,
                "pointwise_constraint": pointwise_constraint,
                "bias_constraint": bias_constraint,
            },
            **kwargs,
        )
        self._require_positive("depth_multiplier", depth_multiplier)
        self._require_positive("filters", filters)
        self.depth_multiplier = depth_multiplier
        self.filters = filters

    def build(self, input_shape: Any) -> None:
        channels = self._input_channels(input_shape)
        self.compute_output_shape(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.depthwise_kernel = self._add("depthwise_kernel", shape, "depthwise")
        shape = (*(1,) * self.rank, channels * self.depth_multiplier, self.filters)
        self.pointwise_kernel = self._add("pointwise_kernel", shape, "pointwise")
        self._add_bias(self.filters)

    def call(self, inputs: Any) -> Any:
        options = self._window_options()
        return self._finish(ops.separable_conv(inputs, self.depthwise_kernel, self.pointwise_kernel, **options))

    def _filters(self, channels: Any) -> int:
        return self.filters

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "depth_multiplier": self.depth_multiplier, "filters": self.filters}


class SeparableConv1D(_SeparableConv, rank=1):
    """A convolution of every channel of sequences by itself, then of the channels of every step.

    Args:
        filters: channels of the outputs.
        kernel_size: steps of the first kernel.
        strides: steps between its places.
        padding: "valid", or "same" for as many outputs as strides fit.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the steps that it sees.
        depth_multiplier: channels between the two for each of the inputs.
        activation: name or function; none if None.
        use_bias: whether there is a bias.
        depthwise_initializer: initializer of the first kernel, `(kernel_size, channels, depth_multiplier)`.
        pointwise_initializer: initializer of the second kernel, `(1, channels * depth_multiplier, filters)`.
        bias_initializer: initializer of the bias, of shape `(filters,)`.
        depthwise_regularizer: regularizer of the first kernel.
        pointwise_regularizer: regularizer of the second kernel.
        bias_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the outputs.
        depthwise_constraint: constraint of the first kernel.
        pointwise_constraint: constraint of the second kernel.
        bias_constraint: constraint of the bias.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, steps, channels)`, outputs `(batch, new_steps, filters)`.

    Raises:
        ValueError: if an argument does not fit, or no place of the kernel is inside the inputs.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.SeparableConv1D(4, 3)(np.ones((2, 8, 3))).shape
    (2, 6, 4)
    """


class SeparableConv2D(_SeparableConv, rank=2):
    """A convolution of every channel of images by itself, then of the channels of every pixel.

    Chollet, "Xception: deep learning with depthwise separable convolutions", 2017.

    Args:
        filters: channels of the outputs.
        kernel_size: height and width of the first kernel, or one number.
        strides: pixels between its places, in both directions or one number.
        padding: "valid", or "same" for as many outputs as strides fit.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the pixels that it sees.
        depth_multiplier: channels between the two for each of the inputs.
        activation: name or function; none if None.
        use_bias: whether there is a bias.
        depthwise_initializer: initializer of the first kernel, `(height, width, channels, depth_multiplier)`.
        pointwise_initializer: initializer of the second kernel, `(1, 1, channels * depth_multiplier, filters)`.
        bias_initializer: initializer of the bias, of shape `(filters,)`.
        depthwise_regularizer: regularizer of the first kernel.
        pointwise_regularizer: regularizer of the second kernel.
        bias_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the outputs.
        depthwise_constraint: constraint of the first kernel.
        pointwise_constraint: constraint of the second kernel.
        bias_constraint: constraint of the bias.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, height, width, channels)`, outputs `(batch, new_height, new_width, filters)`; with
    "channels_first" the channels come second.

    Raises:
        ValueError: if an argument does not fit, or no place of the kernel is inside the inputs.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.SeparableConv2D(4, 3, padding="same")(np.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 4)
    """
