"""New tables and vectors in front of those of a flatbuffer, which they may lead to.

Offsets of a flatbuffer lead forward only, so what stands in front may refer to everything behind
it, and the bytes behind stay as they are.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

HEADER = 8
"""Bytes of a ``.tflite`` before its tables: the root's offset and the identifier."""

ALIGNED = 16
"""The largest alignment that the schema has (``Buffer.data``): what moves does so by a multiple."""

REFERENCE = "I"
"""The ``struct`` form of an offset; its value is written when the block is complete."""


class FrontBlock:
    """Bytes from ``HEADER`` on; positions are those of the file that is made."""

    def __init__(self) -> None:
        """An empty block."""
        self._data = bytearray(HEADER)
        self._inner: list[tuple[int, int]] = []
        self._outer: list[tuple[int, int]] = []

    def table(self, fields: Mapping[int, tuple[str, int]]) -> dict[int, int]:
        """A table of scalars by field number; where each lies, the table itself as -1.

        A field is (``struct`` form, value); references are REFERENCE with the value 0.
        """
        size = max(fields, default=-1) + 1
        # Vtable first; the table begins at the next multiple of 4 with the way back to it.
        self._align(4, 4 + 2 * size)
        vtable = len(self._data)
        offsets, at = [0] * size, 4
        for number, (form, _) in fields.items():
            width = struct.calcsize(form)
            at += -at % width
            offsets[number], at = at, at + width
        self._data += struct.pack(f"<2H{size}H", 4 + 2 * size, at, *offsets)
        begin = len(self._data)
        self._data += struct.pack("<i", begin - vtable) + bytes(at - 4)
        for number, (form, value) in fields.items():
            struct.pack_into(f"<{form}", self._data, begin + offsets[number], value)
        return {-1: begin} | {number: begin + offsets[number] for number in fields}

    def vector(self, form: str, values: Sequence[float], align: int = 4) -> int:
        """A vector of scalars whose first element lies at a multiple of ``align``."""
        self._align(align, 4)
        at = len(self._data)
        self._data += struct.pack(f"<I{len(values)}{form}", len(values), *values)
        return at

    def text(self, content: bytes) -> int:
        """A string."""
        at = self.vector("B", content)
        self._data += b"\0"
        return at

    def references(self, count: int) -> tuple[int, list[int]]:
        """A vector of offsets: itself, and where each of them lies."""
        at = self.vector(REFERENCE, [0] * count)
        return at, [at + 4 + 4 * i for i in range(count)]

    def point(self, field: int, target: int) -> None:
        """Lead the offset at ``field`` to a part of this block."""
        self._inner.append((field, target))

    def point_behind(self, field: int, target: int) -> None:
        """Lead the offset at ``field`` to byte ``target`` of the base file."""
        self._outer.append((field, target))

    def complete(self) -> bytes:
        """The block's bytes, a multiple of ALIGNED."""
        self._data += bytes(-(len(self._data) - HEADER) % ALIGNED)
        moved = len(self._data) - HEADER
        for field, target in self._inner:
            struct.pack_into("<I", self._data, field, target - field)
        for field, target in self._outer:
            struct.pack_into("<I", self._data, field, target + moved - field)
        return bytes(self._data[HEADER:])

    def _align(self, align: int, ahead: int) -> None:
        """Fill up so that what follows ``ahead`` bytes from here lies at a multiple."""
        self._data += bytes(-(len(self._data) + ahead) % align)
