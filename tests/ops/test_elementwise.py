import math

import numpy as np
import pytest

from keraburn import ops, trace
from keraburn.ops import elementwise
from tests.checks import Case, case, numbers

X = numbers(3, 4)
POSITIVE = numbers(3, 4, low=0.2, high=3.0)
UNIT = numbers(3, 4, low=-0.9, high=0.9)
LARGE = numbers(3, 4, low=-300.0, high=300.0)
SPECIAL = np.array([math.nan, math.inf, -math.inf, 0.0, -0.0, 1.5], np.float32)
INTEGERS = np.array([[-7, -2, 0], [3, 4, 9]], np.int32)
FLAGS = np.array([True, False, True])


def erf(x):
    return np.vectorize(math.erf)(x)


lgamma = np.vectorize(math.lgamma)


def digamma(x):
    return (lgamma(x + 1e-5) - lgamma(x - 1e-5)) / 2e-5


def i0(x):
    return np.i0(x)


CASES = [
    case("exp", X),
    case("exp2", X),
    case("expm1", X),
    case("log", POSITIVE),
    case("log2", POSITIVE),
    case("log10", POSITIVE),
    case("log1p", POSITIVE),
    case("sqrt", POSITIVE),
    case("rsqrt", POSITIVE, reference=lambda x: 1 / np.sqrt(x)),
    case("cbrt", POSITIVE),
    case("cbrt", -POSITIVE),
    case("square", X),
    case("reciprocal", POSITIVE),
    case("sin", X),
    case("cos", X),
    case("tan", UNIT),
    case("arcsin", UNIT),
    case("arccos", UNIT),
    case("arctan", X),
    case("sinh", X),
    case("cosh", X),
    case("tanh", X),
    case("arcsinh", X),
    case("arccosh", POSITIVE + 1),
    case("arctanh", UNIT),
    case("erf", X, reference=erf),
    case("erfc", X, reference=lambda x: 1 - erf(x)),
    case("erfinv", erf(UNIT), reference=lambda x: UNIT, oracle=False),
    case("lgamma", POSITIVE, reference=lgamma, module=elementwise, gradient=False),
    case("digamma", POSITIVE, reference=digamma, module=elementwise, gradient=False),
    case("floor", X),
    case("ceil", X),
    case("trunc", X),
    case("trunc", INTEGERS, gradient=False),
    case("round", X),
    case("round", np.array([0.5, 1.5, 2.5, -0.5], np.float32), gradient=False),
    case("round", X * 10, decimals=1),
    case("round", LARGE, decimals=-1),
    case("round", INTEGERS * 7, decimals=-1, gradient=False),
    case("absolute", X),
    case("absolute", INTEGERS, gradient=False),
    case("abs", X),
    case("fabs", X),
    case("fabs", INTEGERS, gradient=False),
    case("negative", X),
    case("negative", INTEGERS, gradient=False),
    case("sign", X),
    case("sign", INTEGERS, gradient=False),
    case("signbit", X, gradient=False),
    case("signbit", SPECIAL[1:], gradient=False),
    case("signbit", INTEGERS, gradient=False),
    case("deg2rad", LARGE),
    case("rad2deg", X),
    case("sinc", X),
    case("sinc", np.array([0.0, 1e-3], np.float32), gradient=False),
    case("i0", numbers(3, 4, low=-7.5, high=7.5), reference=i0, rtol=3e-6),
    case("i0", numbers(3, 4, low=8.5, high=40.0), reference=i0, rtol=1e-5, gradient=False),
    case("isnan", SPECIAL, gradient=False),
    case("isnan", INTEGERS, gradient=False),
    case("isinf", SPECIAL, gradient=False),
    case("isfinite", SPECIAL, gradient=False),
    case("isposinf", SPECIAL, gradient=False),
    case("isneginf", SPECIAL, gradient=False),
    case("isreal", X, gradient=False),
    case("real", X),
    case("imag", X),
    case("conj", X),
    case("conjugate", X),
    case("angle", X),
    case("nan_to_num", SPECIAL, gradient=False),
    case("nan_to_num", SPECIAL, nan=2.0, posinf=7.0, neginf=-7.0, gradient=False),
    case("nan_to_num", X),
    case("logical_not", INTEGERS, gradient=False),
    case("bitwise_invert", INTEGERS, gradient=False, reference=np.invert),
    case("bitwise_not", INTEGERS, gradient=False, reference=np.invert),
    case("bitwise_not", FLAGS, gradient=False, reference=np.invert),
    case("copy", X),
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, device):
    line.run()


@pytest.mark.parametrize("name", ["exp", "log", "sin", "sqrt", "floor", "sigmoid", "reciprocal"])
def test_integers_become_floats(name):
    assert getattr(ops, name)(np.array([1, 2], np.int32)).dtype == "float32"
    assert getattr(ops, name)(ops.convert_to_tensor([1, 2], "int64")).dtype == "float32"
    assert getattr(ops, name)(np.array([True])).dtype == "float32"
    assert getattr(ops, name)(ops.convert_to_tensor([1, 2], "float64")).dtype == "float64"


def test_what_has_no_sense_is_refused():
    with pytest.raises(TypeError, match="no negative"):
        ops.negative(FLAGS)
    with pytest.raises(TypeError, match="float32"):
        ops.bitwise_not(1.5)


def test_the_slope_of_lgamma_is_digamma():
    x = ops.convert_to_tensor(POSITIVE, "float64")
    slope = trace.Compiled(lambda x: trace.gradients(ops.sum(elementwise.lgamma(x)), [x]), [x])(x)[0]
    np.testing.assert_allclose(slope.numpy(), elementwise.digamma(x).numpy(), rtol=1e-12)
