import math

import numpy as np
import pytest

from keraburn import ops
from tests.checks import Case, case, numbers

A = numbers(3, 4)
B = np.where(numbers(3, 4, seed=1) > 0, A, 1.0)
WHOLE = np.array([[-7, 0, 5], [3, 0, 9]], np.int32)
J = np.array([[2, 0, 5], [0, 2, 5]], np.int32)
SPECIAL = np.array([math.nan, math.inf, -math.inf, 1.0, 1.0], np.float32)
OTHER = np.array([math.nan, math.inf, math.inf, 1.000001, 1.1], np.float32)
MASK = np.array([[True, False, True, False], [False] * 4, [True] * 4])

CASES = [
    case("equal", A, B, gradient=False),
    case("not_equal", A, B, gradient=False),
    case("less", A, B, gradient=False),
    case("less_equal", A, B, gradient=False),
    case("greater", WHOLE, J, gradient=False),
    case("greater_equal", WHOLE, J, gradient=False),
    case("logical_and", WHOLE, J, gradient=False),
    case("logical_or", WHOLE, J, gradient=False),
    case("logical_xor", WHOLE, J, gradient=False),
    case("isclose", SPECIAL, OTHER, gradient=False),
    case("isclose", SPECIAL, OTHER, equal_nan=True, gradient=False),
    case("allclose", SPECIAL[3:4], OTHER[3:4], gradient=False, reference=lambda a, b: np.array(True)),
    case("allclose", SPECIAL, OTHER, gradient=False, reference=lambda a, b: np.array(False)),
    case("where", MASK, A, B),
    case("where", MASK, A, 0.0),
    case("where", WHOLE, 1, 2, gradient=False),
    case("select", [MASK, A > 0], [A, B], reference=lambda c, v: np.select(c, v, 0.0), gradient=False),
    case("saturate_cast", A * 300, "uint8", reference=lambda x, d: np.clip(x, 0, 255).astype(d), gradient=False),
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, device):
    line.run()


def test_select_has_gradients():
    from tests.checks import check_op

    def chosen(a, b):
        return ops.select([MASK, ~MASK], [a, b], default=0.0)

    check_op(chosen, A, B, reference=lambda a, b: np.where(MASK, a, b))


def test_saturate_cast_keeps_to_the_limits():
    big = np.array([1e20, -1e20, 3.7], np.float32)
    whole = ops.saturate_cast(big, "int32").numpy()
    assert whole.tolist() == [2147483520, -2147483648, 3]
    assert ops.saturate_cast(np.array([300, -1], np.int32), "uint8").numpy().tolist() == [255, 0]
    assert ops.saturate_cast([2.0, 0.0], "bool").numpy().tolist() == [True, False]


def test_nonzero_and_where_give_indices():
    for found in (ops.nonzero(WHOLE), ops.where(WHOLE)):
        for ours, theirs in zip(found, np.nonzero(WHOLE), strict=True):
            assert ours.dtype == "int32"
            np.testing.assert_array_equal(ours.numpy(), theirs)


def test_where_wants_both_values():
    with pytest.raises(ValueError, match="together"):
        ops.where(MASK, A)
