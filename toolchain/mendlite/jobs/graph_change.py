"""How a repaired file's graph differs from the base file's, and what that costs."""

from __future__ import annotations

from mendlite.model.delta import Delta
from mendlite.model.graph import Model
from mendlite.model.report import GraphChange, InsertedOperator, ReplacedOperator, SizeChange
from mendlite.replay.arena import tflm_arena
from mendlite.tflite.diff import diff
from mendlite.tflite.graph_plan import QUANTIZE


def graph_between(base: Model, other: Model) -> GraphChange | None:
    """As ``graph_change``, of a file that is a repair of ``base``."""
    return graph_change(base, other, diff(base, other))


def graph_change(base: Model, repaired: Model, delta: Delta) -> GraphChange | None:
    """The change with sizes before and after; None where the graph is the base file's."""
    if delta.graph is None:
        return None
    before, after = ({o.op for o in model.operators} for model in (base, repaired))
    arenas = tflm_arena(base), tflm_arena(repaired)
    known = arenas[0] is not None and arenas[1] is not None
    return GraphChange(
        replaced=tuple(
            ReplacedOperator(index=o.index, old=o.old, new=o.new) for o in delta.graph.operators
        ),
        inserted=tuple(
            InsertedOperator(
                index=o.index, op=QUANTIZE, reader=o.reader, tensor=base.tensors[o.source].name
            )
            for o in delta.graph.requantizations
        ),
        register=tuple(sorted(after - before)),
        operators=tuple(sorted(after)),
        file=SizeChange(before=len(base.data), after=len(repaired.data)),
        arena=SizeChange(before=arenas[0] or 0, after=arenas[1] or 0) if known else None,
    )
