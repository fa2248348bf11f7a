"""DepthwiseConv1D and DepthwiseConv2D."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.convolution.base import Convolution
from keraburn.variable import Variable


class _DepthwiseConv(Convolution):
    kernel: Variable

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
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
                "bias_initializer": bias_initializer,
                "depthwise_regularizer": depthwise_regularizer,
                "bias_regularizer": bias_regularizer,
                "depthwise_constraint": depthwise_constraint,
                "bias_constraint": bias_constraint,
            },
            **kwargs,
        )
        self._require_positive("depth_multiplier", depth_multiplier)
        self.depth_multiplier = depth_multiplier

    def build(self, input_shape: Any) -> None:
        channels = self._input_channels(input_shape)
        self.compute_output_shape(input_shape)
        self.kernel = self._add("kernel", (*self.kernel_size, channels, self.depth_multiplier), "depthwise")
        self._add_bias(channels * self.depth_multiplier)

    def call(self, inputs: Any) -> Any:
        return self._finish(ops.depthwise_conv(inputs, self.kernel, **self._window_options()))

    def _filters(self, channels: Any) -> Any:
        return channels * self.depth_multiplier

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "depth_multiplier": self.depth_multiplier}


class DepthwiseConv1D(_DepthwiseConv, rank=1):
    """A convolution of every channel of sequences by itself.

    Args:
        kernel_size: steps of the kernel.
        strides: steps between its places.
        padding: "valid", or "same" for as many outputs as strides fit.
        depth_multiplier: channels of the outputs for each of the inputs.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the steps that it sees.
        activation: name or function; none if None.
        use_bias: whether there is a bias.
        depthwise_initializer: initializer of the kernel, of shape `(kernel_size, channels, depth_multiplier)`.
        bias_initializer: initializer of the bias, of shape `(channels * depth_multiplier,)`.
        depthwise_regularizer: regularizer of the kernel.
        bias_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the outputs.
        depthwise_constraint: constraint of the kernel.
        bias_constraint: constraint of the bias.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, steps, channels)`, outputs `(batch, new_steps, channels * depth_multiplier)`.

    Raises:
        ValueError: if an argument does not fit, or no place of the kernel is inside the inputs.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.DepthwiseConv1D(3, depth_multiplier=2)(np.ones((2, 8, 3))).shape
    (2, 6, 6)
    """


class DepthwiseConv2D(_DepthwiseConv, rank=2):
    """A convolution of every channel of images by itself.

    Args:
        kernel_size: height and width of the kernel, or one number.
        strides: pixels between its places, in both directions or one number.
        padding: "valid", or "same" for as many outputs as strides fit.
        depth_multiplier: channels of the outputs for each of the inputs.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the pixels that it sees.
        activation: name or function; none if None.
        use_bias: whether there is a bias.
        depthwise_initializer: initializer of the kernel, of shape `(height, width, channels, depth_multiplier)`.
        bias_initializer: initializer of the bias, of shape `(channels * depth_multiplier,)`.
        depthwise_regularizer: regularizer of the kernel.
        bias_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the outputs.
        depthwise_constraint: constraint of the kernel.
        bias_constraint: constraint of the bias.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, height, width, channels)`, outputs `(batch, new_height, new_width, channels *
    depth_multiplier)`; with "channels_first" the channels come second.

    Raises:
        ValueError: if an argument does not fit, or no place of the kernel is inside the inputs.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.DepthwiseConv2D(3, padding="same")(np.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """
