"""Records with checksums, and the wire format of protocol buffers: what TensorBoard's event files are made of."""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterable, Iterator

# Castagnoli's polynomial, reversed.
_POLYNOMIAL = 0x82F63B78


@functools.cache
def _table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return tuple(table)


def crc32c(data: bytes) -> int:
    """The checksum CRC-32C (Castagnoli et al., "Optimization of cyclic redundancy-check codes", 1993).

    Args:
        data: any bytes.

    Example:

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    table = _table()
    value = 0xFFFFFFFF
    for byte in data:
        value = table[(value ^ byte) & 255] ^ value >> 8
    return value ^ 0xFFFFFFFF


def masked_crc32c(data: bytes) -> int:
    """The checksum as TFRecord files store it: rotated, and moved by a constant."""
    value = crc32c(data)
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(data: bytes) -> bytes:
    """`data` as a record of a TFRecord file: its length, the length's checksum, the data, its checksum."""
    length = struct.pack("<Q", len(data))
    return b"".join((length, struct.pack("<I", masked_crc32c(length)), data, struct.pack("<I", masked_crc32c(data))))


def read_records(content: bytes) -> Iterator[bytes]:
    """The data of the records in a TFRecord file.

    Args:
        content: the whole file.

    Raises:
        ValueError: at a record that is cut off or whose checksum is wrong.
    """
    position = 0
    while position < len(content):
        head = content[position : position + 12]
        length = struct.unpack("<Q", head[:8])[0] if len(head) == 12 else len(content)
        data = content[position + 12 : position + 12 + length]
        check = content[position + 12 + length : position + 16 + length]
        if len(check) < 4:
            raise ValueError(f"A record is cut off. Received: {len(content) - position} bytes after byte {position}")
        if (masked_crc32c(head[:8]), masked_crc32c(data)) != struct.unpack("<II", head[8:] + check):
            raise ValueError(f"A record is damaged. Received: a wrong checksum after byte {position}")
        yield data
        position += 16 + length


def varint(value: int) -> bytes:
    """An integer, negative ones as 64 bits, seven bits a byte."""
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer(number: int, value: int) -> bytes:
    """A field of a protocol buffer that is an integer; zero, the default, is left out."""
    return varint(number << 3) + varint(value) if value else b""


def double(number: int, value: float) -> bytes:
    """A field that is a float of 64 bits."""
    return varint(number << 3 | 1) + struct.pack("<d", value)


def block(number: int, value: bytes | str) -> bytes:
    """A field that is a text, bytes or another message."""
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def message(fields: Iterable[bytes]) -> bytes:
    """The message that holds these fields."""
    return b"".join(fields)
