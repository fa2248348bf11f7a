import numpy as np
import pytest

from keraburn import ops
from tests.checks import Case, case, check_op, numbers


def pair(z):
    return [z.real, z.imag]


X, Y = numbers(2, 6), numbers(2, 6, seed=1)
SIGNAL = numbers(2, 24, seed=2)


def windows(x, length, stride, points, window, center):
    """The transform of each window by its definition."""
    turns = 2 * np.pi * np.arange(length) / length
    shape = {"hann": 0.5 - 0.5 * np.cos(turns), "hamming": 0.54 - 0.46 * np.cos(turns), None: np.ones(points)}[window]
    before = (points - len(shape)) // 2
    shape = np.pad(shape, (before, points - len(shape) - before))
    if center:
        x = np.pad(x, [(0, 0), (points // 2, points // 2)], mode="reflect")
    count = (x.shape[1] - points) // stride + 1
    frames = np.stack([x[:, i * stride : i * stride + points] * shape for i in range(count)], 1)
    return pair(np.fft.rfft(frames))


CASES = [
    case("rfft", X, reference=lambda x: pair(np.fft.rfft(x))),
    case("rfft", X[0], reference=lambda x: pair(np.fft.rfft(x, 5)), fft_length=5),
    case("rfft", X, reference=lambda x: pair(np.fft.rfft(x, 9)), fft_length=9),
    case("stft", SIGNAL, 6, 3, 8, reference=lambda x, *_: windows(x, 6, 3, 8, "hann", True)),
    case("stft", SIGNAL, 8, 4, 8, reference=lambda x, *_: windows(x, 8, 4, 8, None, False), window=None, center=False),
    case("stft", SIGNAL, 5, 2, 7, reference=lambda x, *_: windows(x, 5, 2, 7, "hamming", True), window="hamming"),
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, device):
    line.run()


def test_transforms_of_complex_numbers(device):
    check_op(lambda a, b: list(ops.fft((a, b))), X, Y, reference=lambda a, b: pair(np.fft.fft(a + 1j * b)))
    check_op(lambda a, b: list(ops.fft2((a, b))), X, Y, reference=lambda a, b: pair(np.fft.fft2(a + 1j * b)))
    check_op(lambda a, b: list(ops.ifft2((a, b))), X, Y, reference=lambda a, b: pair(np.fft.ifft2(a + 1j * b)))
    # The zero frequency, and the highest one of an even length, have no imaginary part that matters.
    check_op(lambda a, b: ops.irfft((a, b)), X, Y, reference=lambda a, b: np.fft.irfft(a + 1j * b), atol=1e-5)
    check_op(
        lambda a, b: ops.irfft((a, b), fft_length=7),
        X,
        Y,
        reference=lambda a, b: np.fft.irfft(a + 1j * b, 7),
        atol=1e-5,
    )


# Small, by factors, powers of two, primes small and large, and products of large primes.
@pytest.mark.parametrize("n", [1, 2, 3, 60, 64, 67, 130, 384, 521, 1024, 1042, 4757])
def test_all_lengths(n):
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=(2, 3, n))
    expected = np.fft.fft(a + 1j * b)
    real, imaginary = ops.fft((a.astype(np.float32), b.astype(np.float32)))
    scale = np.abs(expected).max()
    np.testing.assert_allclose(real.numpy() / scale, expected.real / scale, atol=2e-6)
    np.testing.assert_allclose(imaginary.numpy() / scale, expected.imag / scale, atol=2e-6)


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("window", ["hann", "hamming", np.linspace(0.5, 1, 8).astype(np.float32)])
def test_istft_takes_stft_back(window, center):
    x = SIGNAL.astype(np.float32)
    back = ops.istft(ops.stft(x, 8, 2, 8, window=window, center=center), 8, 2, 8, window=window, center=center).numpy()
    # A window of zeros at its edges forgets the ends.
    np.testing.assert_allclose(back[:, 1:23], x[:, 1:23], atol=1e-5)
    assert ops.istft(ops.stft(x, 8, 2, 8), 8, 2, 8, length=10).shape == (2, 10)


def test_istft_has_gradients():
    a, b = numbers(4, 5), numbers(4, 5, seed=3)

    def reference(a, b):
        frames = np.fft.irfft(a + 1j * b) * np.ones(8)
        total, weight = np.zeros(17), np.zeros(17)
        for i, frame in enumerate(frames):
            total[3 * i : 3 * i + 8] += frame
            weight[3 * i : 3 * i + 8] += 1
        return (total / weight * (8 / 3))[4:-4]

    check_op(lambda a, b: ops.istft((a, b), 8, 3, 8, window=None), a, b, reference=reference)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ops.fft(X), ValueError, "tuple of two tensors"),
        (lambda: ops.fft((X, Y[:1])), ValueError, "same shape"),
        (lambda: ops.fft((X, np.ones((2, 6), np.int32))), ValueError, "float type"),
        (lambda: ops.fft((1.0, 2.0)), ValueError, "rank >= 1"),
        (lambda: ops.fft2((X[0], Y[0])), ValueError, "rank >= 2"),
        (lambda: ops.rfft(np.ones(4, np.int32)), ValueError, "float type"),
        (lambda: ops.rfft(X, fft_length=0), ValueError, "must be positive. Received: fft_length=0"),
        (lambda: ops.stft(np.ones(9, np.int32), 4, 2, 4), TypeError, "Invalid input type"),
        (lambda: ops.stft(X, 8, 2, 4), ValueError, "larger than `sequence_length`"),
        (lambda: ops.stft(X, 4, 2, 4, window="round"), ValueError, "Received: window=round"),
        (lambda: ops.stft(X, 4, 2, 4, window=np.ones(3)), ValueError, "shape of `window`"),
    ],
)
def test_errors_say_what_came(call, error, words):
    with pytest.raises(error, match=words):
        call()
