import numpy as np
import pytest

from keraburn import KerasTensor, ops, trace
from tests.checks import Case, case, check_op, numbers

SHAPES = [(4, 3), (3, 4), (3, 3), (2, 4, 2), (1, 3), (3, 1)]
A = numbers(4, 3)
ROUND = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]])
# burn differentiates what only finds where to begin, too.
CASES = [
    *(case("pinv", numbers(*shape), reference=np.linalg.pinv, rtol=1e-4, atol=1e-4, oracle=False) for shape in SHAPES),
    case("pinv", np.eye(3), reference=np.linalg.pinv, oracle=False),
    case("pinv", A, reference=lambda x: np.linalg.pinv(x, 0.4), rcond=0.4, gradient=False, rtol=1e-4, atol=1e-5),
    case("matrix_rank", ROUND, reference=np.linalg.matrix_rank, gradient=False),
    case("matrix_rank", numbers(2, 4, 3), reference=np.linalg.matrix_rank, gradient=False),
    case("matrix_rank", ROUND, reference=lambda x: np.linalg.matrix_rank(x, 1.5), tol=1.5, gradient=False),
    *(
        case(
            "lstsq",
            a,
            b,
            reference=lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0],
            rtol=1e-3,
            atol=1e-4,
            oracle=False,
        )
        for a, b in [(A, numbers(4, 2)), (A, numbers(4)), (A.T.copy(), numbers(3, 2)), (numbers(2, 4), numbers(2))]
    ),
    case(
        "lstsq",
        ROUND[:2],
        numbers(2),
        reference=lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0],
        rtol=1e-4,
        gradient=False,
    ),
    case("norm", A, reference=lambda x: np.linalg.norm(x, 2), ord=2, oracle=False),
    case("norm", A, reference=lambda x: np.linalg.norm(x, -2), ord=-2, oracle=False),
    case("norm", A, reference=lambda x: np.linalg.norm(x, "nuc"), ord="nuc", oracle=False),
    case(
        "norm",
        numbers(3, 2, 4),
        reference=lambda x: np.linalg.norm(x, "nuc", (0, 2), keepdims=True),
        ord="nuc",
        axis=(0, 2),
        keepdims=True,
        oracle=False,
    ),
]


# The smallest of each operation, where shaders of hundreds of operations are compiled for half a minute each.
SMALLEST = {
    "matrix_rank": CASES[8],
    **{name: next(line for line in CASES if line.name == name) for name in ("pinv", "lstsq", "norm")},
}


@pytest.fixture
def chosen(device, request):
    """Leave all but small cases out on a GPU that is a program."""
    parameters = request.node.callspec.params
    line, shape = parameters.get("line"), parameters.get("shape")
    small = shape in ((1, 1), (2, 3, 3), (1, 3), (3, 3)) or any(line is each for each in SMALLEST.values())
    if device == "gpu:software" and not small:
        pytest.skip("takes half a minute to compile in software")


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, chosen):
    line.run()


def upright(columns):
    """The signs that make the largest number of each column positive."""
    return np.where(columns.max(-2, keepdims=True) < -columns.min(-2, keepdims=True), -1, 1)


@pytest.mark.parametrize("shape", [(4, 4), (2, 3, 3), (1, 1), (5, 5)])
def test_eigenvectors(shape, chosen):
    def reference(x):
        values, vectors = np.linalg.eigh((x + np.swapaxes(x, -1, -2)) / 2)
        return [values, vectors * upright(vectors)]

    check_op(lambda x: list(ops.eigh(x)), numbers(*shape), reference=reference, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_singular_vectors(shape, chosen):
    def reference(x):
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        signs = upright(u if shape[-2] < shape[-1] else np.swapaxes(vh, -1, -2))
        return [u * signs, s, np.swapaxes(signs, -1, -2) * vh]

    x = numbers(*shape)
    check_op(
        lambda x: list(ops.svd(x, full_matrices=False)), x, reference=reference, rtol=1e-4, atol=1e-5, oracle=False
    )
    check_op(lambda x: ops.svd(x, compute_uv=False), x, reference=lambda x: reference(x)[1], rtol=1e-4, oracle=False)


def test_all_vectors(device):
    def beyond(x):
        """The projection on what no combination of the columns reaches."""
        u, _, _ = ops.svd(x)
        rest = u[:, 2:]
        return ops.matmul(rest, ops.transpose(rest))

    x = numbers(4, 2)
    check_op(beyond, x, reference=lambda x: np.eye(4) - x @ np.linalg.pinv(x), rtol=1e-4, atol=1e-5, oracle=False)
    u, s, vh = ops.svd(x.T)
    assert (u.shape, s.shape, vh.shape) == ((2, 2), (2,), (4, 4))
    np.testing.assert_allclose(vh.numpy() @ vh.numpy().T, np.eye(4), atol=1e-6)


def test_the_pseudoinverse_of_what_keeps_a_low_rank():
    def function(x):
        return ops.pinv(ops.matmul(x, ops.transpose(ops.tanh(x))), rcond=1e-5)

    check_op(
        function,
        numbers(4, 2),
        reference=lambda x: np.linalg.pinv(x @ np.tanh(x).T, 1e-6),
        rtol=1e-3,
        atol=1e-3,
        oracle=False,
    )


@pytest.mark.parametrize("n", [1, 2, 3, 8, 25])
@pytest.mark.parametrize("what", ["random", "equal", "low rank", "zero", "graded"])
def test_hard_matrices_in_a_graph(n, what):
    rng = np.random.default_rng(n)
    x = rng.normal(size=(n, n)).astype(np.float32)
    x = {
        "random": x,
        "equal": np.eye(n, dtype=np.float32) * 3,
        "low rank": np.outer(x[0], x[0]),
        "zero": np.zeros((n, n), np.float32),
        "graded": x * np.logspace(0, -6, n, dtype=np.float32),
    }[what]
    scale = np.abs(x).max() + 1e-30
    u, s, vh = (part.numpy() for part in trace.Compiled(lambda x: list(ops.svd(x)), [x])(x))
    np.testing.assert_allclose((u * s) @ vh / scale, x / scale, atol=2e-5)
    for basis in (u, vh):
        np.testing.assert_allclose(basis @ basis.T, np.eye(n), atol=1e-5)
    exact = np.linalg.svd(x.astype(np.float64), compute_uv=False)
    np.testing.assert_allclose(s / scale, exact / scale, atol=1e-5)
    even = (x + x.T) / 2
    values, vectors = (part.numpy() for part in trace.Compiled(lambda x: list(ops.eigh(x)), [even])(even))
    np.testing.assert_allclose(even @ vectors / scale, vectors * values / scale, atol=2e-5)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(n), atol=1e-5)


def test_equal_eigenvalues_have_finite_gradients():
    x = np.diag([1.0, 1.0, 2.0]).astype(np.float32)
    found = trace.Compiled(lambda x: trace.gradients(ops.sum(ops.eigh(x)[0] ** 2), [x])[0], [x])(x)
    np.testing.assert_allclose(found.numpy(), 2 * x, atol=1e-5)


def test_shapes_of_models():
    u, s, vh = ops.svd(KerasTensor((None, 5, 3)))
    assert (u.shape, s.shape, vh.shape) == ((None, 5, 5), (None, 3), (None, 3, 3))
    assert ops.eigh(KerasTensor((None, 4, 4)))[0].shape == (None, 4)
    assert ops.svd(KerasTensor((2, None, 3)), compute_uv=False).shape == (2, 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.eigh(A), "square"),
        (lambda: ops.svd(np.ones(3)), "rank >= 2"),
        (lambda: ops.pinv(np.ones(3)), "rank >= 2"),
        (lambda: ops.matrix_rank(np.ones(3)), "rank >= 2"),
        (lambda: ops.lstsq(A, np.ones(3)), "Leading dimensions"),
        (lambda: ops.norm(A, ord=3), "Invalid `ord`.*Received: ord=3"),
    ],
)
def test_errors_say_what_came(call, words):
    with pytest.raises(ValueError, match=words):
        call()
