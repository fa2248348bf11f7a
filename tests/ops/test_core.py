import math

import numpy as np
import pytest

import keraburn
from keraburn import KerasTensor, Variable, ops, trace
from tests.checks import Case, case, check_op, numbers

X = numbers(3, 4)
POINTS, OTHERS = numbers(3, 2), numbers(4, 2, seed=1)
IDS = np.array([0, 2, 0], np.int32)


def by_segment(function, first):
    def reference(data, ids, number):
        result = np.full((number, *data.shape[1:]), first)
        for row, segment in zip(data, ids, strict=True):
            result[segment] = function(result[segment], row)
        return result

    return reference


CASES = [
    case("cast", X, "float64", reference=lambda x, d: x),
    case("cast", X * 5, "int32", reference=lambda x, d: np.trunc(x).astype(d), gradient=False),
    case("cast", X, "bool", reference=lambda x, d: x.astype(d), gradient=False),
    case("stop_gradient", X, reference=lambda x: x, gradient=False),
    case("norm", X, reference=np.linalg.norm),
    case("norm", X, reference=lambda x: np.linalg.norm(x, 1, axis=1), ord=1, axis=1),
    case("norm", X, reference=lambda x: np.linalg.norm(x, 3, axis=0, keepdims=True), ord=3, axis=0, keepdims=True),
    case("norm", X, reference=lambda x: np.linalg.norm(x, math.inf, axis=0), ord=math.inf, axis=0),
    case("norm", X, reference=lambda x: np.linalg.norm(x, -math.inf, axis=0), ord=-math.inf, axis=0),
    case("norm", X, reference=lambda x: np.linalg.norm(x, 0, axis=0), ord=0, axis=0),
    case("norm", X, reference=lambda x: np.linalg.norm(x, "fro"), ord="fro"),
    case("norm", X, reference=lambda x: np.linalg.norm(x, 1), ord=1),
    case(
        "norm", numbers(2, 3, 4), reference=lambda x: np.linalg.norm(x, -math.inf, (0, 2)), ord=-math.inf, axis=(0, 2)
    ),
    case("cdist", POINTS, OTHERS, reference=lambda a, b: np.linalg.norm(a[:, None] - b[None], axis=-1)),
    case("extract_sequences", X, 2, 1, reference=lambda x, n, s: np.stack([x[:, i : i + 2] for i in range(3)], 1)),
    case("extract_sequences", X, 3, 2, reference=lambda x, n, s: x[:, None, :3]),
    case("segment_sum", X, IDS, 3, reference=by_segment(np.add, 0.0)),
    case("segment_prod", X, IDS, 3, reference=by_segment(np.multiply, 1.0), oracle=False),
    case("segment_max", X, IDS, 3, reference=by_segment(np.maximum, -math.inf), gradient=False),
    case("segment_min", X, IDS, 3, reference=by_segment(np.minimum, math.inf), gradient=False),
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, device):
    line.run()


def test_stop_gradient_stops():
    x = ops.convert_to_tensor([1.0, 2.0])
    found = trace.Compiled(lambda x: trace.gradients(ops.sum(x * ops.stop_gradient(x)), [x]), [x])(x)
    assert found[0].numpy().tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1, "int32"),
        (1.5, "float32"),
        (True, "bool"),
        ([1, 2], "int32"),
        ([1.0, 2], "float32"),
        ([[True, False]], "bool"),
        (np.zeros(2), "float32"),
        (np.zeros(2, np.float32), "float32"),
        (np.zeros(2, np.int64), "int32"),
        (np.zeros(2, np.int16), "int32"),
        (np.zeros(2, np.uint32), "int64"),
        (np.zeros(2, np.uint8), "uint8"),
        (np.zeros(2, np.float16), "float16"),
        (np.float64(2.0), "float32"),
        (np.zeros((2, 3), np.float32).T, "float32"),
        (np.zeros((2, 3), ">f8"), "float32"),
        (range(3), "int32"),
        ([], "float32"),
    ],
    ids=repr,
)
def test_convert_to_tensor(value, dtype, device):
    tensor = ops.convert_to_tensor(value)
    assert tensor.dtype == dtype
    assert tensor.shape == np.shape(value)
    assert tensor.device == device
    np.testing.assert_array_equal(tensor.numpy(), np.asarray(value))


def test_convert_to_tensor_takes_tensors():
    tensor = ops.convert_to_tensor([1.0, 2.0])
    assert ops.convert_to_tensor(tensor) is tensor
    assert ops.convert_to_tensor(tensor, "float32") is tensor
    assert ops.convert_to_tensor(tensor, "int32").dtype == "int32"
    stacked = ops.convert_to_tensor([tensor, [3.0, 4.0]])
    assert stacked.numpy().tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert ops.convert_to_tensor(Variable([1.0, 2.0]), "float64").dtype == "float64"
    check_op(lambda x: ops.convert_to_tensor([x[0], x[1]]), X[0, :2], reference=lambda x: x)


@pytest.mark.parametrize(
    ("value", "dtype", "kind", "words"),
    [
        ("text", None, TypeError, "text"),
        ([1, "a"], None, TypeError, "numbers"),
        (None, None, TypeError, "None"),
        (1j, None, TypeError, "complex"),
        ([[1], [1, 2]], None, ValueError, "ragged"),
        ([2**40], None, ValueError, "int64"),
        (300, "uint8", ValueError, "uint8"),
    ],
)
def test_what_cannot_be_a_tensor(value, dtype, kind, words):
    with pytest.raises(kind, match=words):
        ops.convert_to_tensor(value, dtype)


def test_large_integers_on_request():
    assert ops.convert_to_tensor([2**40], "int64").numpy().tolist() == [2**40]


def test_shape_dtype_and_kind():
    symbol = KerasTensor((None, 3))
    assert ops.shape(symbol) == (None, 3)
    assert ops.shape([[1, 2]]) == (1, 2)
    assert ops.ndim(X) == 2
    assert ops.size(X) == 12
    assert ops.dtype([1.0]) == "float32"
    assert ops.is_tensor(ops.ones(2))
    assert not ops.is_tensor(np.ones(2))
    assert not ops.is_tensor(symbol)
    assert not ops.is_tensor(Variable(1.0))
    assert isinstance(ops.convert_to_numpy(Variable([1.0])), np.ndarray)
    assert ops.convert_to_numpy([1, 2]).tolist() == [1, 2]


def test_cond_of_a_known_value_calls_one_branch():
    assert ops.cond(True, lambda: 1, lambda: 1 / 0) == 1
    assert ops.cond(ops.convert_to_tensor(0.0) > 1, lambda: 1 / 0, lambda: 2) == 2


def test_cond_selects_under_a_trace(device):
    counter = Variable(0.0)
    other = Variable(10.0)

    def step(x):
        def up():
            counter.assign_add(1.0)
            return {"y": x * 2, "z": [x]}

        def down():
            counter.assign_sub(5.0)
            other.assign(counter.value * 2)
            return {"y": x * 3, "z": [x + 1]}

        return ops.cond(ops.sum(x) > 0, up, down)

    x = ops.convert_to_tensor([1.0, 2.0])
    compiled = trace.Compiled(step, [x])
    assert compiled(x)["y"].numpy().tolist() == [2.0, 4.0]
    assert (counter.numpy(), other.numpy()) == (1.0, 10.0)
    result = compiled(-x)
    assert result["y"].numpy().tolist() == [-3.0, -6.0]
    assert result["z"][0].numpy().tolist() == [0.0, -1.0]
    assert (counter.numpy(), other.numpy()) == (-4.0, -8.0)


def test_cond_wants_alike_branches():
    x = ops.convert_to_tensor([1.0, 2.0])
    with pytest.raises(ValueError, match="same structure"):
        trace.Compiled(lambda x: ops.cond(x[0] > 0, lambda: x, lambda: (x, x)), [x])
    with pytest.raises(ValueError, match="same shapes"):
        trace.Compiled(lambda x: ops.cond(x[0] > 0, lambda: x, lambda: x[0]), [x])


def test_switch():
    branches = [lambda x: x, lambda x: x * 2, lambda x: x * 3]
    assert ops.switch(1, branches, 5) == 10
    assert ops.switch(9, branches, 5) == 15
    x = ops.convert_to_tensor(2.0)
    index = ops.convert_to_tensor(0)
    compiled = trace.Compiled(lambda i, x: ops.switch(i, branches, x), [index, x])
    assert [compiled(ops.convert_to_tensor(i), x).item() for i in (-1, 0, 1, 2, 3)] == [2, 2, 4, 6, 6]


def test_loops():
    assert ops.while_loop(lambda i: i < 5, lambda i: i + 2, 0) == 6
    assert ops.while_loop(lambda i, x: i < 5, lambda i, x: (i + 1, x * 2), (0, 1), maximum_iterations=3) == (3, 8)
    assert ops.fori_loop(1, 4, lambda i, x: x + i, 0) == 6
    xs = ops.convert_to_tensor([1.0, 2.0, 3.0])
    carry, ys = ops.scan(lambda c, x: (c + x, c * x), 0.0, xs)
    assert carry.item() == 6.0
    assert ys.numpy().tolist() == [0.0, 2.0, 9.0]
    carry, ys = ops.scan(lambda c, x: (c + x, c), 0.0, xs, reverse=True)
    assert ys.numpy().tolist() == [5.0, 3.0, 0.0]
    assert ops.map(lambda x: x**2, xs).numpy().tolist() == [1.0, 4.0, 9.0]
    assert ops.vectorized_map(lambda p: p[0] + p[1], (xs, xs)).numpy().tolist() == [2.0, 4.0, 6.0]


def test_associative_scan():
    xs = np.arange(1.0, 8.0, dtype="float32")
    for reverse in (False, True):
        sums = ops.associative_scan(ops.add, xs, reverse=reverse).numpy()
        np.testing.assert_array_equal(sums, xs[::-1].cumsum()[::-1] if reverse else xs.cumsum())
    grid = numbers(3, 5).astype("float32")
    np.testing.assert_allclose(
        ops.associative_scan(ops.maximum, grid, axis=-1).numpy(), np.maximum.accumulate(grid, axis=1)
    )

    # The recurrence h = a * h + b, whose pairs compose.
    def composed(p, q):
        return p[0] * q[0], p[1] * q[0] + q[1]

    def function(a, b):
        found = ops.associative_scan(composed, (a, b))[1]
        return found, trace.gradients(found, [a])[0]

    a, b = numbers(6).astype("float32"), numbers(6, seed=1).astype("float32")
    values, gradient = trace.Compiled(function, [a, b])(a, b)
    _, steps = ops.scan(lambda h, p: (p[0] * h + p[1],) * 2, 0.0, (a, b))
    np.testing.assert_allclose(values.numpy(), steps.numpy(), rtol=1e-5)
    assert np.isfinite(gradient.numpy()).all()
    assert ops.associative_scan(ops.add, KerasTensor((None, 4)), axis=1).shape == (None, 4)
    with pytest.raises(ValueError, match=r"sizes \[2, 3\]"):
        ops.associative_scan(composed, (np.ones(2), np.ones(3)))


def test_a_long_loop_and_its_gradient():
    def function(xs):
        carry, _ = ops.scan(lambda c, x: (0.5 * c + x, c), 0.0, xs)
        return carry, trace.gradients(carry, [xs])[0]

    xs = np.ones(300, "float32")
    carry, gradient = trace.Compiled(function, [xs])(xs)
    assert carry.item() == pytest.approx(2.0)
    np.testing.assert_allclose(gradient.numpy(), 0.5 ** np.arange(299, -1, -1), rtol=1e-5, atol=1e-30)


def test_norms_that_are_not_there():
    with pytest.raises(ValueError, match="ord=7"):
        ops.norm(X, 7, axis=(0, 1))
    with pytest.raises(ValueError, match="one axis or two"):
        ops.norm(numbers(2, 3, 4), 2)


def test_segments_of_unknown_number():
    assert ops.segment_sum([1.0, 2.0, 3.0], [0, 2, 0]).numpy().tolist() == [4.0, 0.0, 2.0]
    assert ops.segment_sum([1.0, 2.0, 3.0], [0, 7, -1], 2).numpy().tolist() == [1.0, 0.0]


def test_a_traced_value_says_that_it_has_no_value():
    with pytest.raises(TypeError, match="symbol"):
        trace.Compiled(lambda x: x if x[0] > 0 else -x, [ops.ones(2)])


def test_symbols_are_described():
    symbol = KerasTensor((None, 4))
    assert ops.matmul(symbol, np.ones((4, 2), np.float32)).shape == (None, 2)
    assert ops.reshape(symbol, (-1, 2, 2)).shape == (None, 2, 2)
    assert ops.concatenate([symbol, symbol], axis=1).shape == (None, 8)
    assert ops.argmax(symbol, axis=-1).dtype == "int32"
    assert (symbol + 1).shape == (None, 4)
    assert symbol[:, 0].shape == (None,)
    assert [part.shape for part in ops.split(symbol, 2, axis=1)] == [(None, 2), (None, 2)]


def test_submodules_hold_the_same_functions():
    assert keraburn.ops.numpy.add is ops.add
    assert keraburn.ops.nn.relu is ops.relu
    assert keraburn.ops.linalg.norm is ops.norm
