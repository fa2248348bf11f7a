"""Pictures as PNG files."""

from __future__ import annotations

import struct

import numpy as np

# The PNG colour type for a number of channels: grey, grey with alpha, red-green-blue, and that with alpha.
_COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}


def encode_png(pixels: np.ndarray) -> bytes:
    """A picture as the bytes of a PNG file.

    Args:
        pixels: shape (height, width, channels), uint8, 1 to 4 channels.

    Raises:
        ValueError: if it is something else.

    Example:

    >>> import numpy as np
    >>> encode_png(np.zeros((2, 2, 1), "uint8"))[1:4]
    b'PNG'
    """
    import zlib

    if pixels.ndim != 3 or pixels.dtype != np.uint8 or pixels.shape[2] not in _COLOURS or not pixels.size:
        raise ValueError(
            "A picture should have shape (height, width, channels) with 1 to 4 channels of uint8. "
            f"Received: shape {pixels.shape}, dtype {pixels.dtype}"
        )
    height, width, channels = pixels.shape
    # Each row begins with its filter, which is none.
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1).tobytes()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, _COLOURS[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
