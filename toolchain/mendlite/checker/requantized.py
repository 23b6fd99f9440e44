"""A QUANTIZE that frees the range of a tensor from one operator that reads it."""

from __future__ import annotations

from mendlite.checker.declared_graph import InsertedQuantize
from mendlite.checker.global_pool import INT8
from mendlite.checker.graph import Graph, Op
from mendlite.errors import ClaimError

JOINS = {"CONCATENATION", "PACK", "MAXIMUM", "MINIMUM"}
"""Operators of several inputs whose int8 kernels copy values."""

NAME = "mendlite/requantized_"


def require_quantize(graphs: tuple[Graph, Graph], one: InsertedQuantize, reader: int) -> None:
    """Raise ClaimError unless operator ``one.index`` rescales for operator ``reader`` alone.

    ``graphs`` are the base file and the file with the edited graph, with whatever values;
    ``reader`` is the operator's number in the second.
    """
    before, after = graphs[0].ops[one.reader], graphs[1].ops[reader]
    op = graphs[1].ops[one.index]
    place = f"operator {one.index} {op.name}"
    if (op.name, op.inputs, op.outputs) != ("QUANTIZE", (one.source,), (one.tensor,)):
        raise ClaimError(f"{place}: it is no QUANTIZE of tensor {one.source} to {one.tensor}")
    if before.name not in JOINS or one.source not in before.inputs:
        raise ClaimError(f"{place}: operator {before.index} {before.name} forces no range of it")
    if (after.name, after.outputs) != (before.name, before.outputs):
        raise ClaimError(f"{place}: operator {reader} {after.name} is another one than before")
    readers = [o.index for o in graphs[1].ops if one.tensor in o.inputs]
    if readers != [reader] or one.tensor in (*graphs[1].inputs, *graphs[1].outputs):
        raise ClaimError(f"{place}: something else reads what it writes")
    _require_parameters(graphs[1], one, after, place)


def _require_parameters(graph: Graph, one: InsertedQuantize, reader: Op, place: str) -> None:
    """The new tensor is int8, like its source, and has the parameters of the reader's output."""
    source, new = graph.tensors[one.source], graph.tensors[one.tensor]
    if (source.type, new.type, source.data) != (INT8, INT8, None) or new.data is not None:
        raise ClaimError(f"{place}: it does not read and write int8 activations")
    if new.name != f"{NAME}{one.tensor}" or new.shape != source.shape:
        raise ClaimError(f"{place}: tensor {one.tensor} has another name or shape")
    quants = (new.quant, graph.tensors[reader.outputs[0]].quant)
    values = [None if q is None else (q.scale.tolist(), q.zero_point.tolist()) for q in quants]
    if values[0] is None or values[0] != values[1]:
        raise ClaimError(f"{place}: it writes other parameters than its reader forces")
