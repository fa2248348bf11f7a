"""Errors name the file, and what only damage can cause is a ValueError."""

from __future__ import annotations

import errno
import struct
import warnings
import zipfile

import pytest

import keraburn
from keraburn.saving.errors import naming


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (ValueError("no"), ValueError),
        (TypeError("no"), TypeError),
        (KeyError("no"), ValueError),
        (struct.error("no"), ValueError),
        (zipfile.BadZipFile("no"), ValueError),
        (RecursionError("no"), ValueError),
        (MemoryError("no"), ValueError),
        (OSError("no"), ValueError),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "no"), ValueError),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else None,
)
def test_what_becomes_of_errors(raised, expected):
    with pytest.raises(expected, match=r"no[\s\S]*filepath=a\.keras") as caught, naming("a.keras"):
        raise raised
    assert type(caught.value) is expected
    assert caught.value.__cause__ is raised


def test_what_is_left_as_it_is():
    for error in (OSError(errno.EIO, "disk"), ImportError("no"), UserWarning("no"), KeyboardInterrupt()):
        with pytest.raises(type(error)) as caught, naming("a.keras"):
            raise error
        assert caught.value is error
    with pytest.raises(ValueError, match=r"^no. Received: filepath=a$"), naming("a"):
        raise ValueError("no. Received: filepath=a")


def test_members_packed_in_other_ways(tmp_path):
    """Archives packed anew are read; damage inside the packing is an error too."""
    path = tmp_path / "model.keras"
    model = keraburn.Sequential([keraburn.Input((20,)), keraburn.layers.Dense(30)])
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        model.save(path)
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, data in parts.items():
                archive.writestr(name, data)
        assert keraburn.models.load_model(path).count_params() == 630
        data = bytearray(path.read_bytes())
        for place in range(40, len(data), 97):
            path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    keraburn.models.load_model(path)
            except ValueError as error:
                assert str(path) in str(error)  # noqa: PT017 some of the places are of no importance
