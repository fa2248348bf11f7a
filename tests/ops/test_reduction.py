import math

import numpy as np
import pytest

from keraburn import ops
from tests.checks import Case, case, numbers, plain

X = numbers(3, 4)
CUBE = numbers(2, 3, 4)
WHOLE = np.array([[4, -1, 7], [2, 9, 3]], np.int32)
BYTES = np.array([200, 100, 50], np.uint8)
FLAGS = np.array([[True, False], [True, True]])
HOLES = np.where(numbers(3, 4, seed=3) > 1.0, math.nan, X).astype(np.float32)
GONE = np.array([[math.nan, math.nan], [1.0, math.nan]], np.float32)


def logsumexp(x, axis=None, keepdims=False):
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def trapezoid(*xs, **options):
    # numpy 2 renamed it.
    return getattr(np, "trapezoid" if hasattr(np, "trapezoid") else "trapz")(*xs, **options)


def moments(x, axes):
    return [x.mean(tuple(axes)), x.var(tuple(axes))]


CASES = [
    case("sum", X),
    case("sum", CUBE, axis=(0, -1)),
    case("sum", CUBE, axis=1, keepdims=True),
    case("sum", CUBE, axis=()),
    plain("sum", BYTES, reference=lambda x: x.sum(dtype=np.int32)),
    plain("sum", FLAGS),
    case("prod", X),
    case("prod", CUBE, axis=1),
    plain("prod", WHOLE, axis=1),
    case("mean", X),
    case("mean", CUBE, axis=(0, 2), keepdims=True),
    plain("mean", WHOLE, axis=0),
    case("var", X),
    case("var", CUBE, axis=1),
    case("std", X, axis=0),
    case("std", CUBE, axis=(0, 1), keepdims=True),
    case("max", X),
    case("max", CUBE, axis=(0, 2), keepdims=True),
    case("max", X, axis=1, initial=0.4),
    plain("max", WHOLE, axis=0),
    plain("max", np.zeros((2, 0), np.float32), axis=1, initial=3.0),
    plain("max", FLAGS, axis=0),
    case("min", X),
    case("min", CUBE, axis=-1),
    plain("min", WHOLE, axis=1, initial=2),
    case("amax", CUBE, axis=1),
    case("amin", CUBE, axis=1),
    case("ptp", X, axis=1),
    plain("any", FLAGS),
    plain("any", WHOLE * 0, axis=1, keepdims=True),
    plain("all", FLAGS, axis=1),
    plain("all", X),
    plain("count_nonzero", WHOLE * FLAGS[:, :1], axis=0),
    plain("argmax", X),
    plain("argmax", CUBE, axis=1, keepdims=True),
    plain("argmax", np.array([1, 3, 3], np.int32)),
    plain("argmin", CUBE, axis=-1),
    plain("argmin", FLAGS, axis=0),
    case("logsumexp", X, reference=logsumexp),
    case("logsumexp", CUBE, reference=lambda x: logsumexp(x, (0, 2)), axis=(0, 2)),
    case("logsumexp", CUBE, reference=lambda x: logsumexp(x, 1, True), axis=1, keepdims=True),
    plain("logsumexp", np.full(3, 1000.0, np.float32), reference=lambda x: np.float64(1000 + math.log(3))),
    plain("logsumexp", np.full(3, -math.inf, np.float32), reference=lambda x: np.float64(-math.inf)),
    case("cumsum", X),
    case("cumsum", CUBE, axis=1),
    plain("cumsum", FLAGS, axis=0),
    case("cumprod", X),
    case("cumprod", CUBE, axis=-1),
    case("diff", CUBE),
    case("diff", CUBE, n=2, axis=1),
    plain("diff", FLAGS),
    case("trapezoid", CUBE, reference=trapezoid),
    case("trapezoid", CUBE, numbers(3), reference=lambda y, x: trapezoid(y, x, axis=1), axis=1),
    case("trapezoid", X, reference=lambda y: trapezoid(y, dx=0.5, axis=0), dx=0.5, axis=0),
    case("average", X),
    case("average", X, axis=1, weights=np.array([1.0, 2.0, 3.0, 4.0])),
    case("average", X, 0, X**2 + 1),
    case("moments", CUBE, [0, 1], reference=moments),
    case("median", X, reference=lambda x: np.median(x)),
    case("median", CUBE, axis=(0, 2)),
    case("median", CUBE, axis=1, keepdims=True),
    case("quantile", X, 0.3),
    case("quantile", CUBE, [0.1, 0.55], axis=1, reference=lambda x, q: np.quantile(x, q, axis=1)),
    case("quantile", CUBE, 0.4, axis=(0, 1), keepdims=True),
    *[case("quantile", X, 0.37, method=m) for m in ("lower", "higher", "midpoint", "nearest")],
    plain("quantile", HOLES, 0.4, axis=1),
    case("percentile", X, 30.0),
    plain("nansum", HOLES, axis=1),
    plain("nanprod", HOLES),
    plain("nancumsum", HOLES),
    plain("nancumprod", HOLES, axis=1),
    plain("nanmax", HOLES, axis=0),
    plain("nanmin", HOLES, axis=1, keepdims=True),
    plain("nanargmax", HOLES),
    plain("nanargmin", HOLES, axis=1),
    plain("nanmean", HOLES, axis=1),
    plain("nanvar", HOLES, axis=1),
    plain("nanstd", HOLES),
    plain("nanmedian", HOLES, axis=1),
    plain("nanquantile", HOLES, 0.3, axis=1),
    plain("nanpercentile", HOLES, 30.0),
    case("nansum", X),
    case("nanmean", X, axis=0),
    case("nanvar", X, axis=0),
    case("corrcoef", numbers(3, 4)),
    *[case("correlate", numbers(5), numbers(3), mode=m) for m in ("valid", "same", "full")],
    *[case("correlate", numbers(3), numbers(4), mode=m) for m in ("valid", "same", "full")],
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, device):
    line.run()


def test_rows_of_nan_only():
    assert ops.nanmax(GONE, axis=1).numpy().tolist()[1] == 1.0
    assert math.isnan(ops.nanmax(GONE, axis=1).numpy()[0])
    assert ops.nanargmin(GONE, axis=1).numpy().tolist() == [-1, 0]
    assert math.isnan(ops.nanmedian(GONE, axis=1).numpy()[0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.sum(X, axis=2), "axis=2"),
        (lambda: ops.sum(X, axis=(0, 0)), "twice"),
        (lambda: ops.max(np.zeros((0, 2), np.float32), axis=0), "empty"),
        (lambda: ops.argmax(np.zeros((0, 2), np.float32), axis=0), "empty"),
        (lambda: ops.average(X, axis=0, weights=np.ones(4)), "weights"),
        (lambda: ops.quantile(X, 0.5, method="best"), "method=best"),
        (lambda: ops.correlate(X, X), "vectors"),
        (lambda: ops.diff(X, n=-1), "n=-1"),
    ],
)
def test_errors_say_what_came(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    ("shape", "axis"), [((2, 0, 4, 3), 1), ((2, 0, 3), 1), ((0, 4), 0), ((3, 0), 1), ((2, 0, 0), (1, 2))]
)
def test_sums_of_nothing(device, shape, axis):
    x = np.zeros(shape, np.float32)
    np.testing.assert_array_equal(ops.sum(x, axis=axis).numpy(), x.sum(axis=axis))
    np.testing.assert_array_equal(ops.prod(x, axis=axis).numpy(), x.prod(axis=axis))
