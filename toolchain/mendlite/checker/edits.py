"""Edits against bytes: the patched file is the base with just the declared values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.graph import LAYERS, Graph
from mendlite.checker.step import Array
from mendlite.checker.tensor import nibbles
from mendlite.checker.text import plain, shown
from mendlite.errors import ClaimError

WEIGHT, BIAS, CONSTANT, SCALE, ZERO_POINT = "weight", "bias", "constant", "scale", "zero_point"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedValues:
    """``count`` values of ``dtype`` from byte ``at`` on; ``packed``: int4, two values a byte."""

    at: int
    count: int
    dtype: np.dtype[Any]
    packed: bool = False

    @property
    def type_name(self) -> str:
        """The name of the values' type in a certificate."""
        return "int4" if self.packed else self.dtype.name

    def values(self, data: bytes) -> Array:
        """The values in a file."""
        if self.packed:
            packed = np.frombuffer(data, "u1", (self.count + 1) // 2, self.at)
            return nibbles(packed, self.count)
        return np.frombuffer(data, self.dtype, self.count, self.at)

    def offsets(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """The byte in which each value begins."""
        return self.at + (index // 2 if self.packed else self.dtype.itemsize * index)


def kind_of(graph: Graph, tensor: int) -> str:
    """What the values of a constant are to the graph."""
    for op in graph.ops:
        if op.name in LAYERS:
            slot = LAYERS[op.name]
            if len(op.inputs) > 1 and op.inputs[1] == tensor:
                return WEIGHT
            if len(op.inputs) > slot and op.inputs[slot] == tensor:
                return BIAS
    return CONSTANT


def place_of(graph: Graph, tensor: int, kind: str) -> EditedValues:
    """Where the values of this kind lie; raises ClaimError where the tensor has none."""
    if not 0 <= tensor < len(graph.tensors):
        raise ClaimError(f"the certificate edits tensor {shown(tensor)}, which does not exist")
    view = graph.tensors[tensor]
    if kind in {SCALE, ZERO_POINT}:
        quant = view.quant
        at = None if quant is None else (quant.scale_at if kind == SCALE else quant.zero_at)
        if quant is None or at is None:
            raise ClaimError(f"tensor {tensor} has no {plain(kind, 20)} in the file to edit")
        dtype = np.dtype("<f4" if kind == SCALE else "<i8")
        return EditedValues(at=at, count=quant.scale.size, dtype=dtype)
    if view.data is None or view.dtype is None:
        raise ClaimError(f"tensor {tensor} {shown(view.name)} has no values in the file to edit")
    if kind != kind_of(graph, tensor):
        raise ClaimError(
            f"tensor {tensor} {shown(view.name)} is declared as {plain(kind, 20)}, but it is a "
            f"{kind_of(graph, tensor)}"
        )
    return EditedValues(at=view.at, count=view.data.size, dtype=view.dtype, packed=view.packed)


def check_edits(
    edits: Sequence[Mapping[str, Any]], base: bytes, patched: bytes, graphs: tuple[Graph, Graph]
) -> dict[str, int]:
    """Raise ClaimError unless the edits are exactly what differs; returns values by kind.

    ``graphs`` are the two files as the checker's own reader sees them.
    """
    if len(base) != len(patched):
        raise ClaimError(f"the files have {len(base)} and {len(patched)} bytes")
    made = bytearray(base)
    counts: dict[str, int] = {}
    seen: set[int] = set()
    for edit in edits:
        where = _checked(edit, base, patched, graphs)
        if seen & where.keys():
            raise ClaimError(f"{_name(edit)}: the certificate declares a byte twice")
        seen |= where.keys()
        for at, mask in where.items():
            made[at] = (made[at] & ~mask) | (patched[at] & mask)
        counts[edit["kind"]] = counts.get(edit["kind"], 0) + len(edit["index"])
    _require_same(bytes(made), patched)
    return counts


def _name(edit: Mapping[str, Any]) -> str:
    return f"tensor {shown(edit['tensor'])} {plain(str(edit['kind']), 20)}"


def _checked(
    edit: Mapping[str, Any], base: bytes, patched: bytes, graphs: tuple[Graph, Graph]
) -> dict[int, int]:
    """The bits that an edit covers, by byte, after its values were compared with both files."""
    name, place = _name(edit), place_of(graphs[0], edit["tensor"], edit["kind"])
    view = graphs[0].tensors[edit["tensor"]]
    if place != place_of(graphs[1], edit["tensor"], edit["kind"]):
        raise ClaimError(f"{name}: it lies elsewhere in the patched file")
    if edit["name"] != view.name or edit["dtype"] != place.type_name:
        raise ClaimError(f"{name}: it is {shown(view.name)} of type {place.type_name}")
    index, offset = _column(edit, "index"), _column(edit, "offset")
    if not index.size or index[0] < 0 or index[-1] >= place.count or np.any(np.diff(index) <= 0):
        raise ClaimError(f"{name}: its indices are not rising ones of {place.count} values")
    size = place.dtype.itemsize
    if not np.array_equal(offset, place.offsets(index)):
        raise ClaimError(f"{name}: its byte offsets are not where the values lie")
    old = _compare(edit, "old", place.values(base)[index])
    new = _compare(edit, "new", place.values(patched)[index])
    if np.any(np.all(old.reshape(-1, size) == new.reshape(-1, size), axis=1)):
        raise ClaimError(f"{name}: a declared edit changes nothing")
    if not place.packed:
        return {int(at) + byte: 0xFF for at in offset for byte in range(size)}
    bits: dict[int, int] = {}
    for at, value in zip(offset, index, strict=True):
        bits[int(at)] = bits.get(int(at), 0) | (0xF0 if value % 2 else 0x0F)
    return bits


def _column(edit: Mapping[str, Any], column: str) -> NDArray[np.int64]:
    values = edit[column]
    if not all(type(v) is int for v in values):
        raise ClaimError(f"{_name(edit)}: its {column} is not a list of integers")
    return np.array(values, np.int64)


def _compare(edit: Mapping[str, Any], column: str, in_file: Array) -> NDArray[np.uint8]:
    """The declared values as bytes, which must be ``in_file``, those in the file."""
    name, dtype, values = _name(edit), in_file.dtype, edit[column]
    kinds = (int, float) if dtype.kind == "f" else (int,)
    if not all(type(v) in kinds for v in values):
        raise ClaimError(f"{name}: a {column} value is of another type")
    stored = np.array(values, np.float64 if dtype.kind == "f" else dtype).astype(dtype)
    if stored.size != in_file.size:
        raise ClaimError(f"{name}: {stored.size} {column} values for {in_file.size} indices")
    declared, there = (np.frombuffer(v.tobytes(), np.uint8) for v in (stored, in_file))
    wrong = np.flatnonzero(declared != there) // dtype.itemsize
    if wrong.size:
        at = edit["index"][int(wrong[0])]
        raise ClaimError(
            f"{name}: the {column} value at index {at} is declared as {stored[wrong[0]]}, the file "
            f"has {in_file[wrong[0]]}"
        )
    return declared


def _require_same(made: bytes, patched: bytes) -> None:
    """Raise ClaimError at the first byte that differs without being declared."""
    if made == patched:
        return
    pairs = np.frombuffer(made, np.uint8) != np.frombuffer(patched, np.uint8)
    at = np.flatnonzero(pairs)
    raise ClaimError(
        f"the patched file differs from the base at byte {int(at[0])}, which no edit declares "
        f"({at.size} such bytes)"
    )


def bytes_changed(base: bytes, patched: bytes) -> int:
    """Bytes that differ."""
    pairs = np.frombuffer(base, np.uint8) != np.frombuffer(patched, np.uint8)
    return int(np.count_nonzero(pairs))
