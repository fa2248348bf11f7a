"""What all layers of convolution share: arguments, the bias, the activation and the config."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from keraburn import activations, config, constraints, initializers, ops, regularizers
from keraburn.layers.arguments import with_defaults
from keraburn.layers.input_spec import InputSpec
from keraburn.layers.layer import Layer
from keraburn.ops.spatial import (
    channels_of,
    convolved_sizes,
    image_shape,
    known_padding,
    per_axis,
    spans,
    spatial_shape,
)
from keraburn.variable import Variable

_KINDS: dict[str, Any] = {"initializer": initializers, "regularizer": regularizers, "constraint": constraints}


class Convolution(Layer):
    """Kernels that move over images of `rank` spatial axes.

    Args:
        kernel_size: pixels of the kernel, one number or one for each spatial axis.
        strides: pixels between its places.
        padding: "valid", "same" or, where it is allowed, "causal".
        data_format: "channels_last", "channels_first" or None.
        dilation_rate: distance of the pixels that it sees.
        activation: name or function; none if None.
        use_bias: whether there is a bias.
        activity_regularizer: regularizer of the outputs.
        weights: initializers, regularizers and constraints, under the names of the arguments.
        **kwargs: arguments of every layer.

    Raises:
        ValueError: if an argument does not fit.
    """

    rank: ClassVar[int]
    bias: Variable | None

    def __init_subclass__(cls, rank: int | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if rank is None:
            return
        cls.rank = rank
        if rank > 1:
            one = (1,) * rank
            cls.__init__ = with_defaults(cls.__init__, strides=one, dilation_rate=one)  # type: ignore[method-assign]

    def __init__(
        self,
        *,
        kernel_size: Any,
        strides: Any,
        padding: Any,
        data_format: str | None,
        dilation_rate: Any,
        activation: Any,
        use_bias: bool,
        activity_regularizer: Any,
        weights: dict[str, Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.kernel_size = per_axis(kernel_size, self.rank, "kernel_size")
        self.strides = per_axis(strides, self.rank, "strides")
        self.dilation_rate = per_axis(dilation_rate, self.rank, "dilation_rate")
        self.padding = known_padding(padding, self._paddings())
        self.data_format = config.standardize_data_format(data_format)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self._weight_arguments = tuple(weights)
        for name, value in weights.items():
            setattr(self, name, _KINDS[name.rpartition("_")[2]].get(value))
        self.input_spec = InputSpec(min_ndim=self.rank + 2)

    def _paddings(self) -> Sequence[str]:
        return ("valid", "same")

    def _require_positive(self, name: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            raise ValueError(
                f"Invalid value for argument `{name}`. Expected a strictly positive value. Received {name}={value}."
            )

    def _require_one_step(self) -> None:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
                f"Received: strides={self.strides} and dilation_rate={self.dilation_rate}"
            )

    def _input_channels(self, input_shape: Any) -> int:
        """How many channels the inputs have, which from now on they must have."""
        channels = channels_of(input_shape, self.data_format)
        if channels is None:
            raise ValueError(
                f"The channels of the inputs to layer '{self.name}' ({type(self).__name__}) must be known, but they "
                f"are None. Received: input_shape={input_shape}"
            )
        axis = -1 if self.data_format == "channels_last" else 1
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={axis: channels})
        return int(channels)

    def _add(self, name: str, shape: tuple[int, ...], part: str) -> Variable:
        """A weight with the initializer, regularizer and constraint of a part."""
        options = {kind: getattr(self, f"{part}_{kind}") for kind in _KINDS}
        return self.add_weight(name=name, shape=shape, **options)

    def _add_bias(self, filters: int) -> None:
        self.bias = self._add("bias", (filters,), "bias") if self.use_bias else None

    def _finish(self, outputs: Any) -> Any:
        """The bias and the activation."""
        if self.bias is not None:
            shape = image_shape(1, (1,) * self.rank, self.bias.shape[0], self.data_format)
            outputs = ops.add(outputs, ops.reshape(self.bias, shape))
        return outputs if self.activation is None else self.activation(outputs)

    def _window_options(self) -> dict[str, Any]:
        return {
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
        }

    def _filters(self, channels: Any) -> Any:
        """How many channels the outputs have, with so many of the inputs."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        sizes = spatial_shape(input_shape, self.data_format)
        channels = channels_of(input_shape, self.data_format)
        if len(sizes) != self.rank:
            raise ValueError(
                f"Kernel shape must have the same length as input, but received kernel of size {self.kernel_size} and "
                f"input of shape {tuple(input_shape)}."
            )
        filters = self._filters(channels)
        received = (
            f"`inputs shape={tuple(input_shape)}`, `kernel shape={(*self.kernel_size, channels, filters)}`, "
            f"`dilation_rate={self.dilation_rate}`, `strides={self.strides}`, `padding={self.padding}`"
        )
        windows = spans(self.kernel_size, self.dilation_rate)
        counts = convolved_sizes(sizes, windows, self.strides, self.padding, received)
        return image_shape(input_shape[0], counts, filters, self.data_format)

    def get_config(self) -> dict[str, Any]:
        written = {
            name: _KINDS[name.rpartition("_")[2]].serialize(getattr(self, name)) for name in self._weight_arguments
        }
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            **self._window_options(),
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            **written,
        }
