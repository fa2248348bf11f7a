"""Element types and shapes, in HDF5's encoding and numpy's."""

from __future__ import annotations

import dataclasses
import math
import struct

import numpy as np

from keraburn.saving.hdf5.source import Cursor

# Where sign, exponent and mantissa of IEEE numbers lie: bits of the exponent, bits of the mantissa, bias.
_FLOATS = {2: (5, 10, 15), 4: (8, 23, 127), 8: (11, 52, 1023)}
_MOST_DIMENSIONS = 32


@dataclasses.dataclass(frozen=True)
class Type:
    """An element type.

    Args:
        dtype: numpy's; for strings of any length, that of the reference to them.
        text: whether it is a string of any length, kept elsewhere.
    """

    dtype: np.dtype
    text: bool = False


def decode_type(cursor: Cursor) -> Type:
    """The element type that an encoded one means.

    Raises:
        ValueError: if it is none of numbers, truth values, strings and plain bytes.
    """
    kind = cursor.number(1)
    version, kind = kind >> 4, kind & 15
    bits = cursor.number(3)
    size = cursor.number(4)
    if not 1 <= version <= 5 or not 0 < size < 1 << 31:
        raise ValueError(f"Invalid H5 file, unknown element type: version {version}, {size} bytes")
    order = ">" if bits & 1 else "<"
    if kind == 0:
        cursor.skip(4)
        if size in (1, 2, 4, 8):
            return Type(np.dtype(f"{order}{'i' if bits & 8 else 'u'}{size}"))
    elif kind == 1:
        _, _, _, exponent, _, mantissa, bias = struct.unpack("<HHBBBBI", cursor.take(12))
        if _FLOATS.get(size) == (exponent, mantissa, bias) and not bits & 0x40:
            return Type(np.dtype(f"{order}f{size}"))
    elif kind == 3:
        return Type(np.dtype(f"S{size}"))
    elif kind == 5:
        cursor.skip(bits & 0xFF)
        return Type(np.dtype(f"V{size}"))
    elif kind == 8:
        base = decode_type(cursor).dtype
        names = []
        for _ in range(bits & 0xFFFF):
            names.append(cursor.text())
            if version < 3:
                cursor.skip(-(len(names[-1].encode("utf-8", "surrogateescape")) + 1) % 8)
        values = cursor.take(base.itemsize * len(names))
        if base.itemsize == size == 1 and names == ["FALSE", "TRUE"] and values == b"\0\1":
            return Type(np.dtype(bool))
    elif kind == 9 and bits & 15 == 1 and size == 16:
        return Type(np.dtype([("count", "<u4"), ("address", "<u8"), ("index", "<u4")]), text=True)
    raise ValueError(f"Invalid H5 file, expected numbers or strings, received an element type of class {kind}")


def encode_type(dtype: np.dtype) -> bytes:
    """HDF5's encoding of a numpy type.

    Raises:
        TypeError: if it is none of numbers, truth values and bytes.
    """
    size = dtype.itemsize
    if dtype.kind == "b":
        # As numpy's truth values are written by everyone: an enumeration of bytes.
        base = encode_type(np.dtype("int8"))
        return struct.pack("<BBHI", 0x38, 2, 0, 1) + base + b"FALSE\0TRUE\0\0\1"
    if dtype.kind in "iu":
        return struct.pack("<BBHIHH", 0x10, 8 if dtype.kind == "i" else 0, 0, size, 0, 8 * size)
    if dtype.kind == "f" and size in _FLOATS:
        exponent, mantissa, bias = _FLOATS[size]
        bits = struct.pack("<BBBBI", 0x11, 0x20, 8 * size - 1, 0, size)
        return bits + struct.pack("<HHBBBBI", 0, 8 * size, mantissa, exponent, 0, mantissa, bias)
    if dtype.kind == "S":
        return struct.pack("<BBHI", 0x13, 1, 0, max(size, 1))
    if dtype.kind == "V" and dtype.names is None:
        return struct.pack("<BBHI", 0x15, 0, 0, size)
    raise TypeError(f"Only numbers, truth values and bytes can be kept in a file of weights. Received: dtype={dtype}")


# A string of any length, in UTF-8, ended by a zero byte.
TEXT = struct.pack("<BBHI", 0x19, 1, 1, 16) + struct.pack("<BBHI", 0x13, 0, 1, 1)


def decode_shape(cursor: Cursor) -> tuple[int, ...] | None:
    """The shape that an encoded dataspace means; None if it has no elements at all."""
    version = cursor.number(1)
    rank, flags = cursor.number(1), cursor.number(1)
    if version not in (1, 2) or rank > _MOST_DIMENSIONS or flags > 3:
        raise ValueError(f"Invalid H5 file, unknown shape: version {version}, {rank} dimensions")
    kind = cursor.number(1)
    if version == 1:
        cursor.skip(4)
    elif kind == 2:
        return None
    shape = tuple(cursor.number(8) for _ in range(rank))
    if math.prod(shape) >= 1 << 62:
        raise ValueError(f"Not allowed: H5 file with a shape of {shape}")
    return shape


def encode_shape(shape: tuple[int, ...]) -> bytes:
    """HDF5's encoding of a shape."""
    return struct.pack("<BBBB", 2, len(shape), 0, 1 if shape else 0) + b"".join(
        each.to_bytes(8, "little") for each in shape
    )
