"""Walk a flatbuffer in plain Python, every offset checked where it is followed.

Layout (FlatBuffers internals): a table begins with an i32 that leads back to its vtable (u16 bytes
of the vtable, u16 bytes of the table, then a u16 per field, 0 where it is left out). Vectors,
strings and child tables are u32 offsets forward; a vector begins with its u32 length.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import MalformedModelError

IDENTIFIER = b"TFL3"


def number(data: bytes, form: str, at: int, place: str) -> Any:
    """The little-endian number of a ``struct`` form at byte ``at``."""
    packed = _form(form)
    if at < 0 or at + packed.size > len(data):
        raise MalformedModelError(f"{place}: byte {at} lies outside the file")
    return packed.unpack_from(data, at)[0]


@cache
def _form(form: str) -> struct.Struct:
    return struct.Struct(f"<{form}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatbufferVector:
    """``count`` elements of ``size`` bytes from byte ``at`` on, inside the file."""

    data: bytes
    at: int
    count: int
    size: int
    place: str

    def array(self, dtype: str) -> NDArray[Any]:
        """The elements as a read-only view."""
        return np.frombuffer(self.data, np.dtype(dtype), self.count, self.at)

    def table(self, index: int) -> FlatbufferTable:
        """The child table ``index``."""
        place = f"{self.place}[{index}]"
        here = self.at + 4 * index
        return FlatbufferTable.at_offset(self.data, here, place)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatbufferTable:
    """A table at byte ``at``; ``fields`` are the byte offsets of its fields, 0 where left out."""

    data: bytes
    at: int
    fields: tuple[int, ...]
    place: str

    @staticmethod
    def at_offset(data: bytes, where: int, place: str) -> FlatbufferTable:
        """The table that the u32 at byte ``where`` leads to."""
        at = where + int(number(data, "I", where, place))
        vtable = at - int(number(data, "i", at, place))
        size = int(number(data, "H", vtable, place))
        length = int(number(data, "H", vtable + 2, place))
        if size < 4 or size % 2 or vtable + size > len(data) or at + length > len(data):
            raise MalformedModelError(f"{place}: its table at byte {at} leaves the file")
        slots = struct.unpack_from(f"<{(size - 4) // 2}H", data, vtable + 4)
        if any(slot >= length for slot in slots if slot):
            raise MalformedModelError(f"{place}: a field lies outside its table")
        return FlatbufferTable(
            data=data, at=at, fields=tuple(at + slot if slot else 0 for slot in slots), place=place
        )

    def where(self, field: int) -> int:
        """Byte offset of a field, 0 where it is left out."""
        return self.fields[field] if field < len(self.fields) else 0

    def scalar(self, field: int, form: str, default: float = 0) -> Any:
        """A scalar field."""
        at = self.where(field)
        return number(self.data, form, at, self.place) if at else default

    def child(self, field: int, name: str) -> FlatbufferTable | None:
        """A child table."""
        at = self.where(field)
        return FlatbufferTable.at_offset(self.data, at, f"{self.place}.{name}") if at else None

    def vector(self, field: int, size: int, name: str) -> FlatbufferVector | None:
        """A vector (or string) of elements of ``size`` bytes."""
        at = self.where(field)
        if not at:
            return None
        place = f"{self.place}.{name}"
        begin = at + int(number(self.data, "I", at, place))
        count = int(number(self.data, "I", begin, place))
        if begin + 4 + count * size > len(self.data):
            raise MalformedModelError(f"{place}: {count} elements leave the file")
        return FlatbufferVector(data=self.data, at=begin + 4, count=count, size=size, place=place)

    def outside(self, offset: int, count: int, name: str) -> FlatbufferVector:
        """``count`` bytes of the file from byte ``offset`` on, behind the flatbuffer."""
        place = f"{self.place}.{name}"
        if offset + count > len(self.data):
            raise MalformedModelError(f"{place}: {count} bytes at {offset} leave the file")
        return FlatbufferVector(data=self.data, at=offset, count=count, size=1, place=place)

    def numbers(self, field: int, dtype: str, most: int, name: str) -> tuple[int, ...]:
        """A vector of at most ``most`` integers."""
        vector = self.vector(field, np.dtype(dtype).itemsize, name)
        if vector is None:
            return ()
        if vector.count > most:
            raise MalformedModelError(f"{vector.place}: {vector.count} elements are too many")
        return tuple(int(v) for v in vector.array(dtype))


def root(data: bytes) -> FlatbufferTable:
    """The root table of a ``.tflite``."""
    if data[4:8] != IDENTIFIER:
        raise MalformedModelError(f"not a .tflite: its bytes 4 to 7 are {data[4:8]!r}")
    return FlatbufferTable.at_offset(data, 0, "model")
