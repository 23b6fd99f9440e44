"""UF2 (github.com/microsoft/uf2): blocks of 512 bytes that a bootloader's drive takes."""

from __future__ import annotations

import struct

MAGIC = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
FAMILY_PRESENT = 0x00002000
PAYLOAD = 256
"""Bytes of data a block, as nearly every bootloader expects."""

HEAD = struct.Struct("<8I")
BLOCK = 512


def uf2(data: bytes, address: int, family: int) -> bytes:
    """The bytes at ``address``, for boards of ``family``; the last block is filled with 0xFF."""
    count = -(-len(data) // PAYLOAD)
    blocks = []
    for number in range(count):
        part = data[number * PAYLOAD : (number + 1) * PAYLOAD].ljust(PAYLOAD, b"\xff")
        head = HEAD.pack(
            MAGIC[0], MAGIC[1], FAMILY_PRESENT, address + number * PAYLOAD, PAYLOAD, number,
            count, family,
        )  # fmt: skip
        tail = struct.pack("<I", MAGIC[2])
        blocks.append((head + part).ljust(BLOCK - len(tail), b"\0") + tail)
    return b"".join(blocks)
