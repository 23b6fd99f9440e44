"""Which forced ranges are worth a QUANTIZE (``tflite/forced_ranges.py``), by the float model.

Rounding to steps of s has an error of variance s² / 12. With a step s of its own instead of the
forced one's S, a tensor's readers that compute save S² - s² (in twelfths), and what passes the
QUANTIZE is rounded twice and pays s². So S² must be more than 2 s². In a chain of concatenations
the squared step then doubles at least from one QUANTIZE to the next, so that a value which passes
all of them pays less than S².
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mendlite.case.case import Case
from mendlite.repair.layers.activation_range import Range
from mendlite.repair.layers.calibration import calibrate
from mendlite.tflite.forced_ranges import ForcedRange
from mendlite.tflite.graph_plan import GraphPlan, plan_with
from mendlite.tflite.scale_groups import ScaleGroup

FINER = 2.0
"""How many times the squared step of a freed range the forced one's must be."""


def worthwhile(case: Case, plan: GraphPlan, rule: str) -> GraphPlan:
    """The plan without the tensors whose own range would hardly be finer than the forced one.

    Both ranges are those of ``rule`` for the float model's values on the repair samples. The last
    in execution order goes first: the tensors in front of it are then forced to a wider range, and
    a QUANTIZE there may be worth it that was not.
    """
    if not plan.forced:
        return plan
    tensors = {t for one in plan.forced for t in (*one.tensors, *one.forcing)}
    ranges = _ranges(case, tensors, rule)
    while plan.forced:
        hardly = [one.end for one in plan.forced if not _much_finer(ranges, one)]
        if not hardly:
            break
        plan = plan_with(case.quantized, [o.end for o in plan.forced if o.end != hardly[-1]])
    return plan


def _ranges(case: Case, tensors: Collection[int], rule: str) -> Mapping[int, Range]:
    """The range of each tensor by itself; of one without a float twin none."""
    groups = [ScaleGroup(tensors=(t,), first=-1, frozen=None) for t in sorted(tensors)]
    return calibrate(case, case.quantized, groups).ranges.get(rule, {})


def _much_finer(ranges: Mapping[int, Range], one: ForcedRange) -> bool:
    """Whether the step of its own is much finer than the forced one; not where one is unknown."""
    own, forced = (_step(ranges, tensors) for tensors in (one.tensors, one.forcing))
    return 0 < FINER * own**2 < forced**2


def _step(ranges: Mapping[int, Range], tensors: Collection[int]) -> float:
    """The step of a common range of ``tensors``; 0 where none has a known one."""
    known = [ranges[t].ends for t in tensors if t in ranges]
    if not known:
        return 0.0
    common = Range.of(min(low for low, _ in known), max(high for _, high in known))
    return 0.0 if common is None else common.scale
