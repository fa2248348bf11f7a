import numpy as np
import pytest

from keraburn import Variable, ops, trace
from tests.checks import Case, case, check_op, numbers

X = numbers(3, 4)
CUBE = numbers(2, 3, 4)
IDS = np.array([[2, 0], [-1, 1]], np.int32)
ALONG = np.array([[1, 0, -1, 2]], np.int32)
PAIRS = np.array([[0, 1], [2, 3], [-1, 0]], np.int32)
TWICE = np.array([[1], [0], [1]], np.int32)


def updated(x, indices, updates, function=None):
    result = np.array(x)
    for index, update in zip(indices, updates, strict=True):
        place = tuple(index)
        result[place] = update if function is None else function(result[place], update)
    return result


def put(x, start, block):
    result = np.array(x)
    result[tuple(slice(s, s + n) for s, n in zip(start, block.shape, strict=True))] = block
    return result


CASES = [
    case("take", X, IDS, reference=lambda x, i: np.take(x, i)),
    case("take", CUBE, IDS, axis=1),
    case("take", X, 2, axis=1),
    case("take", X, np.array([0, 2], np.uint8), axis=1),
    case("take_along_axis", X, ALONG, axis=0),
    case("take_along_axis", CUBE, np.array([[[0], [1], [3]]], np.int32), axis=2),
    case("take_along_axis", X, np.array([3, -1], np.int32), reference=lambda x, i: np.take(x, i)),
    case("scatter", PAIRS, numbers(3), (3, 4), reference=lambda i, v, s: updated(np.zeros(s), i, v, np.add)),
    case("scatter", TWICE, numbers(3, 2), (2, 2), reference=lambda i, v, s: updated(np.zeros(s), i, v, np.add)),
    case("scatter_update", X, PAIRS, numbers(3), reference=updated),
    case("scatter_update", CUBE, np.array([[1], [0]], np.int32), numbers(2, 3, 4, seed=1), reference=updated),
    case("scatter_update", X, TWICE, numbers(3, 4, seed=2), reference=lambda *a: updated(*a, np.add), reduction="add"),
    case(
        "scatter_update",
        X,
        TWICE,
        numbers(3, 4, seed=2),
        reference=lambda *a: updated(*a, np.maximum),
        reduction="max",
        oracle=False,
    ),
    case(
        "scatter_update",
        X,
        TWICE,
        numbers(3, 4, seed=2),
        reference=lambda *a: updated(*a, np.minimum),
        reduction="min",
        oracle=False,
    ),
    case(
        "scatter_update",
        X,
        PAIRS,
        numbers(3, seed=2),
        reference=lambda *a: updated(*a, np.multiply),
        reduction="mul",
        oracle=False,
    ),
    case("slice", CUBE, (0, 1, 1), (2, 2, -1), reference=lambda x, s, n: x[:, 1:3, 1:]),
    case("slice", CUBE, np.array([0, 1, 9], np.int32), (2, 2, 2), reference=lambda x, s, n: x[:, 1:3, 2:]),
    case("slice_update", CUBE, (0, 1, 1), numbers(2, 2, 2), reference=put),
    case("slice_update", CUBE, np.array([1, 0, 0], np.int32), numbers(1, 3, 4), reference=put),
    case("slice_update", X, (0, 0), numbers(3, 4, seed=7), reference=put),
    case("unravel_index", np.array([5, 11, 0], np.int32), (3, 4), gradient=False),
    case("get_item", X, (slice(None), 1), reference=lambda x, k: x[k]),
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, device):
    line.run()


MASK = np.array([[True, False, True, False], [False] * 4, [True] * 4])
S = np.s_

KEYS = [
    S[1],
    S[-1],
    S[1, 2],
    S[:, 1],
    S[..., -1],
    S[1:],
    S[:-1],
    S[::-1],
    S[::2, ::-2],
    S[:, 5:2],
    S[4:0:-3],
    S[None],
    S[:, None, ::2],
    S[..., None],
    S[None, 0, ..., None],
    S[()],
    S[...],
    S[[0, 2]],
    S[np.array([[0], [2]])],
    S[np.array([0, -1]), np.array([1, 3])],
    S[:, np.array([0, 3, 0])],
    S[0, np.array([1, 2])],
    S[np.array([1, 2]), None, np.array([0, 1])],
    S[np.array([0, 1]), ::-1],
    S[np.int64(1)],
    MASK,
    S[MASK[:, 0]],
    S[:, MASK[0]],
]


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_get_item_as_numpy(key):
    check_op(lambda x: x[key], X, reference=lambda x: x[key], gradient=X[key].size > 0)


@pytest.mark.parametrize(
    "key",
    [
        S[0, :, np.array([1, 3])],
        S[:, 0, np.array([1, 3])],
        S[:, np.array([0, 2]), np.array([[1], [3]])],
        S[np.array([0, 1]), :, np.array([1, 3])],
        S[1, ..., 0],
        S[..., np.array([True, False, True, True])],
    ],
    ids=repr,
)
def test_get_item_of_three_axes_as_numpy(key):
    check_op(lambda x: x[key], CUBE, reference=lambda x: x[key])


def test_get_item_by_tensors():
    x = ops.convert_to_tensor(X.astype(np.float32))
    np.testing.assert_array_equal(x[ops.convert_to_tensor(2)].numpy(), x.numpy()[2])
    np.testing.assert_array_equal(x[ops.convert_to_tensor([0, 2])].numpy(), x.numpy()[[0, 2]])
    np.testing.assert_array_equal(x[x > 0].numpy(), x.numpy()[x.numpy() > 0])
    compiled = trace.Compiled(lambda x, i: x[i], [x, ops.convert_to_tensor(0)])
    np.testing.assert_array_equal(compiled(x, ops.convert_to_tensor(-1)).numpy(), x.numpy()[-1])


def test_what_cannot_index():
    x = ops.convert_to_tensor(X.astype(np.float32))
    for key, words in [((0, 0, 0), "Too many"), (3, "out of bounds"), (1.5, "integers"), ((..., ...), "ellipsis")]:
        with pytest.raises(IndexError, match=words):
            x[key]
    with pytest.raises(TypeError, match="mask"):
        trace.Compiled(lambda x: x[x > 0], [x])


def test_slices_that_move(device):
    x = ops.convert_to_tensor(CUBE.astype(np.float32))
    start = ops.convert_to_tensor([0, 1, 9])
    compiled = trace.Compiled(lambda x, s: ops.slice(x, s, (2, 2, 2)), [x, start])
    np.testing.assert_array_equal(compiled(x, start).numpy(), x.numpy()[:, 1:3, 2:])
    block = ops.ones((1, 3, 4))
    update = trace.Compiled(lambda x, i: ops.slice_update(x, (i, 0, 0), block), [x, ops.convert_to_tensor(0)])
    expected = x.numpy().copy()
    expected[1] = 1
    np.testing.assert_array_equal(update(x, ops.convert_to_tensor(1)).numpy(), expected)


def test_indices_out_of_range_are_refused(device):
    x = X.astype(np.float32)
    for call in (
        lambda: ops.take(x, [0, 4], axis=1),
        lambda: ops.take(x, -5, axis=1),
        lambda: ops.take_along_axis(x, [[0, 0, 0, 3]], axis=0),
        lambda: ops.scatter([[3]], [1.0], (3,)),
        lambda: ops.scatter_update(x, [[0, 4]], [1.0]),
    ):
        with pytest.raises(ValueError, match=r"\d"):
            call().numpy()


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: ops.take(X, [0.5]), TypeError, "indices"),
        (lambda: ops.take(X, [0], axis=2), ValueError, "axis=2"),
        (lambda: ops.take_along_axis(X, [0], axis=0), ValueError, "as many dimensions"),
        (lambda: ops.take_along_axis(X, np.zeros((1, 3), np.int32), axis=0), ValueError, "broadcast"),
        (lambda: ops.scatter([[0, 0]], [1.0], (3,)), ValueError, "indices"),
        (lambda: ops.scatter_update(X, [[0]], [[0.0] * 4], "sub"), ValueError, "reduction=sub"),
        (lambda: ops.slice(X, (0, 0), (4, 4)), ValueError, "fit"),
        (lambda: ops.slice(X, (0,), (3, 4)), ValueError, "start_indices"),
        (lambda: ops.slice_update(X, (0, 0), CUBE), ValueError, "updates"),
    ],
)
def test_errors_say_what_came(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


def test_a_variable_is_indexed_by_its_value():
    assert Variable([1.0, 2.0, 3.0])[1:].numpy().tolist() == [2.0, 3.0]
