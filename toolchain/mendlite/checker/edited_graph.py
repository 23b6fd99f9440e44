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

from mendlite.checker.declared_graph import DeclaredGraph, InsertedQuantize, declared_graph
from mendlite.checker.flatbuffer import FlatbufferTable, root
from mendlite.checker.global_pool import require_global_pool, require_mean
from mendlite.checker.graph import Graph, read_graph
from mendlite.checker.requantized import require_quantize
from mendlite.errors import ClaimError

HEADER, ALIGNED = 8, 16
"""Bytes before the block, and of which its length must be a multiple: constants stay aligned."""

MODEL_KEPT, SUBGRAPH_KEPT = (3, 5, 6, 7), (1, 2, 4)
"""Fields of ``Model`` (description, metadata, signatures) and ``SubGraph`` (inputs, outputs, name)
that lead to the base file's own."""

CODES, SUBGRAPHS, BUFFERS, TENSORS, OPERATORS = 1, 2, 4, 0, 3

NAMES = {0: "tensors", 1: "operator_codes", 2: "subgraphs", 3: "operators", 4: "buffers"}
"""Vectors of tables, of ``Model`` and ``SubGraph``, by the numbers above."""

OPERATOR_LEADS, OPERATOR_SCALARS = (2, 5, 7, 8), {6: "b", 13: "i"}
TENSOR_LEADS, TENSOR_SCALARS, NAME = (0, 3, 7), {1: "b", 2: "I", 5: "B", 8: "B"}, 3
"""Fields of a table that is written again which must be as before: those that lead to others, and
scalars."""

PARAMETERS = (2, 3)
"""Fields of a quantization: the scale's and the zero-point's vectors."""

AXES_NAME = "mendlite/mean_axes"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedFile:
    """The file behind the edit of the graph, and a sentence on what was checked."""

    data: bytes
    checked: str
    declared: DeclaredGraph

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
        for inserted in self.declared.inserted:
            require_quantize((base, patched), inserted, self.declared.place(inserted.reader))
        for index, one in self.declared.means.items():
            require_mean((base, patched), (index, self.declared.place(index)), one["axes_tensor"])
            if any(edit["tensor"] == one["axes_tensor"] for edit in edits):
                raise ClaimError(f"the axes of operator {index} MEAN are edited")


def check_graph(entry: Any, base: bytes) -> EditedFile:
    """The edited file; raises ClaimError unless it is the base but for what ``entry`` declares."""
    declared = declared_graph(entry)
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
    return EditedFile(
        data=edited,
        declared=declared,
        checked=f"graph: {declared.words} ({len(block)} bytes); every other operator, tensor, "
        "constant and table is the base file's",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """Two files of which the second has ``moved`` more bytes in front of the first one's."""

    base: bytes
    edited: bytes
    moved: int
    declared: DeclaredGraph

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
        codes = self._operators(graphs, views)
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
        graphs: tuple[FlatbufferTable, FlatbufferTable],
        views: tuple[Graph, Graph],
    ) -> set[int]:
        """Compare the operators; the codes that the undeclared ones use."""
        old, new = (_tables(graph, OPERATORS) for graph in graphs)
        known = {*self.declared.means, *(one.reader for one in self.declared.inserted)}
        if len(old) + len(self.declared.inserted) != len(new) or not known <= set(range(len(old))):
            raise ClaimError("the edited graph has another number of operators")
        used: set[int] = set()
        for index, table in enumerate(old):
            place = self.declared.place(index)
            pair = table, new[place]
            if index in self.declared.means:
                self._fields(
                    pair, kept=OPERATOR_LEADS, scalars=OPERATOR_SCALARS, other=(0, 1, 3, 4)
                )
                require_global_pool(views[0], index)
                axes = self.declared.means[index]["axes_tensor"]
                require_mean(views, (index, place), axes)
                continue
            used.add(int(table.scalar(0, "I")))
            if index in known:
                self._reader(pair, views, (index, place))
            elif not self._same(*pair):
                raise ClaimError(f"operator {place} is another one, which is not declared")
        for one in self.declared.inserted:
            self._fields((_NOTHING, new[one.index]), kept=(), scalars={}, other=(0, 1, 2))
            require_quantize(views, one, self.declared.place(one.reader))
        return used

    def _reader(
        self,
        pair: tuple[FlatbufferTable, FlatbufferTable],
        views: tuple[Graph, Graph],
        places: tuple[int, int],
    ) -> None:
        """An operator that reads new tensors is the base file's but for these inputs."""
        scalars = {0: "I", 3: "B", **OPERATOR_SCALARS}
        self._fields(pair, kept=(4, *OPERATOR_LEADS), scalars=scalars, other=(1,))
        new = {one.source: one.tensor for one in self.declared.inserted if one.reader == places[0]}
        before, after = (view.ops[i] for view, i in zip(views, places, strict=True))
        if tuple(new.get(t, t) for t in before.inputs) != after.inputs:
            raise ClaimError(f"operator {places[1]} {after.name} has other inputs than declared")

    def _codes(self, models: tuple[FlatbufferTable, FlatbufferTable], used: set[int]) -> None:
        """Codes that undeclared operators use are the base file's; only declared ones are new."""
        old, new = (_tables(model, CODES) for model in models)
        other = {i for i, pair in enumerate(zip(old, new, strict=False)) if not self._same(*pair)}
        added = set(range(len(old), len(new)))
        operators = _tables(_tables(models[1], SUBGRAPHS)[0], OPERATORS)
        means = {int(operators[self.declared.place(i)].scalar(0, "I")) for i in self.declared.means}
        quantizes = {int(operators[one.index].scalar(0, "I")) for one in self.declared.inserted}
        if len(new) < len(old) or used & other or not other | added <= means | quantizes:
            raise ClaimError("the edited graph has other operator codes than declared")
        if len(means) > 1 or any(not _is_new(new, i, other | added, 2) for i in means):
            raise ClaimError("a declared operator is no MEAN of version 2")
        fresh = quantizes - (set(range(len(old))) - other)
        if len(quantizes) > 1 or any(not _is_new(new, i, added, 1) for i in fresh):
            raise ClaimError("a declared operator is no QUANTIZE of version 1")

    def _tensors(
        self, graphs: tuple[FlatbufferTable, FlatbufferTable], views: tuple[Graph, Graph]
    ) -> None:
        """Tensors are the base file's; declared ones have its parameters in own vectors."""
        old, new = (_tables(graph, TENSORS) for graph in graphs)
        own, inserted = self.declared.own, self.declared.inserted
        axes = [len(old)] if self.declared.means else []
        added = [*axes, *(one.tensor for one in inserted)]
        declared = {one["axes_tensor"] for one in self.declared.means.values()}
        expected = list(range(len(old), len(new)))
        if added != expected or declared != set(axes) or not own <= set(range(len(old))):
            raise ClaimError("the edited graph has other tensors than declared")
        for index, pair in enumerate(zip(old, new, strict=False)):
            if index not in own:
                if not self._same(*pair):
                    raise ClaimError(f"tensor {index} is another one, which is not declared")
                continue
            if self._same(*pair):
                raise ClaimError(f"tensor {index} is the base file's, without own parameters")
            self._fields(pair, kept=TENSOR_LEADS, scalars=TENSOR_SCALARS, other=(4,))
            _require_own(views, index, pair[1], index)
        for index in axes:
            self._fields((_NOTHING, new[index]), kept=(), scalars={}, other=(0, 1, 2, 3))
            if views[1].tensors[index].name != AXES_NAME:
                raise ClaimError(f"tensor {index} of the axes has another name")
        for one in inserted:
            self._requantized((old[one.source], new[one.tensor]), one, views)

    def _requantized(
        self,
        pair: tuple[FlatbufferTable, FlatbufferTable],
        one: InsertedQuantize,
        views: tuple[Graph, Graph],
    ) -> None:
        """A new tensor is its source but for the name, with its parameters in own vectors."""
        kept = tuple(field for field in TENSOR_LEADS if field != NAME)
        self._fields(pair, kept=kept, scalars=TENSOR_SCALARS, other=(NAME, 4))
        _require_own(views, one.source, pair[1], one.tensor)
        if one.source not in one.tensors:
            raise ClaimError(f"tensor {one.source} gets no parameters of its own")

    def _buffers(self, models: tuple[FlatbufferTable, FlatbufferTable]) -> None:
        """The buffers are the base file's, and one that the axes of a MEAN alone have."""
        old, new = (_tables(model, BUFFERS) for model in models)
        kept = all(self._same(*pair) for pair in zip(old, new, strict=False))
        tensors = _tables(_tables(models[1], SUBGRAPHS)[0], TENSORS)
        users = [i for i, t in enumerate(tensors) if int(t.scalar(2, "I")) == len(old)]
        axes = {one["axes_tensor"] for one in self.declared.means.values()}
        if len(new) != len(old) + len(axes) or not kept or set(users) != axes:
            raise ClaimError("the edited graph has other constants than declared")


_NOTHING = FlatbufferTable(data=b"", at=0, fields=(), place="nothing")


def _is_new(codes: Sequence[FlatbufferTable], number: int, new: set[int], version: int) -> bool:
    """Whether an operator code is one of the ``new`` ones, of this version and no custom one."""
    code = codes[number]
    return number in new and not code.where(1) and int(code.scalar(2, "i", 1)) == version


def _require_own(
    views: tuple[Graph, Graph], before: int, table: FlatbufferTable, index: int
) -> None:
    """A declared tensor has the scale and zero-point of ``before``, in vectors of its own.

    Its quantization has no further fields: other kinds of quantization, or another axis.
    """
    old, new = views[0].tensors[before].quant, views[1].tensors[index].quant
    if old is None or new is None or old.scale.size != 1 or new.scale.size != 1:
        raise ClaimError(f"tensor {index} has no single scale")
    values = [(float(q.scale[0]), int(q.zero_point[0])) for q in (old, new)]
    others = [q for t in views[1].tensors if t.index != index and (q := t.quant)]
    shared = any(new.scale_at == q.scale_at or new.zero_at == q.zero_at for q in others)
    quantization = table.child(4, "quantization")
    fields = () if quantization is None else quantization.fields
    more = any(at for number, at in enumerate(fields) if number not in PARAMETERS)
    if values[0] != values[1] or shared or more or new.zero_at is None:
        raise ClaimError(f"tensor {index} has other parameters in the edited graph than before")


def _target(table: FlatbufferTable, field: int) -> int:
    """The byte that a field leads to."""
    at = table.where(field)
    return at + int(struct.unpack_from("<I", table.data, at)[0])


def _tables(table: FlatbufferTable, field: int) -> list[FlatbufferTable]:
    vector = table.vector(field, 4, NAMES[field])
    return [] if vector is None else [vector.table(i) for i in range(vector.count)]
