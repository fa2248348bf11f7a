import numpy as np
import pytest

from keraburn import config, ops
from tests.checks import Case, case, numbers, plain

X = numbers(3, 4)
LOW, HIGH = numbers(3), numbers(3, seed=1) + 3


CASES = [
    plain("zeros", (2, 3)),
    plain("zeros", 4, dtype="int32"),
    plain("ones", (2, 0)),
    plain("empty", (2, 3), reference=np.zeros),
    plain("full", (2, 2), 3.5),
    plain("full", (2, 2), True, reference=np.full, dtype="bool"),
    plain("zeros_like", X),
    plain("ones_like", X, dtype="int32"),
    plain("empty_like", X, reference=np.zeros_like),
    plain("full_like", X, 2.5),
    plain("array", [[1, 2], [3, 4]]),
    plain("arange", 5),
    plain("arange", 1.0, 2.0, 0.25),
    plain("arange", 7, 1, -2),
    plain("linspace", 0.0, 1.0, 7),
    plain("linspace", 0.0, 10.0, 4, endpoint=False),
    plain("linspace", 0, 10, 4, dtype="int32"),
    plain("linspace", 2.0, 3.0, 1),
    plain("linspace", 2.0, 3.0, 0),
    plain("linspace", 0.0, 1.0, 5, retstep=True),
    case("linspace", LOW, HIGH, 4),
    case("linspace", LOW, HIGH, 4, axis=-1),
    case("logspace", LOW, HIGH, 4, base=2.0),
    plain("logspace", 0.0, 2.0, 5),
    plain("geomspace", 1.0, 256.0, 9),
    plain("geomspace", -1.0, -8.0, 4, endpoint=False),
    plain("bartlett", 7),
    plain("blackman", 7),
    plain("hamming", 7),
    plain("hanning", 7),
    plain("kaiser", 7, 14.0),
    case("vander", LOW),
    case("vander", LOW, 2, increasing=True),
    plain("eye", 3),
    plain("eye", 2, 4, 1),
    plain("identity", 3),
    plain("tri", 3),
    plain("tri", 3, 5, -1),
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, device):
    line.run()


def test_default_types():
    assert ops.zeros(2).dtype == ops.full(2, 1).dtype == ops.eye(2).dtype == "float32"
    assert ops.arange(3).dtype == "int32"
    assert ops.arange(3.0).dtype == "float32"
    assert ops.arange(np.int64(3)).dtype == "int32"
    assert ops.zeros(2, "uint8").dtype == "uint8"
    config.set_floatx("float64")
    try:
        assert ops.zeros(2).dtype == ops.arange(3.0).dtype == "float64"
    finally:
        config.set_floatx("float32")


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: ops.zeros((2, -1)), ValueError, "shape"),
        (lambda: ops.zeros((2, 1.5)), TypeError, "shape"),
        (lambda: ops.zeros(2, "floaty"), ValueError, "floaty"),
        (lambda: ops.arange(0, 5, 0), ValueError, "step"),
        (lambda: ops.linspace(0, 1, -1), ValueError, "num=-1"),
        (lambda: ops.vander(X), ValueError, "one dimension"),
    ],
)
def test_errors_say_what_came(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
