import itertools

import numpy as np
import pytest

from keraburn import config
from keraburn.dtypes import DTYPES, result_type, standardize_dtype

# Lowest first: the higher of two types holds both.
ORDER = ["bool", int, "uint8", "int32", "int64", float, "float16", "float32", "float64"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, "float32"),
        ("float64", "float64"),
        (np.float32, "float32"),
        (np.dtype("uint8"), "uint8"),
        (np.dtype(">i4"), "int32"),
        (np.bool_, "bool"),
        (bool, "bool"),
        (int, "int32"),
        (float, "float32"),
        ("int", "int32"),
        ("half", "float16"),
        (np.float16, "float16"),
        ("bfloat16", "bfloat16"),
    ],
    ids=repr,
)
def test_names(given, expected):
    assert standardize_dtype(given) == expected


@pytest.mark.parametrize("given", ["float8_e4m3fn", "float8_e5m2"])
def test_quarter_floats_are_refused_by_name(given):
    with pytest.raises(ValueError, match=r"float8_\w+ are not supported.*'float32', 'float64', 'int32'"):
        standardize_dtype(given)


@pytest.mark.parametrize("given", ["string", "flaot32", np.int16, "complex64", 3, []])
def test_unknown_names_list_the_known(given):
    with pytest.raises(ValueError, match=r"Invalid dtype.*'bool'.*Received"):
        standardize_dtype(given)


def test_all_pairs_promote_to_the_higher():
    resolved = {int: "int32", float: "float32"}
    for first, second in itertools.product(ORDER, repeat=2):
        higher = max(first, second, key=ORDER.index)
        assert result_type(first, second) == resolved.get(higher, higher)
    assert set(DTYPES) == {name for name in ORDER if isinstance(name, str)} | {"bfloat16"}


def test_the_half_types_promote_alike_and_to_float32_together():
    for other in ORDER:
        expected = result_type("float16", other)
        assert result_type("bfloat16", other) == (
            "float32" if other == "float16" else expected.replace("float16", "bfloat16")
        )
    assert result_type("float16", "bfloat16") == "float32"
    assert result_type("float16", "bfloat16", "float64") == "float64"


def test_more_than_two_and_none():
    assert result_type() == "float32"
    assert result_type(None, "int32") == "float32"
    assert result_type("bool", "uint8", "int64", float) == "float32"
    assert result_type("uint8") == "uint8"


def test_python_floats_follow_floatx():
    config.set_floatx("float64")
    try:
        assert result_type("int32", float) == "float64"
        assert result_type("float32", float) == "float32"
        assert standardize_dtype(None) == "float64"
    finally:
        config.set_floatx("float32")
