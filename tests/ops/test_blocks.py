import itertools

import numpy as np
import pytest

from keraburn import ops
from tests.checks import Case, case, numbers

IMAGES = numbers(2, 3, 4, 6)
SETTINGS = {"kernel_size": (2, 3), "stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}


def places(height, width, kernel, stride, padding, dilation):
    """For each block and each of its elements: where it lies in the padded image."""
    rows = range(0, height + 2 * padding[0] - dilation[0] * (kernel[0] - 1), stride[0])
    columns = range(0, width + 2 * padding[1] - dilation[1] * (kernel[1] - 1), stride[1])
    for number, (row, column) in enumerate(itertools.product(rows, columns)):
        for i, j in itertools.product(range(kernel[0]), range(kernel[1])):
            yield number, i, j, row + i * dilation[0], column + j * dilation[1]


def taken_apart(x, kernel=(2, 2), stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    batch, channels, height, width = x.shape
    x = np.pad(x, [(0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2])
    found = list(places(height, width, kernel, stride, padding, dilation))
    result = np.zeros((batch, channels, *kernel, 1 + found[-1][0]))
    for number, i, j, row, column in found:
        result[:, :, i, j, number] = x[:, :, row, column]
    return result.reshape(batch, -1, result.shape[-1])


def put_together(x, size, kernel=(2, 2), stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    batch, _depth, count = x.shape
    x = x.reshape(batch, -1, *kernel, count)
    result = np.zeros((batch, x.shape[1], size[0] + 2 * padding[0], size[1] + 2 * padding[1]))
    for number, i, j, row, column in places(*size, kernel, stride, padding, dilation):
        result[:, :, row, column] += x[:, :, i, j, number]
    return result[:, :, padding[0] : padding[0] + size[0], padding[1] : padding[1] + size[1]]


def shuffled(x, r, last=True):
    """Channels to pixels, by torch's words: c * r * r + i * r + j for channels first."""
    if last:
        n, h, w, c = x.shape
        return x.reshape(n, h, w, r, r, c // r**2).transpose(0, 1, 3, 2, 4, 5).reshape(n, h * r, w * r, c // r**2)
    n, c, h, w = x.shape
    return x.reshape(n, c // r**2, r, r, h, w).transpose(0, 1, 4, 2, 5, 3).reshape(n, c // r**2, h * r, w * r)


OTHERS = {"kernel": (2, 3), "stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}
DEEP, BLOCKED = numbers(2, 2, 3, 8), numbers(2, 4, 6, 2)
CASES = [
    case("unfold", IMAGES, 2, reference=lambda x, _: taken_apart(x)),
    case("unfold", IMAGES, reference=lambda x: taken_apart(x, **OTHERS), **SETTINGS),
    case("fold", taken_apart(IMAGES), (4, 6), 2, reference=lambda x, size, _: put_together(x, size)),
    case(
        "fold",
        taken_apart(IMAGES, **OTHERS),
        (4, 6),
        reference=lambda x, size: put_together(x, size, **OTHERS),
        **SETTINGS,
    ),
    case("depth_to_space", DEEP, 2, reference=shuffled),
    case(
        "depth_to_space",
        DEEP.transpose(0, 3, 1, 2).copy(),
        2,
        reference=lambda x, r: shuffled(x, r, False),
        data_format="channels_first",
    ),
    case(
        "space_to_depth",
        BLOCKED,
        2,
        reference=lambda x, r: x.reshape(2, 2, 2, 3, 2, 2).transpose(0, 1, 3, 2, 4, 5).reshape(2, 2, 3, 8),
    ),
    case(
        "space_to_depth",
        BLOCKED.transpose(0, 3, 1, 2).copy(),
        2,
        reference=lambda x, r: x.reshape(2, 2, 2, 2, 3, 2).transpose(0, 1, 3, 5, 2, 4).reshape(2, 8, 2, 3),
        data_format="channels_first",
    ),
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, device):
    line.run()


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_blocks_go_to_channels_and_back(data_format):
    x = numbers(2, 4, 4, 4).astype(np.float32)
    deep = ops.space_to_depth(x, 2, data_format=data_format)
    np.testing.assert_array_equal(ops.depth_to_space(deep, 2, data_format=data_format).numpy(), x)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.unfold(IMAGES[0], 2), "Input must be a 4D tensor"),
        (lambda: ops.unfold(IMAGES, 5), "A block must fit"),
        (lambda: ops.unfold(IMAGES, 0), "Received: kernel_size=0"),
        (lambda: ops.fold(IMAGES, 4, 2), "Input must be a 3D tensor"),
        (lambda: ops.fold(np.ones((1, 8, 4)), 4, 3), "The columns must be multiples of 9"),
        (lambda: ops.depth_to_space(IMAGES, 2), "multiple of block_size"),
        (lambda: ops.space_to_depth(IMAGES, 2), "Height and width must be multiples"),
        (lambda: ops.space_to_depth(IMAGES, 1), "`block_size` must be at least 2. Received: block_size=1"),
        (lambda: ops.depth_to_space(IMAGES, 2, data_format="nhwc"), "Received: data_format=nhwc"),
    ],
)
def test_errors_say_what_came(call, words):
    with pytest.raises(ValueError, match=words):
        call()
