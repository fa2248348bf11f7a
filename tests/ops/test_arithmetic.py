import math

import numpy as np
import pytest

from keraburn import ops, trace
from tests.checks import Case, case, numbers

A = numbers(3, 4)
B = numbers(3, 4, seed=1)
ROW = numbers(4, seed=2)
POSITIVE = numbers(3, 4, low=0.3, high=3.0)
WHOLE = np.array([[-7, -2, 5], [3, 4, 9]], np.int32)
J = np.array([[2, 3, -4], [2, 2, 5]], np.int32)
SMALL = np.array([0, 1, 3], np.int32)
F = np.array([[True, True, False], [False, True, False]])
G = np.array([[True, False, False], [True, True, True]])
NAN = np.array([1.0, math.nan, 3.0, math.nan], np.float32)
MIXED = np.array([2.0, 2.0, math.nan, math.nan], np.float32)

CASES = [
    case("add", A, B),
    case("add", A, ROW),
    case("add", F, G, gradient=False),
    case("subtract", A, ROW),
    case("multiply", A, B),
    case("multiply", F, G, gradient=False),
    case("divide", A, POSITIVE),
    case("divide", WHOLE, J, gradient=False),
    case("true_divide", A, POSITIVE),
    case("divide_no_nan", A, POSITIVE, reference=np.divide),
    case("divide_no_nan", A, np.zeros((3, 4)), reference=lambda a, b: np.zeros((3, 4)), gradient=False),
    case("floor_divide", A, POSITIVE),
    case("floor_divide", WHOLE, J, gradient=False),
    case("mod", A, POSITIVE),
    case("mod", WHOLE, J, gradient=False),
    case("fmod", A, POSITIVE),
    case("fmod", WHOLE, J, gradient=False),
    case("power", POSITIVE, B),
    case("power", A, 2),
    case("power", A, 3),
    case("power", A, 4.0),
    case("power", POSITIVE, 0.5),
    case("power", POSITIVE, -1),
    case("power", 2.0, A),
    case("power", WHOLE, 3, gradient=False),
    case("maximum", A, B),
    case("maximum", WHOLE, J, gradient=False),
    case("minimum", A, B),
    case("minimum", F, G, gradient=False),
    case("fmax", A, B),
    case("fmax", NAN, MIXED, gradient=False),
    case("fmin", A, B),
    case("fmin", NAN, MIXED, gradient=False),
    case("arctan2", A, B),
    case("hypot", A, B),
    case("hypot", np.array([3e30, 0.0, math.inf], np.float32), np.array([4e30, 0.0, 1.0], np.float32), gradient=False),
    case("logaddexp", A, B),
    case(
        "logaddexp", np.array([100.0, -math.inf], np.float32), np.array([99.0, -math.inf], np.float32), gradient=False
    ),
    case("logaddexp2", A, B),
    case("heaviside", A, 0.5),
    case("heaviside", np.array([-1.0, 0.0, 2.0, math.nan], np.float32), 0.5, gradient=False),
    case("ldexp", A, np.array([1, -2, 3, 0], np.int32)),
    case("ldexp", np.array([1e-30], np.float32), np.array([150], np.int32), gradient=False),
    case("nextafter", np.array([1.0], np.float32), np.array([2.0], np.float32), gradient=False, rtol=0, atol=0),
    case("gcd", WHOLE, J, gradient=False),
    case("lcm", WHOLE, J, gradient=False),
    case("bitwise_and", WHOLE, J, gradient=False),
    case("bitwise_or", WHOLE, J, gradient=False),
    case("bitwise_xor", WHOLE, J, gradient=False),
    case("bitwise_xor", F, G, gradient=False),
    case("bitwise_left_shift", WHOLE, SMALL, reference=np.left_shift, gradient=False),
    case("bitwise_right_shift", WHOLE, SMALL, reference=np.right_shift, gradient=False),
    case("left_shift", WHOLE, SMALL, gradient=False),
    case("right_shift", WHOLE, SMALL, gradient=False),
    case("clip", A, -1.0, 0.7),
    case("clip", A, ROW, 1.1),
    case("clip", WHOLE, -2, 5, gradient=False),
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, device):
    line.run()


def test_numbers_take_the_other_operands_dtype():
    whole = ops.convert_to_tensor([1, 2])
    small = ops.convert_to_tensor([1, 2], "uint8")
    double = ops.convert_to_tensor([1.0, 2.0], "float64")
    assert ops.add(whole, 1).dtype == "int32"
    assert ops.add(whole, 1.5).dtype == "float32"
    assert ops.add(1, small).dtype == "uint8"
    assert ops.add(double, 1.5).dtype == "float64"
    assert ops.multiply(double, np.sqrt(2)).numpy()[0] == np.sqrt(2)
    assert ops.multiply(small, np.float64(0.5)).dtype == "float32"
    assert ops.multiply(2.0, double).numpy().tolist() == [2.0, 4.0]
    assert ops.add(True, False).dtype == "bool"
    assert ops.add(1, 2).dtype == "int32"
    assert ops.divide(1, 2).numpy() == np.float32(0.5)
    assert math.copysign(1, ops.multiply(ops.convert_to_tensor(0.0), -0.0).item()) == -1


@pytest.mark.parametrize("name", ["maximum", "minimum", "logaddexp", "logaddexp2"])
def test_equal_elements_share_the_gradient(name):
    x = ops.ones(2)
    found = trace.Compiled(lambda a, b: trace.gradients(ops.sum(getattr(ops, name)(a, b)), [a, b]), [x, x])(x, x)
    for gradient in found:
        assert gradient.numpy().tolist() == [0.5, 0.5]


def test_errors_say_what_came():
    with pytest.raises(ValueError, match=r"3, 4.*5|5.*3, 4"):
        ops.add(np.zeros((3, 4), np.float32), np.zeros(5, np.float32))
    with pytest.raises(TypeError, match="logical_xor"):
        ops.subtract(F, G)
    with pytest.raises(TypeError, match="float32"):
        ops.bitwise_and(1.0, 2.0)
    with pytest.raises(TypeError, match="x2"):
        ops.ldexp(1.0, 2.0)
    with pytest.raises(ValueError, match="uint8"):
        ops.add(ops.convert_to_tensor([1], "uint8"), -1)
    with pytest.raises(TypeError, match="hello"):
        ops.add("hello", 1)
