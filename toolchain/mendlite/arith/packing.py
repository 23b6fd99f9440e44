"""Two 4-bit integers a byte, the first in the low half (TFLite: ``UnpackDenseInt4IntoInt8``)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def packed_size(count: int) -> int:
    """Bytes of so many values; the last byte of an odd count has one and a half that is unused."""
    return -(-count // 2)


def unpack(packed: Bytes, count: int) -> NDArray[np.int8]:
    """The values i8[count], -8 to 7, of bytes u8[packed_size(count)].

    >>> unpack(np.array([0x8F, 0x07], np.uint8), 3).tolist()
    [-1, -8, 7]
    """
    halves = np.empty(2 * packed.size, np.uint8)
    halves[0::2], halves[1::2] = packed << 4, packed & 0xF0
    return (halves.view(np.int8) >> 4)[:count]


def write_packed(packed: Bytes, index: NDArray[np.int64], values: NDArray[Any]) -> None:
    """Write values i8[n], -8 to 7, at rising places ``index`` i64[n]; other halves stay.

    >>> packed = np.array([0x21, 0x43], np.uint8)
    >>> write_packed(packed, np.array([1, 2]), np.array([-1, 7]))
    >>> packed.tolist() == [0xF1, 0x47]
    True
    """
    nibbles = np.asarray(values).astype(np.int8).view(np.uint8) & 0x0F
    for half, keeps in ((0, 0xF0), (1, 0x0F)):
        mine = index % 2 == half
        at = index[mine] // 2
        packed[at] = (packed[at] & keeps) | (nibbles[mine] << (4 * half))
