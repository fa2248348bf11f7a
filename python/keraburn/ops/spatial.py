"""Windows over images: arguments with a value for each spatial axis, paddings, and sizes of results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keraburn.ops.shaping import permuted
from keraburn.tensor import Tensor

# A size that may be unknown.
Size = int | None


def per_axis(value: Any, count: int, name: str, least: int = 1) -> tuple[int, ...]:
    """One integer for all spatial axes, or one for each, as a tuple.

    Args:
        value: an integer or a sequence of them.
        count: number of spatial axes.
        name: the argument's name, for the error.
        least: the smallest value allowed.

    Raises:
        ValueError: if it is anything else.
    """
    message = f"The `{name}` argument must be a tuple of {count} integers. Received {name}={value}"
    try:
        values = (int(value),) * count if isinstance(value, int) else tuple(int(each) for each in value)
    except (TypeError, ValueError):
        raise ValueError(message) from None
    if len(values) != count:
        raise ValueError(message)
    unfit = {each for each in values if each < least}
    if unfit:
        bound = "> 0" if least == 1 else f">= {least}"
        raise ValueError(f"{message}, including values {unfit} that do not satisfy `value {bound}`")
    return values


def known_padding(padding: Any, allowed: Sequence[str]) -> str:
    """The name of a padding in lower case.

    Raises:
        ValueError: if it is not among those allowed.
    """
    name = padding.lower() if isinstance(padding, str) else padding
    if name not in allowed:
        raise ValueError(f"The `padding` argument must be one of {', '.join(map(repr, allowed))}. Received: {padding}")
    return name


def spatial_shape(shape: Sequence[Any], data_format: str) -> tuple[Any, ...]:
    """The spatial axes of an image's shape."""
    return tuple(shape[1:-1] if data_format == "channels_last" else shape[2:])


def image_shape(batch: Any, spatial: Sequence[Any], channels: Any, data_format: str) -> tuple[Any, ...]:
    """The shape of an image with these sizes."""
    return (batch, *spatial, channels) if data_format == "channels_last" else (batch, channels, *spatial)


def channels_of(shape: Sequence[Any], data_format: str) -> Any:
    """The number of an image's channels."""
    return shape[-1] if data_format == "channels_last" else shape[1]


def to_channels_last(x: Tensor, data_format: str) -> Tensor:
    """An image with its channels in the last axis."""
    return x if data_format == "channels_last" else permuted(x, [0, *range(2, x.ndim), 1])


def from_channels_last(x: Tensor, data_format: str) -> Tensor:
    """An image with its channels where the format has them."""
    return x if data_format == "channels_last" else permuted(x, [0, x.ndim - 1, *range(1, x.ndim - 1)])


def count_spatial_axes(x: Tensor, function: str) -> int:
    """How many spatial axes an image has.

    Raises:
        ValueError: if it has not one to three.
    """
    if not 3 <= x.ndim <= 5:
        raise ValueError(
            f"`{function}` takes inputs with one to three spatial dimensions, that is of rank 3 to 5. "
            f"Received: inputs.shape={x.shape}"
        )
    return x.ndim - 2


def window_padding(size: int, window: int, stride: int, padding: str) -> tuple[int, int]:
    """How many pixels are added before and after an axis.

    With "same" there are as many windows as strides fit into the axis, and the larger half of what they lack comes
    last; with "causal" all of it comes first, so that no window sees what comes after it.

    Args:
        size: pixels of the axis.
        window: pixels that a window spans, with dilation.
        stride: pixels between windows.
        padding: "valid", "same" or "causal".
    """
    if padding == "same":
        total = max((-(-size // stride) - 1) * stride + window - size, 0)
        return total // 2, total - total // 2
    return (window - 1, 0) if padding == "causal" else (0, 0)


def window_count(size: Size, window: int, stride: int, padding: str) -> Size:
    """How many windows there are along an axis; unknown where its size is."""
    if size is None:
        return None
    return (size - window) // stride + 1 if padding == "valid" else -(-size // stride)


def spans(kernel_size: Sequence[int], dilation: Sequence[int]) -> list[int]:
    """How many pixels a kernel reaches over along each axis."""
    return [(size - 1) * rate + 1 for size, rate in zip(kernel_size, dilation, strict=True)]


def convolved_sizes(
    sizes: Sequence[Size], windows: Sequence[int], strides: Sequence[int], padding: str, received: str
) -> list[Size]:
    """The spatial sizes of what windows make of an image; unknown where its own are.

    Args:
        sizes: spatial sizes of the image.
        windows: pixels that a window spans.
        strides: pixels between windows.
        padding: "valid", "same" or "causal".
        received: the arguments, for the error.

    Raises:
        ValueError: if one would be less than one.
    """
    counts = [window_count(*each, padding) for each in zip(sizes, windows, strides, strict=True)]
    if any(count is not None and count < 1 for count in counts):
        raise ValueError(f"Computed output size would be zero or negative. Received {received}.")
    return counts


def transposed_padding(kernel: int, stride: int, padding: str, extra: int | None) -> tuple[int, int]:
    """How many pixels a transposed convolution leaves out before and after an axis; those after may be negative.

    Without any left out, `n` pixels become `(n - 1) * stride + kernel`.

    Args:
        kernel: pixels that the kernel spans, with dilation.
        stride: pixels between those of the input.
        padding: "valid" or "same".
        extra: the output padding, or None for as much as gives `n * stride` pixels with "same", and at least that many
            with "valid".
    """
    if padding == "valid":
        return 0, -(max(stride - kernel, 0) if extra is None else extra)
    kept = stride + kernel - 2 if extra is None else kernel + kernel % 2 - 2 + extra
    left = min(kept - kept // 2, kernel - 1)
    return kernel - 1 - left, kernel - 1 - (kept - left)


def transposed_size(size: Size, kernel: int, stride: int, padding: str, extra: int | None) -> Size:
    """The size of an axis after a transposed convolution; unknown where its own is."""
    if size is None:
        return None
    before, after = transposed_padding(kernel, stride, padding, extra)
    return (size - 1) * stride + kernel - before - after
