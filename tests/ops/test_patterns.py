import numpy as np
import pytest

from keraburn import KerasTensor, ops, trace
from tests.checks import Case, case, numbers

X = numbers(2, 4, 6, 3)
CASES = [
    case("rearrange", X, "b h w c -> b c h w", reference=lambda x, _: x.transpose(0, 3, 1, 2)),
    case("rearrange", X, "b h w c -> (b h) w c", reference=lambda x, _: x.reshape(8, 6, 3)),
    case("rearrange", X, "b h w c -> h (b w) c", reference=lambda x, _: x.transpose(1, 0, 2, 3).reshape(4, 12, 3)),
    case(
        "rearrange",
        X,
        "b (h r) (w s) c -> (b r s) h w c",
        r=2,
        s=3,
        reference=lambda x, _: x.reshape(2, 2, 2, 2, 3, 3).transpose(0, 2, 4, 1, 3, 5).reshape(12, 2, 2, 3),
    ),
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, device):
    line.run()


def test_rearranging_symbols():
    assert ops.rearrange(KerasTensor((None, 4, 6)), "b (h r) w -> b h (w r)", r=2).shape == (None, 2, 12)


@pytest.mark.parametrize(
    ("pattern", "lengths", "words"),
    [
        ("b h w c", {}, "one arrow"),
        ("b h w -> b w h", {}, "The pattern has 3 axes, the tensor 4"),
        ("b h w c -> b h w", {}, "the same names"),
        ("b h h c -> b h c", {}, "stands for two axes"),
        ("b (h r) w c -> b h r w c", {}, "all but one"),
        ("b (h r) w c -> b h r w c", {"r": 3}, "cannot be taken apart"),
        ("b h w c -> b h w c", {"z": 3}, "not in the pattern"),
        ("b ... c -> b c", {}, "Found '.'"),
    ],
)
def test_wrong_patterns(pattern, lengths, words):
    with pytest.raises(ValueError, match=words):
        ops.rearrange(X, pattern, **lengths)


def test_vectorize():
    def bounded(a, b, scale=1):
        return ops.where(a > b, a - b, a + b) * scale

    function = ops.vectorize(bounded)
    np.testing.assert_array_equal(function([1, 2, 3, 4], 2).numpy(), np.vectorize(bounded)([1, 2, 3, 4], 2))
    np.testing.assert_array_equal(function([[1], [4]], [2, 3], scale=2).numpy(), [[6, 8], [4, 2]])
    assert function.__name__ == "bounded"
    a = numbers(3).astype(np.float32)
    gradient = trace.Compiled(lambda x: trace.gradients(ops.sum(ops.vectorize(ops.square)(x)), [x])[0], [a])(a)
    np.testing.assert_allclose(gradient.numpy(), 2 * a)


def test_vectorize_with_core_dimensions():
    function = ops.vectorize(lambda m, v: ops.matmul(m, v), signature="(m,n),(n)->(m)")
    m, v = numbers(5, 1, 2, 3).astype(np.float32), numbers(4, 3).astype(np.float32)
    np.testing.assert_allclose(
        function(m, v).numpy(), np.einsum("abmn,bn->abm", np.broadcast_to(m, (5, 4, 2, 3)), v), rtol=1e-5
    )
    both = ops.vectorize(lambda v: (ops.sum(v), v * 2), signature="(n)->(),(n)")
    total, twice = both(v)
    np.testing.assert_allclose(total.numpy(), v.sum(1), rtol=1e-5)
    assert twice.shape == (4, 3)
    kept = ops.vectorize(lambda x, powers: sum(x**p for p in powers), excluded={1})
    assert kept([1, 2], (1, 2)).numpy().tolist() == [2, 6]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.vectorize(3), "Expected argument `pyfunc` to be a callable. Received: pyfunc=3"),
        (lambda: ops.vectorize(ops.abs, signature="(n)")(X), "Not a valid gufunc signature"),
        (lambda: ops.vectorize(ops.dot, signature="(n),(n)->()")(X), "The signature has 2 arguments"),
        (lambda: ops.vectorize(ops.dot, signature="(n),(n)->()")(X, X[..., :2]), "is both 3 and 2"),
        (lambda: ops.vectorize(ops.det, signature="(n,n)->()")(X[0, 0, 0]), "fewer dimensions"),
        (lambda: ops.vectorize(ops.square)(np.zeros((0,))), "must be an element"),
    ],
)
def test_wrong_uses_of_vectorize(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_view():
    x = np.array([[1.0, -2.0]], np.float32)
    for dtype in ("int32", "uint8", "float32", "int64"):
        np.testing.assert_array_equal(ops.view(x, dtype).numpy(), x.view(dtype))
    assert ops.view(x).dtype == "float32"
    with pytest.raises(ValueError, match="Cannot read float32 of shape \\(1,\\) as int64"):
        ops.view(np.ones(1, np.float32), "int64")
    with pytest.raises(TypeError, match="only of tensors that hold values"):
        ops.view(KerasTensor((None, 2)), "int32")
