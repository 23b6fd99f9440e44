"""UF2 (github.com/microsoft/uf2): blocks of 512 bytes that a bootloader's drive takes."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from mendlite.emit.addressed import AddressedBytes
from mendlite.errors import BadInputError

MAGIC = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
NOT_MAIN_FLASH, CONTAINER, FAMILY_PRESENT, DIGEST = 0x0001, 0x1000, 0x2000, 0x4000
"""Flags of a block: comments, files instead of flash, a chip's family, an MD5 of flash."""

PAYLOAD = 256
"""Bytes of data a block, as nearly every bootloader expects."""

HEAD = struct.Struct("<8I")
BLOCK = 512
MOST = 476
"""Bytes of data that a block may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uf2File:
    """A UF2 file: its blocks, its pieces, and the block of each."""

    blocks: tuple[bytes, ...]
    pieces: tuple[AddressedBytes, ...]
    numbers: tuple[int, ...]
    suffix: str = ".uf2"

    def replaced(self, data: Sequence[bytes]) -> bytes:
        """As the protocol defines."""
        blocks = list(self.blocks)
        for number, new in zip(self.numbers, data, strict=True):
            block = blocks[number]
            blocks[number] = block[: HEAD.size] + new + block[HEAD.size + len(new) :]
        return b"".join(blocks)


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


def read_uf2(data: bytes) -> Uf2File:
    """A UF2 file; raises BadInputError, with the block, for what is damaged or holds digests."""
    if len(data) % BLOCK:
        raise BadInputError(f"the firmware, UF2, is no multiple of {BLOCK} bytes: it is cut off")
    blocks = tuple(data[at : at + BLOCK] for at in range(0, len(data), BLOCK))
    pieces: list[AddressedBytes] = []
    numbers: list[int] = []
    for number, block in enumerate(blocks):
        piece = _piece(block, number)
        if piece is not None:
            pieces.append(piece)
            numbers.append(number)
    return Uf2File(blocks=blocks, pieces=tuple(pieces), numbers=tuple(numbers))


def _piece(block: bytes, number: int) -> AddressedBytes | None:
    """What a block puts into flash; None for one that puts nothing there."""
    first, second, flags, address, size, _, _, family = HEAD.unpack_from(block)
    (last,) = struct.unpack_from("<I", block, BLOCK - 4)
    if (first, second, last) != MAGIC or size > MOST:
        raise BadInputError(f"the firmware, UF2, is damaged in block {number}")
    if flags & (CONTAINER | DIGEST):
        what = "files" if flags & CONTAINER else "MD5 digests of flash"
        raise BadInputError(
            f"the firmware, UF2, holds {what} (block {number}): pass the .bin that it was made from"
        )
    if flags & NOT_MAIN_FLASH or not size:
        return None
    return AddressedBytes(
        address=address,
        data=block[HEAD.size : HEAD.size + size],
        family=family if flags & FAMILY_PRESENT else 0,
    )
