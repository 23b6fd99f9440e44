"""The block of new tables that makes an edited graph of a file's own (``graph_block.py``)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mendlite.errors import UnsupportedModelError
from mendlite.model.global_means import AXES
from mendlite.model.graph import Model
from mendlite.model.graph_edit import Requantization
from mendlite.tflite.global_pools import GlobalPool
from mendlite.tflite.graph_block import REFERENCE, FrontBlock
from mendlite.tflite.verified_table import VerifiedTable

CODE_OF_MEAN, CODE_OF_POOL, VERSION_OF_MEAN = 40, 1, 2
"""``BuiltinOperator`` of the schema; int8 MEAN came with version 2 (``op_version.cc``)."""

CODE_OF_QUANTIZE, VERSION_OF_QUANTIZE = 114, 1
"""QUANTIZE from int8 to int8 is version 1 (``op_version.cc``)."""

REDUCER_OPTIONS, INT32 = 27, 2
"""``BuiltinOptions.ReducerOptions`` and ``TensorType.INT32`` of the schema."""

AXES_NAME = b"mendlite/mean_axes"

REQUANTIZED_NAME = b"mendlite/requantized_"
"""Followed by the number of the tensor that has the name."""

MODEL_FORMS = {0: "I"}
SUBGRAPH_FORMS = {5: "i"}
OPERATOR_FORMS = {0: "I", 3: "B", 6: "b", 13: "i"}
TENSOR_FORMS = {1: "b", 2: "I", 5: "?", 8: "?"}
"""Scalar fields of the tables that are written again, by their ``struct`` forms."""

MODEL_LEADS, SUBGRAPH_LEADS = {1, 2, 3, 4, 5, 6, 7}, {0, 1, 2, 3, 4}
OPERATOR_LEADS, TENSOR_LEADS = {1, 2, 4, 5, 7, 8}, {0, 3, 4, 7}
"""Fields of these tables that lead to others; a table with any further field is refused."""


def write_block(
    model: Model,
    raw: VerifiedTable,
    pools: Sequence[GlobalPool],
    requantizations: Sequence[Requantization],
) -> tuple[bytes, int]:
    """The block for the file whose root table is ``raw``, and where its ``Model`` lies behind it.

    Raises UnsupportedModelError where a table to be written again has a field that is not known.
    """
    return _BlockWriter(raw=raw, model=model, pools=pools, requantizations=requantizations).write()


@dataclass(frozen=True, slots=True, kw_only=True)
class _BlockWriter:
    """Writes the block of one file."""

    raw: VerifiedTable
    model: Model
    pools: Sequence[GlobalPool]
    requantizations: Sequence[Requantization]
    block: FrontBlock = field(default_factory=FrontBlock)

    def write(self) -> tuple[bytes, int]:
        """The block, and where its ``Model`` lies in the edited file."""
        graph = self.raw.children("subgraphs")[0]
        # Only the axes of MEAN are a new constant.
        written = {1, 2, 4} if self.pools else {1, 2}
        model = self._again(self.raw, MODEL_FORMS, MODEL_LEADS, written)
        at, (place,) = self.block.references(1)
        self.block.point(model[2], at)
        subgraph = self._again(graph, SUBGRAPH_FORMS, SUBGRAPH_LEADS, {0, 3})
        self.block.point(place, subgraph[-1])
        codes = self._codes(model[1])
        self._tensors(graph, subgraph[0])
        self._operators(graph, subgraph[3], codes)
        if self.pools:
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

    def _codes(self, field_at: int) -> dict[int, int]:
        """The operator codes; where those of MEAN and QUANTIZE stand.

        MEAN's is in place of the pool's where nothing else uses it. A QUANTIZE of the file is used.
        """
        codes: list[VerifiedTable | None] = list(self.raw.children("operator_codes"))
        versions, numbers = {}, {}
        if self.pools:
            numbers[CODE_OF_MEAN] = number = self._free_code(len(codes))
            codes[number : number + 1] = [None]
            versions[CODE_OF_MEAN] = VERSION_OF_MEAN
        if self.requantizations:
            own = [o.index for o in self.model.operators if o.op == "QUANTIZE"]
            numbers[CODE_OF_QUANTIZE] = self._uses[own[0]] if own else len(codes)
            if not own:
                codes.append(None)
                versions[CODE_OF_QUANTIZE] = VERSION_OF_QUANTIZE
        places = self._vector(field_at, codes)
        for code, version in versions.items():
            fields = {0: ("b", code), 2: ("i", version), 3: ("i", code)}
            self.block.point(places[numbers[code]], self.block.table(fields)[-1])
        return numbers

    @property
    def _uses(self) -> list[int]:
        """The number of each operator's code."""
        graph = self.raw.children("subgraphs")[0]
        return [op.scalar("opcode_index", "I") for op in graph.children("operators")]

    def _free_code(self, count: int) -> int:
        """The first of ``count`` codes that pools alone use which become MEAN, else the next."""
        edited = {pool.operator.index for pool in self.pools}
        kept = {use for index, use in enumerate(self._uses) if index not in edited}
        return min({self._uses[i] for i in edited} - kept, default=count)

    def _tensors(self, graph: VerifiedTable, field_at: int) -> None:
        """The tensors, some with parameters of their own, the axes, and those requantized."""
        own = {t for pool in self.pools for t in pool.tensors}
        own |= {t for one in self.requantizations for t in one.tensors}
        old = graph.children("tensors")
        kept = [None if i in own else table for i, table in enumerate(old)]
        new = [None] * (bool(self.pools) + len(self.requantizations))
        places = self._vector(field_at, [*kept, *new])
        for index in sorted(own):
            table = self._again(old[index], TENSOR_FORMS, TENSOR_LEADS, {4})
            self.block.point(places[index], table[-1])
            self.block.point(table[4], self._quantization(index))
        if self.pools:
            self._axes(places[len(old)])
        for one in self.requantizations:
            table = self._again(old[one.source], TENSOR_FORMS, TENSOR_LEADS, {3, 4})
            self.block.point(places[one.tensor], table[-1])
            name = REQUANTIZED_NAME + str(one.tensor).encode()
            self.block.point(table[3], self.block.text(name))
            self.block.point(table[4], self._quantization(one.source))

    def _axes(self, place: int) -> None:
        axes = self.block.table(
            {0: (REFERENCE, 0), 1: ("b", INT32), 2: ("I", self._count_buffers), 3: (REFERENCE, 0)}
        )
        self.block.point(place, axes[-1])
        self.block.point(axes[0], self.block.vector("i", [len(AXES)]))
        self.block.point(axes[3], self.block.text(AXES_NAME))

    def _quantization(self, tensor: int) -> int:
        quant = self.model.tensors[tensor]
        table = self.block.table({2: (REFERENCE, 0), 3: (REFERENCE, 0)})
        self.block.point(table[2], self.block.vector("f", [quant.scale]))
        self.block.point(table[3], self.block.vector("q", [quant.zero_point], align=8))
        return table[-1]

    def _operators(self, graph: VerifiedTable, field_at: int, codes: Mapping[int, int]) -> None:
        """The operators, each QUANTIZE right in front of the one that reads it."""
        edited = {pool.operator.index: pool for pool in self.pools}
        old = graph.children("operators")
        order: list[VerifiedTable | Requantization | int] = []
        readers = {one.reader for one in self.requantizations}
        for index, operator in enumerate(old):
            order += [one for one in self.requantizations if one.reader == index]
            order.append(index if index in readers or index in edited else operator)
        tables = [one if isinstance(one, VerifiedTable) else None for one in order]
        for place, one in zip(self._vector(field_at, tables), order, strict=True):
            if isinstance(one, Requantization):
                self.block.point(place, self._quantize(one, codes))
            elif isinstance(one, int):
                again = self._mean if one in edited else self._reader
                self.block.point(place, again(old[one], one, codes))

    def _mean(self, old: VerifiedTable, index: int, codes: Mapping[int, int]) -> int:
        scalars = {0: ("I", codes[CODE_OF_MEAN]), 3: ("B", REDUCER_OPTIONS)}
        table = self._again(old, OPERATOR_FORMS, OPERATOR_LEADS, {1, 4}, scalars)
        ends = [self.model.operators[index].inputs[0], len(self.model.tensors)]
        self.block.point(table[1], self.block.vector("i", ends))
        self.block.point(table[4], self.block.table({0: ("?", 1)})[-1])
        return table[-1]

    def _reader(self, old: VerifiedTable, index: int, _codes: Mapping[int, int]) -> int:
        """The operator that reads requantized tensors in the place of their sources."""
        table = self._again(old, OPERATOR_FORMS, OPERATOR_LEADS, {1})
        instead = {one.source: one.tensor for one in self.requantizations if one.reader == index}
        inputs = [instead.get(t, t) for t in self.model.operators[index].inputs]
        self.block.point(table[1], self.block.vector("i", inputs))
        return table[-1]

    def _quantize(self, one: Requantization, codes: Mapping[int, int]) -> int:
        table = self.block.table(
            {0: ("I", codes[CODE_OF_QUANTIZE]), 1: (REFERENCE, 0), 2: (REFERENCE, 0)}
        )
        self.block.point(table[1], self.block.vector("i", [one.source]))
        self.block.point(table[2], self.block.vector("i", [one.tensor]))
        return table[-1]

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
