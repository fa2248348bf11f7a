"""Writing HDF5: groups, datasets and attributes are gathered first, then written in one go from front to back."""

from __future__ import annotations

import math
import struct
from typing import IO, Any

import numpy as np

from keraburn.saving.hdf5 import headers
from keraburn.saving.hdf5.checksum import sealed
from keraburn.saving.hdf5.source import UNDEFINED
from keraburn.saving.hdf5.types import TEXT, encode_shape, encode_type

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_GROUP_INFO, _FILL = 0x0A, 0x05
_LEAST_HEAP = 4096
_NUMBERS = {"bool", *(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)), "float32", "float64"}
# An attribute is one message, whose size is a number of two bytes.
MOST_ATTRIBUTE = 64000


class NewDataset:
    """An array to be written.

    Args:
        value: an array, or a variable, whose value is fetched when it is written.
    """

    def __init__(self, value: Any) -> None:
        self._value = value if hasattr(value, "numpy") else np.asarray(value)
        shape, dtype = (self._value.shape, self._value.dtype) if hasattr(value, "shape") else self._now()
        self.shape = tuple(int(size) for size in shape)
        self.dtype = np.dtype(str(dtype) if str(dtype) in _NUMBERS else self._now()[1]).newbyteorder("<")
        # Keras has no element type of HDF5 for these, but two plain bytes with a note beside them.
        self.attributes: dict[str, Any] = {"dtype": "bfloat16"} if self.dtype.name == "bfloat16" else {}
        encode_type(self.dtype)

    def _array(self) -> np.ndarray:
        return np.asarray(self._value.numpy() if hasattr(self._value, "numpy") else self._value)

    def _now(self) -> tuple[tuple[int, ...], np.dtype]:
        array = self._array()
        return array.shape, array.dtype

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return math.prod(self.shape) * self.dtype.itemsize

    def values(self) -> memoryview:
        """The bytes of all elements."""
        value = np.ascontiguousarray(self._array(), dtype=self.dtype)
        if value.nbytes != self.size:
            raise ValueError(f"An array of shape {self.shape} has become one of shape {value.shape} while it was saved")
        return value.reshape(-1).view(np.uint8).data


class NewGroup:
    """A group to be written: groups and datasets by name, and attributes."""

    def __init__(self) -> None:
        self.members: dict[str, NewGroup | NewDataset] = {}
        self.attributes: dict[str, Any] = {}

    def group(self, path: str) -> NewGroup:
        """The group below under a path, made where it is missing.

        Raises:
            ValueError: if there is a dataset under that name.
        """
        current = self
        for name in path.split("/") if path else ():
            inner = current.members.setdefault(name, NewGroup())
            if not isinstance(inner, NewGroup):
                raise ValueError(f"There is a variable '{name}' where a group is to be made. Received: path={path}")
            current = inner
        return current

    def put(self, path: str, value: Any) -> NewDataset:
        """Have an array written under a path.

        Raises:
            ValueError: if there is a group under that name.
            TypeError: if it holds no numbers.
        """
        folder, _, name = path.rpartition("/")
        parent = self.group(folder)
        if isinstance(parent.members.get(name), NewGroup):
            raise ValueError(f"There is a group '{name}' where a variable is to be put. Received: path={path}")
        dataset = parent.members[name] = NewDataset(value)
        return dataset


class NewFile(NewGroup):
    """An HDF5 file to be written."""

    def write(self, stream: IO[bytes]) -> None:
        """Write everything; the stream need not be seekable."""
        objects: list[NewGroup | NewDataset] = [self]
        for item in objects:
            if isinstance(item, NewGroup):
                objects.extend(item.members.values())
        strings = _Strings()
        # Lengths do not depend on addresses, so they are found with all addresses zero.
        zeros = dict.fromkeys(map(id, objects), 0)
        lengths = [len(_header(item, zeros, 0, strings.note)) for item in objects]
        place = 48
        addresses = {}
        for item, length in zip(objects, lengths, strict=True):
            addresses[id(item)] = place
            place += length
        place = strings.place_at(place + -place % 8)
        data: dict[int, int] = {}
        for item in objects:
            if isinstance(item, NewDataset) and item.size:
                data[id(item)] = place
                place += item.size + -item.size % 8
        head = _SIGNATURE + struct.pack("<BBBBQQQQ", 2, 8, 8, 0, 0, UNDEFINED, place, 48)
        written = stream.write(sealed(head))
        for item in objects:
            written += stream.write(_header(item, addresses, data.get(id(item), UNDEFINED), strings.reference))
        stream.write(bytes(-written % 8))
        for heap in strings.heaps():
            stream.write(heap)
        for item in objects:
            if isinstance(item, NewDataset) and item.size:
                stream.write(item.values())
                stream.write(bytes(-item.size % 8))


def _header(item: NewGroup | NewDataset, addresses: dict[int, int], data: int, reference: Any) -> bytes:
    """The header of an object."""
    if isinstance(item, NewGroup):
        messages = [(headers.LINK_INFO, struct.pack("<BBQQ", 0, 0, UNDEFINED, UNDEFINED)), (_GROUP_INFO, b"\0\0")]
        for name, inner in item.members.items():
            encoded = name.encode("utf-8", "surrogateescape")
            link = struct.pack("<BBBH", 1, 0x11, 1, len(encoded)) + encoded
            messages.append((headers.LINK, link + addresses[id(inner)].to_bytes(8, "little")))
    else:
        messages = [
            (headers.SHAPE, encode_shape(item.shape)),
            (headers.TYPE, encode_type(item.dtype)),
            (_FILL, b"\x03\x0a"),
            (headers.LAYOUT, struct.pack("<BBQQ", 3, 1, data, item.size)),
        ]
    messages += [(headers.ATTRIBUTE, _attribute(name, value, reference)) for name, value in item.attributes.items()]
    content = b"".join(struct.pack("<BHB", kind, len(message), 0) + message for kind, message in messages)
    return sealed(b"OHDR" + struct.pack("<BBI", 2, 2, len(content)) + content)


def _attribute(name: str, value: Any, reference: Any) -> bytes:
    if isinstance(value, str):
        kind, shape, data = TEXT, encode_shape(()), reference(value)
    elif isinstance(value, (list, tuple)):
        kind, shape = TEXT, encode_shape((len(value),))
        data = b"".join(reference(each) for each in value)
    else:
        array = np.asarray(value)
        array = array.astype(array.dtype.newbyteorder("<"))
        kind, shape, data = encode_type(array.dtype), encode_shape(array.shape), array.tobytes()
    if len(data) > MOST_ATTRIBUTE:
        raise ValueError(f"The attribute '{name}' is too large: {len(data)} bytes of {MOST_ATTRIBUTE}")
    encoded = name.encode("utf-8") + b"\0"
    return struct.pack("<BBHHHB", 3, 0, len(encoded), len(kind), len(shape), 1) + encoded + kind + shape + data


class _Strings:
    """The strings of all attributes, in heaps."""

    def __init__(self) -> None:
        # Of each heap: its strings, and how many bytes they take.
        self._heaps: list[tuple[list[bytes], int]] = []
        self._places: dict[str, tuple[int, int]] = {}
        self._starts: list[int] = []

    def note(self, text: str) -> bytes:
        """Take a string in; a reference of the right length."""
        if text not in self._places:
            data = text.encode("utf-8")
            if not self._heaps or self._heaps[-1][1] > _LEAST_HEAP:
                self._heaps.append(([], 16))
            strings, size = self._heaps[-1]
            strings.append(data)
            self._heaps[-1] = (strings, size + 16 + len(data) + -len(data) % 8)
            self._places[text] = (len(self._heaps) - 1, len(strings))
        return bytes(16)

    def place_at(self, place: int) -> int:
        """Let the heaps begin at a place; the place behind them."""
        for _, size in self._heaps:
            self._starts.append(place)
            place += max(size, _LEAST_HEAP)
        return place

    def reference(self, text: str) -> bytes:
        """What stands for a string in the file."""
        heap, index = self._places[text]
        return struct.pack("<IQI", len(text.encode("utf-8")), self._starts[heap], index)

    def heaps(self) -> list[bytes]:
        found = []
        for strings, size in self._heaps:
            whole = max(size, _LEAST_HEAP)
            data = b"GCOL" + struct.pack("<IQ", 1, whole)
            for index, each in enumerate(strings, 1):
                data += struct.pack("<HHIQ", index, 1, 0, len(each)) + each + bytes(-len(each) % 8)
            rest = whole - len(data)
            data += struct.pack("<HHIQ", 0, 0, 0, rest) if rest >= 16 else b""
            found.append(data.ljust(whole, b"\0"))
        return found
