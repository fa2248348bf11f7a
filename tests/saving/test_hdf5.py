"""HDF5 by Python alone, with the HDF5 library as the second opinion."""

from __future__ import annotations

import io

import numpy as np
import pytest

from keraburn.saving.hdf5 import File, NewFile, Reader, Writer, get_array
from keraburn.saving.hdf5.checksum import lookup3

h5py = pytest.importorskip("h5py")
DTYPES = [
    "bool",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
]
RNG = np.random.default_rng(0)


def arrays():
    found = {f"a/{name}": (RNG.random((3, 4)) * 100).astype(name) for name in DTYPES}
    found.update(
        {"scalar": np.array(2.5), "empty": np.zeros((0, 3)), "deep/er/and/deeper": np.arange(24).reshape(2, 3, 4)}
    )
    # More names than a group holds in one table of the library.
    found.update({f"many/{number}": np.array([number]) for number in range(1200)})
    return found


def written(file):
    stream = io.BytesIO()
    file.write(stream)
    return stream


def same(expected, found):
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found, expected)


def test_the_library_reads_what_is_written():
    file, values = NewFile(), arrays()
    for path, value in values.items():
        file.put(path, value)
    attributes = {"text": "é" * 70_000, "texts": ["a", "bé", ""] * 50, "number": 3, "half": 0.5, "none": []}
    file.attributes.update(attributes)
    file.group("a").attributes["name"] = "dense"
    with h5py.File(written(file)) as found:
        for path, value in values.items():
            same(value, found[path][()])
        assert set(found["many"]) == {str(number) for number in range(1200)}
        assert found.attrs["text"] == attributes["text"]
        assert list(found.attrs["texts"]) == attributes["texts"]
        assert (found.attrs["number"], found.attrs["half"], len(found.attrs["none"])) == (3, 0.5, 0)
        assert found["a"].attrs["name"] == "dense"


def test_what_is_written_is_read():
    file, values = NewFile(), arrays()
    for path, value in values.items():
        file.put(path, value)
    file.attributes["texts"] = ["a", "bé"] * 1500
    found = File(written(file))
    for path, value in values.items():
        same(value, get_array(found, path))
    assert list(found.attributes["texts"]) == ["a", "bé"] * 1500


@pytest.mark.parametrize("version", ["earliest", ("v108", "v110"), "latest"])
def test_what_the_library_writes_is_read(version):
    stream, values = io.BytesIO(), arrays()
    with h5py.File(stream, "w", libver=version) as file:
        for path, value in values.items():
            file[path] = value
        file["big"] = np.arange(5, dtype=">f4")
        file.create_dataset("unset", (3, 4), "f4")
        file.attrs.update({"text": "é" * 70_000 if version == "earliest" else "é", "fixed": np.array([b"ab", b"cde"])})
        file.create_group("noted").attrs.update({f"n{number}": number for number in range(50)})
        file.attrs.update({"texts": ["a", "bé"], "bytes": b"abc", "number": np.float32(0.5), "none": []})
    found = File(stream)
    for path, value in {**values, "unset": np.zeros((3, 4), "f4"), "big": np.arange(5, dtype="f4")}.items():
        same(value, get_array(found, path))
    assert set(found.find("many").links) == {str(number) for number in range(1200)}
    assert found.find("noted").attributes == {f"n{number}": number for number in range(50)}
    assert found.attributes["text"][:3] == "ééé"[: len(found.attributes["text"])]
    assert list(found.attributes["fixed"]) == ["ab", "cde"]
    assert list(found.attributes["texts"]) == ["a", "bé"]
    assert (found.attributes["bytes"], found.attributes["number"], len(found.attributes["none"])) == ("abc", 0.5, 0)


@pytest.mark.parametrize(
    "options", [{}, {"compression": "gzip"}, {"compression": "gzip", "shuffle": True, "fletcher32": True}]
)
def test_pieces(options):
    stream = io.BytesIO()
    value = RNG.random((100, 70)).astype("float32")
    with h5py.File(stream, "w") as file:
        file.create_dataset("x", data=value, chunks=(16, 9), **options)
        file.create_dataset("rows", (40, 3), "i4", chunks=(7, 3), **options)[7:20] = 5
    found = File(stream)
    same(value, get_array(found, "x"))
    rows = np.zeros((40, 3), "i4")
    rows[7:20] = 5
    same(rows, get_array(found, "rows"))


def test_a_stretch_of_a_file():
    file = NewFile()
    file.put("x", np.arange(3))
    data = written(file).getvalue()
    found = File(io.BytesIO(b"before" + data + b"after"), 6, len(data))
    same(np.arange(3), get_array(found, "x"))


def test_entries_of_objects():
    file = NewFile()
    entries = Writer(file).at("layers/dense", "name")
    entries["0"], entries["1"] = np.ones(2), np.zeros(3)
    del entries["1"]
    assert dict(entries).keys() == {"0"}
    reader = Reader(File(written(file)))
    stored = reader.at("layers/dense")
    assert list(stored) == ["0"]
    assert "1" not in stored
    assert len(reader.at("layers/none")) == 0
    assert reader.has("layers/dense")
    assert not reader.has("layers/none")
    with pytest.raises(KeyError):
        stored["1"]


def test_mistakes():
    file = NewFile()
    file.put("a/b", np.ones(2))
    with pytest.raises(ValueError, match="There is a variable 'b'"):
        file.put("a/b/c", np.ones(2))
    with pytest.raises(ValueError, match="There is a group 'a'"):
        file.put("a", np.ones(2))
    with pytest.raises(TypeError, match="Only numbers"):
        file.put("c", np.array([object()]))
    file.attributes["large"] = np.zeros(20_000)
    with pytest.raises(ValueError, match="attribute 'large' is too large"):
        written(file)
    for data in (b"", b"x" * 100, b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(200)):
        with pytest.raises(ValueError, match="HDF5"):
            File(io.BytesIO(data))


def test_checksums():
    assert lookup3(b"") == 0xDEADBEEF
    assert lookup3(b"Four score and seven years ago") == 0x17770551
