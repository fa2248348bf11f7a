import numpy as np
import pytest

from keraburn import ops
from tests.checks import Case, case, numbers

M = numbers(3, 4)
N = numbers(4, 2, seed=1)
V = numbers(4, seed=2)
W = numbers(4, seed=3)
STACK = numbers(2, 3, 4)
OTHER = numbers(2, 4, 2, seed=4)
SHARED = numbers(1, 4, 2, seed=5)
WHOLE = np.arange(6, dtype=np.int32).reshape(2, 3)
F = np.array([[True, False], [True, True]])
P3, Q3 = numbers(2, 3), numbers(2, 3, seed=1)
P2 = numbers(2, 2)


def einsum(subscripts, *operands, **options):
    return case(
        "einsum",
        *operands,
        reference=lambda *xs: np.einsum(subscripts, *xs),
        module=_Bound(subscripts),
        **options,
    )


class _Bound:
    """`ops.einsum` with its subscripts given."""

    def __init__(self, subscripts):
        self.subscripts = subscripts

    def einsum(self, *operands):
        return ops.einsum(self.subscripts, *operands)


CASES = [
    case("matmul", M, N),
    case("matmul", V, N),
    case("matmul", M, V),
    case("matmul", V, W),
    case("matmul", STACK, OTHER),
    case("matmul", STACK, SHARED),
    case("matmul", STACK, N),
    case("matmul", M, OTHER),
    case("matmul", V, OTHER),
    case("matmul", STACK, V),
    case("matmul", WHOLE, WHOLE.T, gradient=False),
    case("matmul", F, F, gradient=False),
    case("dot", M, N),
    case("dot", V, W),
    case("dot", STACK, OTHER),
    case("dot", M, 2.5),
    case("tensordot", STACK, OTHER, ([2], [1])),
    case("tensordot", STACK, numbers(3, 4, 2), 2),
    case("tensordot", V, W, 0),
    case("tensordot", STACK, numbers(4, 2), ((2, 0), (0, 1))),
    case("inner", M, numbers(2, 4)),
    case("inner", M, 2.0),
    case("outer", M, V),
    case("vdot", M, numbers(3, 4, seed=9)),
    case("kron", numbers(2, 3), numbers(2, 2)),
    case("kron", V, numbers(2, 2)),
    case("cross", P3, Q3),
    case("cross", P3.T, Q3.T, axis=0),
    case("cross", P3.T, Q3, axisa=0, axisc=0),
    case("cross", P2, P3, reference=lambda a, b: np.cross(np.pad(a, ((0, 0), (0, 1))), b)),
    case("cross", P3, P2, reference=lambda a, b: np.cross(a, np.pad(b, ((0, 0), (0, 1))))),
    case("cross", P2, numbers(2, 2, seed=8), reference=lambda a, b: a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]),
    einsum("ij,jk->ik", M, N),
    einsum("ij,jk", M, N),
    einsum("ij,jk->ki", M, N),
    einsum("ij->ji", M),
    einsum("ij->", M),
    einsum("ij->j", M),
    einsum("ii->i", numbers(3, 3)),
    einsum("ii", numbers(3, 3)),
    einsum("iij->ji", numbers(3, 3, 2)),
    einsum("i,j->ij", V, W),
    einsum("i,i", V, W),
    einsum("bij,bjk->bik", STACK, OTHER),
    einsum("bij,bjk->kbi", STACK, OTHER),
    einsum("...ij,...jk->...ik", STACK, OTHER),
    einsum("...ij,...jk->...ik", STACK, SHARED),
    einsum("...ij,jk->...ik", STACK, N),
    einsum("...j->...", STACK),
    einsum("i...->...i", STACK),
    einsum("...,...", M, M + 1),
    einsum("abc,cd->abd", STACK, N),
    einsum("abc,cde->abde", STACK, numbers(4, 2, 2)),
    einsum("bqhd,bkhd->bhqk", numbers(2, 3, 2, 2), numbers(2, 2, 2, 2)),
    einsum("ij,jk,kl->il", M, N, numbers(2, 3)),
    einsum("ij,j,jk,k->i", M, V, N, numbers(2)),
    einsum("ij,kl->ik", M, N),
    einsum("ij,ij->ij", M, M + 1),
    einsum("a,b,c->cab", numbers(2), numbers(3), numbers(2, seed=1)),
    einsum("ij,jk->ik", WHOLE, WHOLE.T, gradient=False),
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, device):
    line.run()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.matmul(M, M), r"\(3, 4\)"),
        (lambda: ops.matmul(M, 2.0), "at least one dimension"),
        (lambda: ops.tensordot(M, N, ([0], [0])), "same sizes"),
        (lambda: ops.tensordot(M, N, 3), "axes=3"),
        (lambda: ops.tensordot(M, N, ([0, 1], [0])), "as many"),
        (lambda: ops.vdot(M, V), "as many"),
        (lambda: ops.cross(M, M), "2 or 3"),
        (lambda: ops.einsum("ij,jk->ik", M), "2 terms for 1"),
        (lambda: ops.einsum("ij,jk->ik", M, M), "differ in size: 4 and 3"),
        (lambda: ops.einsum("ijk->i", M), "does not fit"),
        (lambda: ops.einsum("ij->k", M), "letters"),
        (lambda: ops.einsum("ij->ii", M), "letters"),
    ],
)
def test_errors_say_what_came(call, words):
    with pytest.raises(ValueError, match=words):
        call()
