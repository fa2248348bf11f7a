"""TensorFlow's functions of strings, on numpy arrays of them, as functions given to `TextVectorization` use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from keraburn import _core, ops
from keraburn.data.elements import Strings
from keraburn.tensor import Tensor

# As TensorFlow's without an encoding: other letters than ASCII's stay.
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_SPACE = " \t\n\v\f\r"


def is_strings(value: Any) -> bool:
    """Whether `value` is a string, or lists or an array of strings."""
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        value = next(iter(value.flat), None)
    return isinstance(value, (str, bytes)) or (isinstance(value, np.ndarray) and value.dtype.kind in "US")


def to_strings(value: Any) -> Strings:
    """`value` as an array of strings.

    Raises:
        TypeError: if it does not hold strings.
    """
    array = np.array(value, dtype=object)
    for item in array.flat:
        if not isinstance(item, (str, bytes)):
            raise TypeError(f"Expected strings. Received: {item!r} (of type {type(item).__name__})")
    return array.view(Strings)


def _plain(value: Any) -> np.ndarray:
    """The same as numpy's own array, whose elements are strings."""
    return to_strings(value).view(np.ndarray)


def _each(function: Callable[[str], Any], value: Any) -> Strings:
    array = _plain(value)
    found = np.empty(array.shape, dtype=object)
    for index, item in np.ndenumerate(array):
        found[index] = function(item.decode("utf-8", "surrogateescape") if isinstance(item, bytes) else item)
    return found.view(Strings)


def _numbers(found: Strings, dtype: str) -> Tensor:
    return ops.convert_to_tensor(found.view(np.ndarray).astype(dtype))


def lower(input: Any, encoding: str = "", name: str | None = None) -> Strings:
    """Strings with small letters: ASCII's alone unless `encoding="utf-8"`."""
    return _each(str.lower if encoding else lambda text: text.translate(_LOWER), input)


def upper(input: Any, encoding: str = "", name: str | None = None) -> Strings:
    """Strings with capital letters: ASCII's alone unless `encoding="utf-8"`."""
    return _each(str.upper if encoding else lambda text: text.translate(_UPPER), input)


def strip(input: Any, name: str | None = None) -> Strings:
    """Strings without white space around them."""
    return _each(lambda text: text.strip(_SPACE), input)


def regex_replace(
    input: Any, pattern: str, rewrite: str, replace_global: bool = True, name: str | None = None
) -> Strings:
    r"""Strings with what matches a pattern replaced; in `rewrite`, `\1` is the first group and `\0` the whole."""
    compiled, rewrite = re.compile(pattern), rewrite.replace("\\0", "\\g<0>")
    return _each(lambda text: compiled.sub(rewrite, text, count=0 if replace_global else 1), input)


def regex_full_match(input: Any, pattern: str, name: str | None = None) -> Tensor:
    """Whether whole strings match a pattern."""
    compiled = re.compile(pattern)
    return _numbers(_each(lambda text: compiled.fullmatch(text) is not None, input), "bool")


def length(input: Any, unit: str = "BYTE", name: str | None = None) -> Tensor:
    """The lengths of strings: bytes, or code points with `unit="UTF8_CHAR"`."""
    count = len if unit == "UTF8_CHAR" else lambda text: len(text.encode("utf-8", "surrogateescape"))
    return _numbers(_each(count, input), "int32")


def substr(input: Any, pos: int, len: int, unit: str = "BYTE", name: str | None = None) -> Strings:
    """Parts of strings: so many bytes from one on, or code points with `unit="UTF8_CHAR"`."""

    def part(text: str) -> Any:
        whole: Any = text if unit == "UTF8_CHAR" else text.encode("utf-8", "surrogateescape")
        return whole[pos:][:len]

    return _each(part, input)


def join(inputs: Any, separator: str = "", name: str | None = None) -> Strings:
    """The strings at one place of several arrays, one after the other."""
    arrays = np.broadcast_arrays(*map(_plain, inputs))
    joined = np.empty(arrays[0].shape, dtype=object)
    for index in np.ndindex(joined.shape):
        joined[index] = separator.join(map(_text, (array[index] for array in arrays)))
    return joined.view(Strings)


def reduce_join(inputs: Any, axis: int | None = None, separator: str = "", name: str | None = None) -> Strings:
    """The strings along an axis, one after the other; all of them if None."""
    array = _plain(inputs)
    rows = array.reshape(1, -1) if axis is None else np.moveaxis(array, axis, -1)
    found = np.empty(rows.shape[:-1], dtype=object)
    for index in np.ndindex(found.shape):
        found[index] = separator.join(map(_text, rows[index]))
    return found.reshape(()).view(Strings) if axis is None else found.view(Strings)


def _text(item: Any) -> str:
    return item.decode("utf-8", "surrogateescape") if isinstance(item, bytes) else item


def split(input: Any, sep: str | None = None, maxsplit: int = -1, name: str | None = None) -> Any:
    """The parts of each string between separators, or white space: a list of lists, or one for a single string."""
    if not sep and maxsplit < 0:
        return _lists(_core.Pipeline(split="whitespace"), input)
    array = _each(lambda text: text.split(sep or None, maxsplit), input)
    return array.tolist()


def unicode_split(input: Any, input_encoding: str, errors: str = "replace", name: str | None = None) -> Any:
    """The code points of each string: a list of lists, or one for a single string."""
    return _lists(_core.Pipeline(split="character"), input)


def _lists(pipeline: _core.Pipeline, value: Any) -> Any:
    array = _plain(value)
    tokens, lengths = pipeline.tokens(array.ravel().tolist())
    texts = iter([token.decode("utf-8", "surrogateescape") for token in tokens])
    rows = np.empty(len(lengths), dtype=object)
    for number, count in enumerate(lengths):
        rows[number] = [next(texts) for _ in range(count)]
    return rows.reshape(array.shape).tolist()


def to_hash_bucket_fast(input: Any, num_buckets: int, name: str | None = None) -> Tensor:
    """Strings as numbers below `num_buckets`, by FarmHash's Fingerprint64."""
    array = _plain(input)
    return ops.convert_to_tensor(
        _core.hash_strings(array.ravel().tolist(), num_buckets, None).reshape(array.shape), "int64"
    )


def to_hash_bucket_strong(input: Any, num_buckets: int, key: Any, name: str | None = None) -> Tensor:
    """Strings as numbers below `num_buckets`, by SipHash with a key of two integers."""
    array = _plain(input)
    first, second = (int(part) % 2**64 for part in key)
    found = _core.hash_strings(array.ravel().tolist(), num_buckets, (first, second))
    return ops.convert_to_tensor(found.reshape(array.shape), "int64")


def to_number(input: Any, out_type: str = "float32", name: str | None = None) -> Tensor:
    """The numbers that strings write out.

    Raises:
        ValueError: if one writes none.
    """
    return _numbers(_each(int if "int" in out_type else float, input), out_type)
