"""Conv1DTranspose, Conv2DTranspose and Conv3DTranspose."""

from __future__ import annotations

from typing import Any

from keraburn import ops
from keraburn.layers.convolution.base import Convolution
from keraburn.ops.spatial import image_shape, per_axis, spans, spatial_shape, transposed_size
from keraburn.variable import Variable


class _ConvTranspose(Convolution):
    kernel: Variable

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
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
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = per_axis(output_padding, self.rank, "output_padding", 0)
            for i, (extra, stride) in enumerate(zip(self.output_padding, self.strides, strict=True)):
                if extra >= stride:
                    raise ValueError(
                        f"`output_padding` must be strictly less than `strides` for all dimensions. At dimension {i}, "
                        f"`output_padding` is {extra} but `strides` is {stride}. "
                        f"Received: output_padding={self.output_padding}, strides={self.strides}"
                    )
        self._require_one_step()

    def build(self, input_shape: Any) -> None:
        channels = self._input_channels(input_shape)
        self.kernel = self._add("kernel", (*self.kernel_size, self.filters, channels), "kernel")
        self._add_bias(self.filters)

    def call(self, inputs: Any) -> Any:
        options = {**self._window_options(), "output_padding": self.output_padding}
        return self._finish(ops.conv_transpose(inputs, self.kernel, **options))

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        extra = self.output_padding or (None,) * self.rank
        windows = spans(self.kernel_size, self.dilation_rate)
        axes = zip(spatial_shape(input_shape, self.data_format), windows, self.strides, extra, strict=True)
        sizes = [transposed_size(size, window, stride, self.padding, more) for size, window, stride, more in axes]
        return image_shape(input_shape[0], sizes, self.filters, self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters, "output_padding": self.output_padding}


class Conv1DTranspose(_ConvTranspose, rank=1):
    """A transposed convolution over the steps of sequences: every step becomes several.

    Args:
        filters: channels of the outputs.
        kernel_size: steps of the kernel.
        strides: steps of the outputs between those of the inputs.
        padding: "valid" for all that the kernel reaches, "same" for `steps * strides` outputs.
        output_padding: steps more than the fewest, less than `strides`; the usual number if None.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the steps that the kernel reaches.
        activation: name or function; none if None.
        use_bias: whether there is a bias.
        kernel_initializer: initializer of the kernel, of shape `(kernel_size, filters, channels)`.
        bias_initializer: initializer of the bias, of shape `(filters,)`.
        kernel_regularizer: regularizer of the kernel.
        bias_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the outputs.
        kernel_constraint: constraint of the kernel.
        bias_constraint: constraint of the bias.
        **kwargs: arguments of every layer, such as `name` and `dtype`.

    Shapes: inputs `(batch, steps, channels)`, outputs `(batch, new_steps, filters)`.

    Raises:
        ValueError: if an argument does not fit.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Conv1DTranspose(3, 4, strides=2, padding="same")(np.ones((2, 5, 1))).shape
    (2, 10, 3)
    """


class Conv2DTranspose(_ConvTranspose, rank=2):
    """A transposed convolution over images: every pixel becomes several.

    Zeiler et al., "Deconvolutional networks", 2010.

    Args:
        filters: channels of the outputs.
        kernel_size: height and width of the kernel, or one number.
        strides: pixels of the outputs between those of the inputs, in both directions or one number.
        padding: "valid" for all that the kernel reaches, "same" for `size * strides` pixels.
        output_padding: pixels more than the fewest, less than `strides`; the usual number if None.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the pixels that the kernel reaches.
        activation: name or function; none if None.
        use_bias: whether there is a bias.
        kernel_initializer: initializer of the kernel, of shape `(height, width, filters, channels)`.
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
        ValueError: if an argument does not fit.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Conv2DTranspose(8, 3, strides=2, padding="same")(np.ones((2, 7, 7, 4))).shape
    (2, 14, 14, 8)
    """


class Conv3DTranspose(_ConvTranspose):
    """A transposed convolution over volumes: every pixel becomes several.

    Args:
        filters: channels of the outputs.
        kernel_size: the three sizes of the kernel, or one number.
        strides: pixels of the outputs between those of the inputs, in all directions or one number.
        padding: "valid" for all that the kernel reaches, "same" for `size * strides` pixels.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        output_padding: pixels more than the fewest, less than `strides`; the usual number if None.
        dilation_rate: distance of the pixels that the kernel reaches.
        activation: name or function; none if None.
        use_bias: whether there is a bias.
        kernel_initializer: initializer of the kernel, of shape `(*kernel_size, filters, channels)`.
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
        ValueError: if an argument does not fit.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.Conv3DTranspose(2, 2, strides=2)(np.ones((1, 3, 4, 5, 1))).shape
    (1, 6, 8, 10, 2)
    """

    rank = 3

    # The order of two arguments is another than that of the other two layers.
    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = (1, 1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: Any = None,
        dilation_rate: Any = (1, 1, 1),
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
            filters,
            kernel_size,
            strides,
            padding,
            output_padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            **kwargs,
        )
