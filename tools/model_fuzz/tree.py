"""A ``.tflite`` as a tree of tables that can be edited, and back into a valid flatbuffer."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np

from model_fuzz.schema import fields, options

SIZES = {"i4": 4, "f4": 4, "i8": 8, "u1": 1, "text": 1, "data": 1}


@dataclass
class Table:
    """A table; ``values`` by field: a scalar, an array, bytes, a table or a list of tables."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)

    def tables(self) -> Iterator[Table]:
        """This table and all below it."""
        yield self
        for value in self.values.values():
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, Table):
                    yield from child.tables()


@dataclass
class Sites:
    """Byte positions of an original file that carry its structure."""

    vtables: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)


class Parser:
    """Reads a valid file; ``sites`` collects where its structure stands."""

    def __init__(self, data: bytes) -> None:
        """Of a file that the reader accepts."""
        self.data, self.sites = data, Sites()

    def parse(self) -> Table:
        """The whole file."""
        return self._table("Model", self._u32(0))

    def _u32(self, at: int) -> int:
        return int(struct.unpack_from("<I", self.data, at)[0])

    def _table(self, name: str, at: int) -> Table:
        vtable = at - struct.unpack_from("<i", self.data, at)[0]
        size = struct.unpack_from("<H", self.data, vtable)[0]
        slots = struct.unpack_from(f"<{(size - 4) // 2}H", self.data, vtable + 4)
        self.sites.vtables += range(vtable, vtable + size, 2)
        found = Table(name)
        for one in fields(name):
            if one.slot < len(slots) and slots[one.slot]:
                found.values[one.name] = self._value(found, one, at + slots[one.slot])
        return _with_own_data(found, self.data)

    def _value(self, table: Table, one: Any, at: int) -> Any:
        if one.scalar:
            return struct.unpack_from(f"<{one.kind}", self.data, at)[0]
        self.sites.offsets.append(at)
        begin = at + self._u32(at)
        if one.kind == "options":
            name = options().get(table.values.get("BuiltinOptionsType", 0))
            return None if name is None else self._table(name, begin)
        if one.kind[0] == "[":
            count = self._length(begin)
            places = range(begin + 4, begin + 4 + 4 * count, 4)
            self.sites.offsets += places
            return [self._table(one.kind[1:-1], p + self._u32(p)) for p in places]
        if one.kind in SIZES:
            count = self._length(begin)
            raw = self.data[begin + 4 : begin + 4 + count * SIZES[one.kind]]
            return raw if one.kind in {"text", "data"} else np.frombuffer(raw, f"<{one.kind}")
        return self._table(one.kind, begin)

    def _length(self, at: int) -> int:
        self.sites.lengths.append(at)
        return self._u32(at)


def _with_own_data(table: Table, data: bytes) -> Table:
    """A buffer whose bytes lie outside the flatbuffer holds them itself, until it is written."""
    if table.name == "Buffer" and table.values.get("Offset", 0) > 1:
        begin, size = table.values.pop("Offset"), table.values.pop("Size", 0)
        table.values["Data"] = data[begin : begin + size]
    return table


class Writer:
    """Writes a tree; ``outside`` are the numbers of buffers to put behind the flatbuffer."""

    def __init__(self, outside: frozenset[int] = frozenset()) -> None:
        """An empty file."""
        self.builder, self.outside = flatbuffers.Builder(4096), outside

    def write(self, model: Table) -> bytes:
        """The file's bytes."""
        payloads: list[tuple[Table, bytes]] = []
        for number, buffer in enumerate(model.values.get("Buffers", [])):
            if number in self.outside and buffer.values.get("Data"):
                payloads.append((buffer, buffer.values.pop("Data")))
                buffer.values |= {"Offset": 2**40 + len(payloads), "Size": len(payloads[-1][1])}
        self.builder.Finish(self._table(model), b"TFL3")
        data = bytearray(self.builder.Output())
        for number, (_, payload) in enumerate(payloads):
            data += bytes(-len(data) % 16)
            at = data.find(struct.pack("<Q", 2**40 + number + 1))
            struct.pack_into("<Q", data, at, len(data))
            data += payload
        return bytes(data)

    def _table(self, table: Table) -> int:
        known = fields(table.name)
        offsets = {
            f.slot: self._child(table.values[f.name])
            for f in known
            if not f.scalar and table.values.get(f.name) is not None
        }
        self.builder.StartObject(max((f.slot for f in known), default=-1) + 1)
        for one in known:
            if one.slot in offsets:
                self.builder.PrependUOffsetTRelativeSlot(one.slot, offsets[one.slot], 0)
            elif one.scalar and one.name in table.values:
                self._scalar(one, table.values[one.name])
        return int(self.builder.EndObject())

    def _scalar(self, one: Any, value: Any) -> None:
        size = struct.calcsize(one.kind)
        self.builder.Prep(size, 0)
        self.builder.head -= size
        struct.pack_into(f"<{one.kind}", self.builder.Bytes, self.builder.head, value)
        self.builder.Slot(one.slot)

    def _child(self, value: Any) -> int:
        if isinstance(value, Table):
            return self._table(value)
        if isinstance(value, list):
            places = [self._table(child) for child in value]
            self.builder.StartVector(4, len(places), 4)
            for place in reversed(places):
                self.builder.PrependUOffsetTRelative(place)
            return int(self.builder.EndVector())
        raw = bytes(value) if isinstance(value, bytes) else value.tobytes()
        item = 1 if isinstance(value, bytes) else value.dtype.itemsize
        self.builder.StartVector(item, len(raw) // item, 16 if item == 1 else item)
        self.builder.head -= len(raw)
        self.builder.Bytes[self.builder.head : self.builder.head + len(raw)] = raw
        return int(self.builder.EndVector())
