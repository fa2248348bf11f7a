import numpy as np
import pytest

from keraburn import ops
from tests.checks import Case, case, check_op, numbers

A = numbers(3, 3) + np.diag([0.0, 3.0, 0.0])
STACK = numbers(2, 3, 3, seed=2)
POSITIVE = A @ A.T + np.eye(3)
LOWER = np.tril(A) + 2 * np.eye(3)
B, V = numbers(3, 2, seed=1), numbers(3, seed=2)
MANY = numbers(2, 3, 2, seed=3)


def factor(x):
    # A triangle of an argument is read, so that of a moved element the other half is not.
    return np.linalg.cholesky(np.tril(x) + np.tril(x, -1).T)


def factors(x):
    """Both triangles in one, and with which row each was exchanged: by the textbook."""
    if x.ndim > 2:
        return [np.stack(parts) for parts in zip(*map(factors, x), strict=True)]
    x, exchanges = x.copy(), []
    for k in range(min(x.shape)):
        best = k + int(np.abs(x[k:, k]).argmax())
        exchanges.append(best)
        x[[k, best]] = x[[best, k]]
        x[k + 1 :, k] /= x[k, k]
        x[k + 1 :, k + 1 :] -= np.outer(x[k + 1 :, k], x[k, k + 1 :])
    return [x, np.array(exchanges, np.int32)]


CASES = [
    case("solve", A, B, reference=np.linalg.solve, rtol=1e-4),
    case("solve", A, V, reference=np.linalg.solve, rtol=1e-4),
    case("solve", STACK, MANY, reference=np.linalg.solve, rtol=1e-3, atol=1e-4),
    case("inv", A, reference=np.linalg.inv, rtol=1e-4),
    case("inv", STACK, reference=np.linalg.inv, rtol=1e-3, atol=1e-4),
    case("det", A, reference=np.linalg.det, rtol=1e-4),
    case("det", STACK, reference=np.linalg.det, rtol=1e-4, atol=1e-5),
    case("det", np.array([[1, 2], [2, 4]], np.int32), reference=np.linalg.det, gradient=False),
    case("slogdet", STACK, reference=lambda x: list(np.linalg.slogdet(x)), rtol=1e-4),
    case("logdet", A, reference=lambda x: np.linalg.slogdet(x)[1], rtol=1e-4),
    case("solve_triangular", LOWER, B, reference=lambda a, b: np.linalg.solve(np.tril(a), b), lower=True, rtol=1e-4),
    case("solve_triangular", LOWER.T.copy(), V, reference=lambda a, b: np.linalg.solve(np.triu(a), b), rtol=1e-4),
    *(
        case("lu_factor", x, reference=factors, rtol=1e-4, atol=1e-5)
        for x in (A, numbers(2, 3, 3, seed=7), B, B.T.copy())
    ),
    case("cholesky", POSITIVE, reference=factor, rtol=1e-4),
    case("cholesky", POSITIVE, reference=lambda x: factor(x).T, upper=True, rtol=1e-4),
    case(
        "cholesky", np.stack([POSITIVE, POSITIVE + np.eye(3)]), reference=np.linalg.cholesky, rtol=1e-4, gradient=False
    ),
    case("cholesky_inverse", LOWER, reference=lambda x: np.linalg.inv(np.tril(x) @ np.tril(x).T), rtol=1e-4),
    case(
        "cholesky_inverse",
        LOWER.T.copy(),
        reference=lambda x: np.linalg.inv(x.T @ x),
        upper=True,
        rtol=1e-4,
        gradient=False,
    ),
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, device):
    line.run()


def test_rows_are_exchanged():
    turned = np.array([[0.0, 2.0, 1.0], [1.0, 0.0, 0.0], [3.0, 0.0, 1.0]])
    check_op(ops.inv, turned, reference=np.linalg.inv, rtol=1e-4)
    assert ops.det(turned).item() == pytest.approx(np.linalg.det(turned))


def test_what_has_no_inverse_or_root():
    assert not np.isfinite(ops.inv(np.ones((2, 2))).numpy()).all()
    assert ops.det(np.ones((3, 3))).item() == 0
    assert np.isnan(ops.cholesky(-np.eye(2)).numpy()).any()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.inv(B), "square"),
        (lambda: ops.det(V), "rank >= 2"),
        (lambda: ops.solve(A, numbers(2, 2)), "Incompatible"),
        (lambda: ops.cholesky(B), "square"),
    ],
)
def test_errors_say_what_came(call, words):
    with pytest.raises(ValueError, match=words):
        call()
