"""ConvLSTM1D, ConvLSTM2D and ConvLSTM3D: an LSTM whose products are convolutions."""

from __future__ import annotations

from typing import Any, ClassVar

from keraburn import config, ops
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.recurrent.builtin import BuiltinRNN, delegated
from keraburn.layers.recurrent.cell import GateCell
from keraburn.ops.spatial import (
    channels_of,
    convolved_sizes,
    image_shape,
    known_padding,
    per_axis,
    spans,
    spatial_shape,
)


class ConvLSTMCell(GateCell):
    """One step: as LSTMCell, with convolutions in the place of products, and images as states.

    Args:
        rank: number of spatial axes.
        filters: channels of the outputs and of both states.
        kernel_size: pixels of both kernels, one number or one for each spatial axis.
        strides: pixels between the places of the first kernel.
        padding: "valid" or "same", of the first convolution; that of the state is always "same".
        data_format: "channels_last", "channels_first" or None.
        dilation_rate: distance of the pixels that the first kernel sees.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        **kwargs: the other arguments of LSTMCell.
    """

    gates = 4

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Any,
        strides: Any,
        padding: str,
        data_format: str | None,
        dilation_rate: Any,
        unit_forget_bias: bool,
        **kwargs: Any,
    ) -> None:
        if isinstance(filters, bool) or not isinstance(filters, int) or filters <= 0:
            raise ValueError(
                f"Invalid value for argument `filters`. Expected a strictly positive value. Received filters={filters}."
            )
        super().__init__(filters, **kwargs)
        self.rank = rank
        self.filters = filters
        self.kernel_size = per_axis(kernel_size, rank, "kernel_size")
        self.strides = per_axis(strides, rank, "strides")
        self.padding = known_padding(padding, ("valid", "same"))
        self.data_format = config.standardize_data_format(data_format)
        self.dilation_rate = per_axis(dilation_rate, rank, "dilation_rate")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "Specifying `strides > 1` is not compatible with `dilation_rate > 1`. Please provide `strides=1` or "
                f"`dilation_rate=1`. Received: strides={self.strides} and dilation_rate={self.dilation_rate}"
            )
        self.unit_forget_bias = unit_forget_bias
        self.dropout_mask_count = self.gates
        self.state_size = [filters, filters]

    def build(self, input_shape: Any) -> None:
        sizes, channels = spatial_shape(input_shape, self.data_format), channels_of(input_shape, self.data_format)
        if None in sizes:
            raise ValueError(
                "ConvLSTM layers only support static input shapes for the spatial dimension. Received invalid input "
                f"shape: input_shape={input_shape}"
            )
        if channels is None:
            raise ValueError(
                "The channel dimension of the inputs (last axis) should be defined. Found None. Full input shape "
                f"received: input_shape={input_shape}"
            )
        self._state_shape = self.state_shape(input_shape)[1:]
        width = self.gates * self.filters
        options = {
            part: {kind: getattr(self, f"{part}_{kind}") for kind in ("initializer", "regularizer", "constraint")}
            for part in ("kernel", "recurrent", "bias")
        }
        self.kernel = self.add_weight(name="kernel", shape=(*self.kernel_size, channels, width), **options["kernel"])
        shape = (*self.kernel_size, self.filters, width)
        self.recurrent_kernel = self.add_weight(name="recurrent_kernel", shape=shape, **options["recurrent"])
        self.bias = None
        if self.use_bias:
            options["bias"]["initializer"] = self._initial_bias
            self.bias = self.add_weight(name="bias", shape=(width,), **options["bias"])

    def _initial_bias(self, shape: Any, **kwargs: Any) -> Any:
        if not self.unit_forget_bias:
            return self.bias_initializer(shape, **kwargs)
        one = self.filters
        first, last = self.bias_initializer((one,), **kwargs), self.bias_initializer((2 * one,), **kwargs)
        return ops.concatenate([first, ops.ones((one,), **kwargs), last])

    def state_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """The shape of the outputs and of both states for inputs of one step."""
        sizes = spatial_shape(input_shape, self.data_format)
        received = (
            f"`inputs shape={tuple(input_shape)}`, `kernel_size={self.kernel_size}`, "
            f"`dilation_rate={self.dilation_rate}`, `strides={self.strides}`, `padding={self.padding}`"
        )
        windows = spans(self.kernel_size, self.dilation_rate)
        counts = convolved_sizes(sizes, windows, self.strides, self.padding, received)
        return image_shape(input_shape[0], counts, self.filters, self.data_format)

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Zeros for each state.

        Args:
            batch_size: how many sequences there are.
        """
        return [ops.zeros((batch_size, *self._state_shape), dtype=self.compute_dtype) for _ in range(2)]

    def _convolved(self, x: Any, kernel: Any, patterns: Any, **options: Any) -> Any:
        """The convolution after dropout: of each gate's filters on their own where there are patterns."""
        options["data_format"] = self.data_format
        if patterns is None:
            return ops.conv(x, kernel, **options)
        parts = ops.split(ops.convert_to_tensor(kernel), len(patterns), axis=-1)
        found = [ops.conv(x * pattern, part, **options) for pattern, part in zip(patterns, parts, strict=True)]
        return ops.concatenate(found, axis=self._channel_axis)

    @property
    def _channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else 1

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        h, c = states
        window = {"strides": self.strides, "padding": self.padding, "dilation_rate": self.dilation_rate}
        gates = self._convolved(inputs, self.kernel, self._input_patterns(inputs, training), **window)
        if self.bias is not None:
            shape = image_shape(1, (1,) * self.rank, self.gates * self.filters, self.data_format)
            gates = gates + ops.reshape(self.bias, shape)
        gates = gates + self._convolved(h, self.recurrent_kernel, self._state_patterns(h, training), padding="same")
        i, f, candidate, o = ops.split(gates, 4, axis=self._channel_axis)
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(candidate)
        h = self.recurrent_activation(o) * self.activation(c)
        return h, [h, c]

    def get_config(self) -> dict[str, Any]:
        own = super().get_config()
        del own["units"]
        return {
            **own,
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "unit_forget_bias": self.unit_forget_bias,
        }


class _ConvLSTM(BuiltinRNN):
    rank: ClassVar[int]

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs: Any,
    ) -> None:
        cell = ConvLSTMCell(
            self.rank,
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            unit_forget_bias,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            name="conv_lstm_cell",
            dtype=kwargs.get("dtype"),
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.input_spec = InputSpec(ndim=self.rank + 3)

    filters = delegated("filters")
    kernel_size = delegated("kernel_size")
    strides = delegated("strides")
    padding = delegated("padding")
    data_format = delegated("data_format")
    dilation_rate = delegated("dilation_rate")
    recurrent_activation = delegated("recurrent_activation")
    unit_forget_bias = delegated("unit_forget_bias")

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        super().build(sequences_shape, initial_state_shape)
        self.input_spec = InputSpec(shape=(None, None, *sequences_shape[2:]))

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        batch, steps, *rest = sequences_shape
        state = self.cell.state_shape((batch, *rest))
        output = (batch, steps, *state[1:]) if self.return_sequences else state
        return (output, state, state) if self.return_state else output

    def _check_states(self, states: list[Any], batch: int) -> None:
        expected = [tuple(state.shape) for state in self.get_initial_state(batch)]
        received = [tuple(state.shape) for state in states]
        if received != expected:
            raise ValueError(
                f"Layer '{self.name}' expects an initial state of shapes {expected}. Received: shapes {received}"
            )


class ConvLSTM1D(_ConvLSTM):
    """A convolutional LSTM over sequences of lines.

    Shi et al., "Convolutional LSTM network: a machine learning approach for precipitation nowcasting", 2015.

    Args:
        filters: channels of the outputs and of both states.
        kernel_size: pixels of both kernels, one number or one for each spatial axis.
        strides: pixels between the places of the kernel on the inputs.
        padding: "valid" or "same", of the convolution of the inputs; that of the state is always "same".
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the pixels that the kernel of the inputs sees.
        activation: name or function, of the candidate and of the state.
        recurrent_activation: name or function, of the gates.
        use_bias: whether there is a bias, `(4 * filters,)`.
        kernel_initializer: initializer of the kernel, `(*kernel_size, channels, 4 * filters)`.
        recurrent_initializer: initializer of the recurrent kernel, `(*kernel_size, filters, 4 * filters)`.
        bias_initializer: initializer of the bias.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        kernel_regularizer: regularizer of the kernel.
        recurrent_regularizer: regularizer of the recurrent kernel.
        bias_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the outputs.
        kernel_constraint: constraint of the kernel.
        recurrent_constraint: constraint of the recurrent kernel.
        bias_constraint: constraint of the bias.
        dropout: fraction of the inputs to drop in training, the same ones at all steps.
        recurrent_dropout: fraction of the state to drop in training, the same ones at all steps.
        seed: for the same dropout every time.
        return_sequences: whether to return the outputs of all steps, or only the last one.
        return_state: whether to return the last states after the outputs.
        go_backwards: whether to go from the last step to the first.
        stateful: whether a batch goes on with the last states of the one before.
        **kwargs: arguments of RNN and of every layer.

    Call arguments: `sequences`; `initial_state`, two images; `mask`, booleans `(batch, steps)`; `training`.

    Shapes: inputs `(batch, steps, size, channels)`, outputs the same with other sizes and `filters`
    channels, without the steps unless `return_sequences`; with "channels_first" the channels come before the sizes.

    Raises:
        ValueError: if an argument does not fit, or the sizes of the inputs are not known.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.ConvLSTM1D(4, 3, padding="same")(np.ones((2, 3, 8, 1))).shape
    (2, 8, 4)
    """

    rank = 1


class ConvLSTM2D(_ConvLSTM):
    """A convolutional LSTM over sequences of images.

    Shi et al., "Convolutional LSTM network: a machine learning approach for precipitation nowcasting", 2015.

    Args:
        filters: channels of the outputs and of both states.
        kernel_size: pixels of both kernels, one number or one for each spatial axis.
        strides: pixels between the places of the kernel on the inputs.
        padding: "valid" or "same", of the convolution of the inputs; that of the state is always "same".
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the pixels that the kernel of the inputs sees.
        activation: name or function, of the candidate and of the state.
        recurrent_activation: name or function, of the gates.
        use_bias: whether there is a bias, `(4 * filters,)`.
        kernel_initializer: initializer of the kernel, `(*kernel_size, channels, 4 * filters)`.
        recurrent_initializer: initializer of the recurrent kernel, `(*kernel_size, filters, 4 * filters)`.
        bias_initializer: initializer of the bias.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        kernel_regularizer: regularizer of the kernel.
        recurrent_regularizer: regularizer of the recurrent kernel.
        bias_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the outputs.
        kernel_constraint: constraint of the kernel.
        recurrent_constraint: constraint of the recurrent kernel.
        bias_constraint: constraint of the bias.
        dropout: fraction of the inputs to drop in training, the same ones at all steps.
        recurrent_dropout: fraction of the state to drop in training, the same ones at all steps.
        seed: for the same dropout every time.
        return_sequences: whether to return the outputs of all steps, or only the last one.
        return_state: whether to return the last states after the outputs.
        go_backwards: whether to go from the last step to the first.
        stateful: whether a batch goes on with the last states of the one before.
        **kwargs: arguments of RNN and of every layer.

    Call arguments: `sequences`; `initial_state`, two images; `mask`, booleans `(batch, steps)`; `training`.

    Shapes: inputs `(batch, steps, height, width, channels)`, outputs the same with other sizes and `filters`
    channels, without the steps unless `return_sequences`; with "channels_first" the channels come before the sizes.

    Raises:
        ValueError: if an argument does not fit, or the sizes of the inputs are not known.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.ConvLSTM2D(4, 3, padding="same")(np.ones((2, 3, 8, 8, 1))).shape
    (2, 8, 8, 4)
    """

    rank = 2


class ConvLSTM3D(_ConvLSTM):
    """A convolutional LSTM over sequences of volumes.

    Shi et al., "Convolutional LSTM network: a machine learning approach for precipitation nowcasting", 2015.

    Args:
        filters: channels of the outputs and of both states.
        kernel_size: pixels of both kernels, one number or one for each spatial axis.
        strides: pixels between the places of the kernel on the inputs.
        padding: "valid" or "same", of the convolution of the inputs; that of the state is always "same".
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the pixels that the kernel of the inputs sees.
        activation: name or function, of the candidate and of the state.
        recurrent_activation: name or function, of the gates.
        use_bias: whether there is a bias, `(4 * filters,)`.
        kernel_initializer: initializer of the kernel, `(*kernel_size, channels, 4 * filters)`.
        recurrent_initializer: initializer of the recurrent kernel, `(*kernel_size, filters, 4 * filters)`.
        bias_initializer: initializer of the bias.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        kernel_regularizer: regularizer of the kernel.
        recurrent_regularizer: regularizer of the recurrent kernel.
        bias_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the outputs.
        kernel_constraint: constraint of the kernel.
        recurrent_constraint: constraint of the recurrent kernel.
        bias_constraint: constraint of the bias.
        dropout: fraction of the inputs to drop in training, the same ones at all steps.
        recurrent_dropout: fraction of the state to drop in training, the same ones at all steps.
        seed: for the same dropout every time.
        return_sequences: whether to return the outputs of all steps, or only the last one.
        return_state: whether to return the last states after the outputs.
        go_backwards: whether to go from the last step to the first.
        stateful: whether a batch goes on with the last states of the one before.
        **kwargs: arguments of RNN and of every layer.

    Call arguments: `sequences`; `initial_state`, two images; `mask`, booleans `(batch, steps)`; `training`.

    Shapes: inputs `(batch, steps, depth, height, width, channels)`, outputs the same with other sizes and `filters`
    channels, without the steps unless `return_sequences`; with "channels_first" the channels come before the sizes.

    Raises:
        ValueError: if an argument does not fit, or the sizes of the inputs are not known.

    Example:

    >>> import numpy as np
    >>> import keraburn as keras
    >>> keras.layers.ConvLSTM3D(4, 3, padding="same")(np.ones((1, 2, 4, 4, 4, 1))).shape
    (1, 4, 4, 4, 4)
    """

    rank = 3
