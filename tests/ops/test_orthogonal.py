import numpy as np
import pytest

from keraburn import ops
from tests.checks import check_op, numbers


def stacked(x, mode):
    if x.ndim == 2:
        return list(np.linalg.qr(x, mode))
    return [np.stack(parts) for parts in zip(*(np.linalg.qr(each, mode) for each in x), strict=True)]


@pytest.mark.parametrize("mode", ["reduced", "complete"])
@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (3, 3), (2, 4, 2), (1, 3), (3, 1)])
def test_value_and_gradient(shape, mode, device):
    x = numbers(*shape)
    check_op(lambda x: list(ops.qr(x, mode)), x, reference=lambda x: stacked(x, mode), rtol=1e-4, atol=1e-5)


def test_columns_of_zeros():
    x = numbers(4, 3).astype(np.float32)
    x[:, 1] = 0
    q, r = (part.numpy() for part in ops.qr(x, mode="complete"))
    np.testing.assert_allclose(q @ r, x, atol=1e-6)
    np.testing.assert_allclose(q.T @ q, np.eye(4), atol=1e-6)
    q, r = (part.numpy() for part in ops.qr(np.diag([-2.0, 3.0]).astype(np.float32)))
    assert r.diagonal().tolist() == np.linalg.qr(np.diag([-2.0, 3.0]))[1].diagonal().tolist()


def test_errors_say_what_came():
    with pytest.raises(ValueError, match="Received: mode=r"):
        ops.qr(numbers(2, 2), mode="r")
    with pytest.raises(ValueError, match="rank >= 2"):
        ops.qr(numbers(2))
