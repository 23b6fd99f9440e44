"""Edit a file's graph: ``bytes → bytes`` and a record of what was edited.

A global AVERAGE_POOL_2D becomes MEAN, and its output's parameters become tensors' own, with the
same values. New tables stand in front of the file's own, all of whose bytes stay: the records of
``model/graph_edit.py`` say where. So metadata, signatures, names and constants are the base
file's, and tensors and operators keep their numbers; the constant of the axes is the last tensor.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.model.global_means import AXES, MEAN, POOL
from mendlite.model.graph import Model
from mendlite.model.graph_edit import GraphEdit, OperatorEdit
from mendlite.tflite.global_pools import GlobalPool, global_pools
from mendlite.tflite.graph_block import HEADER, REFERENCE, FrontBlock
from mendlite.tflite.reader import read
from mendlite.tflite.scale_groups import scale_groups
from mendlite.tflite.verified_table import VerifiedTable, root

CODE_OF_MEAN, CODE_OF_POOL, VERSION_OF_MEAN = 40, 1, 2
"""``BuiltinOperator`` of the schema; int8 MEAN came with version 2 (``op_version.cc``)."""

REDUCER_OPTIONS, INT32 = 27, 2
"""``BuiltinOptions.ReducerOptions`` and ``TensorType.INT32`` of the schema."""

AXES_NAME = b"mendlite/mean_axes"

MODEL_FORMS = {0: "I"}
SUBGRAPH_FORMS = {5: "i"}
OPERATOR_FORMS = {0: "I", 3: "B", 6: "b", 13: "i"}
TENSOR_FORMS = {1: "b", 2: "I", 5: "?", 8: "?"}
"""Scalar fields of the tables that are written again, by their ``struct`` forms."""

MODEL_LEADS, SUBGRAPH_LEADS = {1, 2, 3, 4, 5, 6, 7}, {0, 1, 2, 3, 4}
OPERATOR_LEADS, TENSOR_LEADS = {1, 2, 4, 5, 7, 8}, {0, 3, 4, 7}
"""Fields of these tables that lead to others; a table with any further field is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedGraph:
    """The edited file, and the record of the edit."""

    model: Model
    edit: GraphEdit


def with_means(model: Model) -> EditedGraph | None:
    """The file with MEAN for every global pool that may become one; None where there is none.

    Raises UnsupportedModelError where the file is of a form that is not edited.
    """
    pools = global_pools(model)
    if not pools:
        return None
    raw = root(model.data)
    _require_plain(raw)
    writer = _BlockWriter(raw=raw, model=model, pools=pools)
    block, at = writer.write()
    operators = tuple(
        OperatorEdit(
            index=pool.operator.index,
            old=POOL,
            new=MEAN,
            axes=AXES,
            axes_tensor=len(model.tensors),
            tensors=pool.tensors,
        )
        for pool in pools
    )
    base_root = struct.unpack_from("<I", model.data)[0]
    edit = GraphEdit(
        base_sha256=model.sha256,
        edited_sha256="",
        base_root=base_root,
        root=at,
        inserted=block,
        operators=operators,
    )
    edited = replace(read(_inserted(model.data, edit), model.signature), frames=model.frames)
    _require_right(edited, model, pools)
    return EditedGraph(model=edited, edit=replace(edit, edited_sha256=edited.sha256))


def edit_graph(data: bytes, edit: GraphEdit) -> bytes:
    """The edited file; raises BadInputError where ``data`` is not the base file of the record."""
    _require(data, edit.base_sha256, "was made from")
    if edit.base_root != struct.unpack_from("<I", data)[0]:
        raise BadInputError("the graph's edit names another root of the base file: it was altered")
    edited = _inserted(data, edit)
    _require(edited, edit.edited_sha256, "results in")
    return edited


def undo_edit(data: bytes, edit: GraphEdit) -> bytes:
    """The base file again; raises BadInputError where ``data`` is not the edited file."""
    _require(data, edit.edited_sha256, "results in")
    behind = data[HEADER + len(edit.inserted) :]
    base = struct.pack("<I", edit.base_root) + data[4:HEADER] + behind
    _require(base, edit.base_sha256, "was made from")
    return base


def _inserted(data: bytes, edit: GraphEdit) -> bytes:
    return struct.pack("<I", edit.root) + data[4:HEADER] + edit.inserted + data[HEADER:]


def _require(data: bytes, digest: str, what: str) -> None:
    if sha256(data).hexdigest() != digest:
        raise BadInputError(
            f"the graph's edit {what} the file with sha256 {digest[:16]}..., not "
            f"{sha256(data).hexdigest()[:16]}...: it was made for another file, or was altered"
        )


def _require_plain(raw: VerifiedTable) -> None:
    if raw.vector("subgraphs")[1] != 1:
        raise UnsupportedModelError("the graph of a file with several subgraphs is not edited")
    if any(buffer.scalar("offset", "Q") > 1 for buffer in raw.children("buffers")):
        raise UnsupportedModelError(
            "the graph of a file with constants behind its flatbuffer is not edited"
        )


def _require_right(edited: Model, base: Model, pools: Sequence[GlobalPool]) -> None:
    """Raise UnsupportedModelError where a pool's range cannot be its own."""
    if edited.unsupported and not base.unsupported:
        raise UnsupportedModelError(f"the edited graph is not repaired: {edited.unsupported[0]}")
    for pool in pools:
        output = pool.operator.outputs[0]
        group = next(g for g in scale_groups(edited) if output in g.tensors)
        if group.frozen is not None:
            raise UnsupportedModelError(
                f"operator {pool.operator.index} {POOL}: as MEAN it would keep its range: "
                f"{group.frozen}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _BlockWriter:
    """Writes the block of one file."""

    raw: VerifiedTable
    model: Model
    pools: tuple[GlobalPool, ...]
    block: FrontBlock = field(default_factory=FrontBlock)

    def write(self) -> tuple[bytes, int]:
        """The block, and where its ``Model`` lies in the edited file."""
        graph = self.raw.children("subgraphs")[0]
        model = self._again(self.raw, MODEL_FORMS, MODEL_LEADS, {1, 2, 4})
        at, (place,) = self.block.references(1)
        self.block.point(model[2], at)
        subgraph = self._again(graph, SUBGRAPH_FORMS, SUBGRAPH_LEADS, {0, 3})
        self.block.point(place, subgraph[-1])
        code = self._codes(model[1])
        self._tensors(graph, subgraph[0])
        self._operators(graph, subgraph[3], code)
        self._buffers(model[4])
        return self.block.complete(), model[-1]

    def _again(
        self,
        table: VerifiedTable,
        forms: Mapping[int, str],
        leads: set[int],
        other: set[int],
        scalars: Mapping[int, tuple[str, int]] | None = None,
    ) -> dict[int, int]:
        """A table with the same fields but ``other``, whose offsets are set later.

        ``scalars`` replace those of the file.
        """
        fields: dict[int, tuple[str, int]] = dict.fromkeys(other, (REFERENCE, 0))
        for number in range(_fields(table)):
            inside = table.inside(number)
            if not inside or number in fields:
                continue
            if number not in forms and number not in leads:
                raise UnsupportedModelError(
                    f"a {table.schema.name} of the file has field {number}, which is not known: "
                    "its graph is not edited"
                )
            form = forms.get(number, REFERENCE)
            value = struct.unpack_from(f"<{form}", table.data, table.at + inside)[0]
            fields[number] = (form, value if number in forms else 0)
        places = self.block.table(fields | dict(scalars or {}))
        for number in fields.keys() - other - forms.keys():
            at = table.at + table.inside(number)
            self.block.point_behind(
                places[number], at + struct.unpack_from("<I", table.data, at)[0]
            )
        return places

    def _vector(self, field_at: int, old: Sequence[VerifiedTable | None]) -> list[int]:
        """A vector of tables: those of the file, and None for those that are written later."""
        at, places = self.block.references(len(old))
        self.block.point(field_at, at)
        for place, table in zip(places, old, strict=True):
            if table is not None:
                self.block.point_behind(place, table.at)
        return places

    def _codes(self, field_at: int) -> int:
        """The operator codes with MEAN's, in place of the pool's where nothing else uses it."""
        codes: list[VerifiedTable | None] = list(self.raw.children("operator_codes"))
        graph = self.raw.children("subgraphs")[0]
        edited = {pool.operator.index for pool in self.pools}
        uses = [op.scalar("opcode_index", "I") for op in graph.children("operators")]
        free = {uses[i] for i in edited} - {u for i, u in enumerate(uses) if i not in edited}
        number = min(free, default=len(codes))
        codes[number : number + 1] = [None]
        places = self._vector(field_at, codes)
        fields = {0: ("b", CODE_OF_MEAN), 2: ("i", VERSION_OF_MEAN), 3: ("i", CODE_OF_MEAN)}
        self.block.point(places[number], self.block.table(fields)[-1])
        return number

    def _tensors(self, graph: VerifiedTable, field_at: int) -> None:
        """The tensors, those of the pools with parameters of their own, and the axes."""
        own = {t for pool in self.pools for t in pool.tensors}
        old = graph.children("tensors")
        kept = [None if i in own else table for i, table in enumerate(old)]
        places = self._vector(field_at, [*kept, None])
        for index in sorted(own):
            table = self._again(old[index], TENSOR_FORMS, TENSOR_LEADS, {4})
            self.block.point(places[index], table[-1])
            self.block.point(table[4], self._quantization(index))
        axes = self.block.table(
            {0: (REFERENCE, 0), 1: ("b", INT32), 2: ("I", self._count_buffers), 3: (REFERENCE, 0)}
        )
        self.block.point(places[-1], axes[-1])
        self.block.point(axes[0], self.block.vector("i", [len(AXES)]))
        self.block.point(axes[3], self.block.text(AXES_NAME))

    def _quantization(self, tensor: int) -> int:
        quant = self.model.tensors[tensor]
        table = self.block.table({2: (REFERENCE, 0), 3: (REFERENCE, 0)})
        self.block.point(table[2], self.block.vector("f", [quant.scale]))
        self.block.point(table[3], self.block.vector("q", [quant.zero_point], align=8))
        return table[-1]

    def _operators(self, graph: VerifiedTable, field_at: int, code: int) -> None:
        edited = {pool.operator.index: pool for pool in self.pools}
        old = graph.children("operators")
        places = self._vector(field_at, [None if i in edited else t for i, t in enumerate(old)])
        for index, pool in edited.items():
            scalars = {0: ("I", code), 3: ("B", REDUCER_OPTIONS)}
            table = self._again(old[index], OPERATOR_FORMS, OPERATOR_LEADS, {1, 4}, scalars)
            self.block.point(places[index], table[-1])
            ends = [pool.operator.inputs[0], len(self.model.tensors)]
            self.block.point(table[1], self.block.vector("i", ends))
            self.block.point(table[4], self.block.table({0: ("?", 1)})[-1])

    @property
    def _count_buffers(self) -> int:
        return self.raw.vector("buffers")[1]

    def _buffers(self, field_at: int) -> None:
        """The buffers, and that of the axes."""
        places = self._vector(field_at, [*self.raw.children("buffers"), None])
        table = self.block.table({0: (REFERENCE, 0)})
        self.block.point(places[-1], table[-1])
        content = struct.pack(f"<{len(AXES)}i", *AXES)
        self.block.point(table[0], self.block.vector("B", content, align=16))


def _fields(table: VerifiedTable) -> int:
    """Fields of the table's vtable, those of unknown numbers too."""
    return (len(table.raw_bytes()[0]) - 4) // 2
