"""Convolutions: values against the sums of the definition, gradients by three routes, mistakes."""

import functools
import itertools

import numpy as np
import pytest

from keraburn import config, ops
from tests.checks import Case, case, check_gradient, numbers


def padding_of(size, span, stride, padding):
    if padding == "valid":
        return 0, 0
    if padding == "causal":
        return span - 1, 0
    total = max((-(-size // stride) - 1) * stride + span - size, 0)
    return total // 2, total - total // 2


def each(value, rank):
    return (value,) * rank if isinstance(value, int) else tuple(value)


def first(x):
    return np.moveaxis(x, -1, 1)


def last(x):
    return np.moveaxis(x, 1, -1)


def in_format(function):
    """A reference for channels in the last axis, for both formats."""

    @functools.wraps(function)
    def wrapper(x, *arrays, data_format=None, **options):
        if data_format == "channels_first":
            return first(function(last(x), *arrays, **options))
        return function(x, *arrays, **options)

    return wrapper


@in_format
def conv(x, w, strides=1, padding="valid", dilation_rate=1):
    rank = x.ndim - 2
    strides, dilation = each(strides, rank), each(dilation_rate, rank)
    spans = [(k - 1) * d + 1 for k, d in zip(w.shape, dilation, strict=False)]
    around = [padding_of(*z, padding) for z in zip(x.shape[1:-1], spans, strides, strict=True)]
    x = np.pad(x, [(0, 0), *around, (0, 0)])
    counts = [(size - span) // s + 1 for size, span, s in zip(x.shape[1:-1], spans, strides, strict=True)]
    groups = x.shape[-1] // w.shape[-2]
    width, depth = w.shape[-2], w.shape[-1] // groups
    y = np.zeros((len(x), *counts, w.shape[-1]))
    for place in np.ndindex(*w.shape[:-2]):
        cut = tuple(slice(k * d, k * d + n * s, s) for k, d, n, s in zip(place, dilation, counts, strides, strict=True))
        seen = x[(slice(None), *cut)]
        for g in range(groups):
            filters = slice(g * depth, (g + 1) * depth)
            y[..., filters] += seen[..., g * width : (g + 1) * width] @ w[place][:, filters]
    return y


def depthwise(x, w, **options):
    return conv(x, w.reshape(*w.shape[:-2], 1, -1), **options)


def separable(x, w, pointwise, **options):
    own = {key: options[key] for key in ("data_format",) if key in options}
    return conv(depthwise(x, w, **options), pointwise, **own)


@in_format
def transposed(x, w, strides=1, padding="valid", output_padding=None, dilation_rate=1):
    rank = x.ndim - 2
    strides, dilation = each(strides, rank), each(dilation_rate, rank)
    spans = [(k - 1) * d + 1 for k, d in zip(w.shape, dilation, strict=False)]
    more = [None] * rank if output_padding is None else each(output_padding, rank)
    whole = np.zeros(
        (len(x), *((n - 1) * s + k for n, s, k in zip(x.shape[1:-1], strides, spans, strict=True)), w.shape[-2])
    )
    for place in np.ndindex(*w.shape[:-2]):
        cut = tuple(
            slice(k * d, k * d + n * s, s) for k, d, n, s in zip(place, dilation, x.shape[1:-1], strides, strict=True)
        )
        whole[(slice(None), *cut)] += x @ w[place].T
    cuts, after = [], []
    for size, n, s, span, extra in zip(whole.shape[1:-1], x.shape[1:-1], strides, spans, more, strict=True):
        if padding == "valid":
            start, out = 0, size + (max(s - span, 0) if extra is None else extra)
        else:
            out = n * s if extra is None else (n - 1) * s + span % 2 + extra
            # What is left out is split evenly, and the odd pixel is kept at the start.
            kept = out - (n - 1) * s + span - 2
            start = span - 1 - min((kept + 1) // 2, span - 1)
        after.append((0, max(start + out - size, 0)))
        cuts.append(slice(start, start + out))
    return np.pad(whole, [(0, 0), *after, (0, 0)])[(slice(None), *cuts)]


LINE, IMAGE, VOLUME = numbers(2, 7, 4), numbers(2, 5, 6, 4), numbers(1, 3, 4, 3, 2)
REFERENCES = {"conv": conv, "depthwise_conv": depthwise, "separable_conv": separable, "conv_transpose": transposed}


def with_options(name, inputs, options):
    known = {**options, "padding": options["padding"].lower()} if "padding" in options else options
    return case(name, *inputs, reference=functools.partial(REFERENCES[name], **known), **options)


CASES: list[Case] = [
    case("conv", LINE, numbers(3, 4, 2), reference=conv),
    case("conv", IMAGE, numbers(3, 2, 4, 3), reference=conv),
    case("conv", VOLUME, numbers(2, 2, 2, 2, 3), reference=conv),
    case("conv", IMAGE, numbers(1, 1, 4, 3), reference=conv),
    case("depthwise_conv", LINE, numbers(3, 4, 1), reference=depthwise),
    case("depthwise_conv", IMAGE, numbers(3, 2, 4, 2), reference=depthwise),
    case("separable_conv", IMAGE, numbers(3, 2, 4, 2), numbers(1, 1, 8, 3), reference=separable),
    case("conv_transpose", LINE, numbers(3, 2, 4), reference=transposed),
    case("conv_transpose", IMAGE, numbers(3, 2, 3, 4), reference=transposed),
    case("conv_transpose", VOLUME, numbers(2, 2, 2, 3, 2), reference=transposed),
]
_OPTIONS = [
    ("conv", (IMAGE, numbers(3, 3, 4, 2)), {"padding": "same"}),
    ("conv", (IMAGE, numbers(3, 4, 4, 2)), {"padding": "same", "strides": (2, 3)}),
    ("conv", (IMAGE, numbers(2, 3, 4, 2)), {"padding": "SAME", "dilation_rate": (2, 1)}),
    ("conv", (IMAGE, numbers(3, 3, 2, 6)), {"padding": "same", "strides": 2}),
    ("conv", (IMAGE, numbers(2, 2, 1, 4)), {}),
    ("conv", (IMAGE, numbers(2, 1, 4, 2)), {"strides": 4}),
    ("conv", (first(IMAGE), numbers(3, 2, 4, 2)), {"data_format": "channels_first", "padding": "same"}),
    ("conv", (VOLUME, numbers(2, 3, 1, 2, 2)), {"padding": "same", "strides": (1, 2, 1)}),
    ("depthwise_conv", (IMAGE, numbers(3, 3, 4, 1)), {"padding": "same", "strides": 2}),
    ("depthwise_conv", (IMAGE, numbers(2, 2, 4, 3)), {"padding": "same", "dilation_rate": 2}),
    ("depthwise_conv", (first(IMAGE), numbers(2, 3, 4, 2)), {"data_format": "channels_first"}),
    ("separable_conv", (IMAGE, numbers(3, 3, 4, 1), numbers(1, 1, 4, 2)), {"padding": "same", "strides": 2}),
    ("conv_transpose", (LINE, numbers(3, 2, 4)), {"strides": 2, "padding": "same"}),
    ("conv_transpose", (LINE, numbers(2, 2, 4)), {"strides": 3}),
    ("conv_transpose", (LINE, numbers(1, 2, 4)), {"strides": 3, "padding": "same"}),
    ("conv_transpose", (LINE, numbers(4, 2, 4)), {"strides": 3, "padding": "same", "output_padding": 2}),
    ("conv_transpose", (LINE, numbers(3, 2, 4)), {"strides": 2, "output_padding": 1}),
    ("conv_transpose", (LINE, numbers(2, 2, 4)), {"strides": 2, "output_padding": 4}),
    ("conv_transpose", (LINE, numbers(3, 2, 4)), {"dilation_rate": 2, "padding": "same"}),
    ("conv_transpose", (IMAGE, numbers(3, 3, 2, 4)), {"strides": (2, 1), "padding": "same", "output_padding": (1, 0)}),
    ("conv_transpose", (first(IMAGE), numbers(3, 2, 3, 4)), {"data_format": "channels_first", "strides": 2}),
]
CASES += [with_options(*line) for line in _OPTIONS]
# Keras has these in its layers only.
CAUSAL = [
    ("conv", (LINE, numbers(3, 4, 2)), {"padding": "causal", "strides": 2}),
    ("conv", (LINE, numbers(2, 4, 2)), {"padding": "causal", "dilation_rate": 3}),
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_values_and_gradients(line):
    line.run()


@pytest.mark.parametrize(("name", "inputs", "options"), CAUSAL)
def test_causal(name, inputs, options):
    with_options(name, inputs, options).run()


@pytest.mark.parametrize("channels", [1, 3, 16, 33])
def test_many_channels_and_filters(channels):
    """Sizes at which the vectors of the processor are full, and at which they are not."""
    for filters, size in itertools.product((1, 16, 70), ((3, 3), (1, 1), (5, 2))):
        x = numbers(3, 9, 11, channels).astype("float32")
        w = numbers(*size, channels, filters, low=-0.5, high=0.5).astype("float32")
        found = ops.conv(x, w, padding="same").numpy()
        np.testing.assert_allclose(found, conv(x, w, padding="same"), rtol=1e-4, atol=1e-4)


def test_the_bias_and_the_activation_join():
    x, w, b = numbers(2, 6, 6, 3), numbers(3, 3, 3, 5), numbers(5)

    def layer(x, w, b):
        return ops.relu(ops.conv(x, w, padding="same") + ops.reshape(b, (1, 1, 1, 5)))

    single = [ops.convert_to_tensor(each.astype("float32")) for each in (x, w, b)]
    wanted = np.maximum(conv(x, w, padding="same") + b, 0)
    np.testing.assert_allclose(layer(*single).numpy(), wanted, rtol=1e-4, atol=1e-5)
    check_gradient(layer, x, w, b)


def test_dtypes():
    x, w = numbers(1, 5, 5, 2), numbers(2, 2, 2, 3)
    wanted = conv(x, w)
    double = ops.conv(ops.convert_to_tensor(x, "float64"), ops.convert_to_tensor(w, "float64"))
    assert double.dtype == "float64"
    np.testing.assert_allclose(double.numpy(), wanted, rtol=1e-12, atol=1e-12)
    half = ops.conv(ops.convert_to_tensor(x, "float16"), ops.convert_to_tensor(w, "float16"))
    assert half.dtype == "float16"
    np.testing.assert_allclose(np.asarray(half, "float32"), wanted, rtol=2e-2, atol=2e-2)
    # The kernel's dtype is the result's.
    assert ops.conv(np.ones((1, 4, 4, 2), "int32"), w.astype("float32")).dtype == "float32"


def test_symbols_know_their_sizes():
    import keraburn

    symbol = keraburn.KerasTensor((None, None, 28, 3))
    assert ops.conv(symbol, np.ones((3, 3, 3, 8), "float32"), strides=2).shape == (None, None, 13, 8)
    symbol = keraburn.KerasTensor((None, None, 3))
    assert ops.conv_transpose(symbol, np.ones((3, 5, 3), "float32"), 2, "same").shape == (None, None, 5)


X = np.ones((1, 5, 5, 4), "float32")
MISTAKES = [
    (lambda: ops.conv(X, np.ones((6, 2, 4, 3))), "output size would be zero or negative"),
    (lambda: ops.conv(X, np.ones((3, 3, 4, 3)), dilation_rate=3), "dilation_rate=\\(3, 3\\)"),
    (lambda: ops.conv(X, np.ones((0, 3, 4, 3))), "kernel has no element"),
    (lambda: ops.conv(X, np.ones((3, 3, 3, 3))), "input channels 4 and kernel in_channels 3"),
    (lambda: ops.conv(X, np.ones((3, 3, 2, 3))), "groups=2, filters=3"),
    (lambda: ops.conv(X, np.ones((3, 4, 3))), "Kernel shape must have the same length"),
    (lambda: ops.conv(np.ones((2, 4)), np.ones((4, 3))), "rank 3 to 5"),
    (lambda: ops.conv(X, np.ones((3, 3, 4, 3)), strides=0), "`strides` argument must be a tuple of 2 integers"),
    (lambda: ops.conv(X, np.ones((3, 3, 4, 3)), strides=(1, 2, 3)), "Received strides=\\(1, 2, 3\\)"),
    (lambda: ops.conv(X, np.ones((3, 3, 4, 3)), padding="causal"), "Received: causal"),
    (lambda: ops.conv(X, np.ones((3, 3, 4, 3)), padding="full"), "must be one of 'valid', 'same'"),
    (lambda: ops.conv(X, np.ones((3, 3, 4, 3)), data_format="channels"), "data_format=channels"),
    (lambda: ops.depthwise_conv(X, np.ones((3, 3, 3, 1))), "input channels=4, kernel input channels=3"),
    (lambda: ops.conv_transpose(X, np.ones((3, 3, 2, 3))), "input channels=4, kernel input channels=3"),
    (lambda: ops.conv_transpose(X, np.ones((3, 3, 2, 4)), output_padding=-1), "output_padding"),
]


@pytest.mark.parametrize(("call", "message"), MISTAKES)
def test_mistakes(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_format_of_the_settings():
    x, w = numbers(2, 3, 5, 6), numbers(2, 2, 3, 4)
    before = config.image_data_format()
    config.set_image_data_format("channels_first")
    try:
        found = ops.conv(x.astype("float32"), w.astype("float32")).numpy()
    finally:
        config.set_image_data_format(before)
    np.testing.assert_allclose(found, conv(x, w, data_format="channels_first"), rtol=1e-4, atol=1e-5)
