"""A ``.tflite`` as a tree of tables that can be edited, and back into a valid flatbuffer."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from model_fuzz.schema import DETAILS, Field, fields, options

SIZES = {"i4": 4, "f4": 4, "i8": 8, "u1": 1, "text": 1, "data": 1}

UNIONS: Mapping[str, tuple[Callable[[], Mapping[int, str]], str]] = {
    "options": (options, "BuiltinOptionsType"),
    "details": (lambda: DETAILS, "DetailsType"),
}
"""Tables of a union by their number, and the field that holds the number."""


@dataclass
class Table:
    """A table; ``values`` by field: a scalar, an array, bytes, a table or a list of tables."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)

    def copy(self) -> Table:
        """This table and all below it; arrays and bytes, which no edit writes into, are shared."""
        return Table(self.name, {name: _copied(value) for name, value in self.values.items()})

    def tables(self) -> Iterator[Table]:
        """This table and all below it."""
        yield self
        for value in self.values.values():
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, Table):
                    yield from child.tables()


def _copied(value: Any) -> Any:
    if isinstance(value, Table):
        return value.copy()
    return [child.copy() for child in value] if isinstance(value, list) else value


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
        if one.kind in UNIONS:
            names, number = UNIONS[one.kind]
            name = names().get(table.values.get(number, 0))
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


@dataclass(frozen=True)
class Layout:
    """How a table with certain fields is written: fields from the widest down, so none is padded.

    ``form`` packs the vtable's offset and the fields of ``order``; ``children`` are those that are
    offsets, with where in the table they stand.
    """

    vtable: bytes
    form: struct.Struct
    order: tuple[Field, ...]
    children: tuple[tuple[str, int], ...]


@cache
def layout(name: str, present: frozenset[str]) -> Layout:
    """The layout of a table of the schema of which these fields are there."""
    known = fields(name)
    order = sorted((f for f in known if f.name in present), key=lambda f: -_width(f))
    places, end = {}, 4
    for one in order:
        places[one.slot] = end
        end += _width(one)
    slots = [places.get(slot, 0) for slot in range(max((f.slot for f in known), default=-1) + 1)]
    return Layout(
        vtable=struct.pack(f"<{2 + len(slots)}H", 4 + 2 * len(slots), end, *slots),
        form=struct.Struct("<i" + "".join(f.kind if f.scalar else "I" for f in order)),
        order=tuple(order),
        children=tuple((f.name, places[f.slot]) for f in order if not f.scalar),
    )


def _width(one: Field) -> int:
    return struct.calcsize(f"<{one.kind}") if one.scalar else 4


class Writer:
    """Writes a tree; ``outside`` are the numbers of buffers to put behind the flatbuffer."""

    def __init__(self, outside: frozenset[int] = frozenset()) -> None:
        """An empty file."""
        self.out, self.outside = bytearray(b"\0\0\0\0TFL3"), outside
        self.vtables: dict[bytes, int] = {}

    def write(self, model: Table) -> bytes:
        """The file's bytes."""
        payloads: list[bytes] = []
        for number, buffer in enumerate(model.values.get("Buffers", [])):
            if number in self.outside and buffer.values.get("Data"):
                payloads.append(buffer.values.pop("Data"))
                buffer.values |= {"Offset": 2**40 + len(payloads), "Size": len(payloads[-1])}
        self._offset(0, self._table(model))
        data = self.out
        for number, payload in enumerate(payloads):
            data += bytes(-len(data) % 16)
            at = data.find(struct.pack("<Q", 2**40 + number + 1))
            struct.pack_into("<Q", data, at, len(data))
            data += payload
        return bytes(data)

    def _align(self, size: int, before: int) -> None:
        """Pad, so that what stands ``before`` bytes further on is aligned to ``size``."""
        self.out += bytes(-(len(self.out) + before) % size)

    def _offset(self, at: int, target: int) -> None:
        struct.pack_into("<I", self.out, at, target - at)

    def _table(self, table: Table) -> int:
        values = table.values
        found = layout(table.name, frozenset(n for n, v in values.items() if v is not None))
        vtable = self.vtables.get(found.vtable)
        if vtable is None:
            self._align(2, 0)
            vtable = self.vtables[found.vtable] = len(self.out)
            self.out += found.vtable
        self._align(8, 4)
        at = len(self.out)
        packed = (values[f.name] if f.scalar else 0 for f in found.order)
        self.out += found.form.pack(at - vtable, *packed)
        for name, place in found.children:
            self._offset(at + place, self._child(values[name]))
        return at

    def _child(self, value: Any) -> int:
        if isinstance(value, Table):
            return self._table(value)
        if isinstance(value, list):
            return self._tables(value)
        raw = value if isinstance(value, bytes) else value.tobytes()
        item = 1 if isinstance(value, bytes) else value.dtype.itemsize
        self._align(16 if item == 1 else max(item, 4), 4)
        at = len(self.out)
        self.out += struct.pack("<I", len(raw) // item)
        self.out += raw
        return at

    def _tables(self, children: list[Table]) -> int:
        self._align(4, 0)
        at = len(self.out)
        self.out += struct.pack("<I", len(children)) + bytes(4 * len(children))
        for number, child in enumerate(children):
            self._offset(at + 4 + 4 * number, self._table(child))
        return at
