import numpy as np
import pytest

from keraburn import ops
from tests.checks import Case, case, numbers

X = numbers(3, 4)
Y = numbers(3, 4, seed=1)
CUBE = numbers(2, 3, 4)
SQUARE = numbers(3, 3)
V = numbers(4)
WHOLE = np.arange(6, dtype=np.int32).reshape(2, 3)


def listed(function):
    return lambda *xs: list(function(*xs))


CASES = [
    case("reshape", CUBE, (4, -1)),
    case("reshape", CUBE, -1),
    case("ravel", CUBE),
    case("transpose", CUBE),
    case("transpose", CUBE, (1, 2, 0)),
    case("swapaxes", CUBE, 0, -1),
    case("moveaxis", CUBE, 0, -1),
    case("moveaxis", CUBE, (0, 1), (2, 0)),
    case("expand_dims", X, 1),
    case("expand_dims", X, (0, -1)),
    case("squeeze", X[:, None, :, None], 1),
    case("squeeze", X[:, None, :, None]),
    case("broadcast_to", V, (2, 3, 4)),
    case("flip", CUBE),
    case("flip", CUBE, (0, -1)),
    case("fliplr", X),
    case("flipud", X),
    case("rot90", X),
    case("rot90", CUBE, 2, (0, 2)),
    case("rot90", CUBE, -1, (2, 1)),
    case("meshgrid", V, numbers(3), reference=listed(np.meshgrid)),
    case(
        "meshgrid", V, numbers(3), numbers(2), reference=lambda *x: list(np.meshgrid(*x, indexing="ij")), indexing="ij"
    ),
    case("concatenate", [X, Y], 1, gradient=False),
    case("append", X, Y, 0),
    case("append", X, Y),
    case("stack", [X, Y], -1, gradient=False),
    case("hstack", [V, numbers(2)], gradient=False),
    case("hstack", [X, Y], gradient=False),
    case("vstack", [V, V + 1], gradient=False),
    case("dstack", [X, Y], gradient=False),
    case("dstack", [V, V], gradient=False),
    case("split", X, 2, 1, reference=listed(np.split)),
    case("split", X, [1, 2], -1, reference=listed(np.split)),
    case("array_split", X, 3, 1, reference=listed(np.array_split)),
    case("hsplit", X, 2, reference=listed(np.hsplit)),
    case("vsplit", X, 3, reference=listed(np.vsplit)),
    case("dsplit", CUBE, 2, reference=listed(np.dsplit)),
    case("unstack", CUBE, reference=lambda x: list(x)),
    case("unstack", CUBE, reference=lambda x: [x[:, i] for i in range(3)], axis=1),
    case("roll", CUBE, 5),
    case("roll", CUBE, -1, 1),
    case("roll", CUBE, (1, 2), (0, -1)),
    case("repeat", X, 3),
    case("repeat", X, 2, 1),
    case("tile", X, 2),
    case("tile", X, (2, 1, 3)),
    case("pad", X, ((1, 2), (0, 1))),
    case("pad", X, 1, reference=lambda x, w: np.pad(x, w, constant_values=1.5), constant_values=1.5),
    case("pad", X, ((1, 2), (3, 1)), mode="reflect"),
    case("pad", X, ((1, 2), (3, 1)), mode="symmetric"),
    case("pad", X, ((1, 2), (3, 1)), mode="edge"),
    case("pad", X, ((1, 2), (3, 1)), mode="wrap"),
    case("diag", V),
    case("diag", V, 1),
    case("diag", V, -2),
    case("diag", X, 1),
    case("diag", WHOLE, -1, gradient=False),
    case("diagflat", SQUARE[:2, :2], 1),
    case("diagonal", CUBE),
    case("diagonal", CUBE, 1, 2, 1),
    case("diagonal", CUBE, -1, 0, 2),
    case("trace", CUBE),
    case("trace", WHOLE, gradient=False),
    case("tril", CUBE, -1),
    case("triu", CUBE, 1),
    case("triu", WHOLE, gradient=False),
]


@pytest.mark.parametrize("line", CASES, ids=str)
def test_value_and_gradient(line: Case, device):
    line.run()


@pytest.mark.parametrize("name", ["concatenate", "stack", "hstack", "vstack", "dstack"])
def test_joining_has_gradients(name):
    from tests.checks import check_op

    check_op(lambda a, b: getattr(ops, name)([a, b]), X, Y, reference=lambda a, b: getattr(np, name)([a, b]))


def test_repeats_of_their_own():
    from tests.checks import check_op

    check_op(lambda x: ops.repeat(x, [0, 2, 1], 0), X, reference=lambda x: np.repeat(x, [0, 2, 1], 0))


def test_joining_promotes():
    assert ops.concatenate([np.ones(2, np.int32), np.ones(2, np.float32)]).dtype == "float32"
    assert ops.stack([1, 2.5]).numpy().tolist() == [1.0, 2.5]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.reshape(X, (5, -1)), "12 elements"),
        (lambda: ops.reshape(X, (-1, -1)), "newshape"),
        (lambda: ops.transpose(X, (0, 0)), "permutation"),
        (lambda: ops.transpose(X, (0, 2)), "axes=2"),
        (lambda: ops.squeeze(X, 0), "not 1"),
        (lambda: ops.broadcast_to(X, (3, 5)), "broadcast"),
        (lambda: ops.concatenate([X, CUBE]), "shapes"),
        (lambda: ops.concatenate([X, V[None]], 1), r"\(1, 4\)"),
        (lambda: ops.concatenate([]), "at least one"),
        (lambda: ops.stack([X, V]), "same shape"),
        (lambda: ops.split(X, 3, 1), "size 4"),
        (lambda: ops.unstack(X, 2), "num=2"),
        (lambda: ops.flip(X, 2), "axis=2"),
        (lambda: ops.repeat(X, [1, 2], 0), "repeats"),
        (lambda: ops.pad(X, 1, mode="zero"), "mode=zero"),
        (lambda: ops.pad(X, 1, mode="edge", constant_values=1), "constant_values"),
        (lambda: ops.pad(X, ((1, 1),) * 3), "pad_width"),
        (lambda: ops.expand_dims(X, 4), "axis=4"),
        (lambda: ops.moveaxis(X, (0, 1), 0), "same number"),
        (lambda: ops.rot90(V), "2 dimensions"),
        (lambda: ops.diag(CUBE), "1 or 2"),
        (lambda: ops.tril(V), "2 dimensions"),
        (lambda: ops.meshgrid(V, indexing="yx"), "indexing=yx"),
    ],
)
def test_errors_say_what_came(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_wrong_type_of_axis_is_a_type_error():
    with pytest.raises(TypeError, match=r"axis=1\.5"):
        ops.flip(X, 1.5)
    with pytest.raises(TypeError, match="newshape"):
        ops.reshape(X, (2, 6.0))
