"""The edit of a graph, derived again from its record: the declared operators, and nothing else.

The edited file is the base file with one block of new tables behind the identifier. Offsets lead
forward only, so whatever the block leads to behind itself has the base file's bytes. Every table
and vector of the graph that is not declared must be the base file's own, at its place; each one
that is declared is compared field by field.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from mendlite.checker.flatbuffer import FlatbufferTable, root
from mendlite.checker.global_pool import AXES, require_global_pool, require_mean
from mendlite.checker.graph import Graph, read_graph
from mendlite.checker.text import plain, shown
from mendlite.errors import ClaimError

HEADER, ALIGNED = 8, 16
"""Bytes before the block, and of which its length must be a multiple: constants stay aligned."""

KEYS = {"base_sha256", "edited_sha256", "base_root", "root", "inserted", "operators"}
OPERATOR_KEYS = {"index", "old", "new", "axes", "axes_tensor", "tensors"}

MODEL_KEPT, SUBGRAPH_KEPT = (3, 5, 6, 7), (1, 2, 4)
"""Fields of ``Model`` (description, metadata, signatures) and ``SubGraph`` (inputs, outputs, name)
that lead to the base file's own."""

CODES, SUBGRAPHS, BUFFERS, TENSORS, OPERATORS = 1, 2, 4, 0, 3

NAMES = {0: "tensors", 1: "operator_codes", 2: "subgraphs", 3: "operators", 4: "buffers"}
"""Vectors of tables, of ``Model`` and ``SubGraph``, by the numbers above."""

OPERATOR_LEADS, OPERATOR_SCALARS = (2, 5, 7, 8), {6: "b", 13: "i"}
TENSOR_LEADS, TENSOR_SCALARS = (0, 3, 7), {1: "b", 2: "I", 5: "B", 8: "B"}
"""Fields of a table that is written again which must be as before: those that lead to others, and
scalars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedFile:
    """The file behind the edit of the graph, and a sentence on what was checked."""

    data: bytes
    checked: str
    declared: Mapping[int, Mapping[str, Any]]

    def require_kept(self, base: Graph, patched: Graph, edits: Sequence[Mapping[str, Any]]) -> None:
        """Raise ClaimError where edits of values, too, change what the graph is.

        Vectors of the inserted bytes may lie on top of each other: an edit of a scale would then
        be one of an operator's inputs.
        """
        graph = read_graph(self.data)
        for old, new in zip(graph.ops, patched.ops, strict=True):
            if (old.name, old.inputs, old.outputs) != (new.name, new.inputs, new.outputs):
                raise ClaimError(f"an edit of values changes operator {old.index} {old.name}")
        for before, after in zip(graph.tensors, patched.tensors, strict=True):
            places = [(t.name, t.shape, t.type, t.at) for t in (before, after)]
            if places[0] != places[1]:
                raise ClaimError(f"an edit of values changes what tensor {before.index} is")
        for index, one in self.declared.items():
            require_mean((base, patched), index, one["axes_tensor"])
            if any(edit["tensor"] == one["axes_tensor"] for edit in edits):
                raise ClaimError(f"the axes of operator {index} MEAN are edited")


def check_graph(entry: Any, base: bytes) -> EditedFile:
    """The edited file; raises ClaimError unless it is the base but for what ``entry`` declares."""
    if not isinstance(entry, dict) or set(entry) != KEYS:
        raise ClaimError("the edit of the graph has not the entries of an edit")
    declared = _declared(entry)
    block = base64.b64decode(entry["inserted"], validate=True)
    if base64.b64encode(block).decode() != entry["inserted"] or len(block) % ALIGNED or not block:
        raise ClaimError("the bytes that the edit of the graph inserts have another form")
    if entry["base_sha256"] != sha256(base).hexdigest():
        raise ClaimError("the edit of the graph was made from another file than the base")
    if entry["base_root"] != struct.unpack_from("<I", base)[0]:
        raise ClaimError("the edit of the graph declares another root of the base file")
    inside = HEADER <= entry["root"] < HEADER + len(block)
    if not inside or entry["base_root"] < HEADER:
        raise ClaimError("the edit of the graph has a root outside the bytes that it inserts")
    edited = struct.pack("<I", entry["root"]) + base[4:HEADER] + block + base[HEADER:]
    if entry["edited_sha256"] != sha256(edited).hexdigest():
        raise ClaimError("the edit of the graph results in another file than it declares")
    _Comparison(base=base, edited=edited, moved=len(block), declared=declared).require()
    words = ", ".join(f"operator {i} {o['old']} is {o['new']}" for i, o in sorted(declared.items()))
    return EditedFile(
        data=edited,
        declared=declared,
        checked=f"graph: {words}, with a constant for its axes ({len(block)} bytes); every other "
        "operator, tensor, constant and table is the base file's",
    )


def _declared(entry: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """The declared operators by their index."""
    declared: dict[int, Mapping[str, Any]] = {}
    for one in entry["operators"]:
        if not isinstance(one, dict) or set(one) != OPERATOR_KEYS:
            raise ClaimError("an edited operator has not the entries of one")
        numbers = [one["index"], one["axes_tensor"], *one["axes"], *one["tensors"]]
        if any(type(n) is not int for n in numbers) or one["index"] in declared:
            raise ClaimError("an edited operator is declared twice, or not by numbers")
        if one["old"] != "AVERAGE_POOL_2D" or one["new"] != "MEAN" or one["axes"] != list(AXES):
            raise ClaimError(
                f"operator {one['index']}: no edit makes {shown(one['old'])} of "
                f"{plain(str(one['new']), 40)} along {plain(str(one['axes']), 40)} here"
            )
        declared[one["index"]] = one
    if not declared or type(entry["root"]) is not int or type(entry["base_root"]) is not int:
        raise ClaimError("the edit of the graph declares no operator, or no root")
    return declared


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """Two files of which the second has ``moved`` more bytes in front of the first one's."""

    base: bytes
    edited: bytes
    moved: int
    declared: Mapping[int, Mapping[str, Any]]

    def require(self) -> None:
        """Raise ClaimError at the first difference that is not declared."""
        models = root(self.base), root(self.edited)
        self._fields(models, kept=MODEL_KEPT, scalars={0: "I"}, other=(CODES, SUBGRAPHS, BUFFERS))
        subgraphs = [_tables(model, SUBGRAPHS) for model in models]
        if len(subgraphs[0]) != 1 or len(subgraphs[1]) != 1:
            raise ClaimError("the graph of a file with several subgraphs was edited")
        graphs = subgraphs[0][0], subgraphs[1][0]
        self._fields(graphs, kept=SUBGRAPH_KEPT, scalars={5: "i"}, other=(TENSORS, OPERATORS))
        views = read_graph(self.base), read_graph(self.edited)
        codes = self._operators(models, graphs, views)
        self._codes(models, codes)
        self._tensors(graphs, views)
        self._buffers(models)

    def _fields(
        self,
        tables: tuple[FlatbufferTable, FlatbufferTable],
        *,
        kept: Sequence[int],
        scalars: Mapping[int, str],
        other: Sequence[int],
    ) -> None:
        """Fields that must be equal; those of ``other`` numbers are compared elsewhere."""
        old, new = tables
        for field in range(max(len(old.fields), len(new.fields))):
            if field in other:
                continue
            places = old.where(field), new.where(field)
            if field in scalars and all(places):
                same = old.scalar(field, scalars[field]) == new.scalar(field, scalars[field])
            elif field in kept and all(places):
                same = _target(old, field) + self.moved == _target(new, field)
            else:
                same = places == (0, 0)
            if not same:
                raise ClaimError(
                    f"the edited graph: {new.place} differs in field {field}, which is not declared"
                )

    def _same(self, old: FlatbufferTable, new: FlatbufferTable) -> bool:
        """Whether a table is the base file's own."""
        return old.at + self.moved == new.at

    def _operators(
        self,
        models: tuple[FlatbufferTable, FlatbufferTable],
        graphs: tuple[FlatbufferTable, FlatbufferTable],
        views: tuple[Graph, Graph],
    ) -> set[int]:
        """Compare the operators; the codes that the undeclared ones use."""
        old, new = (_tables(graph, OPERATORS) for graph in graphs)
        if len(old) != len(new) or not set(self.declared) <= set(range(len(old))):
            raise ClaimError("the edited graph has another number of operators")
        codes, used = [len(_tables(model, CODES)) for model in models], set()
        for index, pair in enumerate(zip(old, new, strict=True)):
            if index not in self.declared:
                if not self._same(*pair):
                    raise ClaimError(f"operator {index} is another one, which is not declared")
                used.add(int(pair[0].scalar(0, "I")))
                continue
            self._fields(pair, kept=OPERATOR_LEADS, scalars=OPERATOR_SCALARS, other=(0, 1, 3, 4))
            require_global_pool(views[0], index)
            require_mean(views, index, self.declared[index]["axes_tensor"])
        if codes[1] not in (codes[0], codes[0] + 1):
            raise ClaimError("the edited graph has another number of operator codes")
        return used

    def _codes(self, models: tuple[FlatbufferTable, FlatbufferTable], used: set[int]) -> None:
        """Codes that undeclared operators use are the base file's; one code is new."""
        old, new = (_tables(model, CODES) for model in models)
        other = [i for i, pair in enumerate(zip(old, new, strict=False)) if not self._same(*pair)]
        if len(other) + len(new) - len(old) != 1 or used & set(other):
            raise ClaimError("the edited graph has other operator codes than declared")
        number = other[0] if other else len(old)
        operators = _tables(_tables(models[1], SUBGRAPHS)[0], OPERATORS)
        indices = {int(operators[i].scalar(0, "I")) for i in self.declared}
        if indices != {number} or new[number].where(1) or int(new[number].scalar(2, "i", 1)) != 2:
            raise ClaimError("a declared operator is no MEAN of version 2")

    def _tensors(
        self, graphs: tuple[FlatbufferTable, FlatbufferTable], views: tuple[Graph, Graph]
    ) -> None:
        """Tensors are the base file's; declared ones have its parameters in own vectors."""
        old, new = (_tables(graph, TENSORS) for graph in graphs)
        own = {t for one in self.declared.values() for t in one["tensors"]}
        axes = {one["axes_tensor"] for one in self.declared.values()}
        if len(new) != len(old) + 1 or axes != {len(old)} or not own <= set(range(len(old))):
            raise ClaimError("the edited graph has other tensors than declared")
        for index, pair in enumerate(zip(old, new, strict=False)):
            if index not in own:
                if not self._same(*pair):
                    raise ClaimError(f"tensor {index} is another one, which is not declared")
                continue
            self._fields(pair, kept=TENSOR_LEADS, scalars=TENSOR_SCALARS, other=(4,))
            _require_own(views, index)
        self._fields((_NOTHING, new[-1]), kept=(), scalars={}, other=(0, 1, 2, 3))

    def _buffers(self, models: tuple[FlatbufferTable, FlatbufferTable]) -> None:
        """The buffers are the base file's, and one that the axes alone have."""
        old, new = (_tables(model, BUFFERS) for model in models)
        kept = all(self._same(*pair) for pair in zip(old, new, strict=False))
        tensors = _tables(_tables(models[1], SUBGRAPHS)[0], TENSORS)
        users = [i for i, t in enumerate(tensors) if int(t.scalar(2, "I")) == len(old)]
        if len(new) != len(old) + 1 or not kept or users != [len(tensors) - 1]:
            raise ClaimError("the edited graph has other constants than declared")


_NOTHING = FlatbufferTable(data=b"", at=0, fields=(), place="nothing")


def _require_own(views: tuple[Graph, Graph], index: int) -> None:
    """A declared tensor has the base file's scale and zero-point, in vectors of its own."""
    old, new = (view.tensors[index].quant for view in views)
    if old is None or new is None or old.scale.size != 1 or new.scale.size != 1:
        raise ClaimError(f"tensor {index} has no single scale")
    values = [(float(q.scale[0]), int(q.zero_point[0])) for q in (old, new)]
    others = {q.scale_at for t in views[1].tensors if t.index != index and (q := t.quant)}
    if values[0] != values[1] or new.scale_at in others or new.zero_at is None:
        raise ClaimError(f"tensor {index} has other parameters in the edited graph than before")


def _target(table: FlatbufferTable, field: int) -> int:
    """The byte that a field leads to."""
    at = table.where(field)
    return at + int(struct.unpack_from("<I", table.data, at)[0])


def _tables(table: FlatbufferTable, field: int) -> list[FlatbufferTable]:
    vector = table.vector(field, 4, NAMES[field])
    return [] if vector is None else [vector.table(i) for i in range(vector.count)]
