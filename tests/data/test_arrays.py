"""Arrays, tables and columns of other libraries are read as the numbers they hold, shared where possible."""

from __future__ import annotations

import numpy as np
import pytest

import keraburn as keras
from keraburn.data.arrays import is_array_like, to_array, to_numpy, to_rows
from keraburn.data.sparse import SparseRows

TABLE = np.arange(6.0).reshape(3, 2)


class Exchanged:
    """An array that only exchanges its memory."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **kwargs):
        return self.array.__dlpack__(**kwargs)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class Torch:
    """What tells a tensor of PyTorch from an array, where PyTorch is not installed."""

    def __init__(self, array, dtype="torch.float32", attached=True):
        self.array, self.dtype, self.attached = array, dtype, attached

    def detach(self):
        return Torch(self.array, self.dtype, False)

    def cpu(self):
        return self

    def float(self):
        return Torch(self.array, "torch.float32", self.attached)

    def numpy(self):
        if self.attached or self.dtype == "torch.bfloat16":
            raise TypeError("no numpy array for this")
        return self.array

    def __array__(self, dtype=None, copy=None):
        return self.numpy()


def test_memory_is_shared_where_it_can_be():
    array = TABLE.copy()
    for value in (array, Exchanged(array), Torch(array)):
        assert is_array_like(value)
        assert np.shares_memory(to_array(value, "x"), array)


def test_tensors_of_torch_leave_their_graph_and_their_half_types():
    assert to_array(Torch(TABLE), "x") is TABLE
    assert to_array(Torch(TABLE, "torch.bfloat16"), "x") is TABLE


def test_arrays_of_jax():
    jax = pytest.importorskip("jax")
    array = jax.numpy.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(to_array(array, "x"), TABLE)
    half = to_array(array.astype("bfloat16"), "x")
    assert half.dtype == np.float32
    np.testing.assert_array_equal(half, TABLE)


def test_sparse_arrays_of_jax():
    pytest.importorskip("jax")
    from jax.experimental import sparse

    np.testing.assert_array_equal(to_array(sparse.BCOO.fromdense(TABLE), "x"), TABLE)


def test_tables_of_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5], "c": [True, False, True]})
    np.testing.assert_array_equal(to_array(frame, "x"), [[1, 0.5, 1], [2, 1.5, 0], [3, 2.5, 1]])
    assert to_array(frame["a"], "y").shape == (3, 1), "a column is a table of one, as in Keras"
    nullable = pandas.DataFrame({"a": pandas.array([1, None, 3], dtype="Int64"), "b": [1.0, 2.0, 3.0]})
    np.testing.assert_array_equal(to_array(nullable, "x"), [[1, 1], [np.nan, 2], [3, 3]])
    np.testing.assert_array_equal(to_array(nullable["a"], "x"), [[1], [np.nan], [3]])
    frame["city"] = ["Rome", "Oslo", "Rome"]
    with pytest.raises(ValueError, match="x with column 'city'"):
        to_array(frame, "x")
    with pytest.raises(ValueError, match="y with column 'city'"):
        to_array(frame["city"], "y")
    with pytest.raises(ValueError, match="column 'when'"):
        to_array(pandas.DataFrame({"when": pandas.to_datetime(["2020-01-01"])}), "x")
    with pytest.raises(ValueError, match="column 'kind'"):
        to_array(pandas.DataFrame({"kind": pandas.Categorical(["a", "b"]), "n": [1, 2]}), "x")


def test_tables_of_polars():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": [1, 2, 3], "b": [0.5, None, 2.5]})
    np.testing.assert_array_equal(to_array(frame, "x"), [[1, 0.5], [2, np.nan], [3, 2.5]])
    assert to_array(frame["a"], "y").shape == (3,)
    np.testing.assert_array_equal(to_array(polars.Series([True, False]), "y"), [True, False])
    nested = polars.Series([[1.0, 2.0], [3.0, 4.0]], dtype=polars.Array(polars.Float64, 2))
    np.testing.assert_array_equal(to_array(nested, "x"), [[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="x with column 'city'"):
        to_array(frame.with_columns(city=polars.Series(["a", "b", "c"])), "x")
    with pytest.raises(ValueError, match="Unrecognized data type"):
        to_array(frame.lazy(), "x")


@pytest.mark.parametrize("form", ["csr_matrix", "csc_array", "coo_array", "lil_matrix", "dok_array", "bsr_array"])
def test_sparse_matrices_stay_sparse(form):
    sparse = pytest.importorskip("scipy.sparse")
    dense = np.array([[0, 1.5, 0], [0, 0, 0], [2, 0, 3]])
    rows = to_rows(getattr(sparse, form)(dense), "x")
    assert isinstance(rows, SparseRows)
    assert (rows.shape, len(rows), rows.dtype) == ((3, 3), 3, np.float64)
    np.testing.assert_array_equal(rows.dense(slice(1, 3)), dense[1:])
    np.testing.assert_array_equal(rows.dense(np.array([2, 0])), dense[[2, 0]])
    np.testing.assert_array_equal(rows[1:].dense(slice(None)), dense[1:])
    np.testing.assert_array_equal(np.asarray(rows), dense)
    np.testing.assert_array_equal(to_array(getattr(sparse, form)(dense), "x"), dense)


def test_sparse_types():
    sparse = pytest.importorskip("scipy.sparse")
    for given, kept in (("int8", "int64"), ("uint8", "uint8"), ("float32", "float32"), ("bool", "bool")):
        assert to_rows(sparse.csr_matrix(np.eye(2, dtype=given)), "x").dtype == kept
    with pytest.raises(ValueError, match="complex128"):
        to_rows(sparse.csr_matrix(np.eye(2) * 1j), "x")


def test_half_types_that_other_libraries_add():
    types = pytest.importorskip("ml_dtypes")
    for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        array = to_array(np.array([[1.0, 2.0]]).astype(getattr(types, name)), "x")
        assert array.dtype == np.float32
        assert array.tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        (None, "x=None"),
        (object(), "object"),
        ({1, 2}, "set"),
        (np.array(["a"]), "<U1"),
        (np.array([b"a"]), "S1"),
        (np.array([1j]), "complex128"),
        (np.array(["2020-01-01"], "datetime64[D]"), "datetime64"),
        (np.array([None, 1.0], object), "object"),
        (np.float32(1), "dimension"),
        (keras.Input((2,)), "KerasTensor"),
        ([[1, 2], [3]], "pad_sequences"),
    ],
)
def test_what_holds_no_numbers_is_refused(value, quoted):
    with pytest.raises(ValueError, match=quoted):
        to_array(value, "x")


def test_anything_array_like_is_an_array():
    class Like:
        def __array__(self, dtype=None, copy=None):
            return TABLE

    assert to_numpy(Like()) is TABLE
    assert to_numpy(keras.ops.convert_to_tensor([1.0])).tolist() == [1.0]
