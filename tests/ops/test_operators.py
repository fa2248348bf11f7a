import operator

import numpy as np
import pytest

from keraburn import Variable, ops, trace
from tests.checks import check_op, numbers

A = numbers(3, 4)
B = numbers(3, 4, low=0.3, high=2.0)
WHOLE = np.array([5, 6, -7], np.int32)
J = np.array([3, 1, 2], np.int32)

BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod]
COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
BITS = [operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift]


@pytest.mark.parametrize("function", BINARY, ids=lambda f: f.__name__)
def test_arithmetic(function):
    check_op(function, A, B, reference=function)
    check_op(lambda x: function(x, 0.7), A, reference=lambda x: function(x, 0.7))
    check_op(lambda x: function(1.5, x), B, reference=lambda x: function(1.5, x))


@pytest.mark.parametrize("function", [*COMPARISONS, *BITS], ids=lambda f: f.__name__)
def test_comparisons_and_bits(function):
    check_op(function, WHOLE, J, reference=function, gradient=False)
    check_op(lambda x: function(x, 2), WHOLE, reference=lambda x: function(x, 2), gradient=False)


def test_powers_products_and_signs():
    check_op(lambda a: a**2 + 2.0**a, A, reference=lambda a: a**2 + 2.0**a)
    check_op(lambda a, b: a @ b.T, A, B, reference=lambda a, b: a @ b.T)
    check_op(lambda a: -abs(+a), A, reference=lambda a: -abs(a))
    check_op(lambda a: ~a, WHOLE, reference=lambda a: ~a, gradient=False)
    check_op(lambda a: round(a, 1), A, reference=lambda a: np.round(a, 1), gradient=False)


def test_numpy_arrays_and_variables_on_either_side():
    tensor, array, variable = ops.ones((2,)), np.array([1.0, 2.0], np.float32), Variable([3.0, 4.0])
    for result in (tensor + array, array + tensor, np.float32(1) + tensor * array):
        assert result.numpy().tolist() == [2.0, 3.0]
    assert (array * variable).numpy().tolist() == [3.0, 8.0]
    assert (variable / 2).numpy().tolist() == [1.5, 2.0]
    assert (2 - variable).numpy().tolist() == [-1.0, -2.0]
    assert (variable > 3).numpy().tolist() == [False, True]
    assert (tensor == None) is False  # noqa: E711
    assert (tensor != "x") is True
    with pytest.raises(TypeError, match="unsupported operand"):
        tensor + "x"
    assert len({tensor, tensor}) == 1


METHODS = [
    ("reshape", (2, 6)),
    ("reshape", ((4, 3),)),
    ("transpose", ()),
    ("transpose", (1, 0)),
    ("flatten", ()),
    ("ravel", ()),
    ("squeeze", ()),
    ("swapaxes", (0, 1)),
    ("sum", (1,)),
    ("prod", ()),
    ("mean", ()),
    ("var", (0,)),
    ("std", ()),
    ("max", (0,)),
    ("min", ()),
    ("cumsum", (0,)),
    ("cumprod", (1,)),
    ("clip", (-1.0, 1.0)),
    ("round", ()),
    ("copy", ()),
    ("take", ([0, 2], 1)),
    ("repeat", (2, 0)),
    ("diagonal", ()),
]


@pytest.mark.parametrize(("name", "arguments"), METHODS, ids=repr)
def test_methods_as_numpy(name, arguments):
    check_op(lambda x: getattr(x, name)(*arguments), A, reference=lambda x: getattr(x, name)(*arguments))


def test_more_methods():
    x = ops.convert_to_tensor(A.astype(np.float32))
    assert x.astype("int32").dtype == "int32"
    assert x.T.shape == (4, 3)
    assert x.mT.shape == (4, 3)
    assert x.dot(x.T).shape == (3, 3)
    assert x.argmax().item() == A.argmax()
    assert x.argmin(axis=0).numpy().tolist() == A.argmin(0).tolist()
    assert x.any().item()
    assert not (x > 0).all().item()
    assert x.ptp().item() == pytest.approx(np.ptp(A), rel=1e-6)
    assert len(x.nonzero()) == 2
    np.testing.assert_array_equal(x.argsort().numpy(), A.argsort())
    np.testing.assert_array_equal(x.sort(0).numpy(), np.sort(A.astype(np.float32), 0))
    assert [part.shape for part in x.split(2, 1)] == [(3, 2), (3, 2)]
    assert [row.shape for row in x] == [(4,)] * 3
    assert x.conj().shape == (3, 4)


def test_numpy_functions_take_tensors():
    x = ops.convert_to_tensor(B.astype(np.float32))
    for name in ("sum", "prod", "mean", "std", "var", "max", "min", "ptp", "any", "all", "argmax", "cumsum", "round"):
        function = getattr(np, name)
        np.testing.assert_allclose(function(x), function(x.numpy()), rtol=1e-5)
        if name != "round":
            np.testing.assert_allclose(function(x, axis=1), function(x.numpy(), axis=1), rtol=1e-5)
    np.testing.assert_allclose(np.std(x, ddof=1), np.std(B, ddof=1), rtol=1e-5)
    assert x.sum(axis=0, dtype="float64", keepdims=True).dtype == "float64"
    assert np.exp(x).shape == (3, 4)
    with pytest.raises(TypeError, match="out"):
        np.sum(x, out=np.zeros(()))


def test_variables_are_assigned():
    variable = Variable([1.0, 2.0])
    assert variable.assign_add(1).numpy().tolist() == [2.0, 3.0]
    assert variable.assign_sub([1.0, 1.0]).numpy().tolist() == [1.0, 2.0]
    variable.assign(np.array([5, 6]))
    assert variable.numpy().dtype == np.float32
    with pytest.raises(ValueError, match="must match"):
        variable.assign([1.0, 2.0, 3.0])
    count = Variable(0, dtype="int32")
    compiled = trace.Compiled(lambda: count.assign_add(2), [])
    compiled()
    assert compiled().item() == 4
    assert count.numpy() == 4
