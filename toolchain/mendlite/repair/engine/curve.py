"""The curve of failing tests against bytes changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.model.graph import Model
from mendlite.model.repair_options import PatchBudget
from mendlite.model.report import CurvePoint
from mendlite.repair.engine.patch_units import apply_units, first_units, patch_units
from mendlite.repair.engine.statistics import Statistics
from mendlite.repair.layers.layerwise import LayeredRepair
from mendlite.tflite.patch_size import spent

POINTS = (16, 64, 256, 1024, 4096, 16384, 65536)
"""Bytes at which the curve is measured."""

SAMPLES = 500
"""Selection samples that the curve is measured on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """One model on the curve: how much it changes, and what made it."""

    bytes: int
    edits: int
    kind: str
    model: Model


def measure_curve(
    case: Case, layered: Mapping[str, LayeredRepair], final: Model, statistics: Statistics
) -> tuple[CurvePoint, ...]:
    """Failing tests of the selection samples against bytes changed, by rising bytes.

    From nothing, over patches of single channels with the most use a byte, to the repair.
    """
    samples = case.sets.selection.some(SAMPLES)
    evaluator = Evaluator(
        case=case, samples=samples, teacher=statistics.teacher_outputs(case, samples)
    )
    base, (total, values) = case.quantized, spent(case.quantized, final)
    costs = statistics.layer_costs(case, sorted({p for one in layered.values() for p in one.gains}))
    patches = [
        Patch(bytes=0, edits=0, kind="", model=base),
        *(p for name, one in layered.items() for p in _smaller(base, name, one, costs, total)),
        Patch(bytes=total, edits=values, kind="repair", model=final),
    ]
    points = [_point(evaluator, patch) for patch in patches]
    return tuple(sorted(points, key=lambda point: (point.bytes, point.kind)))


def _smaller(
    base: Model, name: str, layered: LayeredRepair, costs: Mapping[int, float], total: int
) -> Iterator[Patch]:
    """Patches of one layer-wise repair that change fewer bytes than ``total``."""
    units = patch_units(base, layered, costs)
    for limit in POINTS:
        if limit < total:
            chosen = first_units(units, PatchBudget(bytes=limit))
            yield Patch(
                bytes=sum(unit.bytes for unit in chosen),
                edits=sum(unit.values for unit in chosen),
                kind=name,
                model=apply_units(base, chosen),
            )
        if limit >= sum(unit.bytes for unit in units):
            break


def _point(evaluator: Evaluator, patch: Patch) -> CurvePoint:
    score = evaluator.score(evaluator.outputs(patch.model))
    return CurvePoint(
        bytes=patch.bytes,
        edits=patch.edits,
        kind=patch.kind,
        samples=score.samples,
        failing=score.failing,
        loss=score.loss,
    )
