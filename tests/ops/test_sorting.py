import numpy as np
import pytest

from keraburn import ops, trace
from tests.checks import Case, case, check_op, numbers, plain

X = numbers(3, 4)
CUBE = numbers(2, 3, 4)
WHOLE = np.array([[4, -1, 7, 4], [2, 9, 3, 2]], np.int32)
FLAGS = np.array([[True, False, True], [False, False, True]])
RISING = np.array([-1.0, 0.0, 0.0, 0.5, 2.0], np.float32)
VALUES = np.array([[-3.0, 0.0, 0.3], [2.0, 5.0, -1.0]], np.float32)


def stable(x, axis=-1):
    return np.argsort(x, axis=axis, kind="stable")


def top(x, k):
    order = np.argsort(-x, axis=-1, kind="stable")[..., :k]
    return [np.take_along_axis(x, order, -1), order]


CASES = [
    case("sort", CUBE),
    case("sort", CUBE, axis=1),
    case("sort", X, None, reference=lambda x, a: np.sort(x, None)),
    plain("sort", WHOLE, axis=0),
    plain("sort", FLAGS),
    plain("argsort", WHOLE, reference=stable),
    plain("argsort", CUBE, reference=lambda x: stable(x, 0), axis=0),
    plain("argpartition", X, 2, reference=lambda x, k: stable(x)),
    case("top_k", CUBE, 2, reference=top),
    plain("top_k", WHOLE, 3, reference=top),
    plain("in_top_k", np.array([1, 2]), VALUES, 1, reference=lambda t, p, k: np.array([False, False])),
    plain("in_top_k", np.array([1, 2]), VALUES, 2, reference=lambda t, p, k: np.array([True, False])),
    plain("in_top_k", np.array([1, 0]), VALUES, 2, reference=lambda t, p, k: np.array([True, True])),
    plain("searchsorted", RISING, VALUES),
    plain("searchsorted", RISING, VALUES, side="right"),
    plain("searchsorted", np.array([2, 4], np.int32), WHOLE),
    plain("digitize", VALUES, RISING),
    plain("digitize", VALUES, RISING[::-1].copy()),
    plain("isin", WHOLE, np.array([2, 4, 10], np.int32)),
    plain("isin", WHOLE, np.array([2], np.int32), invert=True),
    plain("isin", FLAGS, np.array([False])),
    plain("histogram", X, 5, reference=lambda x, b: [np.histogram(x, b)[0].astype(float), np.histogram(x, b)[1]]),
    plain(
        "histogram",
        X,
        reference=lambda x: [h.astype(float) for h in np.histogram(x, 4, (-1, 1))],
        bins=4,
        range=(-1, 1),
    ),
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, device):
    line.run()


def test_bincount_counts_and_weighs(device):
    x = np.array([1, 1, 2, 5], np.int32)
    assert ops.bincount(x).numpy().tolist() == [0, 2, 1, 0, 0, 1]
    assert ops.bincount(x, minlength=8).shape == (8,)
    assert ops.bincount(x, weights=[0.5, 1.0, 2.0, 3.0]).numpy().tolist() == [0.0, 1.5, 2.0, 0.0, 0.0, 3.0]
    rows = ops.bincount(np.array([[0, 1], [2, 2]], np.int32))
    assert rows.numpy().tolist() == [[1, 1, 0], [0, 0, 2]]


def test_unique_gives_what_is_asked_for():
    found, index, inverse, counts = ops.unique(WHOLE, return_index=True, return_inverse=True, return_counts=True)
    wanted = np.unique(WHOLE, True, True, True)
    for ours, theirs in zip((found, index, inverse, counts), wanted, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs)
    assert ops.unique(WHOLE, size=8, fill_value=-5).numpy().tolist() == [-1, 2, 3, 4, 7, 9, -5, -5]
    assert ops.unique(WHOLE, size=2).numpy().tolist() == [-1, 2]


@pytest.mark.parametrize("places", [1, 3, 200, 5000])
@pytest.mark.parametrize("dtype", ["int32", "uint8", "float32", "float64"])
def test_many_sums_into_few_places(places, dtype):
    """Places that are many times as few as what is added up, or not; in the first of them there is something."""
    rng = np.random.default_rng(0)
    where = rng.integers(0, places, 20001)
    # Whole numbers, whose sums are exact in any order.
    added = rng.integers(-50 if dtype != "uint8" else 0, 50, 20001).astype(dtype)
    begun = np.full(places, 3, dtype)
    expected = begun.copy()
    np.add.at(expected, where, added)
    for index in (where.astype("int32"), where):
        found = ops.scatter_update(begun, index[:, None], added, reduction="add")
        np.testing.assert_array_equal(found.numpy(), expected)


@pytest.mark.parametrize("name", ["unique", "nonzero", "bincount"])
def test_sizes_that_depend_on_values_are_refused_under_a_trace(name):
    with pytest.raises(TypeError, match=f"`{name}` needs the values"):
        trace.Compiled(getattr(ops, name), [ops.convert_to_tensor([1, 2])])


def test_sorting_twice_is_differentiable():
    check_op(lambda x: ops.sort(ops.sort(x, 0), 1) ** 2, X, reference=lambda x: np.sort(np.sort(x, 0), 1) ** 2)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: ops.top_k(X, 5), ValueError, "k=5"),
        (lambda: ops.argpartition(X, 4), ValueError, "kth=4"),
        (lambda: ops.searchsorted(X, X), ValueError, "1-D"),
        (lambda: ops.searchsorted(RISING, X, side="up"), ValueError, "side=up"),
        (lambda: ops.bincount([-1, 1]), ValueError, "negative"),
        (lambda: ops.bincount([0.5]), TypeError, "integers"),
        (lambda: ops.histogram(X, 0), ValueError, "bins=0"),
        (lambda: ops.in_top_k([1], VALUES, 1), ValueError, "same shape"),
    ],
)
def test_errors_say_what_came(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
