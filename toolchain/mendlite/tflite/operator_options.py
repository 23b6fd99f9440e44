"""An operator's options, copied byte by byte into another file.

A table of options holds scalars, whose bytes are copied as they lie, and in few kinds a vector.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.tflite.verified_table import VerifiedTable, root

VECTORS = {"ReshapeOptions": 0, "SqueezeOptions": 0, "BucketizeOptions": 0}
"""The kinds of options with a vector of 4-byte numbers, and the number of its field."""

NOT_COPIED = frozenset({"ConcatEmbeddingsOptions", "VarHandleOptions"})
"""Kinds with other vectors or strings."""

_BUILTIN_OPTIONS_2 = 12
"""The number of ``Operator.builtin_options_2`` in the schema: options of StableHLO operators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedOptions:
    """Options of one operator: ``number`` and ``table`` of the builtin ones, or custom bytes."""

    number: int
    table: bytes
    fixups: tuple[tuple[int, bytes], ...]
    alignment: int
    empty: int
    custom: int

    def refer(self, builder: Any) -> None:
        """Add the fields to the operator that ``builder`` has begun."""
        import tflite

        if self.number:
            tflite.OperatorAddBuiltinOptionsType(builder, self.number)
            tflite.OperatorAddBuiltinOptions(builder, self.empty)
        if self.custom:
            tflite.OperatorAddCustomOptions(builder, self.custom)

    def completed(self, data: bytes) -> bytes:
        """``data`` with the builtin options behind it, where its only operator refers to them."""
        if not self.number:
            return data
        operator = root(data).children("subgraphs")[0].children("operators")[0]
        field, joined = operator.where("builtin_options"), bytearray(data)
        joined += bytes((self.alignment - len(joined)) % 16)
        size = struct.unpack_from("<H", self.table)[0]
        start, at = len(joined), len(joined) + size
        joined += self.table
        # A table's first four bytes lead back to its vtable.
        struct.pack_into("<i", joined, at, at - start)
        struct.pack_into("<I", joined, field, at - field)
        for inside, vector in self.fixups:
            joined += bytes(-len(joined) % 4)
            struct.pack_into("<I", joined, at + inside, len(joined) - (at + inside))
            joined += vector
        return bytes(joined) + bytes(-len(joined) % 16)


def add_options(builder: Any, raw: VerifiedTable, place: str) -> CopiedOptions:
    """Copy the options of an ``Operator``; raises UnsupportedModelError where they cannot be."""
    if raw.has(_BUILTIN_OPTIONS_2):
        raise UnsupportedModelError(f"{place}: its options are those of a StableHLO operator")
    custom = raw.text("custom_options")
    held = builder.CreateByteVector(custom) if custom else 0
    number, union = raw.scalar("builtin_options_type", "B"), raw.child("builtin_options")
    if not number or union is None:
        return CopiedOptions(number=0, table=b"", fixups=(), alignment=0, empty=0, custom=held)
    builder.StartObject(0)
    empty = builder.EndObject()
    table, fixups, alignment = _copied(union, _kind(number, place), place)
    return CopiedOptions(
        number=number, table=table, fixups=fixups, alignment=alignment, empty=empty, custom=held
    )


def _kind(number: int, place: str) -> str:
    import tflite
    from mendlite.tflite.options import enum_names

    kind = enum_names(tflite.BuiltinOptions).get(number, "")
    if not kind or kind in NOT_COPIED:
        raise UnsupportedModelError(f"{place}: its options of kind {kind or number} are not copied")
    return kind


def _copied(
    table: VerifiedTable, kind: str, place: str
) -> tuple[bytes, tuple[tuple[int, bytes], ...], int]:
    """Vtable and inline bytes; the vectors by their place in the table; where to begin mod 16."""
    vtable, inline = table.raw_bytes()
    if len(inline) < 4:
        raise MalformedModelError(f"{place}: its {kind} are a table of {len(inline)} bytes")
    if kind not in VECTORS:
        return vtable + inline, (), (table.at - len(vtable)) % 16
    inside = table.inside(VECTORS[kind])
    if not inside:
        return vtable + inline, (), (table.at - len(vtable)) % 16
    if inside + 4 > len(inline):
        raise MalformedModelError(f"{place}: its {kind} end within their own vector's place")
    data, at = table.data, table.at + inside
    begin = at + struct.unpack_from("<I", data, at)[0]
    if begin + 4 > len(data):
        raise MalformedModelError(f"{place}: its {kind} lead outside the file")
    size = 4 + 4 * struct.unpack_from("<I", data, begin)[0]
    if begin + size > len(data):
        raise MalformedModelError(f"{place}: its {kind} lead outside the file")
    return vtable + inline, ((inside, data[begin : begin + size]),), (table.at - len(vtable)) % 16
