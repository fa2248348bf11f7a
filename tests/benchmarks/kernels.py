"""The core's kernels through compiled graphs: products, fused element-wise work, reductions, data movement."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

import keraburn as keras
from keraburn import ops, trace
from tests.benchmarks.timing import Row, repeat, row


def compiled(function: Callable[..., object], *shapes: tuple[int, ...]) -> Callable[[], object]:
    """`function` as a plan, bound to random tensors of these shapes."""
    rng = np.random.default_rng(0)
    values = [keras.ops.convert_to_tensor(rng.normal(size=shape).astype("float32")) for shape in shapes]
    plan = trace.Compiled(function, values)
    return lambda: plan(*values)


def products(seconds: float) -> Iterator[Row]:
    for m, k, n in ((32, 64, 64), (64, 784, 512), (512, 512, 512), (1024, 1024, 1024)):
        rng = np.random.default_rng(0)
        a, b = rng.normal(size=(m, k)).astype("float32"), rng.normal(size=(k, n)).astype("float32")

        def rate(t: float, flops: int = 2 * m * k * n) -> str:
            return f"{flops / t / 1e9:.0f} GFLOP/s"

        yield row(f"matmul {m}x{k}x{n}", repeat(compiled(ops.matmul, (m, k), (k, n)), seconds), remark=rate)
        yield row("  the same in numpy", repeat(lambda a=a, b=b: a @ b, seconds), remark=rate)


def adam(weight, gradient, mean, square):
    """One optimizer update: a chain of element-wise operations that should cost one pass over memory."""
    mean = mean + (gradient - mean) * 0.1
    square = square + (gradient * gradient - square) * 0.001
    return weight - 0.001 * mean / (ops.sqrt(ops.abs(square)) + 1e-7)


def elementwise(seconds: float) -> Iterator[Row]:
    size = (1024, 1024)

    def rate(passes: int) -> Callable[[float], str]:
        return lambda t: f"{passes * 4 * size[0] * size[1] / t / 1e9:.1f} GB/s"

    yield row("adam update, 1M", repeat(compiled(adam, *[size] * 4), seconds), remark=rate(5))
    for name in ("relu", "tanh", "sigmoid", "gelu", "exp"):
        yield row(f"{name}, 1M", repeat(compiled(getattr(ops, name), size), seconds), remark=rate(2))
    yield row(
        "bias and relu, 1M", repeat(compiled(lambda x, b: ops.relu(x + b), size, size[1:]), seconds), remark=rate(2)
    )
    yield row("sum of rows, 1M", repeat(compiled(lambda x: ops.sum(x, axis=1), size), seconds), remark=rate(1))
    yield row("sum of columns, 1M", repeat(compiled(lambda x: ops.sum(x, axis=0), size), seconds), remark=rate(1))
    yield row("softmax of rows, 1M", repeat(compiled(ops.softmax, size), seconds), remark=rate(2))
    yield row("transpose, 1M", repeat(compiled(lambda x: ops.transpose(x) + 0.0, size), seconds), remark=rate(2))


# Images, height and width, channels, filters, kernel, stride.
IMAGES = (
    (128, 28, 1, 32, 3, 1),
    (64, 32, 32, 32, 3, 1),
    (8, 224, 3, 64, 7, 2),
    (8, 56, 64, 64, 3, 1),
    (8, 14, 1024, 256, 1, 1),
    (8, 7, 512, 512, 3, 1),
)


def convolutions(seconds: float) -> Iterator[Row]:
    """Convolutions forward, and their gradients for input and kernel; then depthwise ones and pooling."""

    def gradients(function: Callable[..., object]) -> Callable[..., object]:
        return lambda *xs: trace.gradients(ops.sum(function(*xs)), xs)

    for images, size, channels, filters, kernel, stride in IMAGES:
        x, w = (images, size, size, channels), (kernel, kernel, channels, filters)
        products = images * (-(-size // stride)) ** 2 * kernel**2 * channels * filters

        def convolve(x, w, stride=stride):
            return ops.conv(x, w, stride, "same")

        def rate(t: float, flops: int = 2 * products) -> str:
            return f"{flops / t / 1e9:.0f} GFLOP/s"

        yield row(
            f"conv {images}x{size}x{size}x{channels} {kernel}x{kernel}",
            repeat(compiled(convolve, x, w), seconds),
            1,
            rate,
        )
        both = repeat(compiled(gradients(convolve), x, w), seconds)
        yield row("  its gradients", both, 1, lambda t, rate=rate: rate(t / 2))
    x = (8, 56, 56, 128)
    depthwise = compiled(lambda x, w: ops.depthwise_conv(x, w, 1, "same"), x, (3, 3, 128, 1))
    for name, call in (
        ("depthwise 3x3", depthwise),
        ("max_pool 3x3", compiled(lambda x: ops.max_pool(x, 3, 2, "same"), x)),
        ("average_pool 2x2", compiled(lambda x: ops.average_pool(x, 2), x)),
    ):
        yield row(f"{name}, {np.prod(x) / 1e6:.1f}M", repeat(call, seconds))
