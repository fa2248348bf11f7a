"""Convolutions of images with one to three spatial axes, plain, by channel and transposed."""

from __future__ import annotations

from typing import Any

from keraburn import config, dtypes
from keraburn.ops.apply import emit, operation
from keraburn.ops.convert import cast_to, convert, floating, scalar
from keraburn.ops.shaping import reshaped
from keraburn.ops.spatial import (
    channels_of,
    convolved_sizes,
    count_spatial_axes,
    from_channels_last,
    known_padding,
    per_axis,
    spans,
    to_channels_last,
    transposed_padding,
    window_padding,
)
from keraburn.tensor import Tensor


def _operands(inputs: Any, kernel: Any, function: str) -> tuple[Tensor, Tensor]:
    """An image and a kernel as tensors of the kernel's dtype.

    Raises:
        ValueError: if their ranks differ, or are none of an image.
    """
    kernel = convert(kernel)
    if kernel.dtype not in dtypes.FLOATS:
        kernel = floating(kernel)
    x = cast_to(convert(inputs), kernel.dtype)
    count_spatial_axes(x, function)
    if kernel.ndim != x.ndim:
        raise ValueError(
            f"Kernel shape must have the same length as input, but received kernel of shape {kernel.shape} and input "
            f"of shape {x.shape}."
        )
    return x, kernel


def _matching_channels(x: Tensor, expected: int, data_format: str) -> None:
    channels = channels_of(x.shape, data_format)
    if channels != expected:
        raise ValueError(
            "The number of input channels must match the kernel's input channels. "
            f"Received: input channels={channels}, kernel input channels={expected}, data_format='{data_format}'."
        )


def _convolve(
    x: Tensor, kernel: Tensor, strides: Any, padding: Any, data_format: str, dilation_rate: Any, groups: int
) -> Tensor:
    rank = x.ndim - 2
    strides, dilation = per_axis(strides, rank, "strides"), per_axis(dilation_rate, rank, "dilation_rate")
    padding = known_padding(padding, ("valid", "same", "causal") if rank == 1 else ("valid", "same"))
    image = to_channels_last(x, data_format)
    sizes, windows = image.shape[1:-1], spans(kernel.shape[:-2], dilation)
    received = (
        f"`inputs shape={x.shape}`, `kernel shape={kernel.shape}`, `dilation_rate={dilation}`, `strides={strides}`, "
        f"`padding={padding}`"
    )
    if min(kernel.shape[:-2]) < 1:
        raise ValueError(f"The kernel has no element. Received {received}.")
    convolved_sizes(sizes, windows, strides, padding, received)
    around = [window_padding(*each, padding) for each in zip(sizes, windows, strides, strict=True)]
    low, high = ([each[end] for each in around] for end in (0, 1))
    attributes = {"strides": list(strides), "dilation": list(dilation), "low": low, "high": high, "groups": groups}
    return from_channels_last(emit("conv", image, kernel, **attributes), data_format)


@operation
def conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """A convolution (cross-correlation) of images with one to three spatial axes.

    For one spatial axis, with zeros outside of the image::

        outputs[n, o, f] = sum_k sum_c inputs[n, o * stride + k * dilation - low, c] * kernel[k, c, f]

    Where the kernel has fewer channels than the image, both sides are convolved in as many groups as the kernel's
    channels go into the image's.

    Args:
        inputs: images, shape `(batch, *spatial, channels)`, or `(batch, channels, *spatial)` with "channels_first".
        kernel: shape `(*kernel_size, channels / groups, filters)`, on whose dtype is computed.
        strides: pixels between windows, one number or one for each spatial axis.
        padding: "valid" for windows inside the image, "same" for zeros around it, "causal" (one spatial axis) for zeros
            before it.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the pixels that the kernel sees, one number or one for each spatial axis.

    Returns:
        Images of `filters` channels.

    Raises:
        ValueError: if shapes or arguments do not fit, or the result would have no pixel.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.conv(keras.ops.ones((1, 5, 5, 1)), keras.ops.ones((3, 3, 1, 2))).shape
    (1, 3, 3, 2)
    """
    x, kernel = _operands(inputs, kernel, "conv")
    data_format = config.standardize_data_format(data_format)
    channels, width = channels_of(x.shape, data_format), kernel.shape[-2]
    if width < 1 or channels % width:
        raise ValueError(
            "The number of input channels must be evenly divisible by kernel's in_channels. Received input channels "
            f"{channels} and kernel in_channels {width}. "
        )
    groups = channels // width
    if groups < 1 or kernel.shape[-1] % groups:
        raise ValueError(
            f"The number of filters must be evenly divisible by the number of groups. Received: groups={groups}, "
            f"filters={kernel.shape[-1]}."
        )
    return _convolve(x, kernel, strides, padding, data_format, dilation_rate, groups)


@operation
def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """A convolution of every channel by itself.

    Args:
        inputs: images, shape `(batch, *spatial, channels)`, or `(batch, channels, *spatial)` with "channels_first".
        kernel: shape `(*kernel_size, channels, multiplier)`.
        strides: pixels between windows, one number or one for each spatial axis.
        padding: "valid" or "same", as for `conv`.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the pixels that the kernel sees, one number or one for each spatial axis.

    Returns:
        Images of `channels * multiplier` channels, those of one input channel next to each other.

    Raises:
        ValueError: if shapes or arguments do not fit.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.depthwise_conv(keras.ops.ones((1, 5, 5, 3)), keras.ops.ones((3, 3, 3, 2))).shape
    (1, 3, 3, 6)
    """
    x, kernel = _operands(inputs, kernel, "depthwise_conv")
    data_format = config.standardize_data_format(data_format)
    *size, channels, multiplier = kernel.shape
    _matching_channels(x, channels, data_format)
    kernel = reshaped(kernel, [*size, 1, channels * multiplier])
    return _convolve(x, kernel, strides, padding, data_format, dilation_rate, channels)


@operation
def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """A convolution of every channel by itself, and then of the channels of every pixel with one another.

    Args:
        inputs: images, shape `(batch, *spatial, channels)`, or `(batch, channels, *spatial)` with "channels_first".
        depthwise_kernel: shape `(*kernel_size, channels, multiplier)`.
        pointwise_kernel: shape `(*ones, channels * multiplier, filters)`.
        strides: pixels between windows, one number or one for each spatial axis.
        padding: "valid" or "same", as for `conv`.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the pixels that the first kernel sees.

    Returns:
        Images of `filters` channels.

    Raises:
        ValueError: if shapes or arguments do not fit.

    Example:

    >>> import keraburn as keras
    >>> first, second = keras.ops.ones((3, 3, 3, 2)), keras.ops.ones((1, 1, 6, 4))
    >>> keras.ops.separable_conv(keras.ops.ones((1, 5, 5, 3)), first, second).shape
    (1, 3, 3, 4)
    """
    filtered = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(filtered, pointwise_kernel, 1, "valid", data_format, dilation_rate)


@operation
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """A transposed convolution, the gradient of a convolution for its input.

    Zeiler et al., "Deconvolutional networks", 2010. For one spatial axis, and each `n, o, k, c`:
    `outputs[n, o * stride + k * dilation - low, f] += inputs[n, o, c] * kernel[k, f, c]`.

    Args:
        inputs: images, shape `(batch, *spatial, channels)`, or `(batch, channels, *spatial)` with "channels_first".
        kernel: shape `(*kernel_size, filters, channels)`.
        strides: pixels of the outputs between those of the inputs, one number or one for each spatial axis.
        padding: "valid" for all that the kernel reaches, "same" for `size * stride` pixels.
        output_padding: pixels more than the fewest, one number or one for each spatial axis; None for the usual size.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` if None.
        dilation_rate: distance of the pixels that the kernel reaches.

    Returns:
        Images of `filters` channels.

    Raises:
        ValueError: if shapes or arguments do not fit.

    Example:

    >>> import keraburn as keras
    >>> keras.ops.conv_transpose(keras.ops.ones((1, 4, 4, 2)), keras.ops.ones((3, 3, 5, 2)), 2, "same").shape
    (1, 8, 8, 5)
    """
    x, kernel = _operands(inputs, kernel, "conv_transpose")
    data_format = config.standardize_data_format(data_format)
    _matching_channels(x, kernel.shape[-1], data_format)
    rank = x.ndim - 2
    strides, dilation = per_axis(strides, rank, "strides"), per_axis(dilation_rate, rank, "dilation_rate")
    padding = known_padding(padding, ("valid", "same"))
    extra = None if output_padding is None else per_axis(output_padding, rank, "output_padding", 0)
    image = to_channels_last(x, data_format)
    size, low, high, missing = [], [], [], []
    for axis, span in enumerate(spans(kernel.shape[:-2], dilation)):
        left, right = transposed_padding(span, strides[axis], padding, None if extra is None else extra[axis])
        whole = (image.shape[axis + 1] - 1) * strides[axis] + span - left
        # Pixels that lie beyond all that a window of the convolution can reach are zeros.
        beyond = max(-right - strides[axis] + 1, 0)
        size.append(whole - right - beyond)
        low.append(left)
        high.append(max(right, 0))
        missing.append(beyond)
    if min(*kernel.shape[:-2], *size) < 1:
        raise ValueError(
            f"Computed output size would be zero or negative. Received `inputs shape={x.shape}`, "
            f"`kernel shape={kernel.shape}`, `strides={strides}`, `padding={padding}`, "
            f"`output_padding={output_padding}`."
        )
    attributes = {"strides": list(strides), "dilation": list(dilation), "low": low, "high": high, "groups": 1}
    outputs = emit("conv_input_gradient", image, kernel, size=size, **attributes)
    if any(missing):
        none = [0] * (rank + 2)
        after = [0, *missing, 0]
        outputs = emit("pad", outputs, scalar(0.0, outputs.dtype), low=none, high=after, interior=none)
    return from_channels_last(outputs, data_format)
