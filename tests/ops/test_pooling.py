"""Pooling: values against the definition, gradients by three routes, mistakes."""

import functools

import numpy as np
import pytest

from keraburn import ops, trace
from tests.checks import Case, case, numbers
from tests.ops.test_convolution import each, first, in_format, padding_of


def pool(reduce):
    @in_format
    def reference(x, pool_size, strides=None, padding="valid"):
        rank = x.ndim - 2
        size = each(pool_size, rank)
        steps = size if strides is None else each(strides, rank)
        lows = [padding_of(*z, padding)[0] for z in zip(x.shape[1:-1], size, steps, strict=True)]
        counts = [
            (n - k) // s + 1 if padding == "valid" else -(-n // s)
            for n, k, s in zip(x.shape[1:-1], size, steps, strict=True)
        ]
        y = np.zeros((len(x), *counts, x.shape[-1]))
        for place in np.ndindex(*counts):
            window = tuple(
                slice(max(o * s - low, 0), o * s - low + k)
                for o, s, low, k in zip(place, steps, lows, size, strict=True)
            )
            seen = x[(slice(None), *window)]
            y[(slice(None), *place)] = reduce(seen.reshape(len(x), -1, x.shape[-1]), 1)
        return y

    return reference


def adaptive(reduce):
    @in_format
    def reference(x, output_size):
        counts = each(output_size, x.ndim - 2)
        y = np.zeros((len(x), *counts, x.shape[-1]))
        for place in np.ndindex(*counts):
            window = tuple(
                slice(i * n // c, -(-(i + 1) * n // c)) for i, n, c in zip(place, x.shape[1:-1], counts, strict=True)
            )
            seen = x[(slice(None), *window)]
            y[(slice(None), *place)] = reduce(seen.reshape(len(x), -1, x.shape[-1]), 1)
        return y

    return reference


REFERENCES = {
    "max_pool": pool(np.max),
    "average_pool": pool(np.mean),
    "adaptive_max_pool": adaptive(np.max),
    "adaptive_average_pool": adaptive(np.mean),
}
LINE, IMAGE, VOLUME = numbers(2, 7, 3), numbers(2, 5, 6, 3), numbers(1, 4, 3, 5, 2)
POOLS, ADAPTIVE = ("max_pool", "average_pool"), ("adaptive_max_pool", "adaptive_average_pool")
OPTIONS = [
    (LINE, {"pool_size": 2, "strides": 2}),
    (IMAGE, {"pool_size": 3, "strides": 2}),
    (IMAGE, {"pool_size": 3, "strides": 1, "padding": "same"}),
    (IMAGE, {"pool_size": (2, 3), "strides": (3, 2), "padding": "same"}),
    (first(IMAGE), {"pool_size": 2, "strides": 2, "padding": "same", "data_format": "channels_first"}),
    (LINE, {"pool_size": 4, "strides": 3, "padding": "same"}),
    (VOLUME, {"pool_size": (1, 2, 2), "strides": (1, 2, 1), "padding": "same"}),
    (LINE, {"pool_size": 1, "strides": 3}),
]
SIZES = [
    (LINE, {"output_size": 2}),
    (IMAGE, {"output_size": (2, 3)}),
    (IMAGE, {"output_size": 1}),
    (IMAGE, {"output_size": (8, 5)}),
    (VOLUME, {"output_size": 2}),
    (first(IMAGE), {"output_size": 3, "data_format": "channels_first"}),
]
CASES: list[Case] = [
    case(name, x, reference=functools.partial(REFERENCES[name], **options), **options)
    for names, lines in ((POOLS, OPTIONS), (ADAPTIVE, SIZES))
    for name in names
    for x, options in lines
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_values_and_gradients(line):
    line.run()


def test_windows_side_by_side():
    for name in POOLS:
        np.testing.assert_allclose(
            getattr(ops, name)(IMAGE, 2).numpy(), REFERENCES[name](IMAGE, 2), rtol=1e-5, atol=1e-6
        )


def test_many_channels():
    for channels in (1, 4, 16, 37):
        x = numbers(2, 9, 8, channels).astype("float32")
        for name in ("max_pool", "average_pool"):
            found = getattr(ops, name)(x, 3, 2, "same").numpy()
            np.testing.assert_allclose(found, REFERENCES[name](x, 3, 2, "same"), rtol=1e-5, atol=1e-6)


def test_the_gradient_goes_to_the_first_of_equals():
    x = ops.convert_to_tensor(np.array([[[1.0], [2.0], [2.0], [2.0], [0.0], [0.0]]], "float32"))

    def gradient(x):
        return trace.gradients(ops.sum(ops.max_pool(x, 3, 2, "same") * np.array([[[1.0], [10.0], [100.0]]])), [x])[0]

    np.testing.assert_array_equal(trace.Compiled(gradient, [x])(x).numpy().ravel(), [0, 1, 10, 0, 100, 0])


def test_not_a_number_is_seen():
    x = np.array([[[1.0], [np.nan], [3.0], [4.0]]], "float32")
    np.testing.assert_array_equal(ops.max_pool(x, 2).numpy().ravel(), [np.nan, 4])


X = np.ones((1, 5, 5, 4), "float32")
MISTAKES = [
    (lambda: ops.max_pool(X, 6), "output size would be zero or negative"),
    (lambda: ops.max_pool(X, 0), "`pool_size` argument must be a tuple of 2 integers"),
    (lambda: ops.max_pool(X, (2, 2, 2)), "Received pool_size=\\(2, 2, 2\\)"),
    (lambda: ops.average_pool(X, 2, strides=-1), "strides=-1"),
    (lambda: ops.average_pool(X, 2, padding="causal"), "Received: causal"),
    (lambda: ops.average_pool(np.ones((2, 3)), 2), "rank 3 to 5"),
    (lambda: ops.adaptive_max_pool(X, 0), "output_size"),
    (lambda: ops.adaptive_average_pool(np.ones((1, 0, 3, 2)), 2), "at least one pixel"),
    (lambda: ops.max_pool(X, 2, data_format="last"), "data_format=last"),
]


@pytest.mark.parametrize(("call", "message"), MISTAKES)
def test_mistakes(call, message):
    with pytest.raises(ValueError, match=message):
        call()
