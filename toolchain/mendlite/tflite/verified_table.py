"""Read the tables of a flatbuffer that ``verify_flatbuffer`` has accepted, by the schema's names.

Nothing is checked again. A vtable is unpacked once a table: the accessors that the ``tflite``
package generates look every field up again, which takes three times as long for a whole model.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mendlite.tflite.table_schema import MODEL, TableSchema

_I32, _U32 = struct.Struct("<i"), struct.Struct("<I")


@cache
def _form(kind: str) -> struct.Struct:
    return struct.Struct(f"<{kind}")


class VerifiedTable:
    """The table of ``schema`` at byte ``at`` of ``data``."""

    __slots__ = ("_offsets", "at", "data", "schema")

    def __init__(self, data: bytes, schema: TableSchema, at: int) -> None:
        """Unpack its vtable."""
        self.data, self.schema, self.at = data, schema, at
        vtable = at - _I32.unpack_from(data, at)[0]
        size = int.from_bytes(data[vtable : vtable + 2], "little")
        self._offsets = _form(f"{size // 2 - 2}H").unpack_from(data, vtable + 4)

    def where(self, name: str) -> int:
        """File offset of a field's value or offset, 0 where it is left out."""
        number = self.schema.numbers[name]
        offset = self._offsets[number] if number < len(self._offsets) else 0
        return self.at + offset if offset else 0

    def has(self, number: int) -> bool:
        """Whether the field of this number is there."""
        return self.inside(number) > 0

    def inside(self, number: int) -> int:
        """Where in the table the field of this number lies, 0 where it is left out."""
        return int(self._offsets[number]) if number < len(self._offsets) else 0

    def raw_bytes(self) -> tuple[bytes, bytes]:
        """The bytes of its vtable and of its fields."""
        vtable = self.at - _I32.unpack_from(self.data, self.at)[0]
        size, inline = struct.unpack_from("<2H", self.data, vtable)
        return self.data[vtable : vtable + size], self.data[self.at : self.at + inline]

    def scalar(self, name: str, kind: str, default: int = 0) -> Any:
        """A scalar of a ``struct`` kind."""
        at = self.where(name)
        return _form(kind).unpack_from(self.data, at)[0] if at else default

    def child(self, name: str) -> VerifiedTable | None:
        """A child table; None where it is left out."""
        at = self.where(name)
        return VerifiedTable(self.data, self.schema.child(name), self._follow(at)) if at else None

    def children(self, name: str) -> list[VerifiedTable]:
        """The tables of a vector; empty where it is left out."""
        begin, count = self.vector(name)
        child = self.schema.child(name)
        return [VerifiedTable(self.data, child, self._follow(begin + 4 * i)) for i in range(count)]

    def vector(self, name: str) -> tuple[int, int]:
        """File offset of a vector's or string's first element, and how many there are."""
        at = self.where(name)
        if not at:
            return 0, 0
        begin = self._follow(at)
        return begin + 4, _U32.unpack_from(self.data, begin)[0]

    def array(self, name: str, dtype: DTypeLike) -> NDArray[Any]:
        """A vector as a read-only view, empty where it is left out."""
        begin, count = self.vector(name)
        return np.frombuffer(self.data, dtype, count, begin)

    def integers(self, name: str) -> tuple[int, ...]:
        """A vector of int32."""
        begin, count = self.vector(name)
        return struct.unpack_from(f"<{count}i", self.data, begin)

    def text(self, name: str) -> bytes:
        """A string, empty where it is left out."""
        begin, count = self.vector(name)
        return self.data[begin : begin + count]

    def _follow(self, at: int) -> int:
        return int(at + _U32.unpack_from(self.data, at)[0])


def root(data: bytes) -> VerifiedTable:
    """The ``Model`` of a verified file."""
    return VerifiedTable(data, MODEL, _U32.unpack_from(data, 0)[0])
