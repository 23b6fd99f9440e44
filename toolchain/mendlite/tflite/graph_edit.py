"""Edit a file's graph: ``bytes → bytes`` and a record of what was edited.

A global AVERAGE_POOL_2D becomes MEAN, and its output's parameters become tensors' own, with the
same values. A QUANTIZE is inserted where an operator forces the range of a tensor that others read,
and the tensor's parameters become its own, with the same values, too: until one of these ranges is
changed, every value of the graph but the means is as before.

New tables stand in front of the file's own, all of whose bytes stay: the records of
``model/graph_edit.py`` say where. So metadata, signatures, names and constants are the base
file's, and tensors keep their numbers; those that are added come last.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.model.global_means import AXES, MEAN, POOL
from mendlite.model.graph import Model
from mendlite.model.graph_edit import GraphEdit, OperatorEdit, Requantization
from mendlite.tflite.graph_block import HEADER
from mendlite.tflite.graph_plan import GraphPlan
from mendlite.tflite.graph_writer import write_block
from mendlite.tflite.reader import read
from mendlite.tflite.scale_groups import scale_groups
from mendlite.tflite.verified_table import VerifiedTable, root


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedGraph:
    """The edited file, and the record of the edit."""

    model: Model
    edit: GraphEdit


def with_plan(model: Model, plan: GraphPlan) -> EditedGraph | None:
    """The file with the edits of ``plan``; None where there are none.

    Raises UnsupportedModelError where the file is of a form that is not edited.
    """
    if plan.empty:
        return None
    raw = root(model.data)
    _require_plain(raw)
    requantizations = tuple(_requantizations(model, plan))
    block, at = write_block(model, raw, plan.pools, requantizations)
    edit = GraphEdit(
        base_sha256=model.sha256,
        edited_sha256="",
        base_root=struct.unpack_from("<I", model.data)[0],
        root=at,
        inserted=block,
        operators=tuple(_operators(model, plan)),
        requantizations=requantizations,
    )
    edited = replace(read(_inserted(model.data, edit), model.signature), frames=model.frames)
    _require_right(edited, model, edit)
    return EditedGraph(model=edited, edit=replace(edit, edited_sha256=edited.sha256))


def _operators(model: Model, plan: GraphPlan) -> Iterator[OperatorEdit]:
    for pool in plan.pools:
        yield OperatorEdit(
            index=pool.operator.index,
            old=POOL,
            new=MEAN,
            axes=AXES,
            axes_tensor=len(model.tensors),
            tensors=pool.tensors,
        )


def _requantizations(model: Model, plan: GraphPlan) -> Iterator[Requantization]:
    first = len(model.tensors) + bool(plan.pools)
    for number, one in enumerate(plan.forced):
        yield Requantization(
            index=one.reader.index + number,
            reader=one.reader.index,
            source=one.source,
            tensor=first + number,
            tensors=one.tensors,
        )


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


def _require_right(edited: Model, base: Model, edit: GraphEdit) -> None:
    """Raise UnsupportedModelError where a range cannot be its tensor's own."""
    if edited.unsupported and not base.unsupported:
        raise UnsupportedModelError(f"the edited graph is not repaired: {edited.unsupported[0]}")
    groups = {t: group for group in scale_groups(edited) for t in group.tensors}
    for pool in edit.operators:
        frozen = groups[base.operators[pool.index].outputs[0]].frozen
        if frozen is not None:
            raise UnsupportedModelError(
                f"operator {pool.index} {POOL}: as MEAN it would keep its range: {frozen}"
            )
    for one in edit.requantizations:
        group = groups[one.source]
        if group.frozen is not None or one.tensor in group.tensors:
            raise UnsupportedModelError(
                f"tensor {one.source} would keep its range behind a QUANTIZE: "
                f"{group.frozen or 'its parameters stay those of the operator behind it'}"
            )
