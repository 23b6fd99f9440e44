"""Check a flatbuffer's offsets against the TFLite schema before anything reads it.

Layout (FlatBuffers internals, "Tables"): a table starts with an i32 that leads back to its
vtable: u16 vtable bytes, u16 inline bytes, then one u16 per field, 0 where the field is
left out. Strings, vectors and child tables are u32 offsets forward from where they stand.
Offsets lead forward only, so a cycle cannot be written down; sharing can, and a budget bounds
what a small file can make a reader do.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, unique

from mendlite.errors import MalformedModelError

IDENTIFIER = b"TFL3"
BUDGET = 2**25
"""Most elements that a reader may be led to visit; the largest real files need far fewer."""


@unique
class Vector(Enum):
    """Vectors and strings by their bytes an element."""

    BYTES = 1
    WORDS = 4
    LONGS = 8


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the schema: field number to (name, type).

    A type is a scalar's size in bytes, a Vector, a child Table, or a list with the Table that
    a vector holds. Fields that are not listed are never read.
    """

    name: str
    fields: Mapping[int, tuple[str, int | Vector | Table | list[Table]]]


CODE = Table(
    "OperatorCode",
    {
        0: ("deprecated_builtin_code", 1),
        1: ("custom_code", Vector.BYTES),
        2: ("version", 4),
        3: ("builtin_code", 4),
    },
)
QUANTIZATION = Table(
    "QuantizationParameters",
    {
        2: ("scale", Vector.WORDS),
        3: ("zero_point", Vector.LONGS),
        4: ("details_type", 1),
        6: ("quantized_dimension", 4),
    },
)
TENSOR = Table(
    "Tensor",
    {
        0: ("shape", Vector.WORDS),
        1: ("type", 1),
        2: ("buffer", 4),
        3: ("name", Vector.BYTES),
        4: ("quantization", QUANTIZATION),
        5: ("is_variable", 1),
        6: ("sparsity", Table("SparsityParameters", {})),
        7: ("shape_signature", Vector.WORDS),
    },
)
OPERATOR = Table(
    "Operator",
    {
        0: ("opcode_index", 4),
        1: ("inputs", Vector.WORDS),
        2: ("outputs", Vector.WORDS),
        3: ("builtin_options_type", 1),
        4: ("builtin_options", Table("builtin_options", {})),
        5: ("custom_options", Vector.BYTES),
    },
)
SUBGRAPH = Table(
    "SubGraph",
    {
        0: ("tensors", [TENSOR]),
        1: ("inputs", Vector.WORDS),
        2: ("outputs", Vector.WORDS),
        3: ("operators", [OPERATOR]),
        4: ("name", Vector.BYTES),
    },
)
BUFFER = Table("Buffer", {0: ("data", Vector.BYTES), 1: ("offset", 8), 2: ("size", 8)})
MODEL = Table(
    "Model",
    {
        0: ("version", 4),
        1: ("operator_codes", [CODE]),
        2: ("subgraphs", [SUBGRAPH]),
        3: ("description", Vector.BYTES),
        4: ("buffers", [BUFFER]),
    },
)


class _Verifier:
    """Walks one file; ``_costs`` remembers the tables already checked."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._costs: dict[tuple[str, int], int] = {}

    def unsigned(self, at: int, size: int, place: str) -> int:
        """The unsigned little-endian integer of ``size`` bytes at offset ``at``."""
        self.inside(at, size, place)
        return int.from_bytes(self._data[at : at + size], "little")

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

    def table(self, table: Table, at: int, place: str) -> int:
        """Check the table at ``at``; returns how many elements a reader visits below it."""
        known = self._costs.get((table.name, at))
        if known is None:
            known = self._costs[table.name, at] = self._table(table, at, place)
        return known

    def _table(self, table: Table, at: int, place: str) -> int:
        self.inside(at, 4, place)
        vtable = at - int(struct.unpack_from("<i", self._data, at)[0])
        size = self.unsigned(vtable, 2, f"{place} vtable")
        if size < 4 or size % 2:
            raise MalformedModelError(f"{place}: its vtable at offset {vtable} has {size} bytes")
        self.inside(vtable, size, f"{place} vtable")
        inline = self.unsigned(vtable + 2, 2, f"{place} vtable")
        self.inside(at, inline, place)
        cost = 1
        for field in range((size - 4) // 2):
            offset = self.unsigned(vtable + 4 + 2 * field, 2, f"{place} vtable")
            if offset and offset >= inline:
                raise MalformedModelError(f"{place}: field {field} lies outside its table")
            if offset and field in table.fields:
                name, kind = table.fields[field]
                cost += self._field(kind, at + offset, f"{place}.{name}")
        return cost

    def _field(self, kind: int | Vector | Table | list[Table], at: int, place: str) -> int:
        if isinstance(kind, int):
            self.inside(at, kind, place)
            return 0
        target = self.follow(at, place)
        if isinstance(kind, Table):
            return self.table(kind, target, place)
        if isinstance(kind, Vector):
            return self._vector(kind.value, target, place)
        count = self._vector(4, target, place)
        cost = 0
        for index in range(count):
            here = f"{place}[{index}]"
            cost += self.table(kind[0], self.follow(target + 4 + 4 * index, here), here)
            if cost > BUDGET:
                raise MalformedModelError(f"{place}: its tables lead to more than {BUDGET} values")
        return cost

    def _vector(self, size: int, at: int, place: str) -> int:
        count = self.unsigned(at, 4, place)
        self.inside(at + 4, count * size, f"{place} with {count} elements")
        return 1 if size == 1 else count


def verify_flatbuffer(data: bytes) -> None:
    """Raise MalformedModelError, with the place, unless ``data`` can be read safely."""
    if len(data) < 8 or data[4:8] != IDENTIFIER:
        raise MalformedModelError(
            f"not a .tflite: its bytes 4 to 7 are {data[4:8]!r}, not {IDENTIFIER!r}"
        )
    verifier = _Verifier(data)
    verifier.table(MODEL, verifier.follow(0, "root"), "Model")
