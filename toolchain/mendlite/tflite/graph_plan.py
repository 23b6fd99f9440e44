"""What of a file's graph is to be edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mendlite.model.graph import Model
from mendlite.tflite.common_range import End
from mendlite.tflite.forced_ranges import ForcedRange, forced_ranges
from mendlite.tflite.global_pools import GlobalPool, global_pools

QUANTIZE = "QUANTIZE"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphPlan:
    """Pools that become MEAN, and ranges that a QUANTIZE frees, each in execution order."""

    pools: tuple[GlobalPool, ...]
    forced: tuple[ForcedRange, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is edited."""
        return not self.pools and not self.forced


def every_edit(model: Model) -> GraphPlan:
    """All edits that the file permits."""
    return plan_with(model, None)


def plan_with(model: Model, ends: Sequence[End] | None) -> GraphPlan:
    """All pools, and of the forced ranges those at ``ends`` (None: every one)."""
    pools = global_pools(model)
    return GraphPlan(pools=pools, forced=forced_ranges(model, pools, ends))


def plan_between(base: Model, other: Model) -> GraphPlan:
    """The plan by which ``base`` would get the operators of ``other``, if one does."""
    added, ends = {}, []
    for operator in other.operators:
        if operator.op == QUANTIZE and operator.outputs[0] >= len(base.tensors):
            added[operator.outputs[0]] = operator.inputs[0]
            continue
        index = operator.index - len(added)
        ends += [(index, added[t]) for t in dict.fromkeys(operator.inputs) if t in added]
    return plan_with(base, ends)
