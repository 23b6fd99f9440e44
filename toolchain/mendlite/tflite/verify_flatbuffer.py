"""Check a flatbuffer's offsets against the TFLite schema before anything reads it.

Constants may also lie behind the flatbuffer, where a Buffer's ``offset`` and ``size`` lead.

Layout (FlatBuffers internals, "Tables"): a table starts with an i32 that leads back to its
vtable: u16 vtable bytes, u16 inline bytes, then one u16 per field, 0 where the field is
left out. Strings, vectors and child tables are u32 offsets forward from where they stand.
Offsets lead forward only, so a cycle cannot be written down; sharing can, and a budget bounds
what a small file can make a reader do.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from mendlite.errors import MalformedModelError
from mendlite.tflite.other_files import describe
from mendlite.tflite.spans import EDITABLE, ByteSpan, require_disjoint
from mendlite.tflite.table_schema import BUFFER, MODEL, TableSchema, VectorSchema

IDENTIFIER = b"TFL3"
BUDGET = 2**25
"""Most elements that a reader may be led to visit; the largest real files need far fewer."""


FORMS = {2: struct.Struct("<H"), 4: struct.Struct("<I"), 8: struct.Struct("<Q")}
"""Unsigned integers by their size."""


class _Verifier:
    """Walks one file; ``_costs`` holds the tables already checked, ``spans`` what lies where."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._costs: dict[tuple[str, int], int] = {}
        self.spans: list[ByteSpan] = []

    def unsigned(self, at: int, size: int, place: str) -> int:
        """The unsigned little-endian integer of ``size`` bytes at offset ``at``."""
        self.inside(at, size, place)
        return int(FORMS[size].unpack_from(self._data, at)[0])

    def inside(self, at: int, size: int, place: str) -> None:
        """Raise unless ``size`` bytes at ``at`` lie in the file."""
        if at < 0 or at + size > len(self._data):
            raise MalformedModelError(
                f"{place}: {size} bytes at offset {at} lie outside the file of "
                f"{len(self._data)} bytes; it is truncated or not a .tflite"
            )

    def follow(self, at: int, place: str) -> int:
        """Where the u32 offset at ``at`` leads."""
        return at + self.unsigned(at, 4, place)

    def table(self, table: TableSchema, at: int, place: str) -> int:
        """Check the table at ``at``; returns how many elements a reader visits below it."""
        known = self._costs.get((table.name, at))
        if known is None:
            known = self._costs[table.name, at] = self._table(table, at, place)
        return known

    def _table(self, table: TableSchema, at: int, place: str) -> int:
        self.inside(at, 4, place)
        vtable = at - int(struct.unpack_from("<i", self._data, at)[0])
        size = self.unsigned(vtable, 2, f"{place} vtable")
        if size < 4 or size % 2:
            raise MalformedModelError(f"{place}: its vtable at offset {vtable} has {size} bytes")
        self.inside(vtable, size, f"{place} vtable")
        inline, *offsets = struct.unpack_from(f"<{size // 2 - 1}H", self._data, vtable + 2)
        self.inside(at, inline, place)
        self.spans.append(ByteSpan(vtable, vtable + size, "", f"{place} vtable"))
        self.spans.append(ByteSpan(at, at + max(inline, 4), "", place))
        if table is BUFFER:
            self._outside(at, offsets, place)
        cost = 1
        for field, offset in enumerate(offsets):
            if offset and offset >= inline:
                raise MalformedModelError(f"{place}: field {field} lies outside its table")
            if offset and field in table.fields:
                name, kind = table.fields[field]
                cost += self._field(name, kind, at + offset, f"{place}.{name}")
        return cost

    def _outside(self, at: int, offsets: Sequence[int], place: str) -> None:
        """Check where a Buffer's bytes lie if not in the flatbuffer."""
        data, begin, count = (*offsets[:3], 0, 0, 0)[:3]
        begin, count = (self.unsigned(at + o, 8, place) if o else 0 for o in (begin, count))
        # InterpreterBuilder::ParseTensors of TFLite: offsets 0 and 1 say that there are none.
        if begin <= 1:
            return
        if data:
            raise MalformedModelError(f"{place}: its bytes lie inside and outside the flatbuffer")
        self.inside(begin, count, place)
        self.spans.append(ByteSpan(begin, begin + count, "data", f"{place}.offset"))

    def _field(
        self,
        name: str,
        kind: int | VectorSchema | TableSchema | list[TableSchema],
        at: int,
        place: str,
    ) -> int:
        if isinstance(kind, int):
            self.inside(at, kind, place)
            return 0
        target = self.follow(at, place)
        if isinstance(kind, TableSchema):
            return self.table(kind, target, place)
        if isinstance(kind, VectorSchema):
            return self._vector(kind.value, target, place, name if name in EDITABLE else "")
        count = self._vector(4, target, place)
        cost = 0
        for index in range(count):
            here = f"{place}[{index}]"
            cost += self.table(kind[0], self.follow(target + 4 + 4 * index, here), here)
            if cost > BUDGET:
                raise MalformedModelError(f"{place}: its tables lead to more than {BUDGET} values")
        return cost

    def _vector(self, size: int, at: int, place: str, field: str = "") -> int:
        count = self.unsigned(at, 4, place)
        self.inside(at + 4, count * size, f"{place} with {count} elements")
        self.spans.append(ByteSpan(at, at + 4 + count * size, field, place))
        return 1 if size == 1 else count


def verify_flatbuffer(data: bytes) -> None:
    """Raise MalformedModelError, with the place, unless ``data`` can be read safely.

    The bytes that a repair may edit in place (constants, scales, zero-points) belong to nothing
    else, or to another vector of the same kind in all of its bytes.
    """
    if len(data) < 8 or data[4:8] != IDENTIFIER:
        raise MalformedModelError(f"not a .tflite: {describe(data)}")
    verifier = _Verifier(data)
    verifier.table(MODEL, verifier.follow(0, "root"), "Model")
    require_disjoint(verifier.spans)
