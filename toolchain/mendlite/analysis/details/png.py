"""Small pictures as PNG."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

GREY, COLOUR = 0, 2
"""Colour types of the PNG specification."""


def png(pixels: NDArray[np.uint8]) -> bytes:
    """The PNG of pixels [H, W] (grey) or [H, W, 3] (red, green, blue)."""
    height, width = pixels.shape[:2]
    kind = GREY if pixels.ndim == 2 else COLOUR
    rows: NDArray[Any] = pixels.reshape(height, -1)
    # Each line begins with its filter, 0: none.
    lines = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1)
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + check
