"""The helper itself: it finds what is wrong."""

import numpy as np
import pytest

from keraburn import ops
from tests.checks import check_op, numbers

X = numbers(2, 3)


def test_a_wrong_value_is_found():
    with pytest.raises(AssertionError, match="at once"):
        check_op(lambda x: x + 1e-3, X, reference=lambda x: x)


def test_a_wrong_shape_and_a_wrong_type_are_found():
    with pytest.raises(AssertionError, match="shape"):
        check_op(lambda x: x[None], X, reference=lambda x: x)
    with pytest.raises(AssertionError, match="dtype"):
        check_op(lambda x: x, X, reference=lambda x: x.astype(np.int32), gradient=False)


def test_a_wrong_gradient_is_found():
    with pytest.raises(AssertionError, match="differences"):
        check_op(lambda x: x * ops.stop_gradient(x), X, reference=np.square)


def test_a_wrong_gradient_of_a_gradient_is_found():
    def halved(x):
        # The right slope, x, but as a constant.
        return x * ops.stop_gradient(x) - ops.stop_gradient(x * x) / 2

    with pytest.raises(AssertionError, match="second gradient"):
        check_op(halved, X, reference=lambda x: x * x / 2)
