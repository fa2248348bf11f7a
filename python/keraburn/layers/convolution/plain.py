"""Conv1D, Conv2D and Conv3D."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keraburn import ops
from keraburn.layers.convolution.base import Convolution
from keraburn.variable import Variable


class _Conv(Convolution):
    kernel: Variable

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
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
                "kernel_initializer": kernel_initializer,
                "bias_initializer": bias_initializer,
                "kernel_regularizer": kernel_regularizer,
                "bias_regularizer": bias_regularizer,
                "kernel_constraint": kernel_constraint,
                "bias_constraint": bias_constraint,
            },
            **kwargs,
        )
        self._require_positive("filters", filters)
        self.filters = filters
        if isinstance(groups, bool) or not isinstance(groups, int) or groups <= 0:
            raise ValueError(f"The number of groups must be a positive integer. Received: groups={groups}.")
        self.groups = groups
        if filters % groups:
            raise ValueError(
                "The number of filters must be evenly divisible by the number of groups. "
                f"Received: groups={groups}, filters={filters}."
            )
        self._require_one_step()

    def _paddings(self) -> Sequence[str]:
        return ("valid", "same", "causal") if self.rank == 1 else ("valid", "same")

    def build(self, input_shape: Any) -> None:
        channels = self._input_channels(input_shape)
        if channels % self.groups:
            raise ValueError(
                f"The number of input channels must be evenly divisible by the number of groups. Received "
                f"groups={self.groups}, but the input has {channels} channels (full input shape is {input_shape})."
            )
        self.compute_output_shape(input_shape)
        self.kernel = self._add("kernel", (*self.kernel_size, channels // self.groups, self.filters), "kernel")
        self._add_bias(self.filters)

    def call(self, inputs: Any) -> Any:
        return self._finish(ops.conv(inputs, self.kernel, **self._window_options()))

    def _filters(self, channels: Any) -> int:
        return self.filters

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters, "groups": self.groups}


class Conv1D(_Conv, rank=1):
    """A convolution over the steps of sequences: `outputs = activation(conv(inputs, kernel) + bias)`.

    Args:
        filters: channels of the outputs.
        kernel_size: steps of the kernel.
        strides: steps between its places.
        padding: "valid"; "same" for as many outputs as strides fit; "causal" for outputs that see nothing later.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the steps that it sees.
        groups: number of groups of channels that are convolved apart.
        activation: name or function; none if None.
        use_bias: whether there is a bias.
        kernel_initializer: initializer of the kernel, of shape `(kernel_size, channels / groups, filters)`.
        bias_initializer: initializer of the bias, of shape `(filters,)`.
        kernel_regularizer: regularizer of the kernel.
        bias_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the outputs.
        kernel_constraint: constraint of the kernel.
        bias_constraint: constraint of the bias.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, steps, channels)`, outputs `(batch, new_steps, filters)`.

    Raises:
        ValueError: if an argument does not fit, or no place of the kernel is inside the inputs.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> layer = keras.layers.Conv1D(1, 2, kernel_initializer="ones")
    >>> layer(np.array([[[1.0], [2.0], [4.0]]])).numpy()
    array([[[3.],
            [6.]]], dtype=float32)
    """


class Conv2D(_Conv, rank=2):
    """A convolution over images: `outputs = activation(conv(inputs, kernel) + bias)`.

    LeCun et al., "Backpropagation applied to handwritten zip code recognition", 1989.

    Args:
        filters: channels of the outputs.
        kernel_size: height and width of the kernel, or one number.
        strides: pixels between its places, in both directions or one number.
        padding: "valid", or "same" for as many outputs as strides fit.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the pixels that it sees.
        groups: number of groups of channels that are convolved apart.
        activation: name or function; none if None.
        use_bias: whether there is a bias.
        kernel_initializer: initializer of the kernel, of shape `(height, width, channels / groups, filters)`.
        bias_initializer: initializer of the bias, of shape `(filters,)`.
        kernel_regularizer: regularizer of the kernel.
        bias_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the outputs.
        kernel_constraint: constraint of the kernel.
        bias_constraint: constraint of the bias.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, height, width, channels)`, outputs `(batch, new_height, new_width, filters)`; with
    "channels_first" the channels come second.

    Raises:
        ValueError: if an argument does not fit, or no place of the kernel is inside the inputs.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Conv2D(4, 3, activation="relu")(np.ones((2, 10, 10, 3))).shape
    (2, 8, 8, 4)
    """


class Conv3D(_Conv, rank=3):
    """A convolution over volumes: `outputs = activation(conv(inputs, kernel) + bias)`.

    Args:
        filters: channels of the outputs.
        kernel_size: the three sizes of the kernel, or one number.
        strides: pixels between its places, in all directions or one number.
        padding: "valid", or "same" for as many outputs as strides fit.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the pixels that it sees.
        groups: number of groups of channels that are convolved apart.
        activation: name or function; none if None.
        use_bias: whether there is a bias.
        kernel_initializer: initializer of the kernel, of shape `(*kernel_size, channels / groups, filters)`.
        bias_initializer: initializer of the bias, of shape `(filters,)`.
        kernel_regularizer: regularizer of the kernel.
        bias_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the outputs.
        kernel_constraint: constraint of the kernel.
        bias_constraint: constraint of the bias.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, depth, height, width, channels)`, outputs the same with other sizes and `filters` channels;
    with "channels_first" the channels come second.

    Raises:
        ValueError: if an argument does not fit, or no place of the kernel is inside the inputs.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Conv3D(4, 3, padding="same")(np.ones((1, 5, 6, 7, 2))).shape
    (1, 5, 6, 7, 4)
    """
