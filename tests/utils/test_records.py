"""Records and their checksums, against published values and TensorFlow's own reader."""

from __future__ import annotations

import struct

import pytest

from keraburn.utils.records import block, crc32c, double, integer, masked_crc32c, read_records, record, varint


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (b"a", 0xC1D04330),
        (b"123456789", 0xE3069283),
        # RFC 3720, B.4.
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_checksums(data, expected):
    assert crc32c(data) == expected
    rotated = (expected >> 15 | expected << 17) & 0xFFFFFFFF
    assert masked_crc32c(data) == (rotated + 0xA282EAD8) % 2**32


def test_a_record_byte_by_byte():
    written = record(b"abc")
    assert written[:8] == b"\x03" + bytes(7)
    assert struct.unpack("<I", written[8:12])[0] == masked_crc32c(written[:8])
    assert written[12:15] == b"abc"
    assert struct.unpack("<I", written[15:])[0] == masked_crc32c(b"abc")
    assert len(written) == 19


def test_records_are_read_back_and_damage_is_found():
    parts = [b"", b"one", bytes(range(256)) * 5]
    content = b"".join(map(record, parts))
    assert list(read_records(content)) == parts
    for position in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[position] ^= 1
        with pytest.raises(ValueError, match="A record is"):
            list(read_records(bytes(damaged)))
    for end in (len(content) - 1, len(content) - 5, 5):
        with pytest.raises(ValueError, match="cut off"):
            list(read_records(content[:end]))


def test_tensorboard_reads_our_records(tmp_path):
    compat = pytest.importorskip("tensorboard.compat.tensorflow_stub.pywrap_tensorflow")
    parts = [b"one", b"", bytes(1000)]
    path = tmp_path / "records"
    path.write_bytes(b"".join(map(record, parts)))
    reader = compat.PyRecordReader_New(str(path))
    found = []
    for _ in parts:
        reader.GetNext()
        found.append(reader.record())
    assert found == parts
    for part in parts:
        assert masked_crc32c(part) == compat.masked_crc32c(part)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, b"\0"), (1, b"\1"), (127, b"\x7f"), (128, b"\x80\1"), (300, b"\xac\2"), (-1, b"\xff" * 9 + b"\1")],
)
def test_varints(value, expected):
    assert varint(value) == expected


def test_fields():
    assert integer(2, 0) == b""
    assert integer(2, 150) == b"\x10\x96\x01"
    assert double(1, 1.0) == b"\x09" + struct.pack("<d", 1.0)
    assert block(3, "testing") == b"\x1a\x07testing"
